//! What the options of `enmon scrape add` and `edit` say of a job.

use clap::{Args, ValueEnum};

use crate::error::{Error, Kind, Result};
use crate::prometheus::{Credentials, JobSettings, KubernetesRole, SettingsError};

/// Protocols of a target.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scheme {
    Http,
    Https,
}

/// What finds targets in Kubernetes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Pods with the annotation prometheus.io/scrape: "true"
    Pod,
    /// The endpoints of services with that annotation
    Service,
    /// The kubelet of each node
    Node,
}

/// Options that describe a job. What is not said stays as it is.
#[derive(Debug, Args)]
pub(super) struct JobOptions {
    /// Targets, as host:port
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',')]
    targets: Option<Vec<String>>,
    /// Time between two scrapes, such as 15s
    #[arg(long, value_name = "TIME")]
    interval: Option<String>,
    /// How long a scrape may take
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Path of the metrics
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Protocol of the targets
    #[arg(long, value_enum)]
    scheme: Option<Scheme>,
    /// Label of all listed targets; may be repeated. NAME= takes a label away
    #[arg(long = "label", value_name = "NAME=VALUE")]
    labels: Vec<String>,
    /// PEM file with what is trusted over TLS, as Prometheus sees it
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<String>,
    /// Name that the certificate bears, where it is not the host's
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// User of basic authentication
    #[arg(long, value_name = "USER", requires = "basic_auth_file")]
    basic_auth_user: Option<String>,
    /// File with the password of basic authentication, as Prometheus sees it
    #[arg(long, value_name = "FILE", requires = "basic_auth_user", conflicts_with = "bearer_file")]
    basic_auth_file: Option<String>,
    /// File with a bearer token, as Prometheus sees it
    #[arg(long, value_name = "FILE")]
    bearer_file: Option<String>,
    /// Find the targets in Kubernetes
    #[arg(long, value_enum, value_name = "ROLE", conflicts_with = "targets")]
    kubernetes: Option<Role>,
}

impl JobOptions {
    /// Returns what is said.
    ///
    /// # Errors
    /// When a label is no NAME=VALUE, or its name none that every Prometheus takes.
    pub(super) fn settings(&self) -> Result<JobSettings> {
        let (mut labels, mut labels_gone) = (Vec::new(), Vec::new());
        for label in &self.labels {
            let (name, value) = label.split_once('=').ok_or_else(|| {
                Error::new(Kind::Usage, format!("`{label}` is no label"))
                    .hint("write NAME=VALUE, such as circuit=row-1")
            })?;
            // what is there may be taken out, whatever its name
            if name.is_empty() || !(value.is_empty() || is_classic_name(name)) {
                return Err(Error::new(Kind::Usage, format!("`{name}` can't be the name of a label")).hint(
                    "take letters, digits and `_`, and no digit first; other names are for Prometheus 3: set them in your editor",
                ));
            }
            if value.is_empty() {
                labels_gone.push(name.to_owned());
            } else {
                labels.push((name.to_owned(), value.to_owned()));
            }
        }
        let basic = self.basic_auth_user.clone().zip(self.basic_auth_file.clone());
        let basic = basic.map(|(user, password_file)| Credentials::Basic { user, password_file });
        let bearer = self.bearer_file.clone().map(|file| Credentials::Bearer { file });
        let targets = self.targets.as_ref().map(|targets| {
            targets
                .iter()
                .map(|target| target.trim().to_owned())
                .filter(|target| !target.is_empty())
                .collect()
        });
        Ok(JobSettings {
            targets,
            interval: self.interval.clone(),
            timeout: self.timeout.clone(),
            path: self.path.clone(),
            scheme: self.scheme.map(|scheme| match scheme {
                Scheme::Http => "http".to_owned(),
                Scheme::Https => "https".to_owned(),
            }),
            labels,
            labels_gone,
            tls_ca: self.tls_ca.clone(),
            tls_server_name: self.tls_server_name.clone(),
            credentials: basic.or(bearer),
            kubernetes: self.kubernetes.map(|role| match role {
                Role::Pod => KubernetesRole::Pod,
                Role::Service => KubernetesRole::Service,
                Role::Node => KubernetesRole::Node,
            }),
        })
    }
}

/// Says whether a label's name is one for every version of Prometheus (its data model, "Metric names and labels"). Names with `__` are right here:
/// `__scheme__`, `__metrics_path__` …
fn is_classic_name(name: &str) -> bool {
    !name.starts_with(|sign: char| sign.is_ascii_digit())
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// Says what can be done where settings can't be carried out on a job; a new one has nothing to open in an editor yet.
/// `name` is the job as a command names it, with what else the command needs.
pub(super) fn way_out(error: &SettingsError, name: &str, is_new: bool) -> String {
    let editor = format!("change it in your editor: enmon scrape edit {name}");
    match error {
        SettingsError::NoTargets if is_new => {
            "labels are for --targets; what Kubernetes finds gets its labels by `relabel_configs`, which you add in your editor afterwards"
                .to_owned()
        }
        SettingsError::NoTargets => format!("say --targets HOST:PORT with it, or {editor}"),
        SettingsError::SeveralLists(_) => {
            format!("--label sets a label of all of them; to change targets, open the job in your editor: enmon scrape edit {name}")
        }
        SettingsError::InTheWay(_) => {
            format!("{editor}, or make a job of its own: enmon scrape add OTHER-NAME --kubernetes ROLE")
        }
        SettingsError::Merged(_) => {
            format!("change it where it is written, in the file, or take `<<` out in your editor: enmon scrape edit {name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_labels_are_those_that_every_prometheus_takes() {
        for (name, is_right) in [
            ("a", true),
            ("_a9", true),
            ("__scheme__", true),
            ("9a", false),
            ("a-b", false),
            ("a.b", false),
            ("ä", false),
        ] {
            assert_eq!(is_classic_name(name), is_right, "{name}");
        }
    }
}
