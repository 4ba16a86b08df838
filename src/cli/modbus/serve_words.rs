//! What a person or a script may tell a running `enmon modbus serve`, a line each.

use std::str::FromStr;

use crate::modbus::{Behaviour, BehaviourError};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// An empty line, or a remark.
    Nothing,
    /// How a unit behaves, or all.
    Behave {
        /// `None`: all.
        unit: Option<u8>,
        /// For the next request only.
        is_once: bool,
        /// How.
        behaviour: Behaviour,
    },
    /// Only every so many-th request is treated so.
    Every(u32),
    /// Show how often registers were written that wear out.
    Wear,
}

/// Why a line is no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OrderError {
    /// The first word is not known here.
    Unknown(BehaviourError),
    /// The rest does not fit.
    Wrong(String),
}

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(line: &str) -> Result<Self, OrderError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (unit, words) = match words.as_slice() {
            [] => return Ok(Order::Nothing),
            [first, ..] if first.starts_with('#') => return Ok(Order::Nothing),
            ["wear"] => return Ok(Order::Wear),
            ["every", rest @ ..] => {
                let number = if let [number] = rest { number.parse().ok() } else { None };
                let number = number.filter(|number| *number > 0);
                let wrong = || OrderError::Wrong("`every` takes a number from 1 on".to_owned());
                return number.map(Order::Every).ok_or_else(wrong);
            }
            ["unit", number, rest @ ..] => {
                let wrong = || OrderError::Wrong(format!("`{number}` is no unit id: those are 0 to 255"));
                (Some(number.parse().map_err(|_| wrong())?), rest)
            }
            words => (None, words),
        };
        let (is_once, words) = match words {
            ["once", rest @ ..] => (true, rest),
            words => (false, words),
        };
        match words.join(" ").parse() {
            Ok(behaviour) => Ok(Order::Behave { unit, is_once, behaviour }),
            Err(error @ BehaviourError::Unknown(_)) if unit.is_none() && !is_once => {
                Err(OrderError::Unknown(error))
            }
            Err(error) => Err(OrderError::Wrong(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_understood() {
        let behave = |unit, is_once, behaviour| Ok(Order::Behave { unit, is_once, behaviour });
        for (line, order) in [
            ("", Ok(Order::Nothing)),
            ("# drop", Ok(Order::Nothing)),
            ("drop\n", behave(None, false, Behaviour::Silent)),
            ("once late 1500ms", behave(None, true, Behaviour::Late(Duration::from_millis(1500)))),
            ("unit 5 once stale", behave(Some(5), true, Behaviour::Stale)),
            ("every 3", Ok(Order::Every(3))),
            ("wear", Ok(Order::Wear)),
        ] {
            assert_eq!(line.parse::<Order>(), order, "{line}");
        }
        for line in ["every", "every 0", "unit x drop", "unit 5 dizzy", "exception", "once"] {
            assert!(matches!(line.parse::<Order>(), Err(OrderError::Wrong(_))), "{line}");
        }
        assert!(matches!("plug charger".parse::<Order>(), Err(OrderError::Unknown(_))));
    }
}
