//! Selectors of series, with the labels that tell a site from others.

/// Writes selectors.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    shared: Vec<String>,
}

impl Selector {
    pub(super) fn new(labels: &[(String, String)]) -> Self {
        Selector { shared: labels.iter().map(|(name, value)| matcher(name, value)).collect() }
    }

    /// Writes the selector of a metric.
    pub(super) fn of(&self, metric: &str) -> String {
        self.with(metric, &[])
    }

    /// Writes the selector of a metric with labels of its own. Variables of Grafana stay what they are.
    pub(super) fn with(&self, metric: &str, labels: &[(&str, &str)]) -> String {
        let own = labels.iter().map(|(name, value)| matcher(name, value));
        let all: Vec<String> = own.chain(self.shared.iter().cloned()).collect();
        if all.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", all.join(",")) }
    }

    /// Writes the selector of a metric without some values of a label.
    pub(super) fn without(&self, metric: &str, labels: &[(&str, &str)], name: &str, values: &str) -> String {
        let selector = self.with(metric, labels);
        let excluded = format!("{name}!~\"{values}\"");
        match selector.strip_suffix('}') {
            Some(open) => format!("{open},{excluded}}}"),
            None => format!("{selector}{{{excluded}}}"),
        }
    }
}

fn matcher(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
