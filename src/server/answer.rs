//! Turns what happened into HTTP: JSON bodies, errors with a code, a message and a hint.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::resource::{API_VERSION, ErrorBody};
use crate::control::OrderError;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the request has no valid token")]
    Unauthorized,
    #[error("nothing is at this path")]
    NotFound,
    #[error("this path does not take that method")]
    MethodNotAllowed,
    #[error("no {kind} is named `{name}`")]
    Unknown { kind: &'static str, name: String },
    #[error("the request is not understood: {0}")]
    BadRequest(String),
    #[error("the request has more than {0} bytes")]
    TooLarge(usize),
    #[error("the request's body did not arrive in time")]
    SlowBody,
    #[error("{0}")]
    Impossible(String),
    #[error("{0}")]
    NotDone(String),
    #[error("no decision has been made yet")]
    Starting,
    #[error("the controller is not ready: {0}")]
    NotReady(String),
    #[error("{0}")]
    Follows(String),
    #[error("the controller has ended")]
    Gone,
    #[error("the controller did not answer in time; the order may still take effect")]
    Timeout,
}

impl RequestError {
    fn parts(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        use RequestError as E;
        match self {
            E::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                Some("send `Authorization: Bearer TOKEN`; the token is in the site's token file"),
            ),
            E::NotFound => {
                (StatusCode::NOT_FOUND, "not-found", Some("GET /api/v1/openapi.json lists all paths"))
            }
            E::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                Some("GET /api/v1/openapi.json lists all paths with their methods"),
            ),
            E::Unknown { kind: "charger", .. } => {
                (StatusCode::NOT_FOUND, "unknown-charger", Some("GET /api/v1/chargers lists them"))
            }
            E::Unknown { kind: "circuit", .. } => {
                (StatusCode::NOT_FOUND, "unknown-circuit", Some("GET /api/v1/circuits lists them"))
            }
            E::Unknown { .. } => {
                (StatusCode::NOT_FOUND, "unknown-breaker", Some("GET /api/v1/breakers lists them"))
            }
            E::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad-request", None),
            E::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", None),
            E::SlowBody => (StatusCode::REQUEST_TIMEOUT, "slow-body", None),
            E::Impossible(_) => (StatusCode::UNPROCESSABLE_ENTITY, "impossible", None),
            E::NotDone(_) => (StatusCode::BAD_GATEWAY, "not-done", None),
            E::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting", Some("ask again in a moment")),
            E::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, "not-ready", None),
            E::Follows(_) => (StatusCode::CONFLICT, "follows", Some("send it to the controller that leads")),
            E::Gone => (StatusCode::SERVICE_UNAVAILABLE, "gone", Some("start it again: enmon control run")),
            E::Timeout => (
                StatusCode::GATEWAY_TIMEOUT,
                "timeout",
                Some("GET /api/v1/overrides shows the orders in force"),
            ),
        }
    }
}

impl From<OrderError> for RequestError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::UnknownBreaker(name) => RequestError::Unknown { kind: "breaker", name },
            OrderError::NotRemote(_) => RequestError::Impossible(error.to_string()),
            OrderError::NotSwitched { .. } => RequestError::NotDone(error.to_string()),
            OrderError::UnknownCharger(name) => RequestError::Unknown { kind: "charger", name },
            OrderError::NotPossible { .. } | OrderError::NoEnergy(_) | OrderError::NoPolicy => {
                RequestError::Impossible(error.to_string())
            }
            OrderError::Follows { ref api, .. } => {
                let elsewhere = api.as_ref().map_or(String::new(), |api| format!(": {api}"));
                RequestError::Follows(format!("{error}{elsewhere}"))
            }
            OrderError::Gone => RequestError::Gone,
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let (status, code, hint) = self.parts();
        let body = ErrorBody {
            api_version: API_VERSION.to_owned(),
            kind: "Error".to_owned(),
            code: code.to_owned(),
            message: self.to_string(),
            hint: hint.map(str::to_owned),
        };
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
