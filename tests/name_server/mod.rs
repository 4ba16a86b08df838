//! A real name server (BIND) that takes updates, in a folder of its own, on a port that the system gave, until it is dropped.
//!
//! `make setup` has unpacked it with its libraries. What it answers is read by a reader of the test's own, not by the program's.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take.
const LONGEST: Duration = Duration::from_secs(60);
/// A secret for tests.
pub const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A running name server with the zone `example.org`.
pub struct NameServer {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unpacked() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    let folder = cache.join("enmon/bind");
    assert!(folder.join("usr/sbin/named").is_file(), "BIND is missing; run: make setup");
    folder
}

/// Returns a key as BIND writes it.
pub fn key(name: &str, secret: &str) -> String {
    format!("key \"{name}\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{secret}\";\n}};\n")
}

impl NameServer {
    /// Starts one whose `metrics.example.org` has these records, and waits until it answers. The key `enmon` may change that name alone.
    pub fn start(records: &str) -> Self {
        let (folder, bind) = (TempDir::new().unwrap(), unpacked());
        // free until somebody else takes it; BIND can't take 0 and say which it got
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let zone = format!(
            "$TTL 60\n@ IN SOA ns hostmaster 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\nother IN A 127.0.9.9\n{records}"
        );
        let settings = format!(
            "{}options {{ directory \".\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none;
              session-keyfile none; recursion no; notify no; dnssec-validation no; }};
             controls {{ }};
             zone \"example.org\" {{ type primary; file \"zone.db\";
              update-policy {{ grant enmon name metrics.example.org A AAAA CNAME; }}; }};\n",
            key("enmon", SECRET)
        );
        fs::write(folder.path().join("zone.db"), zone).unwrap();
        fs::write(folder.path().join("named.conf"), settings).unwrap();
        let libraries = fs::read_dir(bind.join("usr/lib")).unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            path.is_dir().then(|| path.display().to_string())
        });
        let child = Command::new(bind.join("usr/sbin/named"))
            .args(["-g", "-n", "1", "-c", "named.conf"])
            .env("LD_LIBRARY_PATH", libraries.collect::<Vec<_>>().join(":"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = NameServer { child, folder, port };
        server.wait("answering", |server| server.try_addresses("ns.example.org").is_some());
        server
    }

    /// Returns `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until something is so.
    pub fn wait(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "BIND has ended: {ended:?}\n{}", log());
            assert!(begin.elapsed() < LONGEST, "not {what} in {LONGEST:?}\n{}", log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Returns the IPv4 addresses of a name.
    pub fn addresses(&self, name: &str) -> Vec<Ipv4Addr> {
        self.try_addresses(name).expect("an answer")
    }

    fn try_addresses(&self, name: &str) -> Option<Vec<Ipv4Addr>> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        // an id, no flags, one question (RFC 1035, 4.1)
        let mut question = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(label.len() as u8);
            question.extend_from_slice(label.as_bytes());
        }
        question.extend_from_slice(&[0, 0, 1, 0, 1]);
        socket.send_to(&question, self.address()).unwrap();
        let mut answer = [0; 512];
        let length = socket.recv(&mut answer).ok()?;
        let answer = &answer[..length];
        let count = u16::from_be_bytes([answer[6], answer[7]]);
        // each record begins with a pointer of two bytes to the question's name
        let (mut at, mut found) = (question.len(), Vec::new());
        for _ in 0..count {
            let (kind, size) = (answer[at + 3], usize::from(answer[at + 11]));
            if kind == 1 {
                found.push(Ipv4Addr::new(answer[at + 12], answer[at + 13], answer[at + 14], answer[at + 15]));
            }
            at += 12 + size;
        }
        found.sort();
        Some(found)
    }
}
