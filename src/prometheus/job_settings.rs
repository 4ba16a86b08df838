//! What a person says of a scrape job, and the job's value that it makes: anew, or from the one that is there.

use crate::document::Value;

/// What finds the targets of a job in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubernetesRole {
    /// Each port of each pod.
    Pod,
    /// Each port of each service, behind its name.
    Service,
    /// The kubelet of each node.
    Node,
}

impl KubernetesRole {
    fn word(self) -> &'static str {
        match self {
            // services are scraped by their endpoints, so that each replica has series of its own
            KubernetesRole::Service => "endpoints",
            KubernetesRole::Pod => "pod",
            KubernetesRole::Node => "node",
        }
    }

    /// Annotations `prometheus.io/…` are those of pods and services (REFERENCE A4).
    fn annotated(self) -> Option<&'static str> {
        match self {
            KubernetesRole::Pod => Some("pod"),
            KubernetesRole::Service => Some("service"),
            KubernetesRole::Node => None,
        }
    }
}

/// Who asks, as the target wants to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// HTTP basic authentication; the password stays in its file.
    Basic {
        /// The user.
        user: String,
        /// The file with the password, as the server sees it.
        password_file: String,
    },
    /// A token in a file, as the server sees it.
    Bearer {
        /// The file.
        file: String,
    },
}

/// What is said of a job. What is not said stays as it is, or takes the server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSettings {
    /// `host:port` of each target.
    pub targets: Option<Vec<String>>,
    /// Time between two scrapes.
    pub interval: Option<String>,
    /// How long a scrape may take.
    pub timeout: Option<String>,
    /// Path of the metrics.
    pub path: Option<String>,
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// Labels of all targets.
    pub labels: Vec<(String, String)>,
    /// Labels that are to go.
    pub labels_gone: Vec<String>,
    /// PEM file with what is trusted, as the server sees it.
    pub tls_ca: Option<String>,
    /// The name that the target's certificate bears, where it is not the host's.
    pub tls_server_name: Option<String>,
    /// Who asks.
    pub credentials: Option<Credentials>,
    /// What finds the targets.
    pub kubernetes: Option<KubernetesRole>,
}

/// Why settings can't be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Targets are listed in several places, and it is not said which one is meant.
    #[error("the job lists its targets in {0} places, each with labels of its own")]
    SeveralLists(usize),
    /// Labels belong to listed targets; there are none.
    #[error("the job has no list of targets that labels could be for")]
    NoTargets,
}

impl JobSettings {
    /// Says whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == JobSettings::default()
    }

    /// Makes a new job.
    ///
    /// # Errors
    /// When there are labels and no targets.
    pub fn job(&self, name: &str) -> Result<Value, SettingsError> {
        let mut job = Value::map([("job_name", Value::from(name))]);
        self.apply(&mut job)?;
        Ok(job)
    }

    /// Changes a job.
    ///
    /// # Errors
    /// When it is not clear which of its targets are meant.
    pub fn apply(&self, job: &mut Value) -> Result<(), SettingsError> {
        let words = [
            ("scrape_interval", &self.interval),
            ("scrape_timeout", &self.timeout),
            ("metrics_path", &self.path),
            ("scheme", &self.scheme),
        ];
        for (key, word) in words {
            if let Some(word) = word {
                job.set(key, word.as_str());
            }
        }
        match &self.credentials {
            Some(Credentials::Basic { user, password_file }) => {
                let basic = [
                    ("username", Value::from(user.as_str())),
                    ("password_file", password_file.as_str().into()),
                ];
                job.remove("authorization");
                job.set("basic_auth", Value::map(basic));
            }
            Some(Credentials::Bearer { file }) => {
                job.remove("basic_auth");
                job.set("authorization", Value::map([("credentials_file", Value::from(file.as_str()))]));
            }
            None => {}
        }
        let tls = [("ca_file", &self.tls_ca), ("server_name", &self.tls_server_name)];
        if tls.iter().any(|(_, word)| word.is_some()) {
            let mut config = job.get("tls_config").cloned().unwrap_or(Value::Map(Vec::new()));
            for (key, word) in tls {
                if let Some(word) = word {
                    config.set(key, word.as_str());
                }
            }
            job.set("tls_config", config);
        }
        if let Some(role) = self.kubernetes {
            discover(job, role);
        }
        self.apply_targets(job)
    }

    fn apply_targets(&self, job: &mut Value) -> Result<(), SettingsError> {
        if self.targets.is_none() && self.labels.is_empty() && self.labels_gone.is_empty() {
            return Ok(());
        }
        let mut lists = match job.get("static_configs") {
            Some(Value::List(lists)) => lists.clone(),
            _ => Vec::new(),
        };
        if lists.len() > 1 {
            return Err(SettingsError::SeveralLists(lists.len()));
        }
        let mut list = match (lists.pop(), &self.targets) {
            (Some(list), _) => list,
            (None, Some(_)) => Value::Map(Vec::new()),
            (None, None) => return Err(SettingsError::NoTargets),
        };
        if let Some(targets) = &self.targets {
            list.set("targets", Value::list(targets.iter().map(String::as_str)));
        }
        let mut labels = list.get("labels").cloned().unwrap_or(Value::Map(Vec::new()));
        for name in &self.labels_gone {
            labels.remove(name);
        }
        for (name, value) in &self.labels {
            labels.set(name, value.as_str());
        }
        if labels == Value::Map(Vec::new()) {
            list.remove("labels");
        } else {
            list.set("labels", labels);
        }
        job.set("static_configs", Value::List(vec![list]));
        Ok(())
    }
}

