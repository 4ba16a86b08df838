//! Regular expressions of configuration files: the syntax is that of PromQL's matchers, always anchored at both ends.

use crate::promql::re2;

/// Checks a regular expression.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    re2::check(pattern).map(|_| ()).map_err(|mistake| mistake.message.to_owned())
}
