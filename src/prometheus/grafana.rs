//! A running Grafana: asked for dashboards and folders, and given new ones.
//!
//! A dashboard is written over only in the version that was looked at. Source: Grafana, "HTTP API", "Dashboard API" and "Folder API".

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fsio;
use crate::runtime::tls;

/// How long an answer may take.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Longest text of a refusal that is passed on, in characters.
const LONGEST_REASON: usize = 500;
/// Folders that are looked at for one of a title; the API gives no more at once.
const MOST_FOLDERS: usize = 1_000;

/// Where a Grafana is, and with what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrafanaAddress {
    /// `http://host:3000`, with a path where it is served below one.
    pub url: String,
    /// PEM file with what is trusted; none: the system's.
    pub ca: Option<PathBuf>,
    /// File with the token of a service account.
    pub token_file: Option<PathBuf>,
}

/// Why a Grafana could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum GrafanaError {
    /// The address makes no sense.
    #[error("`{0}` is no http:// or https:// address")]
    Address(String),
    /// A file that is needed to ask can't be used.
    #[error("{0}")]
    Files(String),
    /// It does not answer.
    #[error("no Grafana answers at {url}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Somebody else has written it since it was looked at, or a page of that name is there.
    #[error("Grafana has another version of it: {0}")]
    Conflict(String),
    /// It refuses.
    #[error("Grafana refuses (HTTP status {status}): {reason}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        reason: String,
    },
    /// What answers is something else.
    #[error("what answers at {url} is no Grafana: {reason}")]
    Foreign {
        /// Where.
        url: String,
        /// What was wrong.
        reason: String,
    },
}

/// A dashboard as Grafana has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its version, which grows with each change.
    pub version: i64,
    /// The folder that it is in; empty for the top.
    pub folder_uid: String,
    /// The dashboard, without what Grafana itself puts into it (`id`, `version`), with plain numbers.
    pub model: Value,
}

/// A client of one Grafana.
#[derive(Debug, Clone)]
pub struct Grafana {
    client: Client,
    base: Url,
    token: Option<String>,
}

