//! x
use super::judge::Outcome;
/// x
pub fn html_report(_: &[Outcome]) -> String { String::new() }
