//! The parts of Grafana's dashboard model that are used, as they are written into JSON.
//!
//! Source: Grafana, `kinds/dashboard/dashboard_kind.cue`; `tests/dashboards/` holds a JSON Schema of the same parts.

use serde::Serialize;
use serde_json::Value;

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// What it is found by, on every Grafana.
    pub uid: String,
    /// Its title.
    pub title: String,
    pub(super) description: String,
    /// Its tags.
    pub tags: Vec<String>,
    pub(super) timezone: &'static str,
    pub(super) editable: bool,
    pub(super) graph_tooltip: u8,
    pub(super) time: TimeSpan,
    pub(super) refresh: &'static str,
    pub(super) schema_version: u16,
    pub(super) links: Vec<Link>,
    pub(super) annotations: Annotations,
    pub(super) templating: Templating,
    /// Its panels; a row is one, too.
    pub panels: Vec<Panel>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TimeSpan {
    pub from: &'static str,
    pub to: &'static str,
}

/// A link to a page, or to all dashboards with some tags.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    title: String,
    #[serde(rename = "type")]
    kind: &'static str,
    icon: &'static str,
    tooltip: &'static str,
    url: String,
    tags: Vec<String>,
    as_dropdown: bool,
    target_blank: bool,
    include_vars: bool,
    keep_time: bool,
}

impl Link {
    fn new(title: String, kind: &'static str, icon: &'static str, url: String, tags: Vec<String>) -> Self {
        let is_page = kind == "dashboards";
        Link {
            title,
            kind,
            icon,
            tooltip: "",
            url,
            tags,
            as_dropdown: false,
            target_blank: !is_page,
            include_vars: false,
            keep_time: is_page,
        }
    }

    pub(super) fn to_pages_of(site: &str) -> Self {
        let tags = vec!["enmon".to_owned(), site.to_owned()];
        Link::new("Pages".to_owned(), "dashboards", "external link", String::new(), tags)
    }

    pub(super) fn to_runbook(name: &str, base: &str) -> Self {
        let url = format!("{}/{name}.md", base.trim_end_matches('/'));
        Link::new(format!("Runbook: {name}"), "link", "doc", url, Vec::new())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Annotations {
    pub list: Vec<Annotation>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Annotation {
    name: &'static str,
    datasource: DataSource,
    enable: bool,
    hide: bool,
    icon_color: &'static str,
    expr: String,
    step: &'static str,
    title_format: &'static str,
}

impl Annotation {
    pub(super) fn new(
        name: &'static str,
        icon_color: &'static str,
        expr: String,
        title_format: &'static str,
    ) -> Self {
        let datasource = DataSource::default();
        Annotation {
            name,
            datasource,
            enable: true,
            hide: false,
            icon_color,
            expr,
            step: "30s",
            title_format,
        }
    }

    pub(super) fn expr(&self) -> (&'static str, &str) {
        (self.name, &self.expr)
    }
}

/// The data source that the reader of the page has chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct DataSource {
    #[serde(rename = "type")]
    kind: &'static str,
    uid: &'static str,
}

impl Default for DataSource {
    fn default() -> Self {
        DataSource { kind: "prometheus", uid: "${datasource}" }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Templating {
    pub list: Vec<Variable>,
}

/// A variable of a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its name, without `$`.
    pub name: &'static str,
    label: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<DataSource>,
    query: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    /// What is chosen at first; without it, the first of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Value>,
    options: Vec<Value>,
    hide: u8,
    include_all: bool,
    multi: bool,
    refresh: u8,
    regex: &'static str,
    skip_url_sync: bool,
    sort: u8,
    /// The selector and the label whose values it takes.
    #[serde(skip)]
    pub values_of: Option<(String, &'static str)>,
}

impl Variable {
    /// The Prometheus that is asked.
    pub(super) fn datasource() -> Self {
        Variable {
            name: "datasource",
            label: "Data source",
            kind: "datasource",
            datasource: None,
            query: "prometheus".into(),
            definition: None,
            current: None,
            options: Vec::new(),
            hide: 0,
            include_all: false,
            multi: false,
            refresh: 1,
            regex: "",
            skip_url_sync: false,
            sort: 0,
            values_of: None,
        }
    }

    /// One that takes the values of a label.
    pub(super) fn label_values(
        name: &'static str,
        title: &'static str,
        selector: String,
        label: &'static str,
        first: Option<&str>,
    ) -> Self {
        let query = format!("label_values({selector}, {label})");
        let current = first.map(|first| serde_json::json!({"selected": true, "text": first, "value": first}));
        Variable {
            name,
            label: title,
            kind: "query",
            datasource: Some(DataSource::default()),
            query: serde_json::json!({"query": query, "refId": name}),
            definition: Some(query),
            current,
            // anew whenever another stretch of time is looked at
            refresh: 2,
            sort: 1,
            values_of: Some((selector, label)),
            ..Variable::datasource()
        }
    }
}

/// A panel, or the head of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    pub(super) id: u32,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// Its title.
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    pub(super) grid_pos: GridPos,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collapsed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) panels: Option<Vec<Panel>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) datasource: Option<DataSource>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_data_points: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field_config: Option<FieldConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) options: Option<Value>,
    /// Its queries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Query>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) transformations: Vec<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct GridPos {
    pub h: u32,
    pub w: u32,
    pub x: u32,
    pub y: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FieldConfig {
    pub defaults: Field,
    pub overrides: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    pub unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    pub color: Value,
    pub thresholds: Thresholds,
    pub mappings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Thresholds {
    pub mode: &'static str,
    pub steps: Vec<Threshold>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Threshold {
    pub color: &'static str,
    /// From here on; `None`: from minus infinity.
    pub value: Option<f64>,
}

/// A query of a panel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// Its letter.
    pub ref_id: String,
    pub(super) datasource: DataSource,
    /// The expression, with variables of Grafana in it.
    pub expr: String,
    pub(super) legend_format: String,
    /// Is it asked for the last moment alone?
    pub instant: bool,
    pub(super) range: bool,
}
