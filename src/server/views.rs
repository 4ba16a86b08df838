//! What can be read: the site's status as a whole and in parts, health, metrics, the interface's own description.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use serde::Serialize;

use super::answer::RequestError;
use super::request::Name;
use super::resource::{API_VERSION, ChargerOverride, Health, Item, List};
use super::{Shared, metrics, openapi};
use crate::control::{RunState, SiteStatus};
use crate::telemetry::exposition;

type Answer = Result<Response, RequestError>;

/// Intervals after which a controller that has not decided is not ready.
const READY_INTERVALS: u64 = 3;

fn list<T: Serialize>(status: &SiteStatus, kind: &str, items: Vec<T>) -> Response {
    let api_version = API_VERSION.to_owned();
    Json(List { api_version, kind: kind.to_owned(), at: status.at, items }).into_response()
}

fn item<T: Serialize>(status: &SiteStatus, kind: &str, item: T) -> Response {
    let api_version = API_VERSION.to_owned();
    Json(Item { api_version, kind: kind.to_owned(), at: status.at, item }).into_response()
}

/// Finds one of many by its name.
pub(super) fn named<'a, T>(
    things: &'a [T],
    kind: &'static str,
    name: &str,
    name_of: impl Fn(&T) -> &str,
) -> Result<&'a T, RequestError> {
    let found = things.iter().find(|thing| name_of(thing) == name);
    found.ok_or_else(|| RequestError::Unknown { kind, name: name.to_owned() })
}

pub(super) async fn site(State(shared): State<Arc<Shared>>) -> Answer {
    Ok(Json(shared.status()?.as_ref()).into_response())
}

pub(super) async fn chargers(State(shared): State<Arc<Shared>>) -> Answer {
    let status = shared.status()?;
    Ok(list(&status, "ChargerList", status.chargers.iter().collect()))
}

pub(super) async fn charger(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    let status = shared.status()?;
    let found = named(&status.chargers, "charger", &name, |charger| &charger.name)?;
    Ok(item(&status, "Charger", found))
}

pub(super) async fn circuits(State(shared): State<Arc<Shared>>) -> Answer {
    let status = shared.status()?;
    Ok(list(&status, "CircuitList", status.circuits.iter().collect()))
}

pub(super) async fn circuit(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    let status = shared.status()?;
    let found = named(&status.circuits, "circuit", &name, |circuit| &circuit.name)?;
    Ok(item(&status, "Circuit", found))
}

pub(super) async fn breakers(State(shared): State<Arc<Shared>>) -> Answer {
    let status = shared.status()?;
    Ok(list(&status, "BreakerList", status.breakers.iter().collect()))
}

pub(super) async fn breaker(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    let status = shared.status()?;
    let found = named(&status.breakers, "breaker", &name, |breaker| &breaker.name)?;
    Ok(item(&status, "Breaker", found))
}

pub(super) async fn overrides(State(shared): State<Arc<Shared>>) -> Answer {
    let status = shared.status()?;
    let in_force = status.chargers.iter().filter_map(|charger| {
        let order = charger.order.clone()?;
        Some(ChargerOverride { charger: charger.name.clone(), order })
    });
    Ok(list(&status, "OverrideList", in_force.collect()))
}

pub(super) async fn healthz() -> Json<Health> {
    Json(Health {
        api_version: API_VERSION.to_owned(),
        kind: "Health".to_owned(),
        status: "alive".to_owned(),
        decision_age_ms: None,
    })
}

pub(super) async fn readyz(State(shared): State<Arc<Shared>>) -> Answer {
    let status = shared.status()?;
    let age_ms = shared.now().0.saturating_sub(status.at);
    let longest_ms = shared.interval.as_millis().saturating_mul(READY_INTERVALS);
    if status.controller.state == RunState::Stopping {
        return Err(RequestError::NotReady("it is stopping".to_owned()));
    }
    if age_ms >= longest_ms {
        return Err(RequestError::NotReady(format!(
            "its last decision is {age_ms} ms old, and {longest_ms} ms are {READY_INTERVALS} intervals"
        )));
    }
    Ok(Json(Health {
        api_version: API_VERSION.to_owned(),
        kind: "Health".to_owned(),
        status: "ready".to_owned(),
        decision_age_ms: Some(age_ms),
    })
    .into_response())
}

pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let status = shared.hub.status.borrow().clone();
    let text = metrics::render(status.as_deref(), shared.now(), shared.stale_after);
    ([(CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response()
}

pub(super) async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}
