//! SunSpec devices: finding the marker and walking the chain of models behind it (SunSpec Device Information Model Specification,
//! chapter 6: marker "SunS", then models of id, length and content, then the end model 0xFFFF).
//!
//! Decides where models stand; what their points mean is said by profiles. What a device says of its own length is not believed
//! further than an address goes.

use super::{Client, Exception, ModbusError};
use crate::profile::{Table, ValueType};

/// Where a device may keep the marker, in the order in which the places are tried.
pub const SUNSPEC_BASES: [u16; 3] = [40_000, 0, 50_000];

/// "SunS", in two registers.
pub(super) const MARKER: [u16; 2] = [0x5375, 0x6E53];
/// Id of the model that ends the chain.
const END: u16 = 0xFFFF;
/// No device has more models; a chain that is longer goes round in circles or is no chain.
const MOST_MODELS: usize = 128;

/// A model in a device's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Id: 1 common, 103 three-phase inverter, 203 three-phase meter …
    pub id: u16,
    /// Zero-based address of the register that holds the id; the length stands behind it, then the points.
    pub address: u16,
    /// Registers behind id and length.
    pub length: u16,
}

/// The models of a device, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Address of the marker.
    pub base: u16,
    /// The models, the end not among them.
    pub models: Vec<Model>,
}

impl Chain {
    /// Returns the first model with this id.
    pub fn find(&self, id: u16) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// Why no models were found.
#[derive(Debug, thiserror::Error)]
pub enum SunSpecError {
    /// None of the places holds the marker.
    #[error("{device}: no SunSpec marker at {}", list(.bases))]
    NoMarker {
        /// Address and unit.
        device: String,
        /// The places that were tried.
        bases: Vec<u16>,
    },
    /// What follows the marker is no chain of models.
    #[error("{device}: the chain of SunSpec models makes no sense: {what}")]
    NoChain {
        /// Address and unit.
        device: String,
        /// What is wrong with it.
        what: ChainError,
    },
    /// The device could not be read.
    #[error(transparent)]
    Modbus(#[from] ModbusError),
}

/// Why registers are no chain of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No model has this id.
    #[error("id 0 at {0}")]
    NoId(u16),
    /// A model goes beyond the last address.
    #[error("model {id} at {address} with {length} registers goes beyond the last address")]
    TooLong {
        /// Its id.
        id: u16,
        /// Where it begins.
        address: u16,
        /// What it says of its length.
        length: u16,
    },
    /// There are more models than any device has.
    #[error("it has not ended after {MOST_MODELS} models")]
    Endless,
}

fn list(bases: &[u16]) -> String {
    bases.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// A walk along a chain: says which header comes next, and takes what stands there.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) chain: Chain,
    pub(super) next: u16,
}

impl Walk {
    pub(super) fn from(base: u16) -> Walk {
        Walk { chain: Chain { base, models: Vec::new() }, next: base.saturating_add(2) }
    }

