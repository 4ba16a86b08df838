//! An Alertmanager's file on the way into the running server: what must be loaded for it to count as applied.
//!
//! Its metrics tell a number of the very text that it has loaded; what it writes of its configuration says in words how the two differ.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::client::Alertmanager;
use super::route_tree::RouteTree;
use crate::document::{Draft, Node, Source};
use crate::prometheus::Store;
use crate::prometheus::apply::{self, ApplyError, Reader, Written};
use crate::prometheus::config::{self, Fields};
use crate::prometheus::server::ServerError;

/// What a file has, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertmanagerConfig {
    /// Receivers.
    pub receivers: usize,
    /// Routes, the root included.
    pub routes: usize,
}

impl AlertmanagerConfig {
    /// Counts what is in a file.
    pub fn of(source: &Source) -> Self {
        fn routes(node: &Node) -> usize {
            let below = Fields::of(node).and_then(|(fields, _)| fields.get("routes"));
            1 + below.map_or(0, |entry| entry.value.elements().iter().map(routes).sum())
        }
        let fields = Fields::of(source.root()).map(|(fields, _)| fields);
        let entry =
            |name: &str| fields.as_ref().and_then(|fields| fields.get(name)).map(|entry| &entry.value);
        AlertmanagerConfig {
            receivers: entry("receivers").map_or(0, |node| node.elements().len()),
            routes: entry("route").map_or(0, routes),
        }
    }
}

/// Has Alertmanager read its file, until it goes by it or the time is over.
///
/// # Errors
/// When it can't be asked, or does not take the file; then the last good text is back.
pub async fn apply(path: &Path, server: &Alertmanager, at_most: Duration) -> Result<(), ApplyError> {
    apply::apply_to(&Store::Disk, path, &[], server, at_most).await.map(|_| ())
}

impl Reader for Alertmanager {
    async fn reload(&self) -> Result<(), ServerError> {
        Alertmanager::reload(self).await
    }

    async fn missing(&self, written: &Written<'_>) -> Result<Option<String>, ServerError> {
        let (successful, number) = self.reload_state().await?;
        if !successful {
            return Ok(Some("its last reload has failed".to_owned()));
        }
        if number == Some(text_number(&written.main.text)) {
            return Ok(None);
        }
        let (_, configuration) = self.status().await?;
        let loaded = Draft::read("configuration of the server", &configuration).source;
        Ok(match (&written.main.source, loaded) {
            (Some(file), Some(loaded)) => difference(file, &loaded)
                .or_else(|| number.map(|_| "it has loaded another text that means much the same".to_owned())),
            _ => Some("it has no configuration that can be read".to_owned()),
        })
    }
}

/// Returns the number that Alertmanager gives a text: the first six bytes of its MD5, the lowest first (`alertmanager_config_hash`).
/// Source: Alertmanager, `config/coordinator.go`.
fn text_number(text: &str) -> f64 {
    let digest = md5::compute(text.as_bytes());
    let number = digest.iter().take(6).rev().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    // 48 bits fit exactly
    number as f64
}

/// Says how a server's configuration differs from a file; `None`: no difference is known.
fn difference(file: &Source, loaded: &Source) -> Option<String> {
    let (wanted, there) = (integrations(file), integrations(loaded));
    if let Some(name) = wanted.keys().find(|name| !there.contains_key(*name)) {
        return Some(format!("the receiver `{name}` is not loaded"));
    }
    if let Some(name) = there.keys().find(|name| !wanted.contains_key(*name)) {
        return Some(format!("the receiver `{name}` is still loaded"));
    }
    if let Some((name, _)) = wanted.iter().find(|(name, kinds)| there.get(*name) != Some(*kinds)) {
        return Some(format!("the receiver `{name}` is loaded with other integrations"));
    }
    match (RouteTree::read(file), RouteTree::read(loaded)) {
        (Ok(file), Ok(loaded)) => file.difference(&loaded),
        _ => Some("its routes can't be read".to_owned()),
    }
}

/// Returns the integrations of each receiver, and how many there are of each.
fn integrations(source: &Source) -> BTreeMap<String, BTreeMap<String, usize>> {
    let root = Fields::of(source.root()).and_then(|(fields, _)| fields.get("receivers"));
    let mut all = BTreeMap::new();
    for node in root.map_or(&[][..], |entry| entry.value.elements()) {
        let Some((receiver, _)) = Fields::of(node) else { continue };
        let name = receiver.get("name").and_then(|entry| config::word(source, &entry.value));
        let kinds = receiver.iter().filter(|entry| !entry.value.elements().is_empty());
        let kinds = kinds.map(|entry| (entry.key.clone(), entry.value.elements().len())).collect();
        all.insert(name.unwrap_or_default(), kinds);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_numbers_that_alertmanager_gives_them() {
        // MD5 of nothing is d41d8cd98f00b204e9800998ecf8427e (RFC 1321, A.5)
        assert_eq!(text_number(""), 617_830_161_876.0);
    }

    #[test]
    fn what_a_server_fills_in_is_no_difference() {
        let loaded = "route:\n  receiver: a\n  group_by:\n  - y\n  - x\n  continue: false\n  group_wait: 30s\n  routes:\n  - receiver: b\n    matchers:\n    - x=\"1\"\n    continue: false\nreceivers:\n- name: a\n- name: b\n  webhook_configs:\n  - url: <secret>\n";
        let file = "route: {receiver: a, group_by: [x, y], routes: [{receiver: b, match: {x: 1}}]}\nreceivers: [{name: a}, {name: b, webhook_configs: [{url: 'http://h'}]}]\n";
        let source = |text: &str| Draft::read("a.yml", text).source.unwrap();
        assert_eq!(difference(&source(file), &source(loaded)), None);
        for (from, to, part) in [
            ("name: a}", "name: c}", "`c` is not loaded"),
            (", {name: b, ", ", {name: b, email_configs: [{to: a}], ", "other integrations"),
            ("match: {x: 1}", "match: {x: 2}", "another matchers"),
            ("match: {x: 1}", "match: {x: 1}, continue: true", "another continue"),
            ("[x, y]", "[x]", "another group_by"),
            ("receiver: a,", "receiver: a, group_wait: 1m,", "another group_wait"),
            ("receiver: b, ", "", "another receiver"),
        ] {
            let changed = file.replacen(from, to, 1);
            assert_ne!(changed, file);
            let said = difference(&source(&changed), &source(loaded));
            assert!(said.as_ref().is_some_and(|said| said.contains(part)), "{changed}: {said:?}");
        }
    }
}
