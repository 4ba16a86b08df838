//! A real API server of Kubernetes with its etcd, for one test: on free ports of loopback, in a folder that is thrown away.
//!
//! `scripts/kubernetes.sh` has built them. They are ended by their ids when the guard is dropped, also when a test fails; nextest ends them
//! with a test that hangs, since they are in its group of processes. There is no controller manager, so nothing clears up and no service account
//! gets a token: users come from a file of tokens.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

pub mod way;

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, PostParams};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// It starts within this time, on a machine that is busy with other tests.
const START: Duration = Duration::from_secs(60);
/// The token of the administrator.
pub const ADMIN: &str = "admin-token";
/// The token of the service account `enmon` in the namespace `energy`, which has no rights at first.
pub const ACCOUNT: &str = "account-token";

/// A running API server.
pub struct ControlPlane {
    folder: TempDir,
    pub url: String,
    // in the order in which they are ended
    api_server: Running,
    _etcd: Running,
}

struct Running {
    name: &'static str,
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the folder where setup puts the programs.
fn programs() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let folder = cache.join("enmon/k8s");
    for program in ["etcd", "kube-apiserver"] {
        let path = folder.join(program);
        assert!(path.is_file(), "{} is missing: run `make setup`, which builds it", path.display());
    }
    folder
}

fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

impl ControlPlane {
    /// Starts it and waits until it is ready.
    pub async fn start() -> ControlPlane {
        let folder = TempDir::new().unwrap();
        let [etcd_port, peer_port, port] = free_ports();
        write_certificates(folder.path());
        let users = format!(
            "{ADMIN},admin,1,system:masters\n{ACCOUNT},system:serviceaccount:energy:enmon,2,system:serviceaccounts\n"
        );
        fs::write(folder.path().join("tokens.csv"), users).unwrap();
        let (etcd_url, peer_url) =
            (format!("http://127.0.0.1:{etcd_port}"), format!("http://127.0.0.1:{peer_port}"));
        let etcd = [
            "--name=test".to_owned(),
            "--data-dir=etcd".into(),
            "--log-level=warn".into(),
            format!("--listen-client-urls={etcd_url}"),
            format!("--advertise-client-urls={etcd_url}"),
            format!("--listen-peer-urls={peer_url}"),
            format!("--initial-advertise-peer-urls={peer_url}"),
            format!("--initial-cluster=test={peer_url}"),
        ];
        let api_server = [
            format!("--etcd-servers={etcd_url}"),
            format!("--secure-port={port}"),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            "--insecure-port=0".into(),
            "--endpoint-reconciler-type=none".into(),
            "--authorization-mode=RBAC".into(),
            "--token-auth-file=tokens.csv".into(),
            "--tls-cert-file=server.crt".into(),
            "--tls-private-key-file=server.key".into(),
            "--client-ca-file=ca.crt".into(),
            "--service-account-key-file=accounts.pub".into(),
            "--service-account-signing-key-file=accounts.key".into(),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            "--service-cluster-ip-range=10.0.0.0/24".into(),
        ];
        let etcd = spawn(folder.path(), "etcd", &etcd);
        let api_server = spawn(folder.path(), "kube-apiserver", &api_server);
        let url = format!("https://127.0.0.1:{port}");
        let mut plane = ControlPlane { folder, url, api_server, _etcd: etcd };
        plane.write_kubeconfig("admin", "{client-certificate: admin.crt, client-key: admin.key}");
        plane.write_kubeconfig("account", &format!("{{token: {ACCOUNT}}}"));
        plane.ready().await;
        plane
    }

    /// Waits for an object that the API server makes by itself.
    pub async fn until_there(&self, path: &str) {
        let (http, begun) = (self.http(), Instant::now());
        while begun.elapsed() < START {
            let answer = http.get(format!("{}{path}", self.url)).bearer_auth(ADMIN).send().await.unwrap();
            if answer.status().is_success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} is not there after {START:?}");
    }

