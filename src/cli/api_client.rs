//! The way from the command line to a running controller: its control server, as the site file names it.
//!
//! Reads of the site file only what says where the controller is. So the site can still be looked at while somebody is half-way
//! through an edit of its chargers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use super::site_server::executor;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::runtime::{self, StateFolder, tls};
use crate::server::{ErrorBody, token};
use crate::site::{ApiEntry, ControlEntry};

/// How long the controller may take to answer; longer than it waits itself for an order to be taken.
const LONGEST_WAIT: Duration = Duration::from_secs(12);
/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// What the site file says of its controller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ControllerEntry {
    name: String,
    #[serde(default)]
    api: ApiEntry,
    #[serde(default)]
    control: ControlEntry,
}

/// Where a controller is reached, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiTarget {
    /// Where it listens.
    pub listen: SocketAddr,
    /// PEM file with its certificate; none: it speaks plain HTTP.
    pub certificate: Option<PathBuf>,
    /// File with the token that writes need.
    pub token_file: PathBuf,
    /// Time between two decisions.
    pub interval: Duration,
}

impl ApiTarget {
    /// Reads from a site file where its controller is.
    pub(super) fn of_site_file(path: &Path) -> Result<Self> {
        let text = fsio::read_text(path).map_err(|error| {
            Error::from_source(Kind::Invalid, "the site file can't be read", &error)
                .hint("name it with --site FILE or ENMON_SITE; enmon init writes a new one")
        })?;
        let invalid = |cause: String| {
            let message = format!("{} does not say where the controller is", path.display());
            Error::new(Kind::Invalid, message)
                .cause(cause)
                .hint(format!("see all mistakes: enmon check --site {}", path.display()))
        };
        let entry: ControllerEntry =
            serde_saphyr::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        let listen = entry.api.socket_address();
        let mut listen =
            listen.ok_or_else(|| invalid(format!("`{}` is no address and port", entry.api.listen)))?;
        if listen.port() == 0 {
            listen.set_port(port_taken(&entry.name)?);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let token_file = match entry.api.token_file {
            Some(file) => folder.join(file),
            None => fsio::state_folder(&entry.name).join("api-token"),
        };
        Ok(ApiTarget {
            listen,
            certificate: entry.api.tls.map(|tls| folder.join(tls.cert)),
            token_file,
            interval: entry.control.interval.0,
        })
    }

    /// Returns where to connect: one that listens everywhere is reached on loopback.
    fn base(&self) -> String {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", SocketAddr::new(ip, self.listen.port()))
    }
}

/// Returns the port that the running controller of a site has taken, where its file leaves the choice to the system.
fn port_taken(site: &str) -> Result<u16> {
    let holder = runtime::holder(&StateFolder::of_site(site))
        .map_err(|error| Error::from_source(Kind::Failed, "the state folder can't be used", &error))?;
    let api = holder.and_then(|holder| holder.facts).and_then(|facts| facts.api);
    let port = api.and_then(|api| Url::parse(&api).ok()).and_then(|url| url.port_or_known_default());
    port.ok_or_else(|| {
        Error::new(Kind::Unreachable, format!("no controller runs for the site {site}"))
            .hint("`api.listen` has port 0, so that only a controller of this user can be found")
    })
}

/// A client of one controller. It blocks until an answer is there.
pub(super) struct ApiClient {
    runtime: Runtime,
    client: Client,
    base: Url,
    target: ApiTarget,
    site_file: PathBuf,
}

impl ApiClient {
    /// Makes a client for the controller of a site file. Connects with the first request.
    pub(super) fn of_site_file(path: &Path) -> Result<Self> {
        let target = ApiTarget::of_site_file(path)?;
        let builder = Client::builder().no_proxy().timeout(LONGEST_WAIT);
        let builder = match &target.certificate {
            Some(certificate) => {
                let trust = tls::client_config(certificate).map_err(|error| {
                    Error::from_source(Kind::Invalid, "the controller's certificate can't be used", &error)
                })?;
                builder.tls_backend_preconfigured(trust)
            }
            None => {
                tls::install_provider();
                builder.tls_certs_only([])
            }
        };
        let bug = |error: &(dyn std::error::Error + 'static)| {
            Error::from_source(Kind::Bug, "the HTTP client can't be made", error)
        };
        let client = builder.build().map_err(|error| bug(&error))?;
        let runtime = executor()?;
        let base = Url::parse(&target.base()).map_err(|error| bug(&error))?;
        Ok(ApiClient { runtime, client, base, target, site_file: path.to_owned() })
    }

    /// Returns the time between two decisions.
    pub(super) fn interval(&self) -> Duration {
        self.target.interval
    }

    /// Asks for something.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        let (status, body) = self.send(Method::GET, path, None, false)?;
        self.read(status, &body)
    }

