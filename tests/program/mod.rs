//! The real program in an environment of its own: nothing of the caller's settings reaches it.

use assert_cmd::Command;
use tempfile::TempDir;

/// The program with a home folder that is thrown away.
pub struct Program {
    home: TempDir,
}

impl Program {
    pub fn new() -> Self {
        Program { home: TempDir::new().expect("a temporary folder") }
    }

    /// Returns its home folder, which is also the folder that it works in.
    #[allow(dead_code)] // not every test looks into it
    pub fn folder(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Returns the program with these arguments, in its home folder.
    pub fn with(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("enmon").expect("the program is built");
        command.env_clear().env("HOME", self.home.path()).current_dir(self.home.path()).args(arguments);
        command
    }
}
