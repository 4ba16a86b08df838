//! Subprocesses: this program once more, in the background; the editor of a person.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// For this user alone.
const PRIVATE: u32 = 0o600;

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

/// How a program has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Did it end with success?
    pub succeeded: bool,
    /// What it said on stdout, then on stderr.
    pub output: String,
}

/// Runs a program to its end, with nothing on its stdin.
///
/// # Errors
/// When it can't be started.
pub fn run(program: &Path, arguments: &[OsString]) -> io::Result<Ended> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok(Ended { succeeded: output.status.success(), output: text })
}

/// A text in a person's editor: a file that only this user reads. It goes with this value unless it is kept.
#[derive(Debug)]
pub struct EditorFile {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl EditorFile {
    /// Makes the folder for a file of this name.
    ///
    /// # Errors
    /// When the folder for temporary files can't be written.
    pub fn new(name: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("enmon-").tempdir()?;
        let path = folder.path().join(name);
        Ok(EditorFile { folder, path })
    }

    /// Lets a person edit a text with their editor (`VISUAL`, `EDITOR`, or `vi`).
    ///
    /// # Errors
    /// When the editor can't be started or ends with a failure; what it has saved can be read all the same.
    pub fn edit(&self, text: &str) -> io::Result<()> {
        self.write(text)?;
        let editor = super::env("VISUAL").or_else(|| super::env("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        // the variable may hold arguments, so a shell reads it, as it does for others who use it
        let status = Command::new("sh")
            .arg("-c")
            .arg(format!("{editor} \"$1\""))
            .arg("sh")
            .arg(&self.path)
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("`{editor}` ended with {status}")))
        }
    }

    /// Returns the text as it was saved.
    ///
    /// # Errors
    /// When the file is gone or no text.
    pub fn text(&self) -> io::Result<String> {
        std::fs::read_to_string(&self.path)
    }

    /// Keeps the file, with this text or as it was saved, and returns where it is.
    ///
    /// # Errors
    /// When there is no file, or it can't be written.
    pub fn keep(self, text: Option<&str>) -> io::Result<PathBuf> {
        match text {
            Some(text) => self.write(text)?,
            // an editor may have made the file anew
            None => std::fs::set_permissions(&self.path, Permissions::from_mode(PRIVATE))?,
        }
        // it is removed with its folder until now
        let _ = self.folder.keep();
        Ok(self.path)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(&self.path)?;
        file.set_permissions(Permissions::from_mode(PRIVATE))?;
        file.write_all(text.as_bytes())
    }
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
