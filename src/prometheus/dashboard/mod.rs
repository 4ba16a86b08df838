//! Dashboards of Grafana, made from a site: pure, site in, model out. The same site gives the same text, byte by byte.
//!
//! Decides what is shown and by which queries. What brings them to Grafana is in
//! `prometheus::grafana` and in `cli`; whether a query has data is
//! asked by `cli`, with what [`queries`] lists.

mod chargers;
mod controller;
mod layout;
mod model;
mod node;
mod overview;
pub mod queries;
mod selector;

pub use model::{Dashboard, Panel, Query, Variable};

use self::layout::Page;
use self::selector::Selector;
use crate::site::Site;

/// A page that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageName {
    /// Circuits with load, limit and headroom, alarms, the controller's health.
    Site,
    /// Chargers, measured devices, the sun.
    Chargers,
    /// Loop times, decisions, writes, failures.
    Controller,
    /// The machines, by node_exporter's metrics.
    Node,
}

impl PageName {
    /// All of them, in the order in which they are listed.
    pub const ALL: [PageName; 4] = [PageName::Site, PageName::Chargers, PageName::Controller, PageName::Node];

    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            PageName::Site => "site",
            PageName::Chargers => "chargers",
            PageName::Controller => "controller",
            PageName::Node => "node",
        }
    }
}

/// What a site file does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageSettings {
    /// Labels that every series must have, for a Prometheus with several sites: names and values.
    pub labels: Vec<(String, String)>,
    /// Address below which runbooks are; without it panels name them and don't link them.
    pub runbooks: Option<String>,
    /// Are there two controllers with a lease?
    pub has_standby: bool,
    /// Are there sensors of temperature and humidity?
    pub has_sensors: bool,
}

/// Makes a page.
pub fn dashboard(page: PageName, site: &Site, settings: &PageSettings) -> Dashboard {
    let selector = Selector::new(&settings.labels);
    let made = match page {
        PageName::Site => overview::page(site, &selector),
        PageName::Chargers => chargers::page(site, &selector),
        PageName::Controller => controller::page(&selector, settings.has_standby),
        PageName::Node => node::page(&selector, settings.has_sensors),
    };
    let Page { title, description, variables, rows } = made;
    Dashboard {
        uid: uid(&site.name, page),
        title: format!("{}: {title}", site.name),
        description: description.to_owned(),
        tags: vec!["enmon".to_owned(), site.name.clone()],
        timezone: "browser",
        editable: true,
        graph_tooltip: 1,
        time: model::TimeSpan { from: "now-3h", to: "now" },
        refresh: "15s",
        // the version of the published schema; newer servers bring it up to theirs
        schema_version: 36,
        links: vec![model::Link::to_pages_of(&site.name)],
        annotations: model::Annotations { list: annotations(&selector) },
        templating: model::Templating { list: variables },
        panels: layout::placed(rows, settings.runbooks.as_deref()),
    }
}

/// Makes a uid that stays as long as the site keeps its name: 40 characters at the most (Grafana, "Dashboard API").
fn uid(site: &str, page: PageName) -> String {
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = site.chars().map(kept).take(20).collect();
    // names that are cut or hold other letters are told apart by a sum over the whole (FNV-1a, 32 bits)
    let sum =
        site.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let sum = if name == site { String::new() } else { format!("-{sum:08x}") };
    format!(
        "enmon-{name}{sum}-{}",
        match page {
            PageName::Site => "site",
            PageName::Chargers => "chg",
            PageName::Controller => "ctl",
            PageName::Node => "node",
        }
    )
}

fn annotations(selector: &Selector) -> Vec<model::Annotation> {
    let alarms = format!("max by (severity) ({}) > 0", selector.of("enmon_alarms"));
    let alerts = selector.with("ALERTS", &[("alertstate", "firing")]);
    vec![
        model::Annotation::new("Alarms of the controller", "orange", alarms, "{{severity}}"),
        model::Annotation::new("Alerts", "red", alerts, "{{alertname}}"),
    ]
}

impl Dashboard {
    /// Writes it as JSON, for people to read too.
    pub fn json(&self) -> String {
        // a model without maps of other keys than texts can always be written
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
