//! Simulated devices that are read over HTTP(S): a page of metrics, and for a charger the legacy JSON of REFERENCE A3. Paths, metric
//! names and fields are those of the device's profile.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::breaker::Position;
use super::command::Fault;
use super::quantity::{Held, Quantity, per_base_unit, quantities};
use super::readout::{Readout, SimDevice};
use super::shared::Shared;
use crate::profile::{EndpointSettings, Feed, JsonPoint, Profile};
use crate::site::{Amps, ChargerId, Site};
use crate::telemetry::exposition::{self, FamilyKind};

/// The longest body that is read.
const LONGEST_BODY: usize = 16 * 1024;
/// How long a device that is silent keeps its client waiting, so that nothing waits for ever.
const SILENCE: Duration = Duration::from_secs(600);

/// One device behind a path.
#[derive(Debug)]
struct EndpointDevice {
    device: SimDevice,
    name: String,
    settings: EndpointSettings,
    quantities: BTreeMap<String, Vec<Quantity>>,
    fed_by_requests: bool,
}

#[derive(Debug, Clone, Copy)]
enum Page {
    Metrics,
    Json,
    Breaker,
}

/// Pages of all devices behind one address.
#[derive(Debug)]
pub(super) struct EndpointPages {
    shared: Arc<Shared>,
    devices: Vec<EndpointDevice>,
    pages: HashMap<String, (usize, Page)>,
}

impl EndpointPages {
    pub fn new(shared: Arc<Shared>) -> EndpointPages {
        EndpointPages { shared, devices: Vec::new(), pages: HashMap::new() }
    }

    /// Adds a device below a path; says `false` when another device has one of its pages, or the profile knows no HTTP.
    pub fn add(&mut self, site: &Site, device: SimDevice, path: &str, profile: &Profile) -> bool {
        let Some(settings) = profile.endpoint.clone() else { return false };
        let mut pages = vec![(format!("{path}{}", settings.metrics_path), Page::Metrics)];
        if let (Some(json), SimDevice::Charger(_)) = (&settings.json_path, device) {
            pages.push((format!("{path}{json}"), Page::Json));
        }
        if let (Some(breaker), SimDevice::Breaker(_)) = (&settings.breaker_path, device) {
            pages.push((format!("{path}{breaker}"), Page::Breaker));
        }
        if pages.iter().any(|(path, _)| self.pages.contains_key(path)) {
            return false;
        }
        let watchdog = profile.charger.as_ref().and_then(|charger| charger.watchdog.as_ref());
        self.pages.extend(pages.into_iter().map(|(path, page)| (path, (self.devices.len(), page))));
        self.devices.push(EndpointDevice {
            device,
            name: device.name(site).to_owned(),
            settings,
            quantities: quantities(profile, device),
            fed_by_requests: watchdog.is_some_and(|watchdog| watchdog.feed == Feed::Request),
        });
        true
    }

    /// Returns the router that serves the pages.
    pub fn into_router(self) -> Router {
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(LONGEST_BODY)).with_state(Arc::new(self))
    }
}

