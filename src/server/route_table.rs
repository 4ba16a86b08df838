//! Every path of the control server, once: the router and the OpenAPI document are both made from this table.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post, put};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::answer::RequestError;
use super::request::MAX_BODY;
use super::resource::{
    ChargerNeeds, ChargerOverride, Health, Item, LegacyCharger, LegacyControl, List, NeedsRequest,
    OverrideRequest, SwitchDone, SwitchOrder,
};
use super::{Shared, orders, views};
use crate::control::{BreakerStatus, ChargerStatus, CircuitStatus, SiteStatus};

/// Makes the schema of a body.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a successful answer has in its body.
#[derive(Clone, Copy)]
pub(super) enum Body {
    Nothing,
    Json(SchemaOf),
    /// A JSON object that is described elsewhere.
    OpenApi,
    /// The Prometheus text format.
    Exposition,
}

/// One method on one path.
pub(super) struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub needs_token: bool,
    pub request: Option<SchemaOf>,
    pub body: Body,
    /// Status codes of errors; their body is always the same.
    pub errors: &'static [u16],
    handler: fn() -> MethodRouter<Arc<Shared>>,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn read(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    body: Body,
    errors: &'static [u16],
    handler: fn() -> MethodRouter<Arc<Shared>>,
) -> Route {
    Route { method: "get", path, id, summary, needs_token: false, request: None, body, errors, handler }
}

const NO_DECISION: &[u16] = &[503];
const NO_SUCH: &[u16] = &[400, 404, 503];
const NOT_WRITTEN: &[u16] = &[400, 401, 404, 408, 413, 422, 503, 504];
const NOT_SWITCHED: &[u16] = &[400, 401, 404, 408, 413, 422, 502, 503, 504];
const NOT_ENDED: &[u16] = &[400, 401, 404, 503, 504];

/// Returns the table.
pub(super) fn routes() -> Vec<Route> {
    let read = probes().into_iter().chain(status());
    read.chain(override_orders()).chain(charging_needs()).chain(breaker_commands()).chain(legacy()).collect()
}

fn probes() -> [Route; 4] {
    [
        read(
            "/metrics",
            "metrics",
            "Metrics in the Prometheus text format 0.0.4",
            Body::Exposition,
            &[],
            || get(views::metrics),
        ),
        read("/healthz", "healthz", "Says that the server is alive", Body::Json(of::<Health>), &[], || {
            get(views::healthz)
        }),
        read(
            "/readyz",
            "readyz",
            "Says whether the last decision is younger than three intervals",
            Body::Json(of::<Health>),
            NO_DECISION,
            || get(views::readyz),
        ),
        read("/api/v1/openapi.json", "openapi", "This document", Body::OpenApi, &[], || {
            get(views::description)
        }),
    ]
}

fn status() -> [Route; 7] {
    [
        read(
            "/api/v1/status",
            "siteStatus",
            "All of the site at one moment",
            Body::Json(of::<SiteStatus>),
            NO_DECISION,
            || get(views::site),
        ),
        read(
            "/api/v1/chargers",
            "chargers",
            "All chargers",
            Body::Json(of::<List<ChargerStatus>>),
            NO_DECISION,
            || get(views::chargers),
        ),
        read(
            "/api/v1/chargers/{name}",
            "charger",
            "One charger",
            Body::Json(of::<Item<ChargerStatus>>),
            NO_SUCH,
            || get(views::charger),
        ),
        read(
            "/api/v1/circuits",
            "circuits",
            "All circuits",
            Body::Json(of::<List<CircuitStatus>>),
            NO_DECISION,
            || get(views::circuits),
        ),
        read(
            "/api/v1/circuits/{name}",
            "circuit",
            "One circuit",
            Body::Json(of::<Item<CircuitStatus>>),
            NO_SUCH,
            || get(views::circuit),
        ),
        read(
            "/api/v1/breakers",
            "breakers",
            "All breakers",
            Body::Json(of::<List<BreakerStatus>>),
            NO_DECISION,
            || get(views::breakers),
        ),
        read(
            "/api/v1/breakers/{name}",
            "breaker",
            "One breaker",
            Body::Json(of::<Item<BreakerStatus>>),
            NO_SUCH,
            || get(views::breaker),
        ),
    ]
}

fn breaker_commands() -> [Route; 1] {
    [Route {
        method: "put",
        path: "/api/v1/breakers/{name}/position",
        id: "putBreakerPosition",
        summary: "Opens or closes a breaker that the site file calls remote; answers when the breaker has done it",
        needs_token: true,
        request: Some(of::<SwitchOrder>),
        body: Body::Json(of::<Item<SwitchDone>>),
        errors: NOT_SWITCHED,
        handler: || put(orders::put_position),
    }]
}

fn override_orders() -> [Route; 3] {
    [
        read(
            "/api/v1/overrides",
            "overrides",
            "Orders in force",
            Body::Json(of::<List<ChargerOverride>>),
            NO_DECISION,
            || get(views::overrides),
        ),
        Route {
            method: "put",
            path: "/api/v1/chargers/{name}/override",
            id: "putOverride",
            summary: "Lowers a charger's limit, until a time or until somebody ends it",
            needs_token: true,
            request: Some(of::<OverrideRequest>),
            body: Body::Json(of::<Item<ChargerOverride>>),
            errors: NOT_WRITTEN,
            handler: || put(orders::put_override),
        },
        Route {
            method: "delete",
            path: "/api/v1/chargers/{name}/override",
            id: "deleteOverride",
            summary: "Ends the order that is in force for a charger, if there is one",
            needs_token: true,
            request: None,
            body: Body::Nothing,
            errors: NOT_ENDED,
            handler: || delete(orders::delete_override),
        },
    ]
}

fn charging_needs() -> [Route; 2] {
    [
        Route {
            method: "put",
            path: "/api/v1/chargers/{name}/needs",
            id: "putNeeds",
            summary: "Says what the car at a charger needs, for the policy that plans",
            needs_token: true,
            request: Some(of::<NeedsRequest>),
            body: Body::Json(of::<Item<ChargerNeeds>>),
            errors: NOT_WRITTEN,
            handler: || put(orders::put_needs),
        },
        Route {
            method: "delete",
            path: "/api/v1/chargers/{name}/needs",
            id: "deleteNeeds",
            summary: "Forgets what was said of the car at a charger",
            needs_token: true,
            request: None,
            body: Body::Nothing,
            errors: NOT_ENDED,
            handler: || delete(orders::delete_needs),
        },
    ]
}

fn legacy() -> [Route; 3] {
    [
        read(
            "/api/legacy/chargers",
            "legacyChargers",
            "All chargers in the JSON of the older endpoints",
            Body::Json(of::<Vec<LegacyCharger>>),
            NO_DECISION,
            || get(orders::legacy_chargers),
        ),
        read(
            "/api/legacy/chargers/{name}",
            "legacyCharger",
            "One charger in the JSON of the older endpoints",
            Body::Json(of::<LegacyCharger>),
            NO_SUCH,
            || get(orders::legacy_charger),
        ),
        Route {
            method: "post",
            path: "/api/legacy/chargers/{name}",
            id: "legacyControl",
            summary: "Lowers a charger's limit until another order",
            needs_token: true,
            request: Some(of::<LegacyControl>),
            body: Body::Json(of::<LegacyCharger>),
            errors: NOT_WRITTEN,
            handler: || post(orders::legacy_control),
        },
    ]
}

/// Builds the router.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, (route.handler)());
    }
    router
        .fallback(async || RequestError::NotFound)
        .method_not_allowed_fallback(async || RequestError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}
