//! The page of the controller: loop times, decisions, writes, failures, its role, how long it has been up.

use super::layout::{Draft, Look, Page, Row};
use super::model::Variable;
use super::selector::Selector;

pub(super) fn page(selector: &Selector, has_standby: bool) -> Page {
    let mut rows = vec![
        Row::new("Now", now(selector)),
        Row::new("Loop", vec![times(selector), reaction(selector), decisions(selector), ages(selector)]),
        Row::new("Failures", failures(selector)),
    ];
    if has_standby {
        rows.push(Row::new("Standby", standby(selector)));
    }
    Page {
        title: "controller",
        description: "Loop times, decisions, writes, failures, and who writes.",
        variables: vec![Variable::datasource()],
        rows,
    }
}

fn now(selector: &Selector) -> Vec<Draft> {
    let number = |title: &str, unit, expr: String| Draft::new(title, Look::Number, unit).query(expr, "");
    let running = selector.with("enmon_controller_state", &[("state", "running")]);
    let started = selector.of("enmon_start_time_seconds");
    vec![
        number("State", "none", format!("max({running})"))
            .words(&[("0", "not running", "red"), ("1", "running", "green")])
            .runbooks(&["ControllerDown", "ControllerNotStarted"]),
        // without a lease there is one controller, and it writes while it runs
        number("Role", "none", format!("max({} or {running})", selector.of("enmon_leading")))
            .words(&[("0", "follows", "blue"), ("1", "writes", "green")])
            .runbooks(&["LeaderMissing", "LeadersSeveral"]),
        number("Up for", "s", format!("time() - max({started})")).runbooks(&["ControllerRestartsOften"]),
        number("Last decision", "s", format!("min({})", selector.of("enmon_decision_age_seconds")))
            .thresholds(&[(5.0, "yellow"), (15.0, "red")])
            .runbooks(&["ControllerNotDeciding"]),
        number("Reloads", "none", format!("max({})", selector.of("enmon_reloads_total"))),
        Draft::new("Version", Look::Number, "none")
            .query(selector.of("enmon_build_info"), "{{version}}")
            .words(&[("1", "runs", "text")]),
    ]
}

/// The greatest value between two points: what is there for one cycle only is not missed.
fn most(selector: &Selector, metric: &str) -> String {
    format!("max_over_time({}[$__interval])", selector.of(metric))
}

fn times(selector: &Selector) -> Draft {
    Draft::new("Loop time", Look::Lines, "s")
        .starting_at_zero()
        .runbooks(&["ControllerLate"])
        .about("From asking the devices until their answers are in, the decision, and until the last limit is acknowledged. \
                Gaps: no limit was written.")
        .query(selector.of("enmon_observe_seconds"), "observe {{instance}}")
        .query(selector.of("enmon_step_seconds"), "decide {{instance}}")
        .query(most(selector, "enmon_write_seconds"), "write {{instance}}")
        .query(most(selector, "enmon_cycle_seconds"), "all {{instance}}")
}

fn reaction(selector: &Selector) -> Draft {
    Draft::new("Reaction", Look::Lines, "s")
        .starting_at_zero()
        .about("From asking the oldest meter of a cycle until its last limit was acknowledged.")
        .query(most(selector, "enmon_reaction_seconds"), "{{instance}}")
}

fn decisions(selector: &Selector) -> Draft {
    let rate = |metric| format!("rate({}[$__rate_interval])", selector.of(metric));
    Draft::new("Decisions", Look::Lines, "ops")
        .starting_at_zero()
        .runbooks(&["ControllerLate", "ControllerNotDeciding"])
        .query(rate("enmon_cycles_total"), "decisions {{instance}}")
        .query(rate("enmon_late_cycles_total"), "late {{instance}}")
}

fn ages(selector: &Selector) -> Draft {
    let written = format!("count_over_time({}[1m])", selector.of("enmon_write_seconds"));
    Draft::new("Cycles with writes", Look::Lines, "none")
        .starting_at_zero()
        .about("Scrapes in the last minute that found a cycle in which limits were written.")
        .query(written, "{{instance}}")
}

fn failures(selector: &Selector) -> Vec<Draft> {
    let failed = [("0", "none", "green"), ("1", "failed", "red")];
    vec![
        Draft::new("Failures", Look::States, "none")
            .words(&failed)
            .runbooks(&["ReloadFailed", "JournalFailed"])
            .query(selector.of("enmon_reload_failed"), "reload {{instance}}")
            .query(selector.of("enmon_journal_failed"), "journal {{instance}}"),
        Draft::new("Devices that can't be read or written", Look::Lines, "none")
            .starting_at_zero()
            .runbooks(&["DeviceFault"])
            .query(format!("sum by (kind) ({})", selector.of("enmon_device_fault")), "{{kind}}"),
    ]
}

fn standby(selector: &Selector) -> Vec<Draft> {
    vec![
        Draft::new("Who writes", Look::States, "none")
            .words(&[("0", "follows", "blue"), ("1", "writes", "green")])
            .runbooks(&["LeaderMissing", "LeadersSeveral", "LeaderChangesOften"])
            .query(selector.of("enmon_leading"), "{{instance}}"),
        Draft::new("Lease", Look::Lines, "none")
            .runbooks(&["LeaseFailed", "LeaderChangesOften"])
            .about("The token grows whenever another controller takes over.")
            .query(selector.of("enmon_lease_token"), "token {{instance}}")
            .query(selector.of("enmon_lease_failed"), "failed {{instance}}"),
    ]
}
