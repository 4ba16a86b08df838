//! SunSpec models of a unit, found at the pace of a scan: what the common model says the device is, and the chain.

use super::ScanError;
use super::journal::Question;
use super::probe::Probe;
use super::report::{FoundModel, FoundSunSpec};
use crate::modbus::sunspec::{Chain, MARKER, Walk};
use crate::modbus::{Layout, Value, decode};
use crate::profile::{Table, ValueType};

/// Id of the model that says what the device is.
const COMMON: u16 = 1;
/// Texts of the common model (SunSpec model 1): offset from its id, registers.
const COMMON_TEXTS: [(u16, u16); 4] = [(2, 16), (18, 16), (42, 8), (50, 16)];

/// What was found of SunSpec.
pub(super) struct Walked {
    pub(super) chain: Chain,
    pub(super) found: FoundSunSpec,
    pub(super) texts: Vec<String>,
}

/// Looks for the marker at these places and walks the chain behind it.
pub(super) async fn walk(
    probe: &mut Probe<'_>,
    unit: u8,
    bases: &[u16],
) -> Result<Option<Walked>, ScanError> {
    for &base in bases {
        if read(probe, unit, base, 2).await?.as_deref() != Some(&MARKER[..]) {
            continue;
        }
        let mut walk = Walk::from(base);
        let broken = loop {
            let Some(header) = read(probe, unit, walk.next, 2).await? else { break None };
            let [id, length] = header[..] else { break None };
            match walk.take(id, length) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let texts = common_texts(probe, unit, &walk.chain).await?;
        let models = walk.chain.models.iter();
        let models =
            models.map(|model| FoundModel { id: model.id, address: model.address, length: model.length });
        let found = FoundSunSpec { base, models: models.collect(), broken };
        return Ok(Some(Walked { chain: walk.chain, found, texts }));
    }
    Ok(None)
}

async fn common_texts(probe: &mut Probe<'_>, unit: u8, chain: &Chain) -> Result<Vec<String>, ScanError> {
    let mut texts = Vec::new();
    let Some(common) = chain.find(COMMON) else { return Ok(texts) };
    for (offset, count) in COMMON_TEXTS {
        let fits = offset + count <= common.length.saturating_add(2);
        let Some(address) = common.address.checked_add(offset).filter(|_| fits) else { continue };
        let Some(words) = read(probe, unit, address, count).await? else { continue };
        if let Ok([Value::Text(text)]) = decode(&words, &Layout::plain(ValueType::String)).as_deref() {
            let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
            texts.extend((!text.is_empty()).then(|| text.to_owned()));
        }
    }
    Ok(texts)
}

async fn read(
    probe: &mut Probe<'_>,
    unit: u8,
    address: u16,
    count: u16,
) -> Result<Option<Vec<u16>>, ScanError> {
    let question = Question { unit, table: Table::Holding, address, count };
    Ok(probe.ask(question).await?.words().map(<[u16]>::to_vec))
}
