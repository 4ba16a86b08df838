//! One health check of a place, asked from outside: an address over HTTP, a port, a Prometheus, a Grafana, a control server.
//!
//! Each check makes a connection of its own, since a place that takes no new ones is bad for who comes new. It follows no redirect, which
//! may lead to another place, and asks no proxy.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::fsio;
use crate::runtime::tls;
use crate::site::{HealthCheckEntry, HealthCheckKind};

/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A health check, ready to be asked.
#[derive(Debug)]
pub struct Probe {
    target: String,
    limit: Duration,
    question: Question,
}

#[derive(Debug)]
enum Question {
    Connect(String),
    Http { client: Client, url: Url, token: Option<String>, wanted: Wanted },
}

#[derive(Debug)]
struct Wanted {
    status: Option<u16>,
    contains: Option<String>,
    is_grafana: bool,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeReport {
    /// What was asked.
    pub target: String,
    /// How long it took, in milliseconds; `None`: there was no answer.
    pub latency_ms: Option<f64>,
    /// Why it is bad; `None`: it is well.
    pub failure: Option<String>,
}

impl ProbeReport {
    /// Says whether it is well.
    pub fn is_well(&self) -> bool {
        self.failure.is_none()
    }
}

impl Probe {
    /// Makes a check of an entry of the site file, whose paths are relative to `folder`.
    ///
    /// # Errors
    /// When an address or a file can't be used.
    pub fn new(entry: &HealthCheckEntry, folder: &Path) -> Result<Probe, String> {
        let limit = entry.max_latency.0;
        if entry.kind == HealthCheckKind::Tcp {
            return Ok(Probe::port(entry.address.as_deref().unwrap_or_default(), limit));
        }
        let base = entry.url.as_deref().unwrap_or_default();
        let path = match entry.kind {
            HealthCheckKind::Prometheus => "/-/ready",
            HealthCheckKind::Grafana => "/api/health",
            HealthCheckKind::Enmon => "/readyz",
            HealthCheckKind::Http | HealthCheckKind::Tcp => "",
        };
        let whole =
            if path.is_empty() { base.to_owned() } else { format!("{}{path}", base.trim_end_matches('/')) };
        let url = Url::parse(&whole).map_err(|error| format!("`{base}` is no address: {error}"))?;
        let client = client(entry, folder, url.scheme() == "https")?;
        let token = entry.token_file.as_ref().map(|file| fsio::read_secret(&folder.join(file))).transpose();
        let token = token.map_err(|error| format!("{error}: {}", error.source))?;
        let wanted = Wanted {
            status: entry.status,
            contains: entry.contains.clone(),
            is_grafana: entry.kind == HealthCheckKind::Grafana,
        };
        Ok(Probe { target: whole, limit, question: Question::Http { client, url, token, wanted } })
    }

    /// Makes a check that connects to `host:port`.
    pub fn port(address: &str, limit: Duration) -> Probe {
        Probe { target: address.to_owned(), limit, question: Question::Connect(address.to_owned()) }
    }

    /// Asks. Takes no longer than the check may take.
    pub async fn ask(&self) -> ProbeReport {
        let begun = Instant::now();
        let outcome = match &self.question {
            Question::Connect(address) => {
                timeout(self.limit, async {
                    TcpStream::connect(address).await.map(|_| None).map_err(|error| error.to_string())
                })
                .await
            }
            Question::Http { client, url, token, wanted } => {
                timeout(self.limit, ask_http(client, url, token.as_deref(), wanted)).await
            }
        };
        let took_ms = begun.elapsed().as_secs_f64() * 1_000.0;
        let (latency_ms, failure) = match outcome {
            Ok(Ok(failure)) => (Some(took_ms), failure),
            Ok(Err(reason)) => (None, Some(reason)),
            Err(_) => (None, Some(format!("no answer within {} ms", self.limit.as_millis()))),
        };
        ProbeReport { target: self.target.clone(), latency_ms, failure }
    }
}

fn client(entry: &HealthCheckEntry, folder: &Path, is_tls: bool) -> Result<Client, String> {
    tls::install_provider();
    let builder = Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
    let builder = match &entry.ca {
        Some(ca) => {
            let trust = tls::client_config(&folder.join(ca)).map_err(|error| error.to_string())?;
            builder.tls_backend_preconfigured(trust)
        }
        None if is_tls => builder,
        None => builder.tls_certs_only([]),
    };
    builder.build().map_err(|error| error.to_string())
}

/// Returns what is wrong with the answer, if anything is.
async fn ask_http(
    client: &Client,
    url: &Url,
    token: Option<&str>,
    wanted: &Wanted,
) -> Result<Option<String>, String> {
    let request = client.get(url.clone());
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let in_words = |error: reqwest::Error| innermost(&error.without_url());
    let mut response = request.send().await.map_err(in_words)?;
    let status = response.status();
    let is_right = wanted.status.map_or(status.is_success(), |wanted| status.as_u16() == wanted);
    if !is_right {
        return Ok(Some(format!("HTTP status {}", status.as_u16())));
    }
    if wanted.contains.is_none() && !wanted.is_grafana {
        return Ok(None);
    }
    let mut body = Vec::new();
    while body.len() < LARGEST_ANSWER {
        let Some(part) = response.chunk().await.map_err(in_words)? else { break };
        body.extend_from_slice(&part);
    }
    body.truncate(LARGEST_ANSWER);
    Ok(wanted.judge(&String::from_utf8_lossy(&body)))
}

impl Wanted {
    fn judge(&self, body: &str) -> Option<String> {
        if self.is_grafana {
            let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            return match answer.get("database").and_then(serde_json::Value::as_str) {
                Some("ok") => None,
                Some(state) => Some(format!("its database is {state:?}")),
                None => Some("what answers is no Grafana".into()),
            };
        }
        let missing = self.contains.as_ref().filter(|text| !body.contains(text.as_str()));
        missing.map(|text| format!("the answer does not contain {text:?}"))
    }
}

/// The last error of a chain says what happened; the others say what it was for.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
