//! Panels as pages describe them, and where they stand: from left to right in 24 columns, in rows.

use serde_json::{Value, json};

use super::model::{
    DataSource, Field, FieldConfig, GridPos, Link, Panel, Query, Threshold, Thresholds, Variable,
};

/// Columns of a page (Grafana, `GridPos`).
const COLUMNS: u32 = 24;

/// A page before its panels have their places.
pub(super) struct Page {
    pub title: &'static str,
    pub description: &'static str,
    pub variables: Vec<Variable>,
    pub rows: Vec<Row>,
}

/// Panels below a heading.
pub(super) struct Row {
    pub title: String,
    pub panels: Vec<Draft>,
}

impl Row {
    pub(super) fn new(title: impl Into<String>, panels: Vec<Draft>) -> Self {
        Row { title: title.into(), panels }
    }
}

/// How a panel shows what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Lines over time.
    Lines,
    /// Bars beside each other over time.
    GroupedBars,
    /// The last value as a dial.
    Gauge,
    /// The last value as a number.
    Number,
    /// Last values as bars, one for each series.
    BarGauge,
    /// Which state holds over time.
    States,
}

/// A panel before it has its place.
pub(super) struct Draft {
    title: String,
    look: Look,
    width: u32,
    height: u32,
    unit: &'static str,
    description: &'static str,
    runbooks: &'static [&'static str],
    min: Option<f64>,
    max: Option<f64>,
    decimals: Option<u8>,
    steps: Vec<Threshold>,
    mappings: Vec<Value>,
    overrides: Vec<Value>,
    queries: Vec<(String, String)>,
}

impl Draft {
    pub(super) fn new(title: impl Into<String>, look: Look, unit: &'static str) -> Self {
        let (width, height) = match look {
            Look::Lines | Look::GroupedBars | Look::BarGauge | Look::States => (12, 8),
            Look::Gauge => (4, 8),
            Look::Number => (4, 4),
        };
        Draft {
            title: title.into(),
            look,
            width,
            height,
            unit,
            description: "",
            runbooks: &[],
            min: None,
            max: None,
            decimals: None,
            steps: vec![Threshold { color: "green", value: None }],
            mappings: Vec::new(),
            overrides: Vec::new(),
            queries: Vec::new(),
        }
    }

    /// Adds a query and what its series are called.
    pub(super) fn query(mut self, expr: impl Into<String>, legend: impl Into<String>) -> Self {
        self.queries.push((expr.into(), legend.into()));
        self
    }

    pub(super) fn size(mut self, width: u32, height: u32) -> Self {
        (self.width, self.height) = (width, height);
        self
    }

    pub(super) fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Names the runbooks of alerts about what it shows.
    pub(super) fn runbooks(mut self, names: &'static [&'static str]) -> Self {
        self.runbooks = names;
        self
    }

    pub(super) fn between(mut self, min: f64, max: f64) -> Self {
        (self.min, self.max) = (Some(min), Some(max));
        self
    }

    pub(super) fn starting_at_zero(mut self) -> Self {
        self.min = Some(0.0);
        self
    }

    pub(super) fn decimals(mut self, decimals: u8) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// Colours values from these on.
    pub(super) fn thresholds(mut self, steps: &[(f64, &'static str)]) -> Self {
        self.steps.extend(steps.iter().map(|&(value, color)| Threshold { color, value: Some(value) }));
        self
    }

    /// Shows words for values: value, word, colour.
    pub(super) fn words(mut self, words: &[(&str, &str, &str)]) -> Self {
        let options = words.iter().enumerate().map(|(index, (value, text, color))| {
            ((*value).to_owned(), json!({"color": color, "index": index, "text": text}))
        });
        self.mappings = vec![json!({"type": "value", "options": Value::Object(options.collect())})];
        self
    }

    /// Draws series whose names fit a regular expression dashed, in one colour.
    pub(super) fn dashed(mut self, names: &str, color: &str) -> Self {
        self.overrides.push(json!({
            "matcher": {"id": "byRegexp", "options": names},
            "properties": [
                {"id": "color", "value": {"mode": "fixed", "fixedColor": color}},
                {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}},
                {"id": "custom.fillOpacity", "value": 0}
            ]
        }));
        self
    }
}

/// Gives panels their numbers and places.
pub(super) fn placed(rows: Vec<Row>, runbooks: Option<&str>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    let (mut id, mut y) = (0, 0);
    for row in rows.into_iter().filter(|row| !row.panels.is_empty()) {
        id += 1;
        panels.push(head(id, row.title, GridPos { h: 1, w: COLUMNS, x: 0, y }));
        y += 1;
        let (mut x, mut tallest) = (0, 0);
        for draft in row.panels {
            if x + draft.width > COLUMNS {
                (x, y, tallest) = (0, y + tallest, 0);
            }
            id += 1;
            let at = GridPos { h: draft.height, w: draft.width, x, y };
            (x, tallest) = (x + draft.width, tallest.max(draft.height));
            panels.push(panel(id, draft, at, runbooks));
        }
        y += tallest;
    }
    panels
}

