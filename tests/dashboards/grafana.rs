//! A double of Grafana's HTTP API: as much of it as dashboards need, with the paths, requests and answers of its documentation ("Dashboard
//! API", "Folder API"): a version that is not the current one is refused with 412 and `version-mismatch`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The token that it knows.
pub const TOKEN: &str = "glsa_made_up";

/// A dashboard in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub model: Value,
    pub version: i64,
    pub folder: String,
}

/// What it holds.
#[derive(Debug, Default)]
pub struct Held {
    pub pages: BTreeMap<String, Page>,
    /// Titles by uid.
    pub folders: BTreeMap<String, String>,
    /// Orders to save that it got.
    pub orders: usize,
    /// Somebody else saves each page right after it was looked at.
    pub is_contended: bool,
}

type Shared = Arc<Mutex<Held>>;

/// A running double.
pub struct Grafana {
    pub url: String,
    held: Shared,
    server: JoinHandle<()>,
}

impl Grafana {
    pub async fn start() -> Grafana {
        let held = Shared::default();
        let routes = Router::new()
            .route("/api/dashboards/uid/{uid}", get(page))
            .route("/api/dashboards/db", post(save))
            .route("/api/folders", get(folders).post(make_folder))
            .layer(middleware::from_fn(authorized))
            .with_state(Arc::clone(&held));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Grafana { url, held, server }
    }

    /// Looks at what it holds, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Grafana {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn told(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

async fn authorized(request: Request, next: Next) -> Response {
    let expected = format!("Bearer {TOKEN}");
    if request.headers().get("authorization").is_some_and(|given| given == expected.as_str()) {
        return next.run(request).await;
    }
    told(StatusCode::UNAUTHORIZED, "Unauthorized")
}

async fn page(State(held): State<Shared>, Path(uid): Path<String>) -> Response {
    let mut held = held.lock().unwrap();
    let is_contended = held.is_contended;
    let Some(page) = held.pages.get_mut(&uid) else {
        return told(StatusCode::NOT_FOUND, "Dashboard not found");
    };
    let mut model = page.model.clone();
    model["id"] = json!(7);
    model["version"] = json!(page.version);
    let meta = json!({"type": "db", "canSave": true, "version": page.version, "folderUid": page.folder, "url": format!("/d/{uid}")});
    if is_contended {
        page.version += 1;
    }
    Json(json!({"dashboard": model, "meta": meta})).into_response()
}

async fn save(State(held): State<Shared>, Json(order): Json<Value>) -> Response {
    let mut held = held.lock().unwrap();
    held.orders += 1;
    let mut model = order["dashboard"].clone();
    let (Some(uid), Some(_)) = (model["uid"].as_str().map(str::to_owned), model["title"].as_str()) else {
        return told(StatusCode::BAD_REQUEST, "Dashboard title cannot be empty");
    };
    let folder = order["folderUid"].as_str().unwrap_or_default().to_owned();
    if !folder.is_empty() && !held.folders.contains_key(&folder) {
        return told(StatusCode::BAD_REQUEST, "folder not found");
    }
    let given = model["version"].as_i64().unwrap_or(0);
    let is_free = order["overwrite"] == json!(true);
    let version = held.pages.get(&uid).map_or(0, |page| page.version);
    if version != given && !is_free {
        let refusal = json!({"message": "The dashboard has been changed by someone else", "status": "version-mismatch"});
        return (StatusCode::PRECONDITION_FAILED, Json(refusal)).into_response();
    }
    for own in ["id", "version"] {
        model.as_object_mut().unwrap().remove(own);
    }
    held.pages.insert(uid.clone(), Page { model: as_go_writes(&model), version: version + 1, folder });
    let answer = json!({"id": 7, "uid": uid, "url": format!("/d/{uid}"), "status": "success", "version": version + 1, "slug": "x"});
    Json(answer).into_response()
}

/// Go reads all numbers as floats and writes whole ones without a point.
fn as_go_writes(model: &Value) -> Value {
    serde_json::from_str(&model.to_string().replace(".0,", ",").replace(".0}", "}")).unwrap()
}

async fn folders(State(held): State<Shared>) -> Json<Value> {
    let held = held.lock().unwrap();
    Json(held.folders.iter().map(|(uid, title)| json!({"id": 1, "uid": uid, "title": title})).collect())
}

async fn make_folder(State(held): State<Shared>, Json(order): Json<Value>) -> Response {
    let mut held = held.lock().unwrap();
    let title = order["title"].as_str().unwrap_or_default().to_owned();
    let uid = format!("folder-{}", held.folders.len());
    held.folders.insert(uid.clone(), title.clone());
    Json(json!({"id": 1, "uid": uid, "title": title, "version": 1})).into_response()
}
