//! The real program on a terminal: a pseudo-terminal, whose other end is read here.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Runs the program on a terminal and returns what it showed there.
#[allow(dead_code)] // not every test runs it so
pub fn run(arguments: &[&str], variable: Option<(&str, &str)>) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    command.args(arguments).env_clear().envs(variable);
    run_typing(command, "").1
}

/// Runs a program on a terminal on which this is typed. Returns how it ended, and what it showed there.
pub fn run_typing(mut command: Command, typed: &str) -> (ExitStatus, Vec<u8>) {
    let keyboard_side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(keyboard_side.as_fd()).expect("granted");
    unlockpt(keyboard_side.as_fd()).expect("unlocked");
    let name = ptsname(keyboard_side.as_fd(), Vec::new()).expect("a name").into_string().expect("plain text");
    let screen = || OpenOptions::new().read(true).write(true).open(&name).expect("the screen opens");
    command.env("TERM", "xterm-256color").stdin(screen()).stdout(screen()).stderr(screen());
    let mut child = command.spawn().expect("the program starts");
    // the other end reads as ended when nobody holds the screen any more
    drop(command);
    let mut keyboard = File::from(keyboard_side);
    // the terminal keeps it until it is read
    keyboard.write_all(typed.as_bytes()).expect("typed");
    let mut shown = Vec::new();
    // Linux reports that end as EIO
    let _ = keyboard.read_to_end(&mut shown);
    (child.wait().expect("the program ends"), shown)
}