    async fn ready(&mut self) {
        let client = self.http();
        let begun = Instant::now();
        loop {
            let answer = client.get(format!("{}/readyz", self.url)).bearer_auth(ADMIN).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            let ended = self.api_server.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < START, "no API server: {ended:?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        eprintln!("the API server was ready after {:?}", begun.elapsed());
    }

    fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let text = format!("{}\n{}", read("etcd.log"), read("kube-apiserver.log"));
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Returns an HTTP client that trusts it.
    pub fn http(&self) -> reqwest::Client {
        enmon::runtime::tls::install_provider();
        let authority = fs::read(self.folder.path().join("ca.crt")).unwrap();
        let authority = reqwest::Certificate::from_pem(&authority).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap()
    }

    fn write_kubeconfig(&self, name: &str, user: &str) {
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: \"{}\", certificate-authority: ca.crt}}}}]
users: [{{name: test, user: {user}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
",
            self.url
        );
        fs::write(self.kubeconfig(name), text).unwrap();
    }

    /// Returns the kubeconfig of `admin`, who is known by a certificate, or of `account`, who is known by a token.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.path().join(format!("{user}.kubeconfig"))
    }

    /// Returns the text of a kubeconfig that needs no file beside it: the administrator by token, and nobody asks for the server's certificate.
    pub fn portable_kubeconfig(&self) -> String {
        let text = fs::read_to_string(self.kubeconfig("account")).unwrap();
        text.replace(ACCOUNT, ADMIN)
            .replace("certificate-authority: ca.crt", "insecure-skip-tls-verify: true")
    }

    /// Returns a client for the administrator.
    pub async fn client(&self) -> kube::Client {
        enmon::runtime::tls::install_provider();
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig("admin")).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        kube::Client::try_from(config).unwrap()
    }

    /// Makes a namespace.
    pub async fn make_namespace(&self, name: &str) {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.to_owned());
        let api = Api::all(self.client().await);
        api.create(&PostParams::default(), &namespace).await.unwrap();
    }

    /// Makes the objects of a file, in its order, as the administrator.
    pub async fn apply(&self, file: &Path) {
        let http = self.http();
        let text = fs::read_to_string(file).unwrap();
        for object in text.split("\n---\n") {
            let has = |line: &str| object.lines().any(|there| there == line);
            let path = match object.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap() {
                "Namespace" => "/api/v1/namespaces",
                "ServiceAccount" => "/api/v1/namespaces/energy/serviceaccounts",
                "Role" => "/apis/rbac.authorization.k8s.io/v1/namespaces/energy/roles",
                "RoleBinding" => "/apis/rbac.authorization.k8s.io/v1/namespaces/energy/rolebindings",
                other => panic!("where does a {other} go?"),
            };
            assert!(has("kind: Namespace") || has("  namespace: energy"), "{object}");
            let request = http.post(format!("{}{path}", self.url)).bearer_auth(ADMIN);
            let request = request.header("Content-Type", "application/yaml").body(object.to_owned());
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        }
    }

    /// Lets the API server stand still, or go on.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.api_server.child), signal).unwrap();
    }
}

fn spawn(folder: &Path, name: &'static str, arguments: &[String]) -> Running {
    let log = File::create(folder.join(format!("{name}.log"))).unwrap();
    let mut command = Command::new(programs().join(name));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    Running { name, child: command.spawn().unwrap() }
}

/// Writes an authority, the server's certificate, the administrator's, and the key that signs tokens of service accounts.
fn write_certificates(folder: &Path) {
    let put = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    let key = || KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.distinguished_name.push(DnType::CommonName, "test");
    let authority = CertifiedIssuer::self_signed(authority, key()).unwrap();
    put("ca.crt", authority.pem());
    let leaf = |name: &str, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose| {
        params.extended_key_usages = vec![usage];
        let key = key();
        put(&format!("{name}.crt"), params.signed_by(&key, &authority).unwrap().pem());
        put(&format!("{name}.key"), key.serialize_pem());
    };
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    leaf("server", server, ExtendedKeyUsagePurpose::ServerAuth);
    let mut admin = CertificateParams::new(Vec::new()).unwrap();
    admin.distinguished_name.push(DnType::OrganizationName, "system:masters");
    admin.distinguished_name.push(DnType::CommonName, "admin");
    leaf("admin", admin, ExtendedKeyUsagePurpose::ClientAuth);
    let accounts = key();
    put("accounts.key", accounts.serialize_pem());
    put("accounts.pub", accounts.public_key_pem());
}
