//! Takes a request apart: who may write, which name is meant, what the body says.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::Shared;
use super::answer::RequestError;

/// The largest body that is taken, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// How long a body may take to arrive.
const LONGEST_BODY: Duration = Duration::from_secs(10);

/// Proof that the request bears the token. Stands before the body in a handler, so that strangers' bodies are not read.
pub(super) struct Authorized;

impl FromRequestParts<Arc<Shared>> for Authorized {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, RequestError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        // the scheme's name has no case (RFC 9110, 11.1)
        let offered = header
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match offered {
            Some((_, token)) if shared.token.matches(token.trim()) => Ok(Authorized),
            _ => Err(RequestError::Unauthorized),
        }
    }
}

/// The name in the path, percent-decoded.
pub(super) struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RequestError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Name(name)),
            Err(rejection) => Err(RequestError::BadRequest(rejection.body_text())),
        }
    }
}

/// The body, read as JSON whatever its content type says.
pub(super) struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RequestError> {
        let arrived = timeout(LONGEST_BODY, Bytes::from_request(request, state)).await;
        let bytes = arrived.map_err(|_| RequestError::SlowBody)?.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                RequestError::TooLarge(MAX_BODY)
            } else {
                RequestError::BadRequest(rejection.body_text())
            }
        })?;
        serde_json::from_slice(&bytes)
            .map(JsonBody)
            .map_err(|error| RequestError::BadRequest(error.to_string()))
    }
}
