//! What can be written: orders for chargers, in the present form and in the one of the older endpoints (REFERENCE A3).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::timeout;

use super::Shared;
use super::answer::RequestError;
use super::request::{Authorized, JsonBody, Name};
use super::resource::{
    API_VERSION, ChargerNeeds, ChargerOverride, Item, LegacyCharger, LegacyControl, LegacyState,
    NeedsRequest, OverrideRequest, SwitchDone, SwitchOrder, SwitchPosition,
};
use super::views::named;
use crate::control::{ChargerStatus, Order};

/// How long the controller may take to answer an order.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

async fn hand_in(shared: &Shared, charger: &str, order: Order) -> Result<(), RequestError> {
    let answer = timeout(LONGEST_WAIT, shared.hub.order(charger.to_owned(), order.clone()));
    answer.await.map_err(|_| RequestError::Timeout)??;
    match order {
        Order::Limit(Some(order)) => {
            tracing::info!(charger, limit = order.limit.0, who = %order.who, why = %order.why, "order taken")
        }
        Order::Limit(None) => tracing::info!(charger, "order ended"),
        Order::Needs(Some(needs)) => {
            tracing::info!(charger, energy = needs.energy, departure = ?needs.departure, who = %needs.who, "needs taken")
        }
        Order::Needs(None) => tracing::info!(charger, "needs forgotten"),
    }
    Ok(())
}

pub(super) async fn put_override(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(charger): Name,
    JsonBody(request): JsonBody<OverrideRequest>,
) -> Result<Json<Item<ChargerOverride>>, RequestError> {
    let now = shared.now();
    let order = request.into_order(now).map_err(RequestError::Impossible)?;
    hand_in(&shared, &charger, Order::Limit(Some(order.clone()))).await?;
    Ok(Json(Item {
        api_version: API_VERSION.to_owned(),
        kind: "Override".to_owned(),
        at: now.0,
        item: ChargerOverride { charger, order },
    }))
}

pub(super) async fn delete_override(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(charger): Name,
) -> Result<StatusCode, RequestError> {
    hand_in(&shared, &charger, Order::Limit(None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn put_needs(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(charger): Name,
    JsonBody(request): JsonBody<NeedsRequest>,
) -> Result<Json<Item<ChargerNeeds>>, RequestError> {
    let now = shared.now();
    let needs = request.into_needs(now).map_err(RequestError::Impossible)?;
    hand_in(&shared, &charger, Order::Needs(Some(needs.clone()))).await?;
    Ok(Json(Item {
        api_version: API_VERSION.to_owned(),
        kind: "ChargingNeeds".to_owned(),
        at: now.0,
        item: ChargerNeeds { charger, needs },
    }))
}

pub(super) async fn delete_needs(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(charger): Name,
) -> Result<StatusCode, RequestError> {
    hand_in(&shared, &charger, Order::Needs(None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn put_position(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(breaker): Name,
    JsonBody(order): JsonBody<SwitchOrder>,
) -> Result<Json<Item<SwitchDone>>, RequestError> {
    order.check().map_err(RequestError::Impossible)?;
    let close = order.position == SwitchPosition::On;
    let answer = shared.hub.switch(breaker.clone(), close, order.who.clone(), order.why.clone());
    timeout(LONGEST_WAIT, answer).await.map_err(|_| RequestError::Timeout)??;
    tracing::info!(breaker, close, who = %order.who, why = %order.why, "breaker switched");
    Ok(Json(Item {
        api_version: API_VERSION.to_owned(),
        kind: "BreakerCommand".to_owned(),
        at: shared.now().0,
        item: SwitchDone { breaker, order },
    }))
}

fn legacy(charger: &ChargerStatus) -> LegacyCharger {
    let highest = |drawn: &Vec<f64>| drawn.iter().copied().fold(0.0, f64::max);
    LegacyCharger {
        simulator_id: charger.name.clone(),
        current: charger.drawn.as_ref().map(highest),
        state: charger.state.and_then(LegacyState::of),
        max_current: charger.setpoint,
    }
}

pub(super) async fn legacy_chargers(
    State(shared): State<Arc<Shared>>,
) -> Result<Json<Vec<LegacyCharger>>, RequestError> {
    Ok(Json(shared.status()?.chargers.iter().map(legacy).collect()))
}

pub(super) async fn legacy_charger(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
) -> Result<Json<LegacyCharger>, RequestError> {
    let status = shared.status()?;
    named(&status.chargers, "charger", &name, |charger| &charger.name).map(|charger| Json(legacy(charger)))
}

/// The older call knows neither an end nor a person: the order holds until another one.
pub(super) async fn legacy_control(
    _: Authorized,
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    JsonBody(control): JsonBody<LegacyControl>,
) -> Result<Json<LegacyCharger>, RequestError> {
    let status = shared.status()?;
    let charger = named(&status.chargers, "charger", &name, |charger| &charger.name)?;
    let request = OverrideRequest {
        limit: control.max_current,
        for_seconds: None,
        until: None,
        who: "legacy interface".to_owned(),
        why: "control call".to_owned(),
    };
    let order = request.into_order(shared.now()).map_err(RequestError::Impossible)?;
    hand_in(&shared, &name, Order::Limit(Some(order))).await?;
    Ok(Json(LegacyCharger { max_current: control.max_current, ..legacy(charger) }))
}