    /// Takes the header at `next`; says whether the chain goes on.
    pub(super) fn take(&mut self, id: u16, length: u16) -> Result<bool, ChainError> {
        let address = self.next;
        match id {
            END => return Ok(false),
            0 => return Err(ChainError::NoId(address)),
            _ => {}
        }
        // behind the model there must be room for the next header
        let next = u32::from(address) + 2 + u32::from(length);
        self.next = u16::try_from(next).ok().filter(|next| *next < u16::MAX).ok_or(ChainError::TooLong {
            id,
            address,
            length,
        })?;
        if self.chain.models.len() == MOST_MODELS {
            return Err(ChainError::Endless);
        }
        self.chain.models.push(Model { id, address, length });
        Ok(true)
    }
}

/// Returns the raw value by which SunSpec says that a point is not implemented (Device Information Model Specification, types); NaN
/// of a float is not among them. An accumulator of 0 is a value.
pub fn not_implemented(value_type: ValueType) -> Option<u64> {
    match value_type {
        ValueType::U16 | ValueType::Bits => Some(0xFFFF),
        ValueType::I16 => Some(0x8000),
        ValueType::U32 => Some(0xFFFF_FFFF),
        ValueType::I32 => Some(0x8000_0000),
        ValueType::U64 => Some(u64::MAX),
        ValueType::I64 => Some(1 << 63),
        ValueType::Bool | ValueType::F32 | ValueType::F64 | ValueType::String | ValueType::Bcd => None,
    }
}

/// Finds the marker at one of the bases and reads the headers of all models: two registers a request, which every device answers.
///
/// # Errors
/// When there is no marker at any of the bases, when what follows is no chain, and when the device does not answer: a device that is
/// silent at one base is not asked at the next.
pub async fn discover(client: &mut Client, unit: u8, bases: &[u16]) -> Result<Chain, SunSpecError> {
    for &base in bases {
        if pair(client, unit, base).await? == Some(MARKER) {
            return walk(client, unit, base).await;
        }
    }
    Err(SunSpecError::NoMarker { device: device(client, unit), bases: bases.to_vec() })
}

async fn walk(client: &mut Client, unit: u8, base: u16) -> Result<Chain, SunSpecError> {
    let mut walk = Walk::from(base);
    loop {
        // some devices have no end model: there are no registers behind the last one
        let Some([id, length]) = pair(client, unit, walk.next).await? else { return Ok(walk.chain) };
        match walk.take(id, length) {
            Ok(true) => {}
            Ok(false) => return Ok(walk.chain),
            Err(what) => return Err(SunSpecError::NoChain { device: device(client, unit), what }),
        }
    }
}

fn device(client: &Client, unit: u8) -> String {
    format!("{} unit {unit}", client.address())
}

/// Reads two registers; `None` when the device has none there.
async fn pair(client: &mut Client, unit: u8, address: u16) -> Result<Option<[u16; 2]>, ModbusError> {
    match client.read(unit, Table::Holding, address, 2).await {
        Ok(words) => Ok(<[u16; 2]>::try_from(words).ok()),
        Err(ModbusError::Exception {
            exception: Exception::IllegalDataAddress | Exception::IllegalDataValue,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Walks over registers that are given as a function of their address.
    fn walked(base: u16, register: impl Fn(u16) -> u16) -> Result<Chain, ChainError> {
        let mut walk = Walk::from(base);
        while walk.take(register(walk.next), register(walk.next + 1))? {}
        Ok(walk.chain)
    }

    #[test]
    fn a_chain_ends_at_its_end_model() {
        let registers = [0x5375, 0x6E53, 1, 3, 0, 0, 0, 103, 2, 0, 0, 0xFFFF, 0, 1, 1];
        let chain = walked(0, |at| registers[usize::from(at)]).unwrap();
        assert_eq!(
            chain.models,
            [Model { id: 1, address: 2, length: 3 }, Model { id: 103, address: 7, length: 2 }]
        );
        assert_eq!(chain.find(103).map(|model| model.address), Some(7));
        assert_eq!(chain.find(104), None);
    }

    #[test]
    fn nonsense_is_no_chain() {
        assert_eq!(walked(40_000, |_| 0), Err(ChainError::NoId(40_002)));
        let too_long = ChainError::TooLong { id: 0x5375, address: 50_002, length: 0x5375 };
        assert_eq!(walked(50_000, |_| 0x5375), Err(too_long));
        // a model that is as long as nothing would be found again and again
        assert_eq!(walked(0, |at| if at % 2 == 0 { 1 } else { 0 }), Err(ChainError::Endless));
    }

    proptest! {
        #[test]
        fn whatever_a_device_says_the_walk_ends(base: u16, words in prop::collection::vec(any::<u16>(), 1..50)) {
            let register = |at: u16| words[usize::from(at) % words.len()];
            if let Ok(chain) = walked(base.min(65_000), register) {
                prop_assert!(chain.models.len() <= MOST_MODELS);
                prop_assert!(chain.models.windows(2).all(|pair| pair[0].address < pair[1].address));
            }
        }
    }
}
