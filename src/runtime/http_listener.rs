//! Serves an axum router on a TCP listener, with or without TLS, within bounds: so many connections, so long a handshake, so long
//! to send a request's head, so long a life. One that stops drains first.
//!
//! Decides how connections are treated; what is answered is the router's business.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Bounds of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerBounds {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long a client may take to send the head of its next request; also how long an idle connection is kept.
    pub header_read: Duration,
    /// How long a connection may live; it is asked to close then.
    pub life: Duration,
    /// How long requests in work may go on after the stop.
    pub drain: Duration,
}

impl Default for ListenerBounds {
    fn default() -> Self {
        ListenerBounds {
            connections: 256,
            handshake: Duration::from_secs(5),
            // above the usual scrape interval of 15 s, so that a scraper keeps its connection
            header_read: Duration::from_secs(20),
            life: Duration::from_secs(600),
            drain: Duration::from_secs(2),
        }
    }
}

/// Serves `router` on `listener` until `stop` is cancelled, with the default [`ListenerBounds`]. Returns when all connections are
/// closed, at most 2 s after the stop.
pub async fn serve_router(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    stop: CancellationToken,
) {
    serve_router_within(ListenerBounds::default(), listener, tls, router, stop).await;
}

/// Serves `router` on `listener` until `stop` is cancelled, within the given bounds.
pub async fn serve_router_within(
    bounds: ListenerBounds,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    stop: CancellationToken,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(bounds.connections));
    let mut connections = JoinSet::new();
    loop {
        // what has ended is forgotten, so that the set stays as small as the number of places
        while connections.try_join_next().is_some() {}
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        // the semaphore is never closed
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let work = serve_connection(bounds, stream, acceptor.clone(), router.clone(), stop.clone());
                connections.spawn(async move {
                    work.await;
                    drop(place);
                });
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(bounds.drain, drained).await.is_err() {
        tracing::debug!(open = connections.len(), "connections were cut at the end of the drain");
    }
}

/// A client that gave up before it was accepted costs nothing; anything else (too many open files) needs a moment to pass.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "a connection could not be accepted");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn serve_connection(
    bounds: ListenerBounds,
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stop: CancellationToken,
) {
    // small answers go out at once; a socket that refuses is served all the same
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        return serve_http(bounds, stream, router, stop).await;
    };
    let shaken = tokio::select! {
        () = stop.cancelled() => return,
        shaken = timeout(bounds.handshake, acceptor.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => serve_http(bounds, stream, router, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve_http<S>(bounds: ListenerBounds, stream: S, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
        () = sleep(bounds.life) => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            connection.as_mut().graceful_shutdown();
            timeout(bounds.drain, connection).await
        }
    };
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::runtime::tls;

    const TIGHT: ListenerBounds = ListenerBounds {
        connections: 1,
        handshake: Duration::from_millis(100),
        header_read: Duration::from_millis(100),
        life: Duration::from_secs(600),
        drain: Duration::from_millis(300),
    };

    async fn serve(
        bounds: ListenerBounds,
        tls: Option<Arc<ServerConfig>>,
        router: Router,
    ) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve_router_within(bounds, listener, tls, router, stop.clone()));
        (address, stop, task)
    }

    fn hello() -> Router {
        Router::new().route("/", get(|| async { "hello" }))
    }

    fn certificate(is_ca: bool) -> (String, String) {
        let mut wanted = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        if is_ca {
            wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        (wanted.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    async fn fetch(url: &str, trusted: &str) -> Result<String, reqwest::Error> {
        let trust = tls::client_config_from_pem(trusted.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_backend_preconfigured(trust).no_proxy().build()?;
        client.get(url).send().await?.text().await
    }

    #[tokio::test]
    async fn https_is_served_to_those_who_trust_the_certificate() {
        // tools that make self-signed certificates often mark them as authorities
        for is_ca in [false, true] {
            let (cert, key) = certificate(is_ca);
            let config = tls::server_config_from_pem(cert.as_bytes(), key.as_bytes()).unwrap();
            let (address, stop, task) = serve(ListenerBounds::default(), Some(config), hello()).await;
            for host in ["localhost", "127.0.0.1"] {
                let url = format!("https://{host}:{}/", address.port());
                assert_eq!(fetch(&url, &cert).await.unwrap(), "hello", "CA: {is_ca}, {host}");
            }
            let (other, _) = certificate(is_ca);
            let refused = fetch(&format!("https://localhost:{}/", address.port()), &other).await;
            assert!(refused.unwrap_err().is_connect());
            stop.cancel();
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn silent_clients_lose_their_place() {
        let (cert, key) = certificate(false);
        let config = tls::server_config_from_pem(cert.as_bytes(), key.as_bytes()).unwrap();
        for tls in [None, Some(config)] {
            let (address, stop, task) = serve(TIGHT, tls, hello()).await;
            let mut silent = TcpStream::connect(address).await.unwrap();
            let mut answer = Vec::new();
            // the only place is taken until the time-out ends the connection; a reset ends it as well
            let _ = timeout(Duration::from_secs(5), silent.read_to_end(&mut answer)).await.unwrap();
            stop.cancel();
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn further_connections_wait_for_a_place() {
        let bounds = ListenerBounds { header_read: Duration::from_secs(60), ..TIGHT };
        let (address, stop, task) = serve(bounds, None, hello()).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut byte = [0_u8; 1];
        first.read_exact(&mut byte).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(timeout(Duration::from_millis(200), second.read_exact(&mut byte)).await.is_err());
        drop(first);
        timeout(Duration::from_secs(5), second.read_exact(&mut byte)).await.unwrap().unwrap();
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_lets_requests_finish_but_not_for_ever() {
        for finishes in [true, false] {
            let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (begun_in, release_in) = (Arc::clone(&begun), Arc::clone(&release));
            let slow = get(move || async move {
                begun_in.notify_one();
                release_in.notified().await;
                "done"
            });
            let (address, stop, task) = serve(TIGHT, None, Router::new().route("/", slow)).await;
            let request = tokio::spawn(reqwest_plain(format!("http://{address}/")));
            begun.notified().await;
            let stopped_at = Instant::now();
            stop.cancel();
            if finishes {
                release.notify_one();
            }
            task.await.unwrap();
            assert!(stopped_at.elapsed() < Duration::from_secs(2));
            assert_eq!(request.await.unwrap().is_ok(), finishes);
        }
    }

    async fn reqwest_plain(url: String) -> Result<String, reqwest::Error> {
        tls::install_provider();
        reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.text().await
    }
}
