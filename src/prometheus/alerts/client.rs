//! A running Alertmanager: asked for its alerts and silences, told new ones. Decides nothing about them.
//!
//! Source: Alertmanager, "API v2" (`api/v2/openapi.yaml`) and "Management API".

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::matcher::{Labels, Matcher};
use crate::prometheus::server::{Server, ServerAddress, ServerError};

/// A client of one Alertmanager.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    server: Server,
}

/// Which alerts are asked for.
#[derive(Debug, Clone, Default)]
pub struct AlertQuery {
    /// All of these fit.
    pub matchers: Vec<Matcher>,
    /// Those that are silenced as well?
    pub silenced: bool,
    /// Those that others inhibit as well?
    pub inhibited: bool,
}

/// An alert as the server has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// What tells it from others.
    pub labels: Labels,
    /// What it says to people.
    #[serde(default)]
    pub annotations: Labels,
    /// When it began, RFC 3339.
    pub starts_at: String,
    /// Where it goes.
    pub receivers: Vec<Named>,
    /// Is anything keeping it back?
    pub status: AlertStatus,
    /// A number of its labels.
    pub fingerprint: String,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
}

/// Is anything keeping an alert back?
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertStatus {
    /// `active`, `suppressed` or `unprocessed`.
    pub state: String,
    /// Silences that hit it.
    pub silenced_by: Vec<String>,
    /// Alerts that inhibit it.
    pub inhibited_by: Vec<String>,
}

/// A silence as the server has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Its id.
    pub id: String,
    /// Which alerts it hits.
    pub matchers: Vec<SilenceMatcher>,
    /// When it begins, RFC 3339.
    pub starts_at: String,
    /// When it ends, RFC 3339.
    pub ends_at: String,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Is it active, pending or expired?
    pub status: SilenceStatus,
}

/// State of a silence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SilenceStatus {
    /// `active`, `pending` or `expired`.
    pub state: String,
}

/// A matcher on the way to a server and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SilenceMatcher {
    /// The label.
    pub name: String,
    /// What it is compared with.
    pub value: String,
    /// Is that an expression?
    pub is_regex: bool,
    /// Must it be so? Servers before 0.22 do not say.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

fn yes() -> bool {
    true
}

/// A silence that is to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSilence {
    /// Which alerts it hits.
    pub matchers: Vec<SilenceMatcher>,
    /// When it begins, RFC 3339.
    pub starts_at: String,
    /// When it ends, RFC 3339.
    pub ends_at: String,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

impl SilenceMatcher {
    /// Returns what it means.
    ///
    /// # Errors
    /// When its expression can't be read.
    pub fn matcher(&self) -> Result<Matcher, super::MatcherError> {
        let operator = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        Matcher::new(&self.name, operator, &self.value)
    }
}

impl From<&Matcher> for SilenceMatcher {
    fn from(matcher: &Matcher) -> Self {
        SilenceMatcher {
            name: matcher.name.clone(),
            value: matcher.value.clone(),
            is_regex: matcher.is_regex(),
            is_equal: matcher.is_equal,
        }
    }
}

impl Alertmanager {
    /// Makes a client. Connects with the first request.
    ///
    /// # Errors
    /// When the address makes no sense, or a file can't be used.
    pub fn new(address: &ServerAddress) -> Result<Self, ServerError> {
        Server::named("Alertmanager", address).map(|server| Alertmanager { server })
    }

    async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ServerError> {
        let mut url = String::from(path);
        for (at, (name, value)) in query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(&format!("{name}={}", encoded(value)));
        }
        let text = self.server.answer(self.server.request(Method::GET, &url)).await?;
        serde_json::from_str(&text).map_err(|error| self.server.foreign(error.to_string()))
    }

    /// Returns the alerts that it has.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn alerts(&self, query: &AlertQuery) -> Result<Vec<Alert>, ServerError> {
        let mut words = vec![
            ("active", "true".to_owned()),
            ("silenced", query.silenced.to_string()),
            ("inhibited", query.inhibited.to_string()),
            ("unprocessed", "true".to_owned()),
        ];
        words.extend(query.matchers.iter().map(|matcher| ("filter", matcher.to_string())));
        self.json("api/v2/alerts", &words).await
    }

    /// Returns its silences, those that are over as well; it keeps them for some days.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn silences(&self) -> Result<Vec<Silence>, ServerError> {
        self.json("api/v2/silences", &[]).await
    }

    /// Makes a silence, and returns its id.
    ///
    /// # Errors
    /// When it can't be asked, or refuses.
    pub async fn silence(&self, silence: &NewSilence) -> Result<String, ServerError> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "silenceID")]
            id: String,
        }
        let request = self.server.request(Method::POST, "api/v2/silences").json(silence);
        let text = self.server.answer(request).await?;
        let made: Made =
            serde_json::from_str(&text).map_err(|error| self.server.foreign(error.to_string()))?;
        Ok(made.id)
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// When it can't be asked, or has no such silence.
    pub async fn expire(&self, id: &str) -> Result<(), ServerError> {
        let path = format!("api/v2/silence/{}", encoded(id));
        self.server.answer(self.server.request(Method::DELETE, &path)).await.map(|_| ())
    }

    /// Has it read its file again. It answers when it has.
    ///
    /// # Errors
    /// [`ServerError::Refused`] when it does not take it; it goes on with what it had.
    pub async fn reload(&self) -> Result<(), ServerError> {
        self.server.reload().await
    }

    /// Returns its version, such as `0.25.0`, and the configuration that it goes by, as it writes it: with all defaults, without secrets.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn status(&self) -> Result<(String, String), ServerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            version_info: Version,
            config: Config,
        }
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        #[derive(Deserialize)]
        struct Config {
            original: String,
        }
        let status: Status = self.json("api/v2/status", &[]).await?;
        Ok((status.version_info.version, status.config.original))
    }

    /// Returns whether its last reload was successful, and the number of the text that it has loaded, from its own metrics.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn reload_state(&self) -> Result<(bool, Option<f64>), ServerError> {
        let samples = self.server.own_metrics().await?;
        let value = |name: &str| samples.iter().find(|sample| sample.name == name).map(|sample| sample.value);
        let successful = value("alertmanager_config_last_reload_successful").ok_or_else(|| {
            self.server.foreign("it has no metric alertmanager_config_last_reload_successful")
        })?;
        Ok((successful == 1.0, value("alertmanager_config_hash")))
    }
}

/// Writes a text so that it can stand in an address (RFC 3986, 2.1).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