async fn answer(State(pages): State<Arc<EndpointPages>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let Some(&(index, page)) = pages.pages.get(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let device = &pages.devices[index];
    let fault = pages.shared.fault(device.device);
    match fault {
        Some(Fault::Silent) => tokio::time::sleep(SILENCE).await,
        Some(Fault::Slow(time) | Fault::Late(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    match fault {
        Some(Fault::Reset | Fault::Close | Fault::Silent) => broken(),
        Some(Fault::Exception) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Garbage | Fault::WrongTransaction | Fault::Truncated) => {
            vec![0xFF, 0x00, 0x7B, 0x0A, 0xC3, 0x28].into_response()
        }
        _ => {
            if let (SimDevice::Charger(charger), true) = (device.device, device.fed_by_requests) {
                pages.shared.model().feed(ChargerId(charger));
            }
            match (page, method) {
                (Page::Metrics, Method::GET) => device.metrics(&pages.shared.model().readout(device.device)),
                (Page::Breaker, Method::GET) => device.json(&pages.shared.model().readout(device.device)),
                (Page::Breaker, Method::POST | Method::PUT) => {
                    device.switch(&pages.shared, &body, fault == Some(Fault::IgnoreWrites))
                }
                (Page::Json, Method::GET) => device.json(&pages.shared.model().readout(device.device)),
                (Page::Json, Method::POST | Method::PUT) => {
                    device.order(&pages.shared, &body, fault == Some(Fault::IgnoreWrites))
                }
                _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
            }
        }
    }
}

/// Returns an answer that ends before its end: the connection is closed under the client.
fn broken() -> Response {
    let cut = futures_util::stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    let mut response = Body::from_stream(cut).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("1"));
    response
}

impl EndpointDevice {
    fn metrics(&self, readout: &Readout) -> Response {
        let mut page = exposition::Writer::new();
        for (point, metric) in &self.settings.metrics {
            let Some(quantity) = self.quantities.get(point).and_then(|all| all.first()) else { continue };
            let value = match quantity.held(readout, 0) {
                Some(Held::Number(number)) => number * per_base_unit(&metric.unit),
                Some(Held::Raw(raw)) => raw as f64,
                Some(Held::Text(_)) | None => continue,
            };
            let mut labels: Vec<(&str, &str)> = metric
                .labels
                .iter()
                .map(|(key, value)| {
                    (key.as_str(), if value == "$name" { &self.name } else { value.as_str() })
                })
                .collect();
            let own = if matches!(self.device, SimDevice::Charger(_)) { "charger" } else { "device" };
            if !metric.labels.contains_key(own) {
                labels.push((own, &self.name));
            }
            page.family(&metric.name, FamilyKind::Gauge, "Simulated value.");
            page.sample(&metric.name, &labels, value);
        }
        ([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], page.finish()).into_response()
    }

    fn json(&self, readout: &Readout) -> Response {
        let mut object = Map::new();
        let is_charger = matches!(self.device, SimDevice::Charger(_));
        for (point, field) in &self.settings.json {
            let quantity = self.quantities.get(point).and_then(|all| all.first());
            let held = quantity.and_then(|quantity| quantity.held(readout, 0));
            let value = match (held, field.field.as_str()) {
                (Some(Held::Number(number)), _) => json!(number * per_base_unit(&field.unit)),
                (Some(Held::Raw(raw)), _) => json!(raw),
                (Some(Held::Text(text)), _) => json!(text),
                // two fields of the legacy form that no section of a profile refers to
                (None, "simulator_id") if is_charger => json!(self.name),
                (None, "current") if is_charger => {
                    json!(readout.currents.iter().fold(0.0_f64, |most, amps| most.max(amps.0)))
                }
                (None, _) => continue,
            };
            object.insert(field.field.clone(), value);
        }
        axum::Json(Value::Object(object)).into_response()
    }

    /// Opens or closes the breaker as a body orders, and answers with how it stands.
    fn switch(&self, shared: &Shared, body: &[u8], ignores: bool) -> Response {
        let SimDevice::Breaker(breaker) = self.device else { return StatusCode::NOT_FOUND.into_response() };
        let of_point = |(point, field)| {
            let quantity = self.quantities.get(point)?.first()?;
            let Quantity::Switch { open, close } = *quantity else { return None };
            Some((field, open, close))
        };
        let switch: Option<(&JsonPoint, f64, f64)> = self.settings.json.iter().find_map(of_point);
        let Some((field, open, close)) = switch else {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        };
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let wanted = parsed.as_ref().and_then(|object| object.get(&field.field)).and_then(Value::as_f64);
        let position = [(open, Position::Off), (close, Position::On)];
        let position = position.into_iter().find(|(value, _)| wanted == Some(*value));
        let Some((_, position)) = position else {
            let error = format!("send an object with `{}`: {open} opens, {close} closes", field.field);
            return (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response();
        };
        let mut model = shared.model();
        if !ignores {
            model.switch_breaker(breaker, position);
        }
        self.json(&model.readout(self.device))
    }

    /// Sets the limit that a body orders, and answers with the whole object.
    fn order(&self, shared: &Shared, body: &[u8], ignores: bool) -> Response {
        let SimDevice::Charger(charger) = self.device else { return StatusCode::NOT_FOUND.into_response() };
        let is_limit =
            |point: &String| self.quantities.get(point).is_some_and(|all| all.contains(&Quantity::Limit));
        let Some((_, field)) = self.settings.json.iter().find(|(point, _)| is_limit(point)) else {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        };
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let wanted = parsed.as_ref().and_then(|object| object.get(&field.field)).and_then(Value::as_f64);
        let Some(wanted) = wanted.filter(|wanted| (0.0..=1e6).contains(wanted)) else {
            let error = format!("send an object with the number `{}`", field.field);
            return (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response();
        };
        let limit = Amps(wanted / per_base_unit(&field.unit));
        let mut model = shared.model();
        if !ignores {
            model.change_station(ChargerId(charger), |station| {
                station.set_limit(limit);
                station.feed();
            });
        }
        self.json(&model.readout(self.device))
    }
}
