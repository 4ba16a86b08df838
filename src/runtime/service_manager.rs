//! Talk with systemd: ready, reloading, stopping, a line of status, and the watchdog.
//!
//! The watchdog is fed only while the control loop's heartbeat advances: a loop that is stuck must let it bite.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::sync::watch;

use crate::fsio;

/// The service manager, if one is there; otherwise every message goes nowhere.
#[derive(Debug, Clone, Default)]
pub struct ServiceManager {
    socket: Option<PathBuf>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// Finds the service manager in `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` (sd_notify(3), sd_watchdog_enabled(3)).
    pub fn from_environment() -> Self {
        let period = fsio::env("WATCHDOG_USEC").and_then(|text| text.parse().ok()).map(Duration::from_micros);
        let meant = fsio::env("WATCHDOG_PID").is_none_or(|pid| pid == fsio::process_id().to_string());
        ServiceManager {
            socket: fsio::env("NOTIFY_SOCKET").map(PathBuf::from),
            watchdog: period.filter(|period| meant && !period.is_zero()),
        }
    }

    /// Uses this socket and this watchdog period.
    pub fn at(socket: impl Into<PathBuf>, watchdog: Option<Duration>) -> Self {
        ServiceManager { socket: Some(socket.into()), watchdog }
    }

    /// The service is up.
    pub fn ready(&self, status: &str) {
        self.say(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
    }

    /// The service reads its configuration again; [`ready`](Self::ready) must follow, whatever the outcome.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.say(&[NotifyState::Reloading, now]),
            // systemd would take a reload without the time as a protocol error
            Err(error) => tracing::warn!(%error, "the monotonic clock can't be read"),
        }
    }

    /// The service begins its orderly end.
    pub fn stopping(&self) {
        self.say(&[NotifyState::Stopping, NotifyState::Status("writing the safe currents")]);
    }

    /// A line for `systemctl status`.
    pub fn status(&self, text: &str) {
        self.say(&[NotifyState::Status(&one_line(text))]);
    }

    /// Feeds the watchdog every half period when the heartbeat has advanced in it, or within `patience`: a loop that decides every minute is
    /// not stuck after ten seconds. Ends when nobody can beat any more.
    pub async fn keep_alive(self, mut heartbeat: watch::Receiver<u64>, patience: Duration) {
        let Some(period) = self.watchdog else { return };
        let mut ticker = tokio::time::interval(period / 2);
        let mut last_beat = Instant::now();
        let (mut beaten, mut starving) = (true, false);
        loop {
            tokio::select! {
                beat = heartbeat.changed() => match beat {
                    Ok(()) => (last_beat, beaten) = (Instant::now(), true),
                    Err(_) => return,
                },
                _ = ticker.tick() => {
                    let stuck = !std::mem::take(&mut beaten) && last_beat.elapsed() > patience;
                    if stuck && !starving {
                        tracing::error!("the control loop has not moved for {:?}: the watchdog is not fed", last_beat.elapsed());
                    }
                    starving = stuck;
                    if !stuck {
                        self.say(&[NotifyState::Watchdog]);
                    }
                }
            }
        }
    }

    fn say(&self, words: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        let text: String = words.iter().map(|word| format!("{word}\n")).collect();
        if let Err(error) = send(socket, text.as_bytes()) {
            tracing::warn!(%error, socket = %socket.display(), "the service manager can't be told");
        }
    }
}

/// Sends one datagram; a name that begins with `@` is an abstract one.
fn send(socket: &std::path::Path, text: &[u8]) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let address = match socket.as_os_str().as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    let sender = UnixDatagram::unbound()?;
    // a manager that does not read must not hold up the controller
    sender.set_write_timeout(Some(Duration::from_millis(500)))?;
    sender.send_to_addr(text, &address)?;
    Ok(())
}

/// A line break would begin another word of the protocol.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(socket: &UnixDatagram) -> io::Result<String> {
        let mut buffer = [0; 1024];
        let length = socket.recv(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    #[test]
    fn words_arrive_as_systemd_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = ServiceManager::at(&path, None);
        manager.ready("12 chargers\nREADY=0");
        assert_eq!(receive(&socket).unwrap(), "READY=1\nSTATUS=12 chargers READY=0\n");
        manager.reloading();
        let text = receive(&socket).unwrap();
        let stamp = text.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(stamp.trim().parse::<u64>().unwrap() > 0);
        manager.stopping();
        assert!(receive(&socket).unwrap().starts_with("STOPPING=1\n"));
    }

    #[test]
    fn an_abstract_socket_works_too() {
        let name = format!("enmon-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        ServiceManager::at(format!("@{name}"), None).status("hello");
        assert_eq!(receive(&socket).unwrap(), "STATUS=hello\n");
    }

    #[test]
    fn a_manager_that_is_gone_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        ServiceManager::at(folder.path().join("nobody"), None).ready("x");
        ServiceManager::default().ready("x");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_watchdog_is_fed_only_while_the_heart_beats() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = ServiceManager::at(&path, Some(Duration::from_millis(40)));
        let (beat, heartbeat) = watch::channel(0);
        let feeder = tokio::spawn(manager.keep_alive(heartbeat, Duration::ZERO));

        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        for _ in 0..20 {
            beat.send_modify(|count| *count += 1);
            assert_eq!(receive(&socket).unwrap(), "WATCHDOG=1\n");
        }
        // no beat any more: the words end although the sender lives
        socket.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
        let late = std::iter::from_fn(|| receive(&socket).ok()).take(50).count();
        assert!(late < 50, "the watchdog is fed for a dead heart");
        // and come back with the next one
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        beat.send_modify(|count| *count += 1);
        assert_eq!(receive(&socket).unwrap(), "WATCHDOG=1\n");
        drop(beat);
        feeder.await.unwrap();
    }
}
