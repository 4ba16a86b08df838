//! Renders the status of a site as metrics: the names of REFERENCE A4, and `enmon_…` for the rest. docs/metrics.md lists them.
//!
//! A value that is unknown or too old has no sample. A phase letter is a site phase: a is L1, b is L2, c is L3.

mod breaker_twins;
mod upkeep;

use std::collections::HashSet;

use crate::control::{
    BreakerState, BreakerStatus, ChargerState, ChargerStatus, CircuitPhaseStatus, LoadState, LoadStatus,
    SiteStatus, Time,
};
use crate::site::{Period, Phase};
use crate::telemetry::exposition::{FamilyKind, Writer};

/// Renders the metrics. `now` is compared with the status's own time, so that readings age also while no decision is made.
pub fn render(status: Option<&SiteStatus>, now: Time, stale_after: Period) -> String {
    let mut page = Page { writer: Writer::new(), late_ms: 0, stale_ms: stale_after.as_millis() };
    page.gauge("enmon_build_info", "Always 1; the version of enmon is in the label.");
    page.writer.sample("enmon_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    if let Some(status) = status {
        page.late_ms = now.0.saturating_sub(status.at);
        page.chargers(&status.chargers);
        page.equipment(status);
        page.circuits(status);
        page.breakers(&status.breakers);
        page.breaker_twins(&status.circuits);
        let cut = |load: &LoadStatus| truth(matches!(load.state, LoadState::Cut | LoadState::Returning));
        page.each(
            "enmon_load_cut",
            "1 while the load is cut because a circuit was over its limit.",
            "load",
            status.loads.iter().map(|load| (load.name.as_str(), Some(cut(load)))),
        );
        page.cabinets_and_nodes(status);
        page.devices(status);
        page.controller(status);
    }
    page.writer.finish()
}

struct Page {
    writer: Writer,
    /// Age of the status itself.
    late_ms: u64,
    stale_ms: u64,
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn seconds(ms: u64) -> f64 {
    // exact up to 2^53 ms
    ms as f64 / 1000.0
}

impl Page {
    fn gauge(&mut self, name: &str, help: &str) {
        self.writer.family(name, FamilyKind::Gauge, help);
    }

    fn lone(&mut self, name: &str, help: &str, value: f64) {
        self.gauge(name, help);
        self.writer.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.writer.family(name, FamilyKind::Counter, help);
        self.writer.sample(name, &[], value as f64);
    }

    /// Writes a gauge with one label for those things that have a value; none has: no family either.
    fn each<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'a str, Option<f64>)>,
    ) {
        let mut values = values.filter_map(|(thing, value)| Some((thing, value?))).peekable();
        if values.peek().is_some() {
            self.gauge(name, help);
        }
        for (thing, value) in values {
            self.writer.sample(name, &[(label, thing)], value);
        }
    }

    /// Says whether a reading of that age still counts.
    fn is_fresh(&self, age_ms: Option<u64>) -> bool {
        age_ms.is_some_and(|age| age.saturating_add(self.late_ms) <= self.stale_ms)
    }

    fn chargers(&mut self, chargers: &[ChargerStatus]) {
        let fresh: Vec<_> = chargers.iter().filter(|charger| self.is_fresh(charger.age_ms)).collect();
        let highest = |charger: &ChargerStatus| {
            charger.drawn.as_ref().map(|drawn| drawn.iter().copied().fold(0.0, f64::max))
        };
        self.each(
            "ev_charger_current",
            "Current that the charger draws on its highest phase, A.",
            "charger",
            fresh.iter().map(|charger| (charger.name.as_str(), highest(charger))),
        );
        for (phase, letter) in Phase::ALL.into_iter().zip(["a", "b", "c"]) {
            let name = format!("ev_charger_current_phase_{letter}_amplitude");
            let help = format!("Current that the charger draws on site phase {phase}, A (RMS).");
            let drawn = fresh.iter().map(|charger| (charger.name.as_str(), drawn_on(charger, phase)));
            self.each(&name, &help, "charger", drawn);
        }
        self.each(
            "enmon_charger_offered_amperes",
            "Current per phase that the charger says it offers, A.",
            "charger",
            fresh.iter().map(|charger| (charger.name.as_str(), charger.offered)),
        );
        self.charger_states(&fresh);
        self.each(
            "enmon_charger_setpoint_amperes",
            "Current per phase that the controller decided, A.",
            "charger",
            chargers.iter().map(|charger| (charger.name.as_str(), Some(charger.setpoint))),
        );
        self.each(
            "enmon_charger_rated_amperes",
            "The most that the charger may offer per phase, A.",
            "charger",
            chargers.iter().map(|charger| (charger.name.as_str(), Some(charger.max))),
        );
        self.each(
            "enmon_charger_override_amperes",
            "Limit that a person ordered, A.",
            "charger",
            chargers
                .iter()
                .map(|charger| (charger.name.as_str(), charger.order.as_ref().map(|order| order.limit.0))),
        );
    }

