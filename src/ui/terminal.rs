//! What can be known of the terminal: is there one, how wide is it.

use std::io::{self, IsTerminal};

/// Returns the width of the terminal on stdout in columns, or nothing in a pipe.
pub(super) fn stdout_width() -> Option<u16> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let columns = rustix::termios::tcgetwinsize(&stdout).ok()?.ws_col;
    // some pseudo-terminals say 0 when they do not know
    (columns > 0).then_some(columns)
}

/// Says whether somebody can be asked: both ends of the conversation are a terminal.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
