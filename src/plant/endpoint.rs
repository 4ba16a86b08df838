//! Devices that serve their values over HTTP or HTTPS: `/metrics` text, and for chargers the legacy JSON (REFERENCE A1, A3).

use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Response, StatusCode};
use serde_json::{Map, Value as Json, json};

use super::inbox::Errand;
use super::interpret::{interpret, offered_point, points};
use super::{Device, Line, Manners, PlantError};
use crate::control::{DeviceRef, Event, Failure, Reading, WriteGate, link};
use crate::fsio;
use crate::modbus::{Readings, Value};
use crate::profile::{EndpointSettings, MetricPoint};
use crate::runtime::tls;
use crate::site::{Amps, ChargerId};
use crate::telemetry::exposition::{self, Sample};

/// An answer that is longer than this is no endpoint's. Bytes.
const LONGEST_ANSWER: usize = 1 << 20;

/// A device and the way to it.
pub(super) struct Endpoint {
    device: Device,
    settings: EndpointSettings,
    client: reqwest::Client,
    base: String,
    token: Option<String>,
    wanted: Vec<String>,
    cycle: u64,
    gate: WriteGate,
}

/// Serves the endpoints of one address until the plant is dropped.
pub(super) async fn run(mut endpoints: Vec<Endpoint>, gate: WriteGate, mut line: Line) {
    loop {
        let cycle = *line.cycles.borrow_and_update();
        let event = if let Some((seat, errand)) = line.inbox.take(gate.generation()) {
            match errand {
                Errand::Limit(limit) => endpoints[seat].set_limit(&line, limit).await,
                Errand::Switch { close } => endpoints[seat].switch(close).await,
                // no profile that is read over HTTP says how
                Errand::Phases(_) => continue,
            }
        } else if let Some(endpoint) = endpoints.iter_mut().find(|endpoint| endpoint.cycle < cycle) {
            endpoint.cycle = cycle;
            endpoint.observe(&line).await
        } else {
            tokio::select! {
                () = line.stop.cancelled() => return,
                () = line.inbox.arrival() => continue,
                changed = line.cycles.changed() => if changed.is_err() { return } else { continue },
            }
        };
        if line.events.send(event).await.is_err() {
            return;
        }
    }
}

/// Why an endpoint could not be read or set.
#[derive(Debug, thiserror::Error)]
enum EndpointError {
    #[error("{url}: {source}{}", cause(source))]
    Http { url: String, source: reqwest::Error },
    #[error("{url}: refused with {status}")]
    Refused { url: String, status: StatusCode },
    #[error("{url}: {what}")]
    Nonsense { url: String, what: String },
    #[error("{url}: not written, {why}")]
    Withheld { url: String, why: String },
}

/// Returns the innermost cause; the outer texts of an HTTP error say little.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost = std::error::Error::source(error);
    while let Some(deeper) = innermost.and_then(std::error::Error::source) {
        innermost = Some(deeper);
    }
    innermost.map_or(String::new(), |cause| format!(": {cause}"))
}

impl EndpointError {
    fn failure(&self) -> Failure {
        match self {
            EndpointError::Http { source, .. } if source.is_connect() => Failure::NotReached,
            EndpointError::Withheld { .. } => Failure::NotReached,
            EndpointError::Http { .. } | EndpointError::Nonsense { .. } => Failure::NoAnswer,
            EndpointError::Refused { .. } => Failure::Refused,
        }
    }
}

