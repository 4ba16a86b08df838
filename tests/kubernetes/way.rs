//! A way from one controller to the API server: a proxy that may be cut, and that knows which token the lease bears.
//!
//! A token is noted before the controller hears of it, so whatever it writes with a token comes after the note.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{ADMIN, ControlPlane};

/// The newest token that any way has carried. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Token(Arc<AtomicU64>);

impl Token {
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A request that is to stand still: its method, who is told that it does, and who lets it go on.
type StopOnce = Arc<Mutex<Option<(&'static str, oneshot::Sender<()>, oneshot::Receiver<()>)>>>;

/// A way.
pub struct Way {
    kubeconfig: PathBuf,
    cut: watch::Sender<bool>,
    loses: watch::Sender<bool>,
    stop: StopOnce,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Carrier {
    http: reqwest::Client,
    server: String,
    token: Token,
    cut: watch::Receiver<bool>,
    loses: watch::Receiver<bool>,
    stop: StopOnce,
}

impl Way {
    /// Makes a way to an API server, and a kubeconfig in `folder` that goes along it.
    pub async fn to(plane: &ControlPlane, token: &Token, folder: &Path) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kubeconfig = folder.join(format!("way-{port}.kubeconfig"));
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: way
clusters: [{{name: way, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}]
users: [{{name: way, user: {{}}}}]
contexts: [{{name: way, context: {{cluster: way, user: way}}}}]
"
        );
        std::fs::write(&kubeconfig, text).unwrap();
        let (cut, loses) = (watch::Sender::new(false), watch::Sender::new(false));
        let carrier = Carrier {
            http: plane.http(),
            server: plane.url.clone(),
            token: token.clone(),
            cut: cut.subscribe(),
            loses: loses.subscribe(),
            stop: StopOnce::default(),
        };
        let stop = Arc::clone(&carrier.stop);
        let router = Router::new().fallback(carry).with_state(carrier);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Way { kubeconfig, cut, loses, stop, task }
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Cuts it, or mends it. What is asked meanwhile is lost; what was asked before gets there, and its answer is lost.
    pub fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }

    /// Lets the next request of a method stand still. Returns what tells that it does, and what lets it go on.
    pub fn stop_at(&self, method: &'static str) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((stopped, told), (go_on, may_go)) = (oneshot::channel(), oneshot::channel());
        *self.stop.lock().unwrap() = Some((method, stopped, may_go));
        (told, go_on)
    }

    /// Lets all get there and nothing come back, or mends that.
    pub fn lose_answers(&self, loses: bool) {
        self.loses.send_replace(loses);
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(State(carrier): State<Carrier>, request: Request) -> Response {
    let Carrier { mut cut, mut loses, .. } = carrier.clone();
    let stop = {
        let mut stop = carrier.stop.lock().unwrap();
        stop.take_if(|(method, _, _)| request.method() == *method)
    };
    if let Some((_, stopped, may_go)) = stop {
        let _ = stopped.send(());
        let _ = may_go.await;
    }
    if *loses.borrow_and_update() {
        let _ = ask(carrier, request).await;
        let _ = loses.wait_for(|loses| !*loses).await;
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    if !*cut.borrow_and_update() {
        // it goes its way whatever becomes of the one who asked
        let answer = tokio::spawn(ask(carrier, request));
        tokio::select! {
            answer = answer => return answer.unwrap(),
            _ = cut.wait_for(|cut| *cut) => {}
        }
    }
    // nothing comes back: whoever waits gives up
    let _ = cut.wait_for(|cut| !*cut).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

async fn ask(carrier: Carrier, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let url = format!("{}{}", carrier.server, head.uri);
    let mut onward = carrier.http.request(head.method, url).bearer_auth(ADMIN).body(body);
    if let Some(kind) = head.headers.get(header::CONTENT_TYPE) {
        onward = onward.header(header::CONTENT_TYPE, kind);
    }
    let Ok(answer) = onward.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let status = answer.status();
    let Ok(body) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    if status.is_success() {
        note(&carrier.token, &body);
    }
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn note(token: &Token, body: &Bytes) {
    let object: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(transitions) = object["spec"]["leaseTransitions"].as_u64() {
        token.0.fetch_max(transitions, Ordering::SeqCst);
    }
}
