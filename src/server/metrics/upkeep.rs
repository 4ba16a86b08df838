//! Metrics for whoever keeps the site running: ages and faults of all devices, the controller itself, alarms.

use super::{Page, seconds, truth};
use crate::control::{LeaseRole, RunState, Severity, SiteStatus};

/// One of the devices: its kind, name, age of its reading, fault.
type Device<'a> = (&'static str, &'a str, Option<u64>, &'a Option<String>);

impl Page {
    pub(super) fn devices(&mut self, status: &SiteStatus) {
        let devices = all_devices(status);
        let name = "enmon_reading_age_seconds";
        self.gauge(name, "Age of the device's last reading, s; absent when it was never heard.");
        for (kind, device, age_ms, _) in &devices {
            if let Some(age) = age_ms {
                let age = seconds(age.saturating_add(self.late_ms));
                self.writer.sample(name, &[("kind", kind), ("device", device)], age);
            }
        }
        let name = "enmon_device_fault";
        self.gauge(name, "1 while the device can't be read or written.");
        for (kind, device, _, fault) in &devices {
            self.writer.sample(name, &[("kind", kind), ("device", device)], truth(fault.is_some()));
        }
    }

    pub(super) fn controller(&mut self, status: &SiteStatus) {
        let controller = &status.controller;
        self.counter("enmon_cycles_total", "Decisions made.", controller.cycles);
        self.counter(
            "enmon_late_cycles_total",
            "Cycles that began late by more than one interval.",
            controller.late_cycles,
        );
        self.counter(
            "enmon_reloads_total",
            "Times the site file was read again with success.",
            controller.reloads,
        );
        self.lone("enmon_step_seconds", "Time that the last decision took, s.", controller.step_ms / 1000.0);
        self.lone(
            "enmon_observe_seconds",
            "Time until the last cycle's observations were in, s.",
            controller.observe_ms / 1000.0,
        );
        if let Some(write_ms) = controller.write_ms {
            let whole_ms = controller.observe_ms + controller.step_ms + write_ms;
            self.lone(
                "enmon_write_seconds",
                "Time until the last cycle's limits were acknowledged, s.",
                write_ms / 1000.0,
            );
            self.lone(
                "enmon_cycle_seconds",
                "Time from asking the devices to the last acknowledged limit, s.",
                whole_ms / 1000.0,
            );
        }
        if let Some(reaction_ms) = controller.reaction_ms {
            let help = "Time from asking the oldest meter to the last acknowledged limit, s.";
            self.lone("enmon_reaction_seconds", help, reaction_ms / 1000.0);
        }
        self.lone("enmon_decision_age_seconds", "Age of the last decision, s.", seconds(self.late_ms));
        self.lone(
            "enmon_start_time_seconds",
            "When the controller started, s since the Unix epoch.",
            seconds(controller.started_at),
        );
        self.lone(
            "enmon_reload_failed",
            "1 when the last reload was refused.",
            truth(controller.reload_error.is_some()),
        );
        self.lone(
            "enmon_journal_failed",
            "1 while the journal can't be written.",
            truth(controller.journal_error.is_some()),
        );
        if let Some(lease) = &controller.lease {
            self.lone(
                "enmon_leading",
                "1 while this controller writes, 0 while it follows another one.",
                truth(lease.role == LeaseRole::Leading),
            );
            if let Some(generation) = lease.generation {
                self.lone(
                    "enmon_lease_token",
                    "Fencing token with which this controller writes.",
                    generation as f64,
                );
            }
            self.lone("enmon_lease_failed", "1 while the lease can't be kept.", truth(lease.error.is_some()));
        }
        self.gauge("enmon_controller_state", "1 for the state in which the controller is, 0 for the others.");
        for (state, word) in [
            (RunState::Starting, "starting"),
            (RunState::Running, "running"),
            (RunState::Stopping, "stopping"),
        ] {
            self.writer.sample(
                "enmon_controller_state",
                &[("state", word)],
                truth(controller.state == state),
            );
        }
        self.gauge("enmon_alarms", "Alarms that are raised.");
        for (severity, word) in [(Severity::Warning, "warning"), (Severity::Critical, "critical")] {
            let count = status.alarms.iter().filter(|alarm| alarm.severity == severity).count();
            self.writer.sample("enmon_alarms", &[("severity", word)], count as f64);
        }
    }
}

fn all_devices(status: &SiteStatus) -> Vec<Device<'_>> {
    let mut devices: Vec<Device<'_>> = Vec::new();
    devices.extend(status.meters.iter().map(|d| ("meter", d.name.as_str(), d.age_ms, &d.fault)));
    devices.extend(status.chargers.iter().map(|d| ("charger", d.name.as_str(), d.age_ms, &d.fault)));
    devices.extend(status.breakers.iter().map(|d| ("breaker", d.name.as_str(), d.age_ms, &d.fault)));
    devices.extend(status.cabinets.iter().map(|d| ("cabinet", d.name.as_str(), d.age_ms, &d.fault)));
    devices.extend(status.solar.iter().map(|d| ("solar", d.name.as_str(), d.age_ms, &d.fault)));
    devices.extend(status.endpoints.iter().map(|d| ("endpoint", d.name.as_str(), d.age_ms, &d.fault)));
    devices
}