impl Endpoint {
    pub(super) fn new(device: Device, manners: &Manners) -> Result<Endpoint, PlantError> {
        let refuse = |what: String| PlantError::Secret { device: device.name.clone(), what };
        let link = link(&device.site, device.reference);
        let Some(settings) = device.profile.endpoint.clone() else {
            return Err(refuse(format!("profile {} is not read over HTTP", device.profile.name)));
        };
        let timeout = link.timeout.map_or(settings.timeout.0, |period| period.0);
        tls::install_provider();
        let mut client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            // what is on its way when this process ends does not arrive later than that
            .tcp_user_timeout(timeout)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(ca) = &link.ca {
            let trust = tls::client_config(ca).map_err(|error| refuse(error.to_string()))?;
            client = client.tls_backend_preconfigured(trust);
        }
        let client = client.build().map_err(|error| refuse(format!("{error}{}", cause(&error))))?;
        let token = link.token_file.as_deref().map(fsio::read_secret).transpose();
        let token = token.map_err(|error| refuse(error.to_string()))?;
        let wanted = points(&device.profile, device.reference).into_iter().map(str::to_owned).collect();
        let base = link.address.to_string();
        Ok(Endpoint { device, settings, client, base, token, wanted, cycle: 0, gate: manners.gate.clone() })
    }

    async fn observe(&mut self, line: &Line) -> Event {
        let (device, cycle) = (self.device.reference, self.cycle);
        let at = (line.clock)();
        let failed = |error: String, failure| Event::Failed { device, cycle, error, failure };
        match self.read().await {
            Ok(readings) => match interpret(&self.device.profile, device, &readings) {
                Ok(value) => Event::Observed { device, cycle, reading: Reading { at, value } },
                Err(error) => failed(format!("{}: {error}", self.base), Failure::NoAnswer),
            },
            Err(error) => failed(error.to_string(), error.failure()),
        }
    }

    async fn read(&self) -> Result<Readings, EndpointError> {
        let mut readings = Readings::new();
        if self.wanted.iter().any(|point| self.settings.metrics.contains_key(point)) {
            let url = format!("{}{}", self.base, self.settings.metrics_path);
            let text = self.text(&url, self.client.get(&url)).await?;
            let samples = exposition::parse(&text)
                .map_err(|error| EndpointError::Nonsense { url, what: error.to_string() })?;
            for (point, metric) in
                self.settings.metrics.iter().filter(|(point, _)| self.wanted.contains(point))
            {
                if let Some(value) = self.find(&samples, metric) {
                    readings.insert(point.clone(), vec![Value::Number(value)]);
                }
            }
        }
        if let Some(path) = self.settings.json_path.as_ref().filter(|_| self.wants_json()) {
            let url = format!("{}{path}", self.base);
            let object = self.object(&url, self.client.get(&url)).await?;
            self.take_json(&object, &mut readings);
        }
        Ok(readings)
    }

    fn wants_json(&self) -> bool {
        self.wanted.iter().any(|point| self.settings.json.contains_key(point))
    }

    fn find(&self, samples: &[Sample], metric: &MetricPoint) -> Option<f64> {
        let fits = |sample: &&Sample| {
            sample.name == metric.name
                && metric.labels.iter().all(|(key, wanted)| {
                    sample.label(key) == Some(if wanted == "$name" { &self.device.name } else { wanted })
                })
        };
        samples.iter().find(fits).map(|sample| sample.value)
    }

    fn take_json(&self, object: &Map<String, Json>, readings: &mut Readings) {
        for (point, field) in &self.settings.json {
            let value = match object.get(&field.field) {
                Some(Json::Number(number)) => number.as_f64().map(Value::Number),
                Some(Json::String(text)) => Some(Value::Text(text.clone())),
                _ => None,
            };
            if let Some(value) = value {
                readings.insert(point.clone(), vec![value]);
            }
        }
    }

    async fn set_limit(&mut self, line: &Line, limit: Amps) -> Event {
        let charger = ChargerId(match self.device.reference {
            DeviceRef::Charger(index) => index,
            _ => usize::MAX,
        });
        match self.write_limit(limit).await {
            Ok(offered) => Event::Acknowledged { charger, setpoint: limit, offered, at: (line.clock)() },
            Err(error) => {
                let failure = error.failure();
                Event::NotAcknowledged { charger, setpoint: limit, error: error.to_string(), failure }
            }
        }
    }

