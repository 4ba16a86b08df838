//! What a configuration says of samples that come from, or go to, another server: as it is in a file, or as a server gives it.

use super::relabel::Selection;
use crate::document::{Node, Source};
use crate::prometheus::config;

/// Where samples are written to.
#[derive(Debug, Clone)]
pub struct RemoteWrite {
    /// The address.
    pub url: String,
    /// Which series go; none: some are changed on their way.
    pub selection: Option<Selection>,
}

/// Returns the text of a value, also of one that is no text to YAML.
fn word(source: &Source, node: &Node) -> String {
    let bare = || source.text().get(node.span.start..node.span.end).unwrap_or_default();
    node.text().unwrap_or_else(bare).to_owned()
}

/// Returns the labels that a server adds to what leaves it.
pub fn external_labels(source: &Source) -> Vec<(String, String)> {
    let labels = source.root().entry("global").and_then(|global| global.value.entry("external_labels"));
    match labels.map(|labels| &labels.value.content) {
        Some(crate::document::Content::Map(entries)) => {
            entries.iter().map(|entry| (entry.key.clone(), word(source, &entry.value))).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns how old samples may be that are taken out of order, in milliseconds; 0: none are.
pub fn out_of_order_window_ms(source: &Source) -> i64 {
    let tsdb = source.root().entry("storage").and_then(|storage| storage.value.entry("tsdb"));
    let window = tsdb.and_then(|tsdb| tsdb.value.entry("out_of_order_time_window"));
    let text = window.map(|window| word(source, &window.value)).unwrap_or_default();
    config::duration(&text).ok().and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0)
}

/// Returns where samples are written to.
pub fn remote_writes(source: &Source) -> Vec<RemoteWrite> {
    let list = source.root().entry("remote_write").map_or(&[][..], |entry| entry.value.elements());
    list.iter()
        .filter_map(|one| {
            Some(RemoteWrite {
                url: word(source, &one.entry("url")?.value),
                selection: Selection::read(source, one),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    #[test]
    fn what_a_configuration_says_is_found_and_nothing_is_said_otherwise() {
        let text = "global: {external_labels: {site: a, rack: 1}}\nstorage: {tsdb: {out_of_order_time_window: 1h30m}}\nremote_write:\n- url: http://b/api/v1/write\n  write_relabel_configs: [{action: labeldrop, regex: a}]\n- {url: http://c, write_relabel_configs: []}\n";
        let source = Draft::read("p.yml", text).source.unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(external_labels(&source), [pair("site", "a"), pair("rack", "1")]);
        assert_eq!(out_of_order_window_ms(&source), 5_400_000);
        let writes = remote_writes(&source);
        let found: Vec<(&str, bool)> =
            writes.iter().map(|write| (write.url.as_str(), write.selection.is_some())).collect();
        assert_eq!(found, [("http://b/api/v1/write", false), ("http://c", true)]);
        let source = Draft::read("p.yml", "global: {}\n").source.unwrap();
        assert_eq!((external_labels(&source), out_of_order_window_ms(&source)), (Vec::new(), 0));
        assert!(remote_writes(&source).is_empty());
    }
}
