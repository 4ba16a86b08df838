//! Sites and snapshots for the tests of this room.

use super::{ChargerReading, ChargerState, Reading, Snapshot, Time};
use crate::site::{
    Address, Amps, ApiSettings, Charger, Circuit, CircuitId, ControlSettings, DeviceLink, Grid,
    JournalSettings, Meter, MeterId, PerPhase, Period, Phase, Site, Volts,
};

/// A device that nobody connects to.
pub fn device(profile: &str, port: u16) -> DeviceLink {
    DeviceLink {
        profile: profile.into(),
        address: Address::ModbusTcp { host: "127.0.0.1".into(), port },
        unit: 1,
        connector: 1,
        timeout: None,
        ca: None,
        identity: None,
        token_file: None,
    }
}

/// A three-phase charger of 6 to 32 A that falls back to 6 A after a minute.
pub fn charger(name: &str, circuit: usize) -> Charger {
    Charger {
        name: name.into(),
        circuit: CircuitId(circuit),
        phases: Phase::ALL.to_vec(),
        min: Amps(6.0),
        max: Amps(32.0),
        failsafe: Amps(6.0),
        priority: 1.0,
        resolution: Amps(0.1),
        switches_phases: false,
        reaction: None,
        watchdog: Some(Period::from_secs(60)),
        device: device("abb-terra-ac", 5031),
    }
}

/// A circuit with the same limit on each phase.
pub fn circuit(name: &str, parent: Option<usize>, limit: f64) -> Circuit {
    Circuit {
        name: name.into(),
        parent: parent.map(CircuitId),
        limit: PerPhase::all(Amps(limit)),
        breaker: None,
        meter: None,
        base_load: None,
    }
}

/// A site of these circuits (parents first) and chargers.
pub fn site(circuits: Vec<Circuit>, chargers: Vec<Charger>) -> Site {
    Site {
        name: "test".into(),
        grid: Grid { voltage: Volts(230.0), phases: 3 },
        parents_first: (0..circuits.len()).map(CircuitId).collect(),
        circuits,
        meters: Vec::new(),
        chargers,
        breakers: Vec::new(),
        loads: Vec::new(),
        cabinets: Vec::new(),
        solar: Vec::new(),
        endpoints: Vec::new(),
        control: ControlSettings {
            interval: Period::from_secs(1),
            stale_after: Period::from_secs(5),
            raise_after: Period::from_secs(10),
            follow_time: Period::from_secs(15),
            turn: Period::from_secs(900),
            reserve: Amps::ZERO,
            rules: crate::site::Rules::default(),
        },
        api: ApiSettings { listen: ([127, 0, 0, 1], 0).into(), tls: None, token_file: None },
        policy: crate::site::PolicySettings::default(),
        journal: JournalSettings { path: None, keep: Period::from_secs(86_400) },
    }
}

/// Adds a meter to a circuit.
pub fn with_meter(mut site: Site, circuit: usize) -> Site {
    site.circuits[circuit].meter = Some(MeterId(site.meters.len()));
    site.meters.push(Meter {
        name: format!("{}-meter", site.circuits[circuit].name),
        phases: Phase::ALL.to_vec(),
        device: device("eastron-sdm630", 5021),
    });
    site
}

/// A reading of a charger with a car that draws all it is offered, on every phase.
pub fn charging(at: Time, site: &Site, charger: usize, offered: f64) -> Option<Reading<ChargerReading>> {
    let mut drawn = [Amps::ZERO; 3];
    drawn[..site.chargers[charger].phases.len()].fill(Amps(offered));
    Some(Reading {
        at,
        value: ChargerReading { state: ChargerState::Charging, drawn, offered: Amps(offered), phases: None },
    })
}

/// A snapshot in which every charger has a car that draws what it is offered.
pub fn all_charging(at: Time, site: &Site, offered: f64) -> Snapshot {
    let mut snapshot = Snapshot::empty(site);
    for index in 0..site.chargers.len() {
        snapshot.chargers[index] = charging(at, site, index, offered);
    }
    snapshot
}
