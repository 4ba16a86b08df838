//! The two stages: virtual time over the bare model, and real time over the simulated devices' sockets.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::judge::{Outcome, judge};
use super::play::{Performance, Stage};
use super::script::{Action, Fault, Scenario};
use super::virtual_plant::VirtualPlant;
use super::world::SharedWorld;
use crate::control::Clock;
use crate::plant::SitePlant;
use crate::profile::{Catalogue, Feed};
use crate::runtime;
use crate::sim::{self, Command, Model, Running, Scene, SimDevice, SimOptions};
use crate::site::{Amps, Site};

/// An answer that comes so late is lost.
const LOST: Duration = Duration::from_secs(600);

/// Why a scenario can't be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The runtime can't be started.
    #[error("the runtime can't be started")]
    Runtime(#[source] std::io::Error),
    /// The simulated devices can't be started.
    #[error("the simulated devices can't be started")]
    Devices(#[source] Box<sim::SimError>),
    /// The controller can't be started.
    #[error("the controller can't be started: {0}")]
    Controller(String),
    /// Real sockets can't show a fault.
    #[error("{0}: this fault can't be shown on real sockets; play the scenario without --realtime")]
    OnlyVirtual(String),
}

struct VirtualStage {
    world: SharedWorld,
}

impl Stage for VirtualStage {
    type Plant = VirtualPlant;

    fn with_model<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T {
        work(&mut self.world.lock().model)
    }

    fn misbehave(&self, device: SimDevice, fault: Fault) {
        self.world.lock().misbehave(device, fault);
    }

    fn heal(&self, device: SimDevice) {
        self.world.lock().heal(device);
    }

    fn plant(&self, site: &Arc<Site>, clock: &Clock) -> Result<VirtualPlant, String> {
        Ok(VirtualPlant::new(site, self.world.clone(), Arc::clone(clock)))
    }

    fn advance(&self, step_ms: u64, speed: f64) {
        self.world.lock().model.step(step_ms, speed);
    }
}

/// Plays a scenario in virtual time.
///
/// # Errors
/// When the runtime can't be started.
pub fn play(scenario: &Scenario, catalogue: &Catalogue) -> Result<Outcome, PlayError> {
    play_with(scenario, catalogue, Arc::clone(&scenario.site))
}

/// Plays a scenario in virtual time with a controller that knows the site so.
pub(super) fn play_with(
    scenario: &Scenario,
    catalogue: &Catalogue,
    known: Arc<Site>,
) -> Result<Outcome, PlayError> {
    let model = Model::new(Arc::clone(&scenario.site), Scene::Still, 1);
    let fed_by_limits = scenario.site.chargers.iter().map(|charger| {
        let profile = catalogue.get(&charger.device.profile);
        let watchdog = profile.and_then(|profile| profile.charger.as_ref()?.watchdog.as_ref());
        watchdog.is_some_and(|watchdog| watchdog.feed == Feed::Limit)
    });
    let world = SharedWorld::new(model, fed_by_limits.collect());
    let played = runtime::block_on_virtual_time(async {
        Performance::new(scenario, VirtualStage { world }, known).play().await
    });
    let record = played.map_err(PlayError::Runtime)?.map_err(PlayError::Controller)?;
    Ok(judge(scenario, record, false))
}

struct RealStage {
    running: Running,
    catalogue: Catalogue,
}

impl Stage for RealStage {
    type Plant = SitePlant;

    fn with_model<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T {
        self.running.handle.with_model(work)
    }

    fn misbehave(&self, device: SimDevice, fault: Fault) {
        match (fault, device) {
            (Fault::Offset(amps), SimDevice::Meter(index)) => {
                self.with_model(|model| model.skew_meter(index, amps));
            }
            (Fault::Restarted, SimDevice::Charger(index)) => {
                self.with_model(|model| model.restart_station(crate::site::ChargerId(index)));
            }
            _ => self.running.handle.set_fault(device, real_fault(fault)),
        }
    }

    fn heal(&self, device: SimDevice) {
        if let SimDevice::Meter(index) = device {
            self.with_model(|model| model.skew_meter(index, Amps::ZERO));
        }
        self.running.handle.set_fault(device, None);
    }

    fn plant(&self, site: &Arc<Site>, clock: &Clock) -> Result<SitePlant, String> {
        SitePlant::start(site, &self.catalogue, clock).map_err(|error| error.to_string())
    }

    fn advance(&self, _: u64, _: f64) {}
}

fn real_fault(fault: Fault) -> Option<sim::Fault> {
    match fault {
        Fault::Silent => Some(sim::Fault::Silent),
        // a socket on this machine can't be cut off; one that ends each connection comes near to it
        Fault::Cut => Some(sim::Fault::Reset),
        Fault::LostAnswers => Some(sim::Fault::Late(LOST)),
        Fault::Slow(by) => Some(sim::Fault::Slow(by)),
        Fault::Late(by) => Some(sim::Fault::Late(by)),
        Fault::Frozen => Some(sim::Fault::Stale),
        Fault::IgnoresLimits => Some(sim::Fault::IgnoreWrites),
        Fault::Refuses => Some(sim::Fault::Exception),
        Fault::Lying | Fault::Offset(_) | Fault::Restarted => None,
    }
}

/// Plays a scenario in real time over real sockets on this machine, on ports that the system hands out.
///
/// # Errors
/// When the devices or the controller can't be started, or real sockets can't show one of its faults.
pub async fn play_in_real_time(scenario: &Scenario, catalogue: &Catalogue) -> Result<Outcome, PlayError> {
    let lying = |event: &&super::script::Event| matches!(event.action, Action::Fault(_, Fault::Lying));
    if let Some(event) = scenario.events.iter().find(lying) {
        return Err(PlayError::OnlyVirtual(event.action.text(&scenario.site)));
    }
    let stop = CancellationToken::new();
    let options =
        SimOptions { speed: scenario.speed, any_port: true, lenient: true, ..SimOptions::default() };
    let running = sim::run(&scenario.site, catalogue, &options, stop.clone())
        .await
        .map_err(|error| PlayError::Devices(Box::new(error)))?;
    let known = Arc::new(running.site.clone());
    // no car comes by itself
    let quiet = running.handle.apply(&Command::NoMoreCars);
    let stage = RealStage { running, catalogue: catalogue.clone() };
    let played = match quiet {
        Ok(_) => Performance::new(scenario, stage, known).play().await,
        Err(error) => Err(error.to_string()),
    };
    stop.cancel();
    Ok(judge(scenario, played.map_err(PlayError::Controller)?, true))
}
