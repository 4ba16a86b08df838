//! The only door to Kubernetes: finds the cluster and the way in, and says in words what it refuses.
//!
//! Decides where a kubeconfig is looked for, and how long a connection may take. What is asked for is left to the rooms that use it. Nothing
//! that may hold a secret gets into an error: no text of a kubeconfig, no output of a program that brings credentials.

mod config_map;

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Client;
use kube::client::AuthError;
use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError, LoadDataError};

use crate::runtime::tls;

pub use config_map::ConfigMapText;

/// How to find a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterChoice {
    /// The kubeconfig; without it `$KUBECONFIG`, `~/.kube/config`, or what a pod is given.
    pub kubeconfig: Option<PathBuf>,
    /// A context in it; without it the current one.
    pub context: Option<String>,
}

/// A cluster that can be asked.
#[derive(Clone)]
pub struct Cluster {
    /// The client. It never tries a request twice.
    pub client: Client,
    /// Where its API server is.
    pub server: String,
    choice: ClusterChoice,
    connect_timeout: Duration,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cluster").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Why something in Kubernetes can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeError {
    /// There is no kubeconfig, and this is no pod.
    #[error("there is no kubeconfig, and this is no pod of a cluster: {0}")]
    NoCluster(String),
    /// The kubeconfig can't be used.
    #[error("the kubeconfig{place} can't be used: {reason}", place = shown(path.as_deref()))]
    Config {
        /// The file that was named.
        path: Option<PathBuf>,
        /// Why.
        reason: String,
    },
    /// The API server does not answer.
    #[error("{server}: {reason}")]
    Unreachable {
        /// Where it should be.
        server: String,
        /// Why.
        reason: String,
    },
    /// It does not know who asks.
    #[error("{server} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The API server.
        server: String,
        /// Why.
        reason: String,
    },
    /// Who asks may not do that.
    #[error("{server} forbids it: {reason}")]
    Forbidden {
        /// The API server.
        server: String,
        /// What is forbidden to whom, in its words.
        reason: String,
    },
    /// What is asked for is not there.
    #[error("{server}: {reason}")]
    NotFound {
        /// The API server.
        server: String,
        /// What is not there, in its words.
        reason: String,
    },
    /// It is there in another version, or was not expected to be there.
    #[error("{server}: {reason}")]
    Conflict {
        /// The API server.
        server: String,
        /// Its words.
        reason: String,
    },
    /// It can't do that, now or ever.
    #[error("{server} answers {code}: {reason}")]
    Refused {
        /// The API server.
        server: String,
        /// The status of HTTP.
        code: u16,
        /// Its words.
        reason: String,
    },
}

fn shown(path: Option<&Path>) -> String {
    path.map(|path| format!(" {}", path.display())).unwrap_or_default()
}

/// Says whether Kubernetes takes it for a name: a DNS subdomain (RFC 1123).
pub fn is_object_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        label.bytes().all(|byte| is_plain(byte) || byte == b'-')
            && label.bytes().next().is_some_and(is_plain)
            && label.bytes().last().is_some_and(is_plain)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

impl Cluster {
    /// Finds the cluster. Nothing is asked yet, but a program that brings credentials is run.
    ///
    /// # Errors
    /// When there is no kubeconfig, or it can't be used.
    pub async fn find(choice: &ClusterChoice, connect_timeout: Duration) -> Result<Cluster, KubeError> {
        tls::install_provider();
        let mut config = configuration(choice).await?;
        config.connect_timeout = Some(connect_timeout);
        // whoever asks knows how long an answer is of use, and what a second try would mean
        config.default_retry = false;
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let unusable = |error: kube::Error| {
            let reason = match error {
                kube::Error::InferKubeconfig(error) => reason_of(&error),
                error => match KubeError::of(error, &server) {
                    KubeError::Unreachable { reason, .. } => reason,
                    other => return other,
                },
            };
            KubeError::Config { path: choice.kubeconfig.clone(), reason }
        };
        let client = Client::try_from(config).map_err(unusable)?;
        Ok(Cluster { client, server, choice: choice.clone(), connect_timeout })
    }

    /// Finds it anew, with the credentials that the kubeconfig holds by now.
    ///
    /// # Errors
    /// As for [`Cluster::find`].
    pub async fn again(&self) -> Result<Cluster, KubeError> {
        Cluster::find(&self.choice, self.connect_timeout).await
    }

    /// Says in words what went wrong with a request.
    pub fn explain(&self, error: kube::Error) -> KubeError {
        KubeError::of(error, &self.server)
    }
}

async fn configuration(choice: &ClusterChoice) -> Result<Config, KubeError> {
    let options = KubeConfigOptions { context: choice.context.clone(), ..KubeConfigOptions::default() };
    let path = choice.kubeconfig.as_deref();
    let found = match path {
        Some(path) => match Kubeconfig::read_from(path) {
            Ok(kubeconfig) => Config::from_custom_kubeconfig(kubeconfig, &options).await,
            Err(error) => Err(error),
        },
        None => Config::from_kubeconfig(&options).await,
    };
    let error = match found {
        Ok(config) => return Ok(config),
        Err(error) => error,
    };
    let reason = reason_of(&error);
    if path.is_none() && is_missing(&error) && choice.context.is_none() {
        return Config::incluster().map_err(|_| KubeError::NoCluster(reason));
    }
    Err(KubeError::Config { path: choice.kubeconfig.clone(), reason })
}

