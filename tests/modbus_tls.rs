//! Modbus over TLS, on real sockets: who is let in, who is not, and what an end looks like.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use enmon::modbus::{
    Behaviour, Client, ClientSettings, Conduct, Listener, Memory, ModbusError, ServerLimits, serve_on,
};
use enmon::profile::Table;
use enmon::runtime::tls;
use enmon::site::Address;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than any answer takes, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// An authority and what it vouches for, as files.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Authority {
        let folder = TempDir::new().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", params.self_signed(&key).unwrap().pem());
        let issuer = Issuer::from_params(&params, &key);
        for name in ["server", "client"] {
            let key = KeyPair::generate().unwrap();
            let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            write(&format!("{name}.pem"), leaf.signed_by(&key, &issuer).unwrap().pem());
            write(&format!("{name}.key"), key.serialize_pem());
        }
        Authority { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

struct Server {
    at: SocketAddr,
    conduct: Arc<Conduct>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(authority: &Authority, clients: Option<&Path>, limits: ServerLimits) -> Server {
        let config =
            tls::modbus_server_config(&authority.file("server.pem"), &authority.file("server.key"), clients);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let memory = Memory::default().with(1, Table::Holding, 5, &[42]);
        let (conduct, stop) = (Conduct::new(Arc::new(memory)), CancellationToken::new());
        let listener = Listener::Tls(listener, config.unwrap());
        let task = tokio::spawn(serve_on(listener, Arc::clone(&conduct), limits, None, stop.clone()));
        Server { at, conduct, stop, task }
    }

    fn client(&self, trusted: &Path, identity: Option<&Authority>) -> Client {
        let files = identity.map(|one| (one.file("client.pem"), one.file("client.key")));
        let files = files.as_ref().map(|(cert, key)| (cert.as_path(), key.as_path()));
        let address = Address::ModbusTls { host: "127.0.0.1".into(), port: self.at.port() };
        let settings =
            ClientSettings { timeout: PATIENCE, connect_timeout: PATIENCE, ..ClientSettings::default() };
        Client::new(address, settings).with_tls(tls::modbus_client_config(trusted, files).unwrap())
    }

    async fn end(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.expect("it does not end").unwrap().unwrap();
    }
}

async fn read(client: &mut Client) -> Result<Vec<u16>, ModbusError> {
    client.read(1, Table::Holding, 5, 1).await
}

#[tokio::test]
async fn who_shows_the_right_certificate_is_let_in_and_nobody_else() {
    let (authority, other) = (Authority::new(), Authority::new());
    let ca = authority.file("ca.pem");
    let server = Server::start(&authority, Some(&ca), ServerLimits::default()).await;
    let mut known = server.client(&ca, Some(&authority));
    assert_eq!(read(&mut known).await.unwrap(), [42]);
    assert_eq!(read(&mut known).await.unwrap(), [42], "on the same connection");
    let plain = Address::ModbusTcp { host: "127.0.0.1".into(), port: server.at.port() };
    let settings = ClientSettings { timeout: PATIENCE, ..ClientSettings::default() };
    for (who, mut client) in [
        ("without a certificate", server.client(&ca, None)),
        ("with a certificate of another authority", server.client(&ca, Some(&other))),
        ("that trusts another authority", server.client(&other.file("ca.pem"), Some(&authority))),
        ("without TLS", Client::new(plain, settings)),
    ] {
        let outcome = read(&mut client).await;
        assert!(outcome.is_err(), "a client {who} was let in");
        assert!(!matches!(outcome, Err(ModbusError::TimedOut { .. })), "a client {who} was kept waiting");
    }
    assert_eq!(read(&mut known).await.unwrap(), [42], "others are no matter");
    server.end().await;
}

#[tokio::test]
async fn a_server_that_asks_nobody_lets_everybody_in_who_trusts_it() {
    let authority = Authority::new();
    let ca = authority.file("ca.pem");
    let server = Server::start(&authority, None, ServerLimits::default()).await;
    assert_eq!(read(&mut server.client(&ca, None)).await.unwrap(), [42]);
    assert!(read(&mut server.client(&Authority::new().file("ca.pem"), None)).await.is_err());
    server.end().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_renewed_unnoticed() {
    let authority = Authority::new();
    let ca = authority.file("ca.pem");
    let limits = ServerLimits { most_connections: 1, idle: Some(Duration::from_millis(100)) };
    let server = Server::start(&authority, Some(&ca), limits).await;
    let (mut first, mut second) =
        (server.client(&ca, Some(&authority)), server.client(&ca, Some(&authority)));
    assert_eq!(read(&mut first).await.unwrap(), [42]);
    // the only place is free when the idle connection has been closed
    let begun = std::time::Instant::now();
    while let Err(error) = read(&mut second).await {
        assert!(begun.elapsed() < PATIENCE, "{error}");
    }
    drop(second);
    while let Err(error) = read(&mut first).await {
        // it was closed, which the first request on it notices: no error but that the place is taken
        let is_taken = matches!(error, ModbusError::ConnectionLost { .. } | ModbusError::BackingOff { .. });
        assert!(is_taken && begun.elapsed() < PATIENCE, "{error}");
    }
    server.end().await;
}

#[tokio::test]
async fn a_reset_and_a_close_are_lost_connections() {
    let authority = Authority::new();
    let ca = authority.file("ca.pem");
    let server = Server::start(&authority, Some(&ca), ServerLimits::default()).await;
    let mut client = server.client(&ca, Some(&authority));
    for behaviour in [Behaviour::Reset, Behaviour::Close] {
        assert_eq!(read(&mut client).await.unwrap(), [42]);
        server.conduct.set_once(None, behaviour);
        let error = read(&mut client).await.unwrap_err();
        assert!(matches!(error, ModbusError::ConnectionLost { .. }), "{behaviour}: {error}");
    }
    assert_eq!(read(&mut client).await.unwrap(), [42]);
    server.end().await;
}

#[tokio::test]
async fn those_who_never_begin_to_speak_do_not_keep_others_out() {
    let authority = Authority::new();
    let ca = authority.file("ca.pem");
    let server = Server::start(&authority, Some(&ca), ServerLimits::default()).await;
    let mut known = server.client(&ca, Some(&authority));
    assert_eq!(read(&mut known).await.unwrap(), [42]);
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(server.at).await.unwrap());
    }
    assert_eq!(read(&mut known).await.unwrap(), [42], "who is in stays in");
    // 16 handshakes may be under way; the others are closed at once, and those 16 after five seconds
    for mut stream in silent {
        let mut byte = [0];
        let ended = timeout(PATIENCE, stream.read(&mut byte)).await.expect("a handshake without an end");
        assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    }
    assert_eq!(read(&mut server.client(&ca, Some(&authority))).await.unwrap(), [42]);
    server.end().await;
}
