//! Processes: the clients that are compared, and the devices that they ask.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::load::Outcome;

/// Whose client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Enmon,
    Libmodbus,
    /// With what its mode has at its end: it has two clients.
    Pymodbus(&'static str),
}

impl Who {
    pub fn name(self) -> String {
        match self {
            Who::Enmon => "enmon".into(),
            Who::Libmodbus => "libmodbus".into(),
            Who::Pymodbus(which) => format!("pymodbus{}", which.replace('-', " ")),
        }
    }
}

/// Where the peers' programs are.
pub struct Peers {
    python: PathBuf,
    script: PathBuf,
    client: PathBuf,
    server: PathBuf,
}

impl Peers {
    /// Compiles what is in C.
    pub fn build() -> Peers {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = root.join("benches/peers");
        let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
        fs::create_dir_all(&compiled).unwrap();
        let build = |name: &str| {
            let program = compiled.join(name);
            let mut command = Command::new("cc");
            command.args(["-O2", "-o"]).arg(&program).arg(sources.join(format!("{name}.c")));
            let done = command.args(["-lmodbus", "-lpthread"]).status();
            assert!(
                done.is_ok_and(|status| status.success()),
                "{name}.c can't be compiled: scripts/setup.sh bench"
            );
            program
        };
        let python = root.join(".venv/bin/python");
        assert!(python.exists(), "pymodbus is missing: scripts/setup.sh bench");
        Peers {
            python,
            script: sources.join("modbus_pymodbus.py"),
            client: build("modbus_client"),
            server: build("modbus_server"),
        }
    }

    /// Measures one client once.
    pub fn run(&self, who: Who, mode: &str, kind: &str, seconds: &str, devices: &Devices) -> Outcome {
        let mut command = match who {
            Who::Enmon => Command::new(env::current_exe().unwrap()),
            Who::Libmodbus => Command::new(&self.client),
            Who::Pymodbus(_) => Command::new(&self.python),
        };
        match who {
            Who::Enmon => command.args(["client", mode, kind, seconds]),
            Who::Libmodbus => command.args([mode, kind, seconds]),
            Who::Pymodbus(which) => {
                command.arg(&self.script).args([&format!("{mode}{which}"), kind, seconds])
            }
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(devices.ports.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{} has failed: {mode} {kind}", who.name());
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

/// Devices in a process of their own, ended with this value.
pub struct Devices {
    process: Child,
    _stdin: ChildStdin,
    ports: String,
}

impl Devices {
    /// So many of enmon's servers.
    pub fn of_enmon(number: usize) -> Devices {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["devices", &number.to_string()]);
        Devices::start(command)
    }

    /// One of libmodbus's.
    pub fn of_libmodbus(peers: &Peers) -> Devices {
        Devices::start(Command::new(&peers.server))
    }

    fn start(mut command: Command) -> Devices {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ports = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ports).unwrap();
        assert!(!ports.trim().is_empty(), "the devices have not started: {command:?}");
        Devices { _stdin: process.stdin.take().unwrap(), process, ports }
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
