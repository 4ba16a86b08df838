//! Programs that nobody here wrote: pymodbus, mbpoll.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a Python that has pymodbus, or fails with the command that installs it.
fn python(script: &str) -> Command {
    let python: PathBuf = root().join(".venv/bin/python");
    let check = Command::new(&python).args(["-c", "import pymodbus, serial"]).output();
    assert!(
        check.is_ok_and(|output| output.status.success()),
        "pymodbus or pyserial is missing in .venv; install them with: make setup\n\
         or: python3 -m venv .venv && .venv/bin/pip install -r tests/peers/requirements.txt"
    );
    let mut command = Command::new(python);
    command.arg(root().join("tests/peers").join(script)).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A pymodbus peer that runs until it is dropped, and says one JSON object a line.
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    pub fn start(script: &str, arguments: &[&str]) -> Self {
        let mut command = python(script);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Peer { input: child.stdin.take(), child, lines }
    }

    /// Waits for its next line.
    pub fn next(&mut self) -> serde_json::Value {
        let line = self.lines.next().expect("the peer has ended").unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Gives it a line to obey.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // it ends with its stdin; killed it is only when it does not see that
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a pymodbus server with these registers and returns it with its address.
pub fn pymodbus_server(units: &serde_json::Value) -> (Peer, String) {
    let mut peer = Peer::start("modbus_server.py", &[&units.to_string()]);
    let port = peer.next()["port"].as_u64().unwrap();
    (peer, format!("modbus+tcp://127.0.0.1:{port}"))
}

/// Starts a pymodbus server with these registers on a serial port, given as `rtu:PATH` or `ascii:PATH`.
pub fn pymodbus_server_on(way: &str, units: &serde_json::Value) -> Peer {
    let mut peer = Peer::start("modbus_server.py", &[&units.to_string(), way]);
    assert_eq!(peer.next()["port"], serde_json::Value::Null);
    peer
}

/// Lets a pymodbus client perform steps on a TCP port, or on `rtu:PATH` or `ascii:PATH`, and returns what came back.
pub fn pymodbus_client(way: impl ToString, unit: u8, steps: &serde_json::Value) -> serde_json::Value {
    let arguments = [way.to_string(), unit.to_string(), steps.to_string()];
    let output = python("modbus_client.py").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A pymodbus client that stays for many visits: starting Python takes longer than asking a device.
pub struct PymodbusClient(Peer);

impl PymodbusClient {
    pub fn start() -> Self {
        PymodbusClient(Peer::start("modbus_client.py", &["-"]))
    }

    /// Performs steps as [`pymodbus_client`] does.
    pub fn ask(&mut self, way: &str, unit: u8, steps: &[serde_json::Value]) -> Vec<serde_json::Value> {
        self.0.tell(&serde_json::json!([way, unit, steps]).to_string());
        serde_json::from_value(self.0.next()).unwrap()
    }
}

/// A pymodbus process that serves one device after the other.
pub struct PymodbusServer(Peer);

impl PymodbusServer {
    pub fn start() -> Self {
        PymodbusServer(Peer::start("modbus_server.py", &["-"]))
    }

    /// Serves these registers on a port that the system hands out, and returns the address.
    pub fn serve(&mut self, units: &serde_json::Value) -> String {
        self.0.tell(&serde_json::json!([units]).to_string());
        format!("modbus+tcp://127.0.0.1:{}", self.0.next()["port"])
    }

    /// Serves these registers on a serial port, given as `rtu:PATH` or `ascii:PATH`.
    pub fn serve_on(&mut self, way: &str, units: &serde_json::Value) {
        self.0.tell(&serde_json::json!([units, way]).to_string());
        assert_eq!(self.0.next()["port"], serde_json::Value::Null);
    }
}

/// Runs mbpoll once and returns the values that it shows. Addresses count from 0; of 32-bit values the high word is first.
pub fn mbpoll(address: &str, unit: u8, arguments: &[&str]) -> Vec<String> {
    try_mbpoll(address, unit, arguments).unwrap_or_else(|talk| panic!("mbpoll {arguments:?}: {talk}"))
}

/// Runs mbpoll once and returns the values that it shows, or what it says of a device that refuses. Flags that come twice count as they
/// are said last.
pub fn try_mbpoll(address: &str, unit: u8, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut command = Command::new("mbpoll");
    let place = match address.strip_prefix("modbus+rtu://") {
        Some(path) => {
            command.args(["-m", "rtu", "-b", "19200", "-P", "none"]);
            path
        }
        None => {
            command.args(["-m", "tcp", "-p", address.rsplit(':').next().unwrap()]);
            "127.0.0.1"
        }
    };
    command.args(["-a", &unit.to_string(), "-0", "-1", "-q", "-B"]);
    // the place stands before values to write
    let (flags, values) =
        arguments.split_at(arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len()));
    command.args(flags).arg(place).args(values.iter().skip(1));
    let output = command.output();
    let output = output.expect("mbpoll is missing; install it with: apt-get install mbpoll");
    let shown = String::from_utf8(output.stdout).unwrap();
    if !output.status.success() {
        return Err(format!("{shown}{}", String::from_utf8_lossy(&output.stderr)));
    }
    let values = shown
        .lines()
        .filter(|line| line.starts_with('['))
        .filter_map(|line| line.split_once(':'))
        .filter_map(|(_, value)| value.split_whitespace().next());
    Ok(values.map(str::to_owned).collect())
}
