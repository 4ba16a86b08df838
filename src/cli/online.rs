//! Asks the devices of a site once, without a controller: for `enmon check --online` and `--direct`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::control_loop;
use super::site_input::LoadedSite;
use crate::control::{self, DeviceRef, Event, Failure, Plant, Values, WriteGate};
use crate::error::{Error, Kind, Result};
use crate::plant::SitePlant;
use crate::runtime;
use crate::site::{Amps, ChargerId, Site};

/// Every device answers or fails well within this time; its own time-outs see to that.
const LONGEST: Duration = Duration::from_secs(30);

/// What a device said, or why it did not, in words.
pub(super) type Outcome = std::result::Result<Values, (String, Failure)>;

/// What a device said when it was asked.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Which device.
    pub device: DeviceRef,
    /// What it said, or why it did not, in words.
    pub outcome: Outcome,
}

/// Returns the site with one charger and nothing else, so that nothing else is asked.
pub(super) fn only(site: &LoadedSite, charger: ChargerId) -> LoadedSite {
    let mut one = site.clone();
    one.site.chargers = vec![site.site.chargers[charger.0].clone()];
    one.site.circuits.iter_mut().for_each(|circuit| circuit.meter = None);
    one.site.meters.clear();
    one.site.loads.clear();
    one.site.breakers.clear();
    one.site.cabinets.clear();
    one.site.solar.clear();
    one.site.endpoints.clear();
    one
}

pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    runtime::block_on(None, work)
        .map_err(|error| Error::from_source(Kind::Failed, "the runtime can't be started", &error))?
}

/// Asks every device of the site once.
///
/// # Errors
/// When the devices can't be set up. What a device does not answer is in its answer.
pub(super) fn look(site: &LoadedSite) -> Result<Vec<Answer>> {
    block_on(async {
        let model = Arc::new(site.site.clone());
        let mut plant = control_loop::looking_plant(site, &model, &control_loop::clock())?;
        Ok(ask_all(&model, &mut plant).await)
    })
}

async fn ask_all(model: &Site, plant: &mut SitePlant) -> Vec<Answer> {
    let deadline = Instant::now() + LONGEST;
    let devices = control::devices(model);
    let mut outcomes: BTreeMap<DeviceRef, Outcome> = BTreeMap::new();
    plant.observe(1);
    while outcomes.len() < devices.len() {
        match timeout_at(deadline, plant.next()).await {
            Ok(Some(Event::Observed { device, reading, .. })) => {
                outcomes.insert(device, Ok(reading.value));
            }
            Ok(Some(Event::Failed { device, error, failure, .. })) => {
                outcomes.insert(device, Err((error, failure)));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    let silent = || Err((format!("no answer within {} s", LONGEST.as_secs()), Failure::NoAnswer));
    devices
        .into_iter()
        .map(|device| Answer { device, outcome: outcomes.remove(&device).unwrap_or_else(silent) })
        .collect()
}

/// Sets the limit of one charger and returns what it offers then, read back.
///
/// # Errors
/// When the charger can't be reached or refuses.
pub(super) fn set_limit(site: &LoadedSite, charger: ChargerId, limit: Amps) -> Result<Amps> {
    let one = only(site, charger);
    block_on(async {
        let model = Arc::new(one.site.clone());
        let mut plant = control_loop::plant(&WriteGate::open(), &one, &model, &control_loop::clock())?;
        plant.command(ChargerId(0), limit);
        let name = &model.chargers[0].name;
        loop {
            match timeout_at(Instant::now() + LONGEST, plant.next()).await {
                Ok(Some(Event::Acknowledged { offered, .. })) => return Ok(offered),
                Ok(Some(Event::NotAcknowledged { error, failure, .. })) => {
                    let kind = if failure == Failure::Refused { Kind::Refused } else { Kind::Unreachable };
                    return Err(
                        Error::new(kind, format!("the limit of {name} could not be set")).cause(error)
                    );
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => {
                    return Err(Error::new(Kind::Unreachable, format!("{name} has not answered")));
                }
            }
        }
    })
}
