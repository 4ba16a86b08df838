//! A running Prometheus: told to read its files again, and asked what it has read.
//!
//! Source: Prometheus, "Management API" and "HTTP API"; `/-/reload` needs `--web.enable-lifecycle`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fsio;
use crate::runtime::tls;
use crate::telemetry::exposition;

/// How long an answer may take; a reload of a large configuration takes seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
/// Longest text of a refusal that is passed on, in bytes.
const LONGEST_REASON: usize = 2_000;

/// Where a server is, and with what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// `http://host:9090`, with a path where it is served below one.
    pub url: String,
    /// PEM file with what is trusted; none: the system's.
    pub ca: Option<PathBuf>,
    /// File with a bearer token.
    pub token_file: Option<PathBuf>,
}

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address makes no sense.
    #[error("`{0}` is no http:// or https:// address")]
    Address(String),
    /// A file that is needed to ask can't be used.
    #[error("{0}")]
    Files(String),
    /// It does not answer.
    #[error("no {who} answers at {url}")]
    Unreachable {
        /// What was looked for: `Prometheus`, `Alertmanager`.
        who: &'static str,
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It refuses.
    #[error("{who} refuses (HTTP status {status}): {reason}")]
    Refused {
        /// Who.
        who: &'static str,
        /// HTTP status.
        status: u16,
        /// What it said.
        reason: String,
    },
    /// What answers is something else.
    #[error("what answers at {url} is no {who}: {reason}")]
    Foreign {
        /// What was looked for.
        who: &'static str,
        /// Where.
        url: String,
        /// What was wrong.
        reason: String,
    },
}

/// What became of the last reload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReloadState {
    /// Was it successful?
    pub successful: bool,
    /// When the last successful one was, seconds since the Unix epoch.
    pub succeeded_at_seconds: f64,
}

/// A target as the server has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveTarget {
    /// The job.
    pub scrape_pool: String,
    /// What is scraped.
    pub scrape_url: String,
    /// `up`, `down` or `unknown`: not scraped yet.
    pub health: String,
    /// What went wrong the last time.
    #[serde(default)]
    pub last_error: String,
}

/// A target that a file of targets has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTarget {
    /// The file, as the server sees it.
    pub file: String,
    /// `host:port`, as it is in the file.
    pub address: String,
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Server {
    who: &'static str,
    client: Client,
    base: Url,
    token: Option<String>,
}

#[derive(Deserialize)]
struct Answer<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
}

impl Server {
    /// Makes a client. Connects with the first request.
    ///
    /// # Errors
    /// When the address makes no sense, or a file can't be used.
    pub fn new(address: &ServerAddress) -> Result<Self, ServerError> {
        Self::named("Prometheus", address)
    }