    fn charger_states(&mut self, fresh: &[&ChargerStatus]) {
        let name = "enmon_charger_state";
        self.gauge(name, "1 for the state in which the charger is, 0 for the others.");
        for charger in fresh {
            let Some(now) = charger.state else { continue };
            for (state, word) in [
                (ChargerState::Unplugged, "unplugged"),
                (ChargerState::PluggedIn, "plugged-in"),
                (ChargerState::Charging, "charging"),
                (ChargerState::Fault, "fault"),
            ] {
                self.writer.sample(name, &[("charger", &charger.name), ("state", word)], truth(now == state));
            }
        }
    }

    /// Writes what meters and breakers measure; where both bear one name, the meter's value counts.
    fn equipment(&mut self, status: &SiteStatus) {
        let names: HashSet<&str> = status.meters.iter().map(|meter| meter.name.as_str()).collect();
        let meters = status.meters.iter().filter(|meter| meter.known && self.is_fresh(meter.age_ms));
        let mut measured: Vec<_> = meters.map(|meter| (meter.name.as_str(), &meter.currents)).collect();
        for breaker in status.breakers.iter().filter(|breaker| self.is_fresh(breaker.age_ms)) {
            if !names.contains(breaker.name.as_str()) {
                measured.push((&breaker.name, &breaker.currents));
            }
        }
        for (terminal, letter) in ["a", "b", "c"].into_iter().enumerate() {
            let name = format!("equipment_current_phase_{letter}_amplitude");
            let help = format!("Current that the device measures on its terminal {}, A (RMS).", terminal + 1);
            let values = measured
                .iter()
                .map(|(device, currents)| (*device, currents.get(terminal).copied().flatten()));
            self.each(&name, &help, "device", values);
        }
        let power = status.meters.iter().filter(|meter| meter.known && self.is_fresh(meter.age_ms));
        let power: Vec<_> = power.map(|meter| (meter.name.as_str(), meter.power)).collect();
        self.each("enmon_meter_power_watts", "Active power, import positive, W.", "meter", power.into_iter());
    }

    fn circuits(&mut self, status: &SiteStatus) {
        type Value = fn(&CircuitPhaseStatus) -> Option<f64>;
        let families: [(&str, &str, Value); 6] = [
            ("enmon_circuit_limit_amperes", "Limit of the circuit, A.", |phase| Some(phase.limit)),
            ("enmon_circuit_measured_amperes", "Current that the circuit's meter measures, A.", |phase| {
                phase.measured
            }),
            ("enmon_circuit_drawn_amperes", "Current that the circuit's chargers draw, A.", |phase| {
                Some(phase.drawn)
            }),
            (
                "enmon_circuit_other_amperes",
                "Current that else draws in the circuit, or is assumed to, A.",
                |phase| Some(phase.other),
            ),
            (
                "enmon_circuit_offered_amperes",
                "Current that the circuit's chargers may offer at the most, A.",
                |phase| Some(phase.offered),
            ),
            ("enmon_circuit_headroom_amperes", "Limit less other less offered current, A.", |phase| {
                Some(phase.headroom)
            }),
        ];
        // the controller's own picture is as old as its last decision
        let is_fresh = self.late_ms <= self.stale_ms;
        for (name, help, value_of) in families {
            self.gauge(name, help);
            for circuit in &status.circuits {
                for phase in &circuit.phases {
                    if let Some(value) =
                        value_of(phase).filter(|_| is_fresh || name == "enmon_circuit_limit_amperes")
                    {
                        let labels = [("circuit", circuit.name.as_str()), ("phase", phase_word(phase.phase))];
                        self.writer.sample(name, &labels, value);
                    }
                }
            }
        }
        self.each(
            "enmon_circuit_meter_unknown",
            "1 when the circuit's meter is unknown, so that its chargers get their fail-safe currents.",
            "circuit",
            status.circuits.iter().map(|circuit| (circuit.name.as_str(), Some(truth(circuit.meter_unknown)))),
        );
    }