fn head(id: u32, title: String, grid_pos: GridPos) -> Panel {
    Panel {
        id,
        kind: "row",
        title,
        description: String::new(),
        grid_pos,
        collapsed: Some(false),
        panels: Some(Vec::new()),
        datasource: None,
        links: Vec::new(),
        interval: None,
        max_data_points: None,
        field_config: None,
        options: None,
        targets: Vec::new(),
        transformations: Vec::new(),
    }
}

fn panel(id: u32, draft: Draft, grid_pos: GridPos, runbooks: Option<&str>) -> Panel {
    let is_last = matches!(draft.look, Look::Gauge | Look::Number | Look::BarGauge);
    let letters = 'A'..='Z';
    let targets = draft.queries.into_iter().zip(letters).map(|((expr, legend_format), letter)| Query {
        ref_id: letter.to_string(),
        datasource: DataSource::default(),
        expr,
        legend_format,
        instant: is_last,
        range: !is_last,
    });
    let mut description = draft.description.to_owned();
    if runbooks.is_none() && !draft.runbooks.is_empty() {
        let names: Vec<String> =
            draft.runbooks.iter().map(|name| format!("docs/runbooks/{name}.md")).collect();
        let gap = if description.is_empty() { "" } else { "\n\n" };
        description = format!("{description}{gap}Runbooks: {}", names.join(", "));
    }
    let link = |base| draft.runbooks.iter().map(move |name| Link::to_runbook(name, base)).collect();
    let is_grouped = draft.look == Look::GroupedBars;
    Panel {
        id,
        kind: kind(draft.look),
        title: draft.title,
        description,
        grid_pos,
        collapsed: None,
        panels: None,
        datasource: Some(DataSource::default()),
        links: runbooks.map(link).unwrap_or_default(),
        interval: is_grouped.then_some("1m"),
        max_data_points: is_grouped.then_some(30),
        field_config: Some(FieldConfig {
            defaults: Field {
                unit: draft.unit,
                decimals: draft.decimals,
                min: draft.min,
                max: draft.max,
                color: color(draft.look),
                thresholds: Thresholds { mode: "absolute", steps: draft.steps },
                mappings: draft.mappings,
                custom: custom(draft.look),
            },
            overrides: draft.overrides,
        }),
        options: Some(options(draft.look)),
        targets: targets.collect(),
        // bars stand beside each other when their series are columns of one table
        transformations: if is_grouped {
            vec![json!({"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}})]
        } else {
            Vec::new()
        },
    }
}

fn kind(look: Look) -> &'static str {
    match look {
        Look::Lines => "timeseries",
        Look::GroupedBars => "barchart",
        Look::Gauge => "gauge",
        Look::Number => "stat",
        Look::BarGauge => "bargauge",
        Look::States => "state-timeline",
    }
}

fn color(look: Look) -> Value {
    match look {
        Look::Lines | Look::GroupedBars => json!({"mode": "palette-classic"}),
        Look::Gauge | Look::Number | Look::BarGauge | Look::States => json!({"mode": "thresholds"}),
    }
}

fn custom(look: Look) -> Option<Value> {
    match look {
        Look::Lines => Some(json!({
            "drawStyle": "line", "lineInterpolation": "stepAfter", "lineWidth": 1, "fillOpacity": 8,
            // what is unknown has no samples, so gaps say something
            "spanNulls": false, "showPoints": "never"
        })),
        Look::GroupedBars => Some(json!({"fillOpacity": 80, "lineWidth": 1})),
        Look::States => Some(json!({"fillOpacity": 80, "lineWidth": 0})),
        Look::Gauge | Look::Number | Look::BarGauge => None,
    }
}

fn options(look: Look) -> Value {
    let legend = json!({"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []});
    let tooltip = json!({"mode": "multi", "sort": "none"});
    let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
    match look {
        Look::Lines => json!({"legend": legend, "tooltip": tooltip}),
        Look::GroupedBars => json!({
            "legend": legend, "tooltip": tooltip, "orientation": "auto", "showValue": "never", "stacking": "none",
            "groupWidth": 0.7, "barWidth": 0.97, "xField": "Time", "xTickLabelRotation": 0, "xTickLabelMaxLength": 0,
            "fullHighlight": false
        }),
        Look::Gauge => json!({
            "reduceOptions": last, "orientation": "auto", "showThresholdLabels": false, "showThresholdMarkers": true
        }),
        Look::Number => json!({
            "reduceOptions": last, "orientation": "auto", "colorMode": "value", "graphMode": "none",
            "justifyMode": "auto", "textMode": "auto"
        }),
        Look::BarGauge => json!({
            "reduceOptions": last, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": true
        }),
        Look::States => json!({
            "legend": legend, "tooltip": tooltip, "mergeValues": true, "showValue": "auto", "rowHeight": 0.9
        }),
    }
}
