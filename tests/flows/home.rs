//! A home folder of its own for the program: site file, state, log. Nothing of the caller's settings reaches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A home folder that is thrown away.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes a home with this site file.
    pub fn with_site(text: &str) -> Home {
        let home = Home { folder: TempDir::new().unwrap() };
        home.write_site(text);
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write_site(&self, text: &str) {
        fs::write(self.path().join("enmon.yaml"), text).unwrap();
    }

    /// Returns a file in the state folder of the site.
    pub fn state(&self, name: &str) -> PathBuf {
        self.path().join("state/enmon/garage").join(name)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("run.log")).unwrap_or_default()
    }

    /// Returns the program, ready to run here.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .current_dir(self.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end, while others go on.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Runs the program, which must succeed, and returns the JSON that it printed.
    pub async fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(&[arguments, &["-o", "json"]].concat()).await;
        assert_eq!(output.status.code(), Some(0), "enmon {arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