    /// Sends the limit and takes what is offered from the answer.
    async fn write_limit(&self, limit: Amps) -> Result<Amps, EndpointError> {
        let nonsense = |what: &str| EndpointError::Nonsense { url: self.base.clone(), what: what.into() };
        let section =
            self.device.profile.charger.as_ref().ok_or_else(|| nonsense("its profile is no charger's"))?;
        let path = self.settings.json_path.as_ref().ok_or_else(|| nonsense("its profile has no jsonPath"))?;
        let field = self.settings.json.get(&section.limit.point);
        let field = field.ok_or_else(|| nonsense("its profile has no field for the limit"))?;
        let url = format!("{}{path}", self.base);
        let withheld = |why| EndpointError::Withheld { url: url.clone(), why };
        let pass = self.gate.enter().map_err(withheld)?;
        let object =
            self.object(&url, self.client.post(&url).json(&json!({ &field.field: limit.0 }))).await?;
        // the client does not say when the bytes are out, only when they are answered
        drop(pass);
        let mut readings = Readings::new();
        self.take_json(&object, &mut readings);
        let offered =
            readings.get(offered_point(section)).and_then(|values| values.first()).and_then(Value::number);
        offered.map(Amps).ok_or_else(|| nonsense("the answer does not say what is offered"))
    }

    async fn switch(&self, close: bool) -> Event {
        let breaker = match self.device.reference {
            DeviceRef::Breaker(index) => index,
            _ => usize::MAX,
        };
        match self.write_switch(close).await {
            Ok(()) => Event::Switched { breaker, close },
            Err(error) => {
                let failure = error.failure();
                Event::NotSwitched { breaker, close, error: error.to_string(), failure }
            }
        }
    }

    /// Sends a command to a breaker; the answer must say that it was done.
    async fn write_switch(&self, close: bool) -> Result<(), EndpointError> {
        let nonsense = |what: &str| EndpointError::Nonsense { url: self.base.clone(), what: what.into() };
        let breaker = self.device.profile.breaker.as_ref();
        let switch = breaker.and_then(|breaker| breaker.switch.as_ref());
        let switch = switch.ok_or_else(|| nonsense("its profile says no way to switch it"))?;
        let path = self.settings.breaker_path.as_ref();
        let path = path.ok_or_else(|| nonsense("its profile has no breakerPath"))?;
        let field = self.settings.json.get(&switch.point);
        let field = &field.ok_or_else(|| nonsense("its profile has no field for the switch"))?.field;
        let url = format!("{}{path}", self.base);
        let wanted = if close { switch.close } else { switch.open };
        let withheld = |why| EndpointError::Withheld { url: url.clone(), why };
        let pass = self.gate.enter().map_err(withheld)?;
        let object = self.object(&url, self.client.post(&url).json(&json!({ field: wanted }))).await?;
        drop(pass);
        match object.get(field).and_then(Json::as_f64) {
            Some(now) if (now - wanted).abs() < 1e-9 => Ok(()),
            Some(_) => Err(nonsense("it took the command and stands as before")),
            None => Err(nonsense("the answer does not say how it stands")),
        }
    }

    async fn object(
        &self,
        url: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Map<String, Json>, EndpointError> {
        let text = self.text(url, request).await?;
        serde_json::from_str(&text)
            .map_err(|error| EndpointError::Nonsense { url: url.into(), what: error.to_string() })
    }

    async fn text(&self, url: &str, mut request: reqwest::RequestBuilder) -> Result<String, EndpointError> {
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let http =
            |source: reqwest::Error| EndpointError::Http { url: url.into(), source: source.without_url() };
        let mut response: Response = request.send().await.map_err(http)?;
        if !response.status().is_success() {
            return Err(EndpointError::Refused { url: url.into(), status: response.status() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(EndpointError::Nonsense {
                    url: url.into(),
                    what: "the answer does not end".into(),
                });
            }
        }
        String::from_utf8(body)
            .map_err(|_| EndpointError::Nonsense { url: url.into(), what: "the answer is no text".into() })
    }
}
