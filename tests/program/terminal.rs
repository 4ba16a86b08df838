//! The real program on a terminal: a pseudo-terminal, whose other end is read here.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::AsFd;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Runs the program on a terminal and returns what it showed there.
pub fn run(arguments: &[&str], variable: Option<(&str, &str)>) -> Vec<u8> {
    let keyboard_side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(keyboard_side.as_fd()).expect("granted");
    unlockpt(keyboard_side.as_fd()).expect("unlocked");
    let name = ptsname(keyboard_side.as_fd(), Vec::new()).expect("a name").into_string().expect("plain text");
    let screen = || OpenOptions::new().read(true).write(true).open(&name).expect("the screen opens");
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    command.args(arguments).env_clear().env("TERM", "xterm-256color").envs(variable);
    command.stdin(screen()).stdout(screen()).stderr(screen());
    let mut child = command.spawn().expect("the program starts");
    // the other end reads as ended when nobody holds the screen any more
    drop(command);
    let mut shown = Vec::new();
    // Linux reports that end as EIO
    let _ = File::from(keyboard_side).read_to_end(&mut shown);
    child.wait().expect("the program ends");
    shown
}
