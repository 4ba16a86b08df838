//! What tells that a device is one of a profile: conditions on values of its points. Reading them is left to others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A condition on a point. It says exactly one of `equals`, `startsWith` and `within`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The point. Of a point with several values, the condition is on each of them.
    pub point: String,
    /// What it must be: a number in the point's unit, or a text (blanks around it do not count).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Expected>,
    /// What its text must begin with; blanks before it do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub starts_with: Option<String>,
    /// The least and the most that it may be, in the point's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<[f64; 2]>,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expected {
    /// A number, in the point's unit.
    Number(f64),
    /// A text.
    Text(String),
}

/// A value that has been read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known<'a> {
    /// A number, in the point's unit.
    Number(f64),
    /// A text.
    Text(&'a str),
}

impl Condition {
    /// Returns a value that meets the condition: what a simulated device holds. Of a range, the most.
    pub fn example(&self) -> Option<Expected> {
        let begins = self.starts_with.clone().map(Expected::Text);
        let most = self.within.map(|[_, most]| Expected::Number(most));
        self.equals.clone().or(begins).or(most)
    }

    /// Says whether it names what the value is, and not only a range: then few other devices meet it.
    pub fn is_exact(&self) -> bool {
        self.equals.is_some() || self.starts_with.is_some()
    }

    /// Says whether a value of the point meets the condition. What is no number (NaN) meets none.
    pub fn holds(&self, value: Known<'_>) -> bool {
        match (value, self) {
            (Known::Number(is), Condition { equals: Some(Expected::Number(must)), .. }) => {
                // a scaled register is seldom the very number that was written down
                (is - must).abs() <= 1e-6 * must.abs().max(1.0)
            }
            (Known::Number(is), Condition { within: Some([least, most]), .. }) => *least <= is && is <= *most,
            (Known::Text(is), Condition { equals: Some(Expected::Text(must)), .. }) => {
                plain(is) == plain(must)
            }
            (Known::Text(is), Condition { starts_with: Some(must), .. }) => {
                is.trim_start_matches(is_filling).starts_with(must.trim_start_matches(is_filling))
            }
            _ => false,
        }
    }
}

/// Returns a text without what devices fill their registers with.
fn plain(text: &str) -> &str {
    text.trim_matches(is_filling)
}

fn is_filling(c: char) -> bool {
    c == '\0' || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(yaml: serde_json::Value) -> Condition {
        serde_json::from_value(yaml).unwrap()
    }

    #[test]
    fn a_condition_holds_for_what_it_says_and_nothing_else() {
        use serde_json::json;
        for (says, value, holds) in [
            (json!({"point": "p", "equals": 16.1}), Known::Number(161.0 * 0.1), true),
            (json!({"point": "p", "equals": 16.1}), Known::Number(16.2), false),
            (json!({"point": "p", "equals": 16}), Known::Text("16"), false),
            (json!({"point": "p", "equals": 16}), Known::Number(f64::NAN), false),
            (json!({"point": "p", "equals": "ALF"}), Known::Text("ALF\0\0 "), true),
            (json!({"point": "p", "equals": "ALF"}), Known::Text("ALF2"), false),
            (json!({"point": "p", "startsWith": "KC-P"}), Known::Text(" KC-P30"), true),
            (json!({"point": "p", "startsWith": "KC-P"}), Known::Text("P30"), false),
            (json!({"point": "p", "startsWith": " KC "}), Known::Text("KC P30"), true),
            (json!({"point": "p", "startsWith": " KC "}), Known::Text("KCP30"), false),
            (json!({"point": "p", "startsWith": "1"}), Known::Number(1.0), false),
            (json!({"point": "p", "within": [198, 260]}), Known::Number(198.0), true),
            (json!({"point": "p", "within": [198, 260]}), Known::Number(260.5), false),
            (json!({"point": "p", "within": [198, 260]}), Known::Number(f64::NAN), false),
            (json!({"point": "p"}), Known::Number(0.0), false),
        ] {
            assert_eq!(condition(says.clone()).holds(value), holds, "{says} of {value:?}");
        }
    }
}
