//! Turns a decision into the status that everybody outside sees.

use super::view::PlantView;
use super::{
    Alarm, BreakerStatus, CabinetStatus, ChargerStatus, CircuitPhaseStatus, CircuitStatus, ControllerStatus,
    Decision, DeviceRef, EndpointStatus, LoadStatus, MeterStatus, SiteStatus, Snapshot, SolarStatus, Time,
    fresh,
};
use crate::site::{Amps, CircuitId, Site};

/// Builds the status. Linear in the site.
pub fn site_status(
    site: &Site,
    snapshot: &Snapshot,
    decision: &Decision,
    controller: ControllerStatus,
    alarms: Vec<Alarm>,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> SiteStatus {
    SiteStatus {
        api_version: "enmon/v1".into(),
        kind: "SiteStatus".into(),
        site: site.name.clone(),
        at: decision.at.0,
        controller,
        circuits: circuits(site, decision),
        chargers: chargers(site, snapshot, decision, fault),
        meters: meters(site, snapshot, decision.at, fault),
        breakers: breakers(site, snapshot, decision.at, fault),
        loads: loads(site, decision),
        cabinets: cabinets(site, snapshot, decision.at, fault),
        solar: solar(site, snapshot, decision.at, fault),
        endpoints: endpoints(site, snapshot, decision.at, fault),
        alarms,
    }
}

/// Returns what the view knows to be wrong with a device.
pub fn faults_of(view: &PlantView) -> impl Fn(DeviceRef) -> Option<String> + '_ {
    |device| view.remark(device).map(str::to_owned)
}

fn circuits(site: &Site, decision: &Decision) -> Vec<CircuitStatus> {
    let circuits = site.circuits.iter().enumerate();
    circuits
        .map(|(index, circuit)| {
            let (load, offered) = (&decision.loads[index], &decision.offered[index]);
            let phases = site.grid.phases().iter().map(|&phase| CircuitPhaseStatus {
                phase,
                limit: circuit.limit[phase].0,
                measured: load.measured.map(|measured| measured[phase].0),
                drawn: load.drawn[phase].0,
                other: load.other[phase].0,
                offered: offered[phase].0,
                headroom: (circuit.limit[phase] - load.other[phase] - offered[phase]).0,
            });
            CircuitStatus {
                name: circuit.name.clone(),
                parent: circuit.parent.map(|parent| site.circuits[parent.0].name.clone()),
                depth: site.ancestry(CircuitId(index)).count() - 1,
                meter_unknown: load.meter_unknown,
                phases: phases.collect(),
                breaker: None,
            }
        })
        .collect()
}

