//! Serial ports: opened with the settings of an address and a profile, exclusive, with the kernel's RS-485 mode where it was asked for;
//! and pseudo-terminals, on which simulated devices are reached like real ones.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock, fstat, major};
use rustix::pty::ptsname;
use serial2::rs4xx::Rs485Config;
use serial2::{CharSize, FlowControl, Settings, StopBits};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Framing;
use crate::profile::SerialDefaults;
use crate::site::{Parity, Rs485, SerialLine};

/// Settings of a line that nobody has set: those that every Modbus device must know (MODBUS over Serial Line V1.02, 2.5.1 and 3.3).
const STANDARD: SerialDefaults =
    SerialDefaults { baud: 19_200, parity: Parity::Even, stop_bits: 1, data_bits: None };

/// Settings with which a port is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSettings {
    /// Bits per second.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
    /// Data bits, 7 or 8.
    pub data_bits: u8,
}

impl LineSettings {
    /// Takes what the address says, what it leaves out from the profile, and the standard's values for the rest.
    pub fn of(line: &SerialLine, defaults: Option<&SerialDefaults>, framing: Framing) -> Self {
        let defaults = defaults.unwrap_or(&STANDARD);
        let usual = if framing == Framing::Ascii { 7 } else { 8 };
        LineSettings {
            baud: line.baud.unwrap_or(defaults.baud),
            parity: line.parity.unwrap_or(defaults.parity),
            stop_bits: line.stop_bits.unwrap_or(defaults.stop_bits),
            data_bits: line.data_bits.or(defaults.data_bits).unwrap_or(usual),
        }
    }

    /// Returns how long so many bytes take on the line.
    pub fn time_of(&self, bytes: usize) -> Duration {
        let parity = u32::from(self.parity != Parity::None);
        let bits = 1 + u32::from(self.data_bits) + parity + u32::from(self.stop_bits);
        Duration::from_secs_f64(f64::from(bits) * bytes as f64 / f64::from(self.baud.max(1)))
    }

    /// Returns the silence that ends an RTU frame: 3.5 characters, and 1.75 ms above 19,200 bit/s (MODBUS over Serial Line V1.02,
    /// 2.5.1.1).
    pub fn silence(&self) -> Duration {
        if self.baud > 19_200 { Duration::from_micros(1_750) } else { self.time_of(7) / 2 }
    }

    fn apply(&self, settings: &mut Settings, is_pseudo: bool) -> io::Result<()> {
        settings.set_raw();
        settings.set_baud_rate(self.baud)?;
        settings.set_flow_control(FlowControl::None);
        settings.set_stop_bits(if self.stop_bits == 2 { StopBits::Two } else { StopBits::One });
        // a pseudo-terminal has no bits on a wire: the kernel's driver takes 8 data bits and no parity only
        let (data_bits, parity) = if is_pseudo { (8, Parity::None) } else { (self.data_bits, self.parity) };
        settings.set_char_size(if data_bits == 7 { CharSize::Bits7 } else { CharSize::Bits8 });
        settings.set_parity(match parity {
            Parity::None => serial2::Parity::None,
            Parity::Even => serial2::Parity::Even,
            Parity::Odd => serial2::Parity::Odd,
        });
        Ok(())
    }
}

/// An open port.
#[derive(Debug)]
pub struct SerialPort {
    port: AsyncFd<serial2::SerialPort>,
    /// Keeps the other end of a pseudo-terminal open, so that nobody's leaving ends it.
    _other_end: Option<serial2::SerialPort>,
}