    fn breakers(&mut self, breakers: &[BreakerStatus]) {
        let fresh: Vec<_> = breakers.iter().filter(|breaker| self.is_fresh(breaker.age_ms)).collect();
        let name = "enmon_breaker_state";
        self.gauge(name, "1 for the state in which the breaker is, 0 for the others.");
        for breaker in &fresh {
            let Some(now) = breaker.state else { continue };
            for (state, word) in
                [(BreakerState::On, "on"), (BreakerState::Off, "off"), (BreakerState::Tripped, "tripped")]
            {
                self.writer.sample(name, &[("breaker", &breaker.name), ("state", word)], truth(now == state));
            }
        }
        self.each(
            "enmon_breaker_fault_signal",
            "1 when the breaker gives its fault signal.",
            "breaker",
            fresh.iter().map(|breaker| (breaker.name.as_str(), Some(truth(breaker.fault_signal)))),
        );
        self.each(
            "enmon_breaker_overload",
            "1 when the breaker warns of overload.",
            "breaker",
            fresh.iter().map(|breaker| (breaker.name.as_str(), Some(truth(breaker.overload)))),
        );
    }

    fn cabinets_and_nodes(&mut self, status: &SiteStatus) {
        let cabinets: Vec<_> =
            status.cabinets.iter().filter(|cabinet| self.is_fresh(cabinet.age_ms)).collect();
        self.each(
            "enmon_cabinet_temperature_celsius",
            "Temperature in the cabinet, °C.",
            "cabinet",
            cabinets.iter().map(|cabinet| (cabinet.name.as_str(), cabinet.temperature)),
        );
        self.each(
            "enmon_cabinet_smoke",
            "1 when the cabinet's sensor finds smoke or gas.",
            "cabinet",
            cabinets.iter().map(|cabinet| (cabinet.name.as_str(), cabinet.smoke.map(truth))),
        );
        let solar: Vec<_> = status.solar.iter().filter(|solar| self.is_fresh(solar.age_ms)).collect();
        self.each(
            "solar_input_current_amplitude",
            "Current per phase that the solar input gives, A (RMS).",
            "solar",
            solar.iter().map(|solar| (solar.name.as_str(), solar.current)),
        );
        let nodes: Vec<_> = status.endpoints.iter().filter(|node| self.is_fresh(node.age_ms)).collect();
        // a sum with a part missing would be too low
        if !nodes.is_empty() && nodes.len() == status.endpoints.len() {
            let total = nodes.iter().flat_map(|node| &node.currents).sum();
            self.lone("esp8266_total_current", "Sum of all currents that ESP nodes measure, A.", total);
        }
        self.each(
            "enmon_endpoint_connected",
            "1 when the ESP node's own link is up.",
            "endpoint",
            nodes.iter().map(|node| (node.name.as_str(), Some(truth(node.connected)))),
        );
        self.gauge(
            "enmon_endpoint_current_amperes",
            "Current that a sensor of the ESP node measures, A (RMS).",
        );
        for node in nodes {
            for (sensor, current) in node.currents.iter().enumerate() {
                let labels = [("endpoint", node.name.as_str()), ("sensor", &sensor.to_string())];
                self.writer.sample("enmon_endpoint_current_amperes", &labels, *current);
            }
        }
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::L1 => "L1",
        Phase::L2 => "L2",
        Phase::L3 => "L3",
    }
}

/// Returns what a charger draws on a site phase; nothing when it is not connected there.
fn drawn_on(charger: &ChargerStatus, phase: Phase) -> Option<f64> {
    let terminal = charger.phases.iter().position(|&connected| connected == phase)?;
    charger.drawn.as_ref()?.get(terminal).copied()
}
