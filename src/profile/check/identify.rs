//! Conditions that tell a device: that their points are there and can be what the condition asks for.

use super::Check;
use super::roles::{Kind, Use, refer};
use crate::document::Step;
use crate::profile::{Condition, Expected};

/// Checks every condition by itself.
pub(super) fn check_identify(check: &mut Check<'_>) {
    for (index, condition) in check.profile.identify.iter().enumerate() {
        let at = |key| [Step::Key("identify"), Step::At(index), Step::Key(key)];
        let facts = refer(check, &at("point"), &condition.point, Use::Read, &[]);
        one_thing(check, index, condition);
        let Some(facts) = facts else { continue };
        let asks_number = matches!(condition.equals, Some(Expected::Number(_))) || condition.within.is_some();
        let asks_text =
            matches!(condition.equals, Some(Expected::Text(_))) || condition.starts_with.is_some();
        let wrong = match facts.kind {
            Kind::Number(_) if asks_text => Some("a number"),
            Kind::Text if asks_number => Some("a text"),
            _ => None,
        };
        if let Some(is) = wrong {
            let key = match condition {
                Condition { equals: Some(_), .. } => "equals",
                Condition { within: Some(_), .. } => "within",
                _ => "startsWith",
            };
            check.error(&at(key), "wrong-type", format!("`{}` is {is}", condition.point));
        }
    }
}

fn one_thing(check: &mut Check<'_>, index: usize, condition: &Condition) {
    let here = ["identify".into(), Step::At(index)];
    let said = [condition.equals.is_some(), condition.starts_with.is_some(), condition.within.is_some()];
    match said.into_iter().filter(|is_said| *is_said).count() {
        0 => check.error(&here, "missing-key", "a condition says one of `equals`, `startsWith` and `within`"),
        1 => {}
        _ => check.error(
            &here,
            "two-conditions",
            "a condition says only one of `equals`, `startsWith` and `within`; make two of it",
        ),
    }
    if let Some([least, most]) = condition.within
        && least > most
    {
        let at = ["identify".into(), Step::At(index), "within".into()];
        check.error(&at, "out-of-range", format!("{least} is above {most}"));
    }
}