/// Finds targets in Kubernetes. Pods and services say by annotations whether they want to be scraped, and how (REFERENCE A4):
/// `prometheus.io/scrape: "true"`, `/path`, `/port`, `/scheme`.
fn discover(job: &mut Value, role: KubernetesRole) {
    job.set("kubernetes_sd_configs", Value::List(vec![Value::map([("role", Value::from(role.word()))])]));
    let mut rules = Vec::new();
    if let Some(what) = role.annotated() {
        let annotation = |name: &str| format!("__meta_kubernetes_{what}_annotation_prometheus_io_{name}");
        rules.push(relabel(&[&annotation("scrape")], &[("action", "keep"), ("regex", "true")]));
        for (name, target) in [("path", "__metrics_path__"), ("scheme", "__scheme__")] {
            rules.push(relabel(&[&annotation(name)], &[("regex", "(.+)"), ("target_label", target)]));
        }
        rules.push(relabel(
            &["__address__", &annotation("port")],
            &[
                ("regex", r"(\[[^\]]+\]|[^:]+)(?::\d+)?;(\d+)"),
                ("replacement", "$1:$2"),
                ("target_label", "__address__"),
            ],
        ));
    }
    let names: &[(&str, &str)] = match role {
        KubernetesRole::Pod => &[("namespace", "namespace"), ("pod_name", "pod"), ("pod_node_name", "node")],
        KubernetesRole::Service => {
            &[("namespace", "namespace"), ("service_name", "service"), ("pod_name", "pod")]
        }
        KubernetesRole::Node => &[("node_name", "node")],
    };
    for (meta, target) in names {
        let source = format!("__meta_kubernetes_{meta}");
        rules.push(relabel(&[&source], &[("target_label", target)]));
    }
    job.set("relabel_configs", Value::List(rules));
}

fn relabel(sources: &[&str], keys: &[(&str, &str)]) -> Value {
    let mut rule = Value::map([("source_labels", Value::list(sources.iter().copied()))]);
    for (key, word) in keys {
        rule.set(key, *word);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_what_was_said_and_nothing_else() {
        let settings = JobSettings {
            targets: Some(vec!["h:9100".into()]),
            interval: Some("5s".into()),
            labels: vec![("circuit".into(), "main".into())],
            credentials: Some(Credentials::Bearer { file: "token".into() }),
            ..JobSettings::default()
        };
        let list = Value::map([
            ("targets", Value::list(["h:9100"])),
            ("labels", Value::map([("circuit", Value::from("main"))])),
        ]);
        let wanted = Value::map([
            ("job_name", Value::from("a")),
            ("scrape_interval", "5s".into()),
            ("authorization", Value::map([("credentials_file", Value::from("token"))])),
            ("static_configs", Value::List(vec![list])),
        ]);
        assert_eq!(settings.job("a").unwrap(), wanted);
    }

    #[test]
    fn changes_leave_the_rest_and_know_what_excludes_the_other() {
        let mut job = JobSettings {
            targets: Some(vec!["h:1".into()]),
            labels: vec![("a".into(), "1".into()), ("b".into(), "2".into())],
            credentials: Some(Credentials::Bearer { file: "token".into() }),
            ..JobSettings::default()
        }
        .job("a")
        .unwrap();
        let change = JobSettings {
            labels: vec![("c".into(), "3".into())],
            labels_gone: vec!["a".into(), "b".into()],
            credentials: Some(Credentials::Basic { user: "u".into(), password_file: "p".into() }),
            ..JobSettings::default()
        };
        change.apply(&mut job).unwrap();
        assert_eq!(job.get("authorization"), None);
        assert!(job.get("basic_auth").is_some());
        let Some(Value::List(lists)) = job.get("static_configs") else { panic!("{job:?}") };
        assert_eq!(lists[0].get("targets"), Some(&Value::list(["h:1"])));
        assert_eq!(lists[0].get("labels"), Some(&Value::map([("c", Value::from("3"))])));
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let two = Value::List(vec![Value::map([("targets", Value::list(["a:1"]))]); 2]);
        let mut job = Value::map([("job_name", Value::from("a")), ("static_configs", two)]);
        let change = JobSettings { targets: Some(vec!["b:1".into()]), ..JobSettings::default() };
        assert_eq!(change.apply(&mut job), Err(SettingsError::SeveralLists(2)));
        let labels = JobSettings { labels: vec![("a".into(), "b".into())], ..JobSettings::default() };
        assert_eq!(labels.job("x"), Err(SettingsError::NoTargets));
    }
}
