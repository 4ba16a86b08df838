//! Subprocesses: this program once more, in the background.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Returns the arguments that this program was started with, without its name.
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

/// Returns the id of this process.
pub fn process_id() -> u32 {
    std::process::id()
}

/// A process that this one started.
#[derive(Debug)]
pub struct Offspring {
    child: Child,
}

/// Starts this program once more: nothing on its stdin, a pipe on its stdout, this file as its stderr.
///
/// # Errors
/// When the program can't be found or started.
pub fn respawn(arguments: &[OsString], stderr: File) -> io::Result<Offspring> {
    let program = std::env::current_exe()?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(stderr))
        .spawn()?;
    Ok(Offspring { child })
}

impl Offspring {
    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the first line on its stdout: `Some("")` when it closed its stdout without one, `None` when the time is over.
    pub fn first_line(&mut self, at_most: Duration) -> Option<String> {
        let stdout = self.child.stdout.take()?;
        let (send, receive) = mpsc::channel();
        // the thread ends with the pipe, or with this process
        std::thread::spawn(move || {
            let mut line = String::new();
            if BufReader::new(stdout).read_line(&mut line).is_err() {
                line.clear();
            }
            // the waiter may have given up
            let _ = send.send(line);
        });
        receive.recv_timeout(at_most).ok()
    }

    /// Waits until it has ended, and says how.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn wait(&mut self) -> io::Result<String> {
        self.child.wait().map(|status| status.to_string())
    }
}