    /// Changes something; bears the token.
    pub(super) fn put<T: DeserializeOwned>(&self, path: &[&str], body: &impl serde::Serialize) -> Result<T> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::from_source(Kind::Bug, "a request can't be written as JSON", &error))?;
        let (status, body) = self.send(Method::PUT, path, Some(body), true)?;
        self.read(status, &body)
    }

    /// Ends something; bears the token.
    pub(super) fn delete(&self, path: &[&str]) -> Result<()> {
        let (status, body) = self.send(Method::DELETE, path, None, true)?;
        if status.is_success() { Ok(()) } else { Err(self.refused(status, &body)) }
    }

    /// Waits.
    pub(super) fn pause(&self, length: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(length).await });
    }

    fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Vec<u8>>,
        needs_token: bool,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        let mut request = self.client.request(method, url);
        if needs_token {
            let token = token::load(&self.target.token_file).map_err(|error| {
                Error::from_source(Kind::Invalid, "the token of the control server can't be read", &error)
                    .hint("the controller makes one when it starts; api.tokenFile names another")
            })?;
            request = request.bearer_auth(token.reveal());
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await.map_err(|error| self.unreachable(error))?;
            let status = response.status();
            Ok((status, self.body_of(response).await?))
        })
    }

    async fn body_of(&self, mut response: Response) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            body.extend_from_slice(&part);
            if body.len() > LARGEST_ANSWER {
                return Err(self.not_enmon());
            }
        }
        Ok(body)
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, body: &[u8]) -> Result<T> {
        if !status.is_success() {
            return Err(self.refused(status, body));
        }
        serde_json::from_slice(body).map_err(|error| self.not_enmon().cause(error.to_string()))
    }

    fn unreachable(&self, error: reqwest::Error) -> Error {
        // the address is in the message already
        let error = error.without_url();
        Error::from_source(
            Kind::Unreachable,
            format!("no controller answers at {}", self.target.base()),
            &error,
        )
        .hint(format!("start it: enmon control run --site {}", self.site_file.display()))
    }

    fn not_enmon(&self) -> Error {
        Error::new(Kind::Failed, format!("what answers at {} is no enmon controller", self.target.base()))
            .hint("api.listen in the site file says where it should be")
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Error {
        let Ok(said) = serde_json::from_slice::<ErrorBody>(body) else {
            return self.not_enmon().cause(format!("it answered with HTTP status {status}"));
        };
        let kind = match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Kind::Unreachable,
            _ => Kind::Refused,
        };
        let error = Error::new(kind, said.message);
        match said.code.as_str() {
            "unknown-charger" => error.hint("see which there are: enmon charger list"),
            "unknown-breaker" => error.hint("see which there are: enmon breaker list"),
            "unauthorized" => {
                error.hint(format!("the token was read from {}", self.target.token_file.display()))
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<ApiTarget> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("enmon.yaml");
        fsio::write_atomically(&path, text.as_bytes(), 0o600).unwrap();
        ApiTarget::of_site_file(&path).map(|target| ApiTarget {
            certificate: target.certificate.map(|path| path.strip_prefix(folder.path()).unwrap().to_owned()),
            token_file: path_within(folder.path(), &target.token_file),
            ..target
        })
    }

    fn path_within(folder: &Path, path: &Path) -> PathBuf {
        path.strip_prefix(folder).map_or_else(|_| path.to_owned(), Path::to_owned)
    }

    #[test]
    fn a_site_file_says_where_its_controller_is() {
        let simple = target("name: garage\n").unwrap();
        assert_eq!(simple.base(), "http://127.0.0.1:5000");
        assert!(simple.token_file.ends_with("enmon/garage/api-token"), "{simple:?}");
        assert_eq!(simple.interval, Duration::from_secs(1));
        let full = target(
            "name: garage\ncontrol: {interval: 500ms}\n\
             api: {listen: \"0.0.0.0:8443\", tls: {cert: c.pem, key: k.pem}, tokenFile: token}\nchargers: [half an edit]\n",
        );
        let full = full.unwrap();
        assert_eq!(full.base(), "https://127.0.0.1:8443");
        assert_eq!((full.certificate, full.token_file), (Some("c.pem".into()), "token".into()));
        assert_eq!(full.interval, Duration::from_millis(500));
        assert_eq!(target("name: x\napi: {listen: \"[::]:1\"}\n").unwrap().base(), "http://[::1]:1");
    }

    #[test]
    fn a_port_that_nobody_has_taken_yet_is_nowhere() {
        let nobody = target("name: a-site-that-never-ran\napi: {listen: \"127.0.0.1:0\"}\n").unwrap_err();
        assert_eq!(nobody.kind, Kind::Unreachable);
    }

    #[test]
    fn a_file_that_does_not_say_it_is_invalid() {
        for text in
            ["", "name: [", "name: x\napi: {listen: here}\n", "name: x\napi: {lissen: \"127.0.0.1:1\"}\n"]
        {
            assert_eq!(target(text).unwrap_err().kind, Kind::Invalid, "{text}");
        }
        let missing = ApiTarget::of_site_file(Path::new("/missing/enmon.yaml")).unwrap_err();
        assert_eq!(missing.kind, Kind::Invalid);
    }
}