impl Grafana {
    /// Makes a client. Connects with the first request.
    ///
    /// # Errors
    /// When the address makes no sense, or a file can't be used.
    pub fn new(address: &GrafanaAddress) -> Result<Self, GrafanaError> {
        let base = Url::parse(&format!("{}/", address.url.trim_end_matches('/'))).ok();
        let base = base
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| GrafanaError::Address(address.url.clone()))?;
        let unusable = |error: String| GrafanaError::Files(error);
        let builder = Client::builder().no_proxy().timeout(LONGEST_WAIT);
        tls::install_provider();
        let builder = match &address.ca {
            Some(ca) => {
                let trust = tls::client_config(ca).map_err(|error| unusable(error.to_string()))?;
                builder.tls_backend_preconfigured(trust)
            }
            None if base.scheme() == "http" => builder.tls_certs_only([]),
            None => builder,
        };
        let client = builder.build().map_err(|error| unusable(error.to_string()))?;
        let token = address.token_file.as_ref().map(|file| fsio::read_secret(file)).transpose();
        let token = token.map_err(|error| unusable(format!("{error}: {}", error.source)))?;
        Ok(Grafana { client, base, token })
    }

    /// Returns the dashboard of a uid, if there is one.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn dashboard(&self, uid: &str) -> Result<Option<Stored>, GrafanaError> {
        #[derive(Deserialize)]
        struct Answer {
            dashboard: Value,
            meta: Meta,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Meta {
            #[serde(default)]
            folder_uid: String,
        }
        let (status, body) = self.send(self.request(Method::GET, &["api", "dashboards", "uid", uid])).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let Answer { dashboard: mut model, meta } = self.read(status, &body)?;
        let version = model.get("version").and_then(Value::as_i64).unwrap_or(0);
        if let Some(fields) = model.as_object_mut() {
            fields.remove("id");
            fields.remove("version");
        }
        Ok(Some(Stored { version, folder_uid: meta.folder_uid, model: with_plain_numbers(model) }))
    }

    /// Returns the uid of the folder of a title, if there is one.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn folder(&self, title: &str) -> Result<Option<String>, GrafanaError> {
        let mut url = self.base_with(&["api", "folders"]);
        url.query_pairs_mut().append_pair("limit", &MOST_FOLDERS.to_string());
        let (status, body) = self.send(self.authorized(self.client.get(url))).await?;
        let folders: Vec<Folder> = self.read(status, &body)?;
        Ok(folders.into_iter().find(|folder| folder.title == title).map(|folder| folder.uid))
    }

    /// Makes a folder, and returns its uid.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn make_folder(&self, title: &str) -> Result<String, GrafanaError> {
        let request = self.request(Method::POST, &["api", "folders"]).json(&json!({"title": title}));
        let (status, body) = self.send(request).await?;
        self.read::<Folder>(status, &body).map(|folder| folder.uid)
    }

    /// Writes a dashboard over the version that was looked at; `None`: it must not be there yet. Returns the new version.
    ///
    /// # Errors
    /// [`GrafanaError::Conflict`] when another version is there by now; it stays as it is.
    pub async fn save(
        &self,
        mut model: Value,
        over: Option<i64>,
        folder_uid: &str,
        message: &str,
    ) -> Result<i64, GrafanaError> {
        #[derive(Deserialize)]
        struct Saved {
            version: i64,
        }
        if let Some(fields) = model.as_object_mut() {
            fields.insert("id".to_owned(), Value::Null);
            fields.insert("version".to_owned(), over.unwrap_or(0).into());
        }
        let order =
            json!({"dashboard": model, "folderUid": folder_uid, "message": message, "overwrite": false});
        let request = self.request(Method::POST, &["api", "dashboards", "db"]).json(&order);
        let (status, body) = self.send(request).await?;
        if status == StatusCode::PRECONDITION_FAILED {
            return Err(GrafanaError::Conflict(reason_of(&body)));
        }
        self.read::<Saved>(status, &body).map(|saved| saved.version)
    }

    fn base_with(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // an address with a host can have a path; each part is escaped
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.authorized(self.client.request(method, self.base_with(path)))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), GrafanaError> {
        let unreachable = |error: reqwest::Error| GrafanaError::Unreachable {
            url: self.base.to_string(),
            source: error.without_url(),
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&part);
            if body.len() > LARGEST_ANSWER {
                return Err(self.foreign("its answer is larger than 16 MiB".to_owned()));
            }
        }
        Ok((status, body))
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, body: &[u8]) -> Result<T, GrafanaError> {
        if !status.is_success() {
            return Err(GrafanaError::Refused { status: status.as_u16(), reason: reason_of(body) });
        }
        serde_json::from_slice(body).map_err(|error| self.foreign(error.to_string()))
    }

    fn foreign(&self, reason: String) -> GrafanaError {
        GrafanaError::Foreign { url: self.base.to_string(), reason }
    }
}

/// Writes numbers as Go does: `0.0` as `0`, so that a page that has been there and back is the same.
pub fn with_plain_numbers(model: Value) -> Value {
    match model {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9e15);
            whole.map_or(Value::Number(number), |value| Value::from(value as i64))
        }
        Value::Array(parts) => parts.into_iter().map(with_plain_numbers).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, with_plain_numbers(value))).collect())
        }
        other => other,
    }
}

#[derive(Deserialize)]
struct Folder {
    uid: String,
    title: String,
}

/// Returns the words of a refusal: `{"message": …}`, or the text as it is.
fn reason_of(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let text = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.message,
        Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
    };
    let kept: String = text.chars().filter(|letter| !letter.is_control()).take(LONGEST_REASON).collect();
    if kept.is_empty() { "it gives no reason".to_owned() } else { kept }
}
