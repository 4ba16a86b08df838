//! What needs somebody's attention at a site.

use super::{Alarm, BreakerState, ChargerState, Decision, Reason, Severity, Snapshot, fresh};
use crate::site::{Phase, Rule, Site};

/// Finds all alarms of a decision. Pure, linear in the site.
pub fn alarms(site: &Site, snapshot: &Snapshot, decision: &Decision) -> Vec<Alarm> {
    let mut found = Vec::new();
    if !site.control.rules.hold(Rule::Alarms) {
        return found;
    }
    circuit_alarms(site, decision, &mut found);
    charger_alarms(site, snapshot, decision, &mut found);
    equipment_alarms(site, snapshot, decision, &mut found);
    found
}

fn alarm(severity: Severity, subject: &str, code: &str, text: String) -> Alarm {
    Alarm { severity, subject: subject.into(), code: code.into(), text }
}

fn circuit_alarms(site: &Site, decision: &Decision, found: &mut Vec<Alarm>) {
    for ((circuit, load), offered) in site.circuits.iter().zip(&decision.loads).zip(&decision.offered) {
        if let (true, Some(meter)) = (load.meter_unknown, circuit.meter) {
            let name = &site.meters[meter.0].name;
            let text = format!(
                "meter {name} is unknown: the chargers behind {} get no more than their fail-safe currents",
                circuit.name
            );
            found.push(alarm(Severity::Critical, &circuit.name, "meter-unknown", text));
        }
        for phase in Phase::ALL {
            let limit = circuit.limit[phase];
            if let Some(measured) =
                load.measured.map(|measured| measured[phase]).filter(|measured| *measured > limit)
            {
                let text = format!("{} {phase} carries {measured:.1}, its limit is {limit}", circuit.name);
                found.push(alarm(Severity::Critical, &circuit.name, "over-limit", text));
            } else if (load.other[phase] + offered[phase]).0 > limit.0 + 0.05 && offered[phase].0 > 0.0 {
                let total = load.other[phase] + offered[phase];
                let text = format!("{} {phase} could carry {total:.1}, its limit is {limit}", circuit.name);
                found.push(alarm(Severity::Warning, &circuit.name, "over-offered", text));
            }
        }
    }
}

fn charger_alarms(site: &Site, snapshot: &Snapshot, decision: &Decision, found: &mut Vec<Alarm>) {
    for (index, (charger, setpoint)) in site.chargers.iter().zip(&decision.setpoints).enumerate() {
        let (code, severity) = match setpoint.reason {
            Reason::Silent { .. } => ("device-silent", Severity::Warning),
            Reason::Disobeys { .. } => ("limit-not-obeyed", Severity::Critical),
            _ => {
                let reading = fresh(snapshot.chargers.get(index), decision.at, site.control.stale_after);
                if reading.is_some_and(|reading| reading.value.state == ChargerState::Fault) {
                    ("charger-fault", Severity::Warning)
                } else {
                    continue;
                }
            }
        };
        let text = format!("charger {}: {}", charger.name, setpoint.reason.text(site));
        found.push(alarm(severity, &charger.name, code, text));
    }
}

fn equipment_alarms(site: &Site, snapshot: &Snapshot, decision: &Decision, found: &mut Vec<Alarm>) {
    let stale_after = site.control.stale_after;
    for (index, breaker) in site.breakers.iter().enumerate() {
        let Some(reading) = fresh(snapshot.breakers.get(index), decision.at, stale_after) else {
            let text = format!("breaker {} is not heard", breaker.name);
            found.push(alarm(Severity::Warning, &breaker.name, "device-silent", text));
            continue;
        };
        if reading.value.state == BreakerState::Tripped {
            let text = format!("breaker {} has tripped", breaker.name);
            found.push(alarm(Severity::Critical, &breaker.name, "breaker-tripped", text));
        }
        if reading.value.fault {
            let text = format!("breaker {} signals a fault", breaker.name);
            found.push(alarm(Severity::Critical, &breaker.name, "breaker-fault", text));
        }
        if reading.value.overload {
            let text = format!("breaker {} warns of overload", breaker.name);
            found.push(alarm(Severity::Warning, &breaker.name, "breaker-overload", text));
        }
    }
    for (index, cabinet) in site.cabinets.iter().enumerate() {
        let Some(reading) = fresh(snapshot.cabinets.get(index), decision.at, stale_after) else {
            let text = format!("cabinet {} is not heard", cabinet.name);
            found.push(alarm(Severity::Warning, &cabinet.name, "device-silent", text));
            continue;
        };
        if reading.value.smoke == Some(true) {
            let text = format!("smoke or gas in cabinet {}", cabinet.name);
            found.push(alarm(Severity::Critical, &cabinet.name, "smoke", text));
        }
        if let (Some(limit), Some(temperature)) = (cabinet.max_temperature, reading.value.temperature)
            && temperature > limit
        {
            let text = format!("cabinet {} is at {temperature:.1} °C, its limit is {limit} °C", cabinet.name);
            found.push(alarm(Severity::Warning, &cabinet.name, "temperature", text));
        }
    }
    for (index, solar) in site.solar.iter().enumerate() {
        if fresh(snapshot.solar.get(index), decision.at, stale_after).is_none() {
            let text = format!("solar input {} is not heard", solar.name);
            found.push(alarm(Severity::Warning, &solar.name, "device-silent", text));
        }
    }
    for (index, endpoint) in site.endpoints.iter().enumerate() {
        if fresh(snapshot.endpoints.get(index), decision.at, stale_after).is_none() {
            let text = format!("endpoint {} is not heard", endpoint.name);
            found.push(alarm(Severity::Warning, &endpoint.name, "device-silent", text));
        }
    }
}
