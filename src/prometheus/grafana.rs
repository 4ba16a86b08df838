//! A running Grafana: asked for dashboards and folders, and given new ones.
//!
//! A dashboard is written over only in the version that was looked at. Source: Grafana, "HTTP API", "Dashboard API" and "Folder API".

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::server::{Server, ServerAddress, ServerError};

/// Longest text of a refusal that is passed on, in characters.
const LONGEST_REASON: usize = 500;
/// Folders that are looked at for one of a title; the API gives no more at once.
const MOST_FOLDERS: usize = 1_000;

/// Why a Grafana does not have the dashboards.
#[derive(Debug, thiserror::Error)]
pub enum GrafanaError {
    /// Somebody else has written it since it was looked at, or a page of that name is there.
    #[error("Grafana has another version of it: {0}")]
    Conflict(String),
    /// It can't be asked, or refuses.
    #[error(transparent)]
    Server(#[from] ServerError),
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
    server: Server,
}

impl Grafana {
    /// Makes a client; the token is that of a service account. Connects with the first request.
    ///
    /// # Errors
    /// When the address makes no sense, or a file can't be used.
    pub fn new(address: &ServerAddress) -> Result<Self, GrafanaError> {
        Ok(Grafana { server: Server::named("Grafana", address)? })
    }

    /// Returns the dashboard of a uid (letters, digits, `-` and `_`), if there is one.
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
        let request = self.server.request(Method::GET, &format!("api/dashboards/uid/{uid}"));
        let (status, body) = self.server.send(request).await?;
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
        let request = self.server.request(Method::GET, &format!("api/folders?limit={MOST_FOLDERS}"));
        let (status, body) = self.server.send(request).await?;
        let folders: Vec<Folder> = self.read(status, &body)?;
        Ok(folders.into_iter().find(|folder| folder.title == title).map(|folder| folder.uid))
    }

    /// Makes a folder, and returns its uid.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn make_folder(&self, title: &str) -> Result<String, GrafanaError> {
        let request = self.server.request(Method::POST, "api/folders").json(&json!({"title": title}));
        let (status, body) = self.server.send(request).await?;
        Ok(self.read::<Folder>(status, &body)?.uid)
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
        let request = self.server.request(Method::POST, "api/dashboards/db").json(&order);
        let (status, body) = self.server.send(request).await?;
        if status == StatusCode::PRECONDITION_FAILED {
            return Err(GrafanaError::Conflict(reason_of(&body)));
        }
        Ok(self.read::<Saved>(status, &body)?.version)
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, body: &[u8]) -> Result<T, ServerError> {
        if !status.is_success() {
            return Err(self.server.refused(status.as_u16(), reason_of(body)));
        }
        serde_json::from_slice(body).map_err(|error| self.server.foreign(error.to_string()))
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
