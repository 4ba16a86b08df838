//! A real Prometheus in a folder of its own, on a port that the system gave, until it is dropped.
#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Returns the path of a program that `make setup` unpacks.
///
/// # Panics
/// With the command that installs it, when it is not there.
pub fn program(name: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    let unpacked = cache.join("enmon/bin").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).chain([unpacked]);
    found
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is missing; run: make setup"))
}

/// A running Prometheus.
pub struct Prometheus {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Prometheus {
    /// Starts one with a configuration, and waits until it is ready.
    pub fn start(configuration: &str) -> Self {
        Self::start_with(configuration, &["--web.enable-lifecycle"])
    }

    /// Starts one with more flags.
    pub fn start_with(configuration: &str, flags: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
        // the port is free until somebody else takes it; Prometheus can't take 0 and say which it got
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program("prometheus"))
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(flags)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Prometheus { child, folder, port };
        server.wait("ready", |server| server.get("/-/ready").0 == 200);
        server
    }

    /// Returns its configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("prometheus.yml")
    }

    /// Returns its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns `host:port`, which is also a target that can be scraped.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something is so.
    pub fn wait(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "Prometheus has ended: {ended:?}\n{}", log());
            assert!(begin.elapsed() < LONGEST, "not {what} in {LONGEST:?}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks with GET; status 0: no answer.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path).unwrap_or_default()
    }

    /// Asks with POST and no content; status 0: no answer.
    #[allow(dead_code)] // not every test gives orders itself
    pub fn post(&self, path: &str) -> (u16, String) {
        self.ask("POST", path).unwrap_or_default()
    }

    fn ask(&self, method: &str, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address()).ok()?;
        let mut reader = BufReader::new(stream);
        let mut status = String::new();
        reader.read_line(&mut status).ok()?;
        let status = status.split(' ').nth(1)?.parse().ok()?;
        let mut rest = String::new();
        reader.read_to_string(&mut rest).ok()?;
        Some((status, rest.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Returns what the server goes by.
    pub fn configuration(&self) -> String {
        let (_, body) = self.get("/api/v1/status/config");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        json["data"]["yaml"].as_str().unwrap().to_owned()
    }

    /// Returns the health of a job's targets.
    pub fn health(&self, job: &str) -> Vec<String> {
        let (_, body) = self.get("/api/v1/targets?state=active");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let targets = json["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
        let ours = targets.iter().filter(|target| target["scrapePool"] == job);
        ours.map(|target| target["health"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // one that was stopped goes on first
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
