//! A real server of Debian's in a folder of its own, on a port that the system gave, until it is dropped.
#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
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

/// A running server with one configuration file.
pub struct Served {
    child: Child,
    folder: TempDir,
    file: &'static str,
    port: u16,
}

impl Served {
    /// Starts a program on a file with a text, and waits until it is ready.
    pub fn start(name: &str, file: &'static str, text: &str, flags: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        // the port is free until somebody else takes it; these servers can't take 0 and say which they got
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program(name))
            .arg(format!("--config.file={file}"))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(flags)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Served { child, folder, file, port };
        let begin = Instant::now();
        while server.get("/-/ready").0 != 200 {
            server.wait_on(begin, "ready");
        }
        server
    }

    /// Returns its configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(self.file)
    }

    /// Returns its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns `host:port`, which is also a target that can be scraped.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits a moment for something; panics with the server's log when it has ended, or when it takes too long.
    pub fn wait_on(&mut self, begin: Instant, what: &str) {
        let ended = self.child.try_wait().unwrap();
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(ended.is_none(), "the server has ended: {ended:?}\n{}", log());
        assert!(begin.elapsed() < LONGEST, "not {what} in {LONGEST:?}\n{}", log());
        std::thread::sleep(Duration::from_millis(50));
    }

    /// Asks with GET; status 0: no answer.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "").unwrap_or_default()
    }

    /// Asks with POST and JSON, or no content; status 0: no answer.
    pub fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, body).unwrap_or_default()
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let length = body.len();
        let about = format!("Content-Type: application/json\r\nContent-Length: {length}");
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {}\r\n{about}\r\n\r\n{body}", self.address())
            .ok()?;
        let mut reader = BufReader::new(stream);
        let mut status = String::new();
        reader.read_line(&mut status).ok()?;
        let status = status.split(' ').nth(1)?.parse().ok()?;
        let mut rest = String::new();
        reader.read_to_string(&mut rest).ok()?;
        Some((status, rest.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let process = Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Waits until somebody has a connection to it: the other side of it, as the kernel lists it.
    pub fn wait_for_connection(&self) {
        let begin = Instant::now();
        let is_connected = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.get(2).is_some_and(|remote| remote.ends_with(&format!(":{:04X}", self.port)))
                && words.get(3) == Some(&"01")
        };
        while !fs::read_to_string("/proc/net/tcp").unwrap().lines().any(is_connected) {
            assert!(begin.elapsed() < LONGEST, "no connection");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