impl SerialPort {
    /// Opens a port for this program alone. Needs a tokio runtime.
    ///
    /// # Errors
    /// When it is not there, is taken, or can't do what the settings ask for.
    pub fn open(line: &SerialLine, settings: LineSettings) -> io::Result<SerialPort> {
        let mut port = serial2::SerialPort::open(&line.path, serial2::KeepSettings)?;
        // two masters on one line talk into each other's answers; the lock goes when the port is closed
        flock(&port, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another program uses the port")
            }
            _ => error.into(),
        })?;
        let mut wanted = port.get_configuration()?;
        settings.apply(&mut wanted, is_pseudo_terminal(&port)?)?;
        port.set_configuration(&wanted).map_err(|error| {
            let LineSettings { baud, parity, stop_bits, data_bits } = settings;
            let what = format!(
                "the port does not take {baud} bit/s, {data_bits} data bits, parity {parity:?}, {stop_bits} stop bits: {error}"
            );
            io::Error::new(error.kind(), what)
        })?;
        if let Some(rs485) = line.rs485 {
            let mut mode = Rs485Config::new();
            mode.set_invert_rts(rs485 == Rs485::RtsLow);
            port.set_rs4xx_mode(mode).map_err(|error| {
                let what = format!("the port's driver can't switch the direction of an RS-485 line: {error}");
                io::Error::new(error.kind(), what)
            })?;
        }
        Ok(SerialPort { port: watched(port)?, _other_end: None })
    }

    /// Makes a pseudo-terminal: returns this end, for a simulated device, and the path under which others open the other end. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn pseudo_terminal() -> io::Result<(SerialPort, PathBuf)> {
        let (near, far) = serial2::SerialPort::pair()?;
        let path = ptsname(&near, Vec::new())?;
        let path = PathBuf::from(path.to_string_lossy().into_owned());
        Ok((SerialPort { port: watched(near)?, _other_end: Some(far) }, path))
    }

    /// Throws away what has come in and was not read.
    ///
    /// # Errors
    /// As the port's.
    pub fn discard_input(&self) -> io::Result<()> {
        self.port.get_ref().discard_input_buffer()
    }
}

/// Lets the runtime watch a port.
#[expect(
    deprecated,
    reason = "the new way is unsafe, for types that may change their descriptor; a port keeps its own"
)]
fn watched(port: serial2::SerialPort) -> io::Result<AsyncFd<serial2::SerialPort>> {
    AsyncFd::new(port)
}

/// Says whether a path leads to a pseudo-terminal's end; for settings that such have no use for.
///
/// # Errors
/// When there is none.
fn is_pseudo_terminal(port: &serial2::SerialPort) -> io::Result<bool> {
    // Linux, Documentation/admin-guide/devices.txt: Unix98 slaves have the major numbers 136 to 143
    Ok((136..=143).contains(&major(fstat(port)?.st_rdev)))
}

impl AsyncRead for SerialPort {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.port.poll_read_ready(context))?;
            match ready.try_io(|port| Ok(rustix::io::read(port.get_ref(), buffer.initialize_unfilled())?)) {
                Ok(count) => return Poll::Ready(count.map(|count| buffer.advance(count))),
                Err(_not_ready) => {}
            }
        }
    }
}

impl AsyncWrite for SerialPort {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.port.poll_write_ready(context))?;
            if let Ok(count) = ready.try_io(|port| Ok(rustix::io::write(port.get_ref(), bytes)?)) {
                return Poll::Ready(count);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pseudo-terminal that is taken for a real port is a port whose driver does not take what is asked for.
    #[test]
    fn what_a_port_does_not_take_is_an_error_and_not_passed_over() {
        let (mut port, _other_end) = serial2::SerialPort::pair().unwrap();
        for (parity, data_bits) in [(Parity::Even, 8), (Parity::Odd, 8), (Parity::None, 7)] {
            let line = LineSettings { baud: 19_200, parity, stop_bits: 1, data_bits };
            let mut wanted = port.get_configuration().unwrap();
            line.apply(&mut wanted, false).unwrap();
            assert!(port.set_configuration(&wanted).is_err(), "{line:?}");
            line.apply(&mut wanted, true).unwrap();
            port.set_configuration(&wanted).unwrap();
        }
    }

    #[test]
    fn times_on_the_line_are_those_of_the_specification() {
        let line = LineSettings { baud: 9_600, parity: Parity::Even, stop_bits: 1, data_bits: 8 };
        // 11 bits a character (MODBUS over Serial Line V1.02, 2.5.1)
        assert_eq!(line.time_of(96).as_millis(), 110);
        assert_eq!(line.silence().as_micros(), 4_010);
        assert_eq!(LineSettings { baud: 115_200, ..line }.silence().as_micros(), 1_750);
    }
}
