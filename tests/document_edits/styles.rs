//! Texts in the styles in which people write Prometheus' files.

/// A text, and the list in it that is edited: its path, and the number of its entries.
pub struct Styled {
    /// What is special about it.
    pub name: String,
    /// The text.
    pub text: String,
    /// The way to the list.
    pub list: Vec<Way>,
}

/// A step on the way to a value.
#[derive(Debug, Clone)]
pub enum Way {
    /// A key.
    Key(&'static str),
    /// An element.
    At(usize),
}

/// Returns all texts.
pub fn all() -> Vec<Styled> {
    let jobs = || vec![Way::Key("scrape_configs")];
    let rules = || vec![Way::Key("groups"), Way::At(0), Way::Key("rules")];
    let mut all = Vec::new();
    for (name, text) in JOBS {
        all.push(Styled { name: (*name).to_owned(), text: (*text).to_owned(), list: jobs() });
        // the same file as it comes from other systems, and from editors that end it otherwise
        all.push(Styled { name: format!("{name}, CRLF"), text: text.replace('\n', "\r\n"), list: jobs() });
        let cut = text.trim_end().to_owned();
        all.push(Styled { name: format!("{name}, no break at the end"), text: cut, list: jobs() });
    }
    for (name, text) in RULES {
        all.push(Styled { name: (*name).to_owned(), text: (*text).to_owned(), list: rules() });
        all.push(Styled { name: format!("{name}, CRLF"), text: text.replace('\n', "\r\n"), list: rules() });
    }
    all.push(Styled { name: "10,000 lines".to_owned(), text: long(1_250), list: jobs() });
    all
}

/// A file of many jobs, eight lines each.
pub fn long(jobs: usize) -> String {
    let mut text = String::from("global:\n  scrape_interval: 15s\n\nscrape_configs:\n");
    for job in 0..jobs {
        text.push_str(&format!(
            "  # hall {job}\n  - job_name: hall-{job}\n    scrape_interval: 30s # slow\n    static_configs:\n      - targets: ['10.0.{}.{}:9100', 'spare:9100']\n        labels:\n          hall: 'h{job}'\n\n",
            job / 250,
            job % 250
        ));
    }
    text
}

const JOBS: &[(&str, &str)] = &[
    (
        "as it comes with Prometheus",
        r#"# my global config
global:
  scrape_interval: 15s # Set the scrape interval to every 15 seconds. Default is every 1 minute.
  evaluation_interval: 15s # Evaluate rules every 15 seconds. The default is every 1 minute.
  # scrape_timeout is set to the global default (10s).

# Alertmanager configuration
alerting:
  alertmanagers:
    - static_configs:
        - targets:
          # - alertmanager:9093

# Load rules once and periodically evaluate them according to the global 'evaluation_interval'.
rule_files:
  # - "first_rules.yml"
  # - "second_rules.yml"

# A scrape configuration containing exactly one endpoint to scrape:
# Here it's Prometheus itself.
scrape_configs:
  # The job name is added as a label `job=<job_name>` to any timeseries scraped from this config.
  - job_name: "prometheus"

    # metrics_path defaults to '/metrics'
    # scheme defaults to 'http'.

    static_configs:
      - targets: ["localhost:9090"]

  - job_name: "node"
    scrape_interval: 5s
    static_configs:
      - targets: ["localhost:9100", "localhost:9101"]

  - job_name: "garage"
    static_configs:
      - targets: ["localhost:9200"]
"#,
    ),
    (
        "dashes under the key, block lists of targets",
        r#"global:
  scrape_interval: 15s
scrape_configs:
- job_name: node
  scrape_interval: 30s
  static_configs:
  - targets:
    - 10.0.0.1:9100   # gate
    - 10.0.0.2:9100   # hall
    labels:
      circuit: main
- job_name: meters
  scrape_interval: 10s
  # only the ones in the cellar
  static_configs:
  - targets:
    - 10.0.1.1:9100
    # - 10.0.1.2:9100  (broken)
    - 10.0.1.3:9100
- job_name: chargers
  metrics_path: /metrics
rule_files:
- rules/*.yml
"#,
    ),
    (
        "anchors, aliases and merge keys",
        r#"global: &defaults
  scrape_interval: 20s

scrape_configs:
  # the template
  - &template
    job_name: first
    scrape_interval: 5s
    relabel_configs: &relabel
      - source_labels: [__address__]
        target_label: instance

  - job_name: second
    scrape_interval: 7s
    relabel_configs: *relabel

  - job_name: third
    tls_config: &tls
      ca_file: ca.pem
    static_configs:
      - targets: &both [a:1, b:1]

  - job_name: fourth
    scrape_interval: 9s
    tls_config: *tls
    static_configs:
      - targets: *both
"#,
    ),
    (
        "flow style on one line",
        r#"global: {scrape_interval: 15s} # short
scrape_configs: [{job_name: a, scrape_interval: 5s, static_configs: [{targets: [h1:1, h2:1]}]}, {job_name: b, scrape_interval: 6s}, {job_name: c}] # all of them
rule_files: []
"#,
    ),
    (
        "flow style on many lines",
        r#"scrape_configs: [
  # the first
  {job_name: a, scrape_interval: 5s}, # one
  {
    job_name: "b", # name
    scrape_interval: 6s,
    static_configs: [
      {targets: ["h1:1", "h2:1"]},
    ],
  },
  {job_name: c} # the last
]
global:
  scrape_interval: 15s
"#,
    ),
    (
        "JSON",
        r#"{
  "global": {"scrape_interval": "15s"},
  "scrape_configs": [
    {"job_name": "a", "scrape_interval": "5s", "static_configs": [{"targets": ["h1:1", "h2:1"]}]},
    {"job_name": "b", "scrape_interval": "6s"},
    {"job_name": "c"}
  ]
}
"#,
    ),
    (
        "comments everywhere",
        r#"# head

# about the globals
global: # behind global
  # before the interval
  scrape_interval: 15s # behind the interval
  # after the interval
# before the list
scrape_configs: # behind the list

  # far above the first

  # above the first
  - job_name: a # name of a
    # inside a
    scrape_interval: 5s   # interval of a
    static_configs: # lists of a
      # above the element
      - targets: # targets of a
          # above the target
          - h1:1 # first target
          # between the targets
          - h2:1 # second target
          # below the targets
        # below the list
      # below the lists
    # end of a
  # above the second
  - job_name: b # name of b
    scrape_interval: 6s # interval of b
    # end of b

  # far above the third

  - # at the dash
    job_name: c
    # end of c
# at the end
"#,
    ),
    (
        "wide indentation",
        r#"global:
    scrape_interval: 15s

scrape_configs:
    - job_name: 'a'
      scrape_interval: 5s
      static_configs:
          - targets: ['h1:1', 'h2:1']
            labels:
                site: 'home'
    - job_name: 'b'
      scrape_interval: 6s
    -   job_name: 'c'
        honor_labels: true
"#,
    ),
    (
        "dashes on lines of their own",
        r#"scrape_configs:
  -
    job_name: a
    scrape_interval: 5s
    static_configs:
      -
        targets:
          -
            h1:1
          - h2:1
  -
    job_name: b
    scrape_interval: 6s
  -
    job_name: c
"#,
    ),
    (
        "texts of many lines, tabs in texts, UTF-8",
        "global:\n  external_labels:\n    ort: \"Zähler\\tKeller\"\n    text: 'tab\there'\nscrape_configs:\n  - job_name: Wärmepumpe\n    scrape_interval: 5s # für alle\n    params:\n      note:\n        - |\n          first line\n            deeper\n\n          last line\n        - >-\n          folded\n          words\n  - job_name: 充電器 # 充電\n    scrape_interval: 6s\n    params:\n      kept:\n        - |+\n          kept breaks\n\n\n  - job_name: 'it''s # no comment'\n    params: {q: [\"a: b\", 'c # d']}\n",
    ),
    (
        "quoted keys, tags, numbers and words that look like others",
        r#""scrape_configs":
  - "job_name": !!str a
    scrape_interval: 5s
    'sample_limit': 0
    "honor_labels": yes
    static_configs:
      - targets: ["h1:1", "h2:1"]
        labels: {port: "9100", on: "off", ver: "1.10"}
  - "job_name": "b"
    scrape_interval: "6s"
  - "job_name": 0123
    scrape_timeout: 1s
"#,
    ),
    (
        "document marks",
        r#"---
# one document
scrape_configs:
  - job_name: a
    scrape_interval: 5s
  - job_name: b
    scrape_interval: 6s
  - job_name: c

...
"#,
    ),
    (
        "blank lines of all kinds",
        "\n\nscrape_configs:\n\n\n  - job_name: a\n    scrape_interval: 5s\n\n\n\n  - job_name: b\n\n    scrape_interval: 6s\n\n    static_configs:\n\n      - targets: [h1:1]\n   \n  - job_name: c\n\n\n\n",
    ),
    (
        "byte order mark",
        "\u{feff}scrape_configs:\n  - job_name: a\n    scrape_interval: 5s\n  - job_name: b\n    scrape_interval: 6s\n  - job_name: c\n",
    ),
];

const RULES: &[(&str, &str)] = &[
    (
        "rules with expressions of many lines",
        r#"groups:
  - name: currents
    interval: 15s
    rules:
      # the sum of a circuit
      - record: circuit:current:sum
        expr: sum by (circuit) (enmon_circuit_drawn_amperes)

      # more than its limit
      - alert: OverCurrent
        expr: |
          circuit:current:sum
            > on (circuit) # same circuit
          enmon_circuit_limit_amperes
        for: 10s
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.circuit }}: {{ $value }} A"
          description: >
            The circuit {{ $labels.circuit }}
            carries too much.

      - alert: Smoke
        expr: enmon_cabinet_smoke == 1 # at once
        labels: {severity: critical}

  - name: empty
    rules: []
"#,
    ),
    (
        "rules without blank lines",
        r#"groups:
- name: a
  rules:
  - alert: One
    expr: 'up{job="a"} == 0'
    for: 5m
  - alert: Two
    expr: up{job="b"} == 0
    for: 5m
    annotations:
      summary: "b is down"
  - record: job:up:sum
    expr: sum by (job) (up)
"#,
    ),
];
