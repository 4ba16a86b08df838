//! Which series a server sends on: the rules `keep` and `drop` of `write_relabel_configs`.
//!
//! Rules that change labels are not carried out; a list that has any is not applied at all. Source: Prometheus, "Configuration",
//! `<relabel_config>`: the values of the labels are joined, and the expression has to fit all of that.

use regex::Regex;

use crate::document::{Node, Source};

/// Rules that say which series go on.
#[derive(Debug, Clone)]
pub struct Selection {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    labels: Vec<String>,
    separator: String,
    regex: Regex,
    keeps: bool,
}

impl Selection {
    /// Reads the rules of a `remote_write`; `None`: there are others than `keep` and `drop` among them.
    pub fn read(source: &Source, write: &Node) -> Option<Self> {
        let rules = write.entry("write_relabel_configs").map_or(&[][..], |entry| entry.value.elements());
        let rules = rules.iter().map(|rule| Rule::read(source, rule)).collect::<Option<_>>()?;
        Some(Selection { rules })
    }

    /// Says whether a series with these labels goes on.
    pub fn keeps(&self, labels: &[(String, String)]) -> bool {
        let value = |name: &String| {
            labels.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str())
        };
        self.rules.iter().all(|rule| {
            let values: Vec<&str> = rule.labels.iter().map(value).collect();
            rule.regex.is_match(&values.join(&rule.separator)) == rule.keeps
        })
    }

    /// Says whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl Rule {
    fn read(source: &Source, rule: &Node) -> Option<Self> {
        let word = |key: &str| {
            let value = &rule.entry(key)?.value;
            let bare = || source.text().get(value.span.start..value.span.end);
            value.text().or_else(bare).map(str::to_owned)
        };
        let keeps = match word("action").as_deref() {
            Some("keep") => true,
            Some("drop") => false,
            _ => return None,
        };
        let labels = rule.entry("source_labels").map_or(&[][..], |entry| entry.value.elements());
        let labels = labels.iter().map(|label| label.text().map(str::to_owned)).collect::<Option<_>>()?;
        let regex = word("regex").unwrap_or_else(|| "(.*)".to_owned());
        Some(Rule {
            labels,
            separator: word("separator").unwrap_or_else(|| ";".to_owned()),
            regex: Regex::new(&format!("^(?s:{regex})$")).ok()?,
            keeps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn read(rules: &str) -> Option<Selection> {
        let text = format!("url: x\nwrite_relabel_configs: [{rules}]\n");
        let source = Draft::read("p.yml", &text).source.unwrap();
        Selection::read(&source, source.root())
    }

    #[test]
    fn series_are_kept_and_dropped_as_the_server_does() {
        let labels = |text: &str| -> Vec<(String, String)> {
            let pair =
                |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            text.split(',').filter_map(pair).collect()
        };
        let drop_go = "{source_labels: [__name__], regex: 'go_.*', action: drop}";
        let keep_two = "{source_labels: [job, site], regex: 'hall;a', action: keep}";
        for (rules, series, wanted) in [
            ("", "__name__=up", true),
            (drop_go, "__name__=go_threads", false),
            (drop_go, "__name__=my_go_threads", true),
            (drop_go, "job=x", true),
            (keep_two, "job=hall,site=a", true),
            (keep_two, "job=hall", false),
            (keep_two, "job=hall,site=ab", false),
            ("{source_labels: [a], separator: '', regex: '', action: keep}", "b=1", true),
            ("{source_labels: [a], regex: 1|2, action: drop}", "a=12", true),
            ("{source_labels: [a], action: drop}", "b=1", false),
        ] {
            assert_eq!(read(rules).unwrap().keeps(&labels(series)), wanted, "{rules} {series}");
        }
        let both = read(&format!("{drop_go}, {keep_two}")).unwrap();
        assert!(!both.keeps(&labels("__name__=go_x,job=hall,site=a")) && !both.keeps(&labels("__name__=up")));
    }

    #[test]
    fn rules_that_change_labels_are_not_applied() {
        for rules in [
            "{regex: a, action: labeldrop}",
            "{target_label: a, replacement: b}",
            "{regex: 'a(', action: keep}",
        ] {
            assert!(read(rules).is_none(), "{rules}");
        }
        assert!(read("").unwrap().is_empty());
    }
}