    /// Makes a client of a server that errors call by another name.
    pub(super) fn named(who: &'static str, address: &ServerAddress) -> Result<Self, ServerError> {
        let base = Url::parse(&format!("{}/", address.url.trim_end_matches('/'))).ok();
        let base = base
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| ServerError::Address(address.url.clone()))?;
        let builder = Client::builder().no_proxy().timeout(LONGEST_WAIT);
        tls::install_provider();
        let builder = match &address.ca {
            Some(ca) => {
                let trust = tls::client_config(ca).map_err(|error| ServerError::Files(error.to_string()))?;
                builder.tls_backend_preconfigured(trust)
            }
            None if base.scheme() == "http" => builder.tls_certs_only([]),
            None => builder,
        };
        let client = builder.build().map_err(|error| ServerError::Files(error.to_string()))?;
        let token = address.token_file.as_ref().map(|file| fsio::read_secret(file)).transpose();
        let token = token.map_err(|error| ServerError::Files(format!("{error}: {}", error.source)))?;
        Ok(Server { who, client, base, token })
    }

    pub(in crate::prometheus) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // the path is ours, and stays below the base
        let url = self.base.join(path).unwrap_or_else(|_| self.base.clone());
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(in crate::prometheus) async fn send(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), ServerError> {
        self.send_within(request, LARGEST_ANSWER)
            .await?
            .ok_or_else(|| self.foreign("its answer is larger than 64 MiB"))
    }

    /// Sends a request; `None`: the answer is larger than `most` bytes.
    pub(in crate::prometheus) async fn send_within(
        &self,
        request: RequestBuilder,
        most: usize,
    ) -> Result<Option<(StatusCode, Vec<u8>)>, ServerError> {
        let unreachable = |error: reqwest::Error| ServerError::Unreachable {
            who: self.who,
            url: self.base.to_string(),
            source: error.without_url(),
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&part);
            if body.len() > most {
                return Ok(None);
            }
        }
        Ok(Some((status, body)))
    }

    pub(in crate::prometheus) fn refused(&self, status: u16, reason: impl Into<String>) -> ServerError {
        ServerError::Refused { who: self.who, status, reason: reason.into() }
    }

    pub(in crate::prometheus) fn foreign(&self, reason: impl Into<String>) -> ServerError {
        ServerError::Foreign { who: self.who, url: self.base.to_string(), reason: reason.into() }
    }

    async fn text(&self, method: Method, path: &str) -> Result<String, ServerError> {
        self.answer(self.request(method, path)).await
    }

    /// Sends a request, and returns the text of an answer that says that all went well.
    pub(super) async fn answer(&self, request: RequestBuilder) -> Result<String, ServerError> {
        let (status, body) = self.send(request).await?;
        let text = String::from_utf8_lossy(&body);
        if status.is_success() {
            return Ok(text.into_owned());
        }
        let reason: String = text.trim().chars().take(LONGEST_REASON).collect();
        Err(self.refused(status.as_u16(), reason))
    }

    pub(in crate::prometheus) async fn data<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, ServerError> {
        let (status, body) = self.send(self.request(Method::GET, path)).await?;
        let answer: Answer<T> = serde_json::from_slice(&body).map_err(|error| {
            self.foreign(if status.is_success() {
                error.to_string()
            } else {
                format!("HTTP status {status}")
            })
        })?;
        match answer.data.filter(|_| answer.status == "success") {
            Some(data) => Ok(data),
            None => Err(ServerError::Refused {
                who: self.who,
                status: status.as_u16(),
                reason: answer.error.unwrap_or_else(|| "it gives no reason".to_owned()),
            }),
        }
    }

    /// Has it read its files again. It answers when it has.
    ///
    /// # Errors
    /// [`ServerError::Refused`] when it does not take them; it goes on with what it had. With status 403 it takes no such orders at all.
    pub async fn reload(&self) -> Result<(), ServerError> {
        self.text(Method::POST, "-/reload").await.map(|_| ())
    }

    /// Returns its version, such as `2.42.0`.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn version(&self) -> Result<String, ServerError> {
        #[derive(Deserialize)]
        struct BuildInfo {
            version: String,
        }
        self.data::<BuildInfo>("api/v1/status/buildinfo").await.map(|info| info.version)
    }

    /// Returns the configuration that it goes by, as it writes it: with all defaults, without comments and secrets.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn configuration(&self) -> Result<String, ServerError> {
        #[derive(Deserialize)]
        struct Config {
            yaml: String,
        }
        self.data::<Config>("api/v1/status/config").await.map(|config| config.yaml)
    }

    /// Returns its own metrics.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn own_metrics(&self) -> Result<Vec<exposition::Sample>, ServerError> {
        let text = self.text(Method::GET, "metrics").await?;
        exposition::parse(&text).map_err(|error| self.foreign(error.to_string()))
    }

    /// Returns what became of its last reload, from its own metrics.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn reload_state(&self) -> Result<ReloadState, ServerError> {
        let samples = self.own_metrics().await?;
        let value = |name: &str| samples.iter().find(|sample| sample.name == name).map(|sample| sample.value);
        let successful = value("prometheus_config_last_reload_successful")
            .ok_or_else(|| self.foreign("it has no metric prometheus_config_last_reload_successful"))?;
        let at = value("prometheus_config_last_reload_success_timestamp_seconds").unwrap_or(0.0);
        Ok(ReloadState { successful: successful == 1.0, succeeded_at_seconds: at })
    }

    /// Returns the targets that it scrapes.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn targets(&self) -> Result<Vec<ActiveTarget>, ServerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Targets {
            active_targets: Vec<ActiveTarget>,
        }
        self.data::<Targets>("api/v1/targets?state=active").await.map(|targets| targets.active_targets)
    }

    /// Returns the targets that files of targets have brought, also those that relabelling has dropped.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn targets_of_files(&self) -> Result<Vec<FoundTarget>, ServerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Targets {
            active_targets: Vec<Discovered>,
            dropped_targets: Vec<Discovered>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Discovered {
            discovered_labels: BTreeMap<String, String>,
        }
        let Targets { active_targets, dropped_targets } = self.data("api/v1/targets?state=any").await?;
        let found = |mut target: Discovered| {
            let file = target.discovered_labels.remove("__meta_filepath")?;
            Some(FoundTarget { file, address: target.discovered_labels.remove("__address__")? })
        };
        Ok(active_targets.into_iter().chain(dropped_targets).filter_map(found).collect())
    }

    /// Returns the groups of rules that it evaluates: their names, and how many rules they have.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn rule_groups(&self) -> Result<Vec<(String, usize)>, ServerError> {
        #[derive(Deserialize)]
        struct Groups {
            groups: Vec<Group>,
        }
        #[derive(Deserialize)]
        struct Group {
            name: String,
            rules: Vec<serde_json::Value>,
        }
        let groups = self.data::<Groups>("api/v1/rules").await?.groups;
        Ok(groups.into_iter().map(|group| (group.name, group.rules.len())).collect())
    }

    /// Returns the names of all metrics that it has series of.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn metric_names(&self) -> Result<BTreeSet<String>, ServerError> {
        self.data("api/v1/label/__name__/values").await
    }
}