fn chargers(
    site: &Site,
    snapshot: &Snapshot,
    decision: &Decision,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<ChargerStatus> {
    let chargers = site.chargers.iter().enumerate();
    chargers
        .map(|(index, charger)| {
            let heard = snapshot.chargers.get(index).and_then(Option::as_ref);
            let known = fresh(snapshot.chargers.get(index), decision.at, site.control.stale_after);
            let setpoint = &decision.setpoints[index];
            ChargerStatus {
                name: charger.name.clone(),
                circuit: site.circuits[charger.circuit.0].name.clone(),
                phases: charger.phases.clone(),
                state: known.map(|reading| reading.value.state),
                age_ms: heard.map(|reading| decision.at.since(reading.at).as_millis()),
                offered: known.map(|reading| reading.value.offered.0),
                drawn: known.map(|reading| {
                    reading.value.drawn[..charger.phases.len()].iter().map(|amps| amps.0).collect()
                }),
                setpoint: setpoint.amps.0,
                target: setpoint.target.0,
                reason: setpoint.reason.text(site),
                reason_code: setpoint.reason.code().into(),
                order: decision.state.chargers[index].order.clone(),
                needs: decision.state.chargers[index].needs.clone(),
                fault: fault(DeviceRef::Charger(index)),
                max: charger.max.0,
            }
        })
        .collect()
}

fn optional(currents: &[Option<Amps>]) -> Vec<Option<f64>> {
    currents.iter().map(|current| current.map(|amps| amps.0)).collect()
}

fn meters(
    site: &Site,
    snapshot: &Snapshot,
    now: Time,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<MeterStatus> {
    let meters = site.meters.iter().enumerate();
    meters
        .map(|(index, meter)| {
            let heard = snapshot.meters.get(index).and_then(Option::as_ref);
            let known = fresh(snapshot.meters.get(index), now, site.control.stale_after);
            MeterStatus {
                name: meter.name.clone(),
                age_ms: heard.map(|reading| now.since(reading.at).as_millis()),
                known: known.is_some(),
                currents: known.map(|reading| optional(&reading.value.currents)).unwrap_or_default(),
                power: known.and_then(|reading| reading.value.power),
                fault: fault(DeviceRef::Meter(index)),
            }
        })
        .collect()
}

fn breakers(
    site: &Site,
    snapshot: &Snapshot,
    now: Time,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<BreakerStatus> {
    let breakers = site.breakers.iter().enumerate();
    breakers
        .map(|(index, breaker)| {
            let heard = snapshot.breakers.get(index).and_then(Option::as_ref);
            let known = fresh(snapshot.breakers.get(index), now, site.control.stale_after);
            BreakerStatus {
                name: breaker.name.clone(),
                circuit: breaker.circuit.map(|circuit| site.circuits[circuit.0].name.clone()),
                age_ms: heard.map(|reading| now.since(reading.at).as_millis()),
                state: known.map(|reading| reading.value.state),
                currents: known.map(|reading| optional(&reading.value.currents)).unwrap_or_default(),
                fault_signal: known.is_some_and(|reading| reading.value.fault),
                overload: known.is_some_and(|reading| reading.value.overload),
                fault: fault(DeviceRef::Breaker(index)),
            }
        })
        .collect()
}

fn loads(site: &Site, decision: &Decision) -> Vec<LoadStatus> {
    let loads = site.loads.iter().zip(&decision.shedding).zip(&decision.state.loads);
    loads
        .map(|((load, decided), memory)| LoadStatus {
            name: load.name.clone(),
            circuit: site.circuits[load.circuit.0].name.clone(),
            breaker: site.breakers[load.breaker].name.clone(),
            state: decided.state,
            cut_since: memory.cut_since.map(|since| since.0),
        })
        .collect()
}

fn cabinets(
    site: &Site,
    snapshot: &Snapshot,
    now: Time,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<CabinetStatus> {
    let cabinets = site.cabinets.iter().enumerate();
    cabinets
        .map(|(index, cabinet)| {
            let heard = snapshot.cabinets.get(index).and_then(Option::as_ref);
            let known = fresh(snapshot.cabinets.get(index), now, site.control.stale_after);
            CabinetStatus {
                name: cabinet.name.clone(),
                age_ms: heard.map(|reading| now.since(reading.at).as_millis()),
                temperature: known.and_then(|reading| reading.value.temperature),
                smoke: known.and_then(|reading| reading.value.smoke),
                fault: fault(DeviceRef::Cabinet(index)),
            }
        })
        .collect()
}

fn solar(
    site: &Site,
    snapshot: &Snapshot,
    now: Time,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<SolarStatus> {
    let inputs = site.solar.iter().enumerate();
    inputs
        .map(|(index, solar)| SolarStatus {
            name: solar.name.clone(),
            age_ms: snapshot
                .solar
                .get(index)
                .and_then(Option::as_ref)
                .map(|reading| now.since(reading.at).as_millis()),
            current: fresh(snapshot.solar.get(index), now, site.control.stale_after)
                .map(|reading| reading.value.current.0),
            fault: fault(DeviceRef::Solar(index)),
        })
        .collect()
}

fn endpoints(
    site: &Site,
    snapshot: &Snapshot,
    now: Time,
    fault: &dyn Fn(DeviceRef) -> Option<String>,
) -> Vec<EndpointStatus> {
    let endpoints = site.endpoints.iter().enumerate();
    endpoints
        .map(|(index, endpoint)| {
            let heard = snapshot.endpoints.get(index).and_then(Option::as_ref);
            let known = fresh(snapshot.endpoints.get(index), now, site.control.stale_after);
            EndpointStatus {
                name: endpoint.name.clone(),
                age_ms: heard.map(|reading| now.since(reading.at).as_millis()),
                currents: known
                    .map(|reading| reading.value.currents.iter().map(|amps| amps.0).collect())
                    .unwrap_or_default(),
                connected: known.is_some_and(|reading| reading.value.connected),
                fault: fault(DeviceRef::Endpoint(index)),
            }
        })
        .collect()
}