fn is_missing(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(source, _) => source.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Says why a kubeconfig can't be used, without a word of it but names and paths.
fn reason_of(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(error) => match error.location() {
            Some(place) => {
                format!("line {}, column {} is not what belongs there", place.line(), place.column())
            }
            None => "it is no kubeconfig".into(),
        },
        KubeconfigError::CurrentContextNotSet => "it names no current context".into(),
        KubeconfigError::LoadContext(name) => format!("it has no context {name:?}"),
        KubeconfigError::LoadClusterOfContext(name) => format!("it has no cluster {name:?}"),
        KubeconfigError::ReadConfig(source, path) => format!("{}: {source}", path.display()),
        KubeconfigError::LoadCertificateAuthority(data) => {
            format!("certificate authority: {}", data_reason(data))
        }
        KubeconfigError::LoadClientCertificate(data) => format!("client certificate: {}", data_reason(data)),
        KubeconfigError::LoadClientKey(data) => format!("client key: {}", data_reason(data)),
        KubeconfigError::ParseCertificates(_) => "a certificate in it is no PEM".into(),
        other => other.to_string(),
    }
}

fn data_reason(error: &LoadDataError) -> String {
    match error {
        LoadDataError::DecodeBase64(_) => "no base64".into(),
        LoadDataError::ReadFile(source, path) => format!("{}: {source}", path.display()),
        LoadDataError::NoBase64DataOrFile => "neither data nor a file".into(),
    }
}

impl KubeError {
    fn of(error: kube::Error, server: &str) -> KubeError {
        let server = server.to_owned();
        match error {
            kube::Error::Api(status) => {
                let (code, reason) = (status.code, status.message.clone());
                match code {
                    401 => KubeError::Unauthorized { server, reason },
                    403 => KubeError::Forbidden { server, reason },
                    404 => KubeError::NotFound { server, reason },
                    409 => KubeError::Conflict { server, reason },
                    _ => KubeError::Refused { server, code, reason },
                }
            }
            kube::Error::Auth(error) => {
                KubeError::Unauthorized { server, reason: credentials_reason(&error) }
            }
            kube::Error::Service(error) => of_chain(error.as_ref(), server),
            kube::Error::SerdeError(_) => {
                KubeError::Unreachable { server, reason: "the answer is none of Kubernetes".into() }
            }
            other => of_chain(&other, server),
        }
    }
}

/// Looks for what can be told in a chain of errors: the last one knows best.
fn of_chain(error: &(dyn StdError + 'static), server: String) -> KubeError {
    let mut next = Some(error);
    let mut reason = String::new();
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<AuthError>() {
            return KubeError::Unauthorized { server, reason: credentials_reason(error) };
        }
        reason = error.to_string();
        next = error.source();
    }
    KubeError::Unreachable { server, reason }
}

/// Says why there are no credentials. What a program has printed may be credentials, and so may its arguments and environment.
fn credentials_reason(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            format!("the program that brings them has failed with {}", out.status)
        }
        AuthError::AuthExecStart(source) => format!("the program that brings them can't be run: {source}"),
        AuthError::ReadTokenFile(source, path) => format!("{}: {source}", path.display()),
        _ => "those of the kubeconfig can't be used".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c2VjcmV0LXRva2Vu";

    async fn found(text: &str, context: Option<&str>) -> Result<Cluster, KubeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, text).unwrap();
        let choice = ClusterChoice { kubeconfig: Some(path), context: context.map(str::to_owned) };
        Cluster::find(&choice, Duration::from_secs(1)).await
    }

    fn kubeconfig(user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             clusters: [{{name: c, cluster: {{server: \"http://127.0.0.1:9\"}}}}]\n\
             contexts: [{{name: here, context: {{cluster: c, user: u}}}}, {{name: lost, context: {{cluster: x, user: u}}}}]\n\
             users: [{{name: u, user: {user}}}]\n"
        )
    }

    #[tokio::test]
    async fn a_kubeconfig_that_cannot_be_used_says_why_and_tells_no_secret() {
        let good = kubeconfig(&format!("{{token: {SECRET}}}"));
        let cluster = found(&good, None).await.unwrap();
        assert_eq!(cluster.server, "http://127.0.0.1:9");
        let cases = [
            (good.clone(), Some("other"), "no context \"other\""),
            (good.clone(), Some("lost"), "no cluster \"x\""),
            (good.replace("current-context: here\n", ""), None, "context"),
            (good.replace("users: [", "users: [[["), None, "line "),
            (
                kubeconfig(&format!("{{client-certificate-data: \"{SECRET}*\", client-key-data: x}}")),
                None,
                "no base64",
            ),
            (
                kubeconfig("{client-certificate: /nowhere/tls.crt, client-key: /nowhere/tls.key}"),
                None,
                "/nowhere/tls",
            ),
            (
                kubeconfig(&format!(
                    "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, \"echo {SECRET}; exit 3\"]}}}}"
                )),
                None,
                "exit status: 3",
            ),
        ];
        for (text, context, expected) in cases {
            let error = found(&text, context).await.map(|cluster| cluster.server).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
            assert!(!error.contains(SECRET), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_unreachable() {
        let cluster = found(&kubeconfig("{}"), None).await.unwrap();
        let error = cluster.client.apiserver_version().await.map(|_| ()).unwrap_err();
        let error = cluster.explain(error);
        let KubeError::Unreachable { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.contains("refused"), "{reason}");
    }
}
