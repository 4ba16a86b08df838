//! Decisions about a name, in words.

use crate::failover::{Action, Pointing, Stay};

/// A decision, told.
pub(super) struct Told {
    /// `stay`, `failOver` or `failBack`.
    pub(super) action: &'static str,
    /// The place that the name moves to.
    pub(super) to: Option<String>,
    /// Why.
    pub(super) reason: String,
}

fn name(names: &[String], place: usize) -> &str {
    names.get(place).map_or("?", String::as_str)
}

fn seconds(ms: u64) -> String {
    format!("{} s", ms.div_ceil(1_000))
}

/// Tells a decision.
pub(super) fn told(action: &Action, names: &[String]) -> Told {
    let (action, to, reason) = match action {
        Action::Stay(stay) => ("stay", None, why(stay, names)),
        Action::FailOver { from, to } => (
            "failOver",
            Some(*to),
            format!("{} has failed, and {} is healthy", name(names, *from), name(names, *to)),
        ),
        Action::FailBack { to, .. } => {
            ("failBack", Some(*to), format!("{} is healthy again", name(names, *to)))
        }
    };
    Told { action, to: to.map(|to| name(names, to).to_owned()), reason }
}

fn why(stay: &Stay, names: &[String]) -> String {
    match stay {
        Stay::Healthy => "its place is healthy".into(),
        Stay::CutOff => "too few witnesses answer: the checker itself seems cut off".into(),
        Stay::Unknown(reason) => format!("it can't be found out where the name points: {reason}"),
        Stay::NotOurs(to) => format!("it points to {to}, which is none of the places; move it by hand first"),
        Stay::Failing { bad, for_ms } => format!(
            "its place is bad, but not for long enough yet ({bad} round{} in {})",
            if *bad == 1 { "" } else { "s" },
            seconds(*for_ms)
        ),
        Stay::AllDown => "its place has failed, and no other is healthy".into(),
        Stay::Dwell { left_ms } => {
            format!("it should move, but was moved too short a time ago ({} to wait)", seconds(*left_ms))
        }
        Stay::TooManyMoves => "it should move, but was moved as often as it may be in an hour".into(),
        Stay::Recovering { place, good } => format!(
            "{} is healthy, but not for long enough yet ({good} round{})",
            name(names, *place),
            if *good == 1 { "" } else { "s" }
        ),
        Stay::ByHand { place } => {
            let place = name(names, *place);
            format!(
                "its place is healthy, and so is {place}; a person decides: enmon site failover --to {place}"
            )
        }
    }
}

/// Tells where a name points.
pub(super) fn place_of(pointing: &Pointing, names: &[String]) -> Option<String> {
    match pointing {
        Pointing::Place(place) => Some(name(names, *place).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_words() {
        let names = vec!["hall".to_owned(), "cloud".to_owned()];
        let cases = [
            (Action::Stay(Stay::Failing { bad: 1, for_ms: 0 }), "(1 round in 0 s)"),
            (Action::Stay(Stay::Failing { bad: 2, for_ms: 9_001 }), "(2 rounds in 10 s)"),
            (Action::Stay(Stay::Dwell { left_ms: 1 }), "(1 s to wait)"),
            (Action::Stay(Stay::Recovering { place: 0, good: 1 }), "hall is healthy, but"),
            (Action::Stay(Stay::ByHand { place: 0 }), "--to hall"),
            (Action::FailOver { from: 0, to: 1 }, "hall has failed, and cloud is healthy"),
            (Action::FailBack { from: 1, to: 0 }, "hall is healthy again"),
        ];
        for (action, expected) in cases {
            let told = told(&action, &names);
            assert!(told.reason.contains(expected), "{}", told.reason);
            assert_eq!(told.action == "stay", told.to.is_none());
        }
    }
}
