//! Where a device is reached: `modbus+tcp://host:port`, `modbus+rtu:///dev/ttyUSB0?baud=19200`, `https://host:8663`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even parity, the default of Modbus over serial line (specification V1.02, 2.5.1).
    Even,
    /// Odd parity.
    Odd,
}

/// A serial port and its settings; what the address leaves out comes from the profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SerialLine {
    /// Path of the port.
    pub path: String,
    /// Bits per second.
    pub baud: Option<u32>,
    /// Parity.
    pub parity: Option<Parity>,
    /// Stop bits, 1 or 2.
    pub stop_bits: Option<u8>,
    /// Data bits, 7 or 8; 7 makes sense with ASCII only.
    pub data_bits: Option<u8>,
    /// Who switches the direction of an RS-485 line; `None`: the adapter does it by itself.
    pub rs485: Option<Rs485>,
}

/// How the kernel switches the direction of an RS-485 line (Linux, Documentation/driver-api/serial/serial-rs485).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rs485 {
    /// RTS is high while sending.
    RtsHigh,
    /// RTS is low while sending.
    RtsLow,
}

/// Where a device is reached, and with which protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// Modbus TCP, port 502 unless said otherwise.
    ModbusTcp {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Modbus RTU frames over a TCP gateway.
    ModbusRtuTcp {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Modbus Security (TLS), port 802 unless said otherwise.
    ModbusTls {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Modbus RTU on a serial port.
    ModbusRtu(SerialLine),
    /// Modbus ASCII on a serial port.
    ModbusAscii(SerialLine),
    /// An enmon endpoint over HTTP, for loopback and closed networks.
    Http {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Path, without the slash at its end.
        path: String,
    },
    /// An enmon endpoint over HTTPS, port 8663 unless said otherwise (REFERENCE A1).
    Https {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Path, without the slash at its end.
        path: String,
    },
}

/// Why a text is no [`Address`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no device address: {reason}")]
pub struct AddressError {
    text: String,
    reason: String,
}

impl Address {
    /// Returns the host and port of an address that is reached over a network.
    pub fn host_port(&self) -> Option<(&str, u16)> {
        match self {
            Address::ModbusTcp { host, port }
            | Address::ModbusRtuTcp { host, port }
            | Address::ModbusTls { host, port }
            | Address::Http { host, port, .. }
            | Address::Https { host, port, .. } => Some((host, *port)),
            Address::ModbusRtu(_) | Address::ModbusAscii(_) => None,
        }
    }

    /// Says whether Modbus is spoken there.
    pub fn is_modbus(&self) -> bool {
        !matches!(self, Address::Http { .. } | Address::Https { .. })
    }

    /// Returns what devices that share one connection have in common.
    pub fn bus(&self) -> String {
        match self {
            Address::ModbusRtu(line) | Address::ModbusAscii(line) => format!("serial {}", line.path),
            _ => self.to_string(),
        }
    }
}

fn serial_line(rest: &str) -> Result<SerialLine, String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') {
        return Err("a serial port is written with its path, for example modbus+rtu:///dev/ttyUSB0".into());
    }
    let mut line = SerialLine {
        path: path.to_owned(),
        baud: None,
        parity: None,
        stop_bits: None,
        data_bits: None,
        rs485: None,
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (key, value) {
            ("baud", _) => {
                let baud = value.parse().ok().filter(|baud| (50..=4_000_000).contains(baud));
                line.baud =
                    Some(baud.ok_or_else(|| format!("baud `{value}` is no rate between 50 and 4000000"))?);
            }
            ("parity", "none") => line.parity = Some(Parity::None),
            ("parity", "even") => line.parity = Some(Parity::Even),
            ("parity", "odd") => line.parity = Some(Parity::Odd),
            ("parity", _) => return Err(format!("parity `{value}` is none of none, even, odd")),
            ("stop", "1") => line.stop_bits = Some(1),
            ("stop", "2") => line.stop_bits = Some(2),
            ("stop", _) => return Err(format!("stop `{value}` is neither 1 nor 2")),
            ("data", "7") => line.data_bits = Some(7),
            ("data", "8") => line.data_bits = Some(8),
            ("data", _) => return Err(format!("data `{value}` is neither 7 nor 8")),
            ("rs485", "rts-high") => line.rs485 = Some(Rs485::RtsHigh),
            ("rs485", "rts-low") => line.rs485 = Some(Rs485::RtsLow),
            ("rs485", _) => return Err(format!("rs485 `{value}` is neither rts-high nor rts-low")),
            _ => return Err(format!("`{key}` is none of baud, parity, stop, data, rs485")),
        }
    }
    Ok(line)
}

/// Splits `host:port/path`; the host may be an IPv6 address in brackets.
fn network(rest: &str, default_port: u16) -> Result<(String, u16, String), String> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let after_host = match authority.strip_prefix('[') {
        Some(v6) => v6.find(']').map(|end| end + 2).ok_or("the bracket of the IPv6 address is not closed")?,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(after_host);
    let port = match port.strip_prefix(':') {
        Some(port) => {
            port.parse().ok().filter(|&port| port > 0).ok_or_else(|| format!("`{port}` is no TCP port"))?
        }
        None if port.is_empty() => default_port,
        None => return Err(format!("`{port}` behind the host is not understood")),
    };
    if host.is_empty() || host.contains(['@', ' ', '?', '#']) {
        return Err("the host is missing or has a character that hosts can't have".into());
    }
    Ok((host.to_owned(), port, path.trim_end_matches('/').to_owned()))
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |reason: String| AddressError { text: text.to_owned(), reason };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            refuse("write the protocol first, for example modbus+tcp://10.0.0.5:502".into())
        })?;
        let without_path = |default_port| {
            let (host, port, path) = network(rest, default_port)?;
            if path.is_empty() {
                Ok((host, port))
            } else {
                Err(format!("`{path}` behind the port is not understood"))
            }
        };
        let parsed = match scheme {
            "modbus+tcp" => without_path(502).map(|(host, port)| Address::ModbusTcp { host, port }),
            "modbus+rtu-tcp" => without_path(502).map(|(host, port)| Address::ModbusRtuTcp { host, port }),
            "modbus+tls" => without_path(802).map(|(host, port)| Address::ModbusTls { host, port }),
            "modbus+rtu" => serial_line(rest).map(Address::ModbusRtu),
            "modbus+ascii" => serial_line(rest).map(Address::ModbusAscii),
            "http" => network(rest, 80).map(|(host, port, path)| Address::Http { host, port, path }),
            "https" => network(rest, 8663).map(|(host, port, path)| Address::Https { host, port, path }),
            _ => Err(format!(
                "`{scheme}` is none of modbus+tcp, modbus+rtu, modbus+rtu-tcp, modbus+ascii, modbus+tls, https, http"
            )),
        };
        parsed.map_err(refuse)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, line) = match self {
            Address::ModbusTcp { host, port } => return write!(out, "modbus+tcp://{host}:{port}"),
            Address::ModbusRtuTcp { host, port } => return write!(out, "modbus+rtu-tcp://{host}:{port}"),
            Address::ModbusTls { host, port } => return write!(out, "modbus+tls://{host}:{port}"),
            Address::Http { host, port, path } => return write!(out, "http://{host}:{port}{path}"),
            Address::Https { host, port, path } => return write!(out, "https://{host}:{port}{path}"),
            Address::ModbusRtu(line) => ("modbus+rtu", line),
            Address::ModbusAscii(line) => ("modbus+ascii", line),
        };
        write!(out, "{scheme}://{}", line.path)?;
        let parity = line.parity.map(|parity| match parity {
            Parity::None => "none",
            Parity::Even => "even",
            Parity::Odd => "odd",
        });
        let settings = [
            line.baud.map(|baud| format!("baud={baud}")),
            parity.map(|parity| format!("parity={parity}")),
            line.stop_bits.map(|stop| format!("stop={stop}")),
            line.data_bits.map(|data| format!("data={data}")),
            line.rs485.map(|rs485| match rs485 {
                Rs485::RtsHigh => "rs485=rts-high".into(),
                Rs485::RtsLow => "rs485=rts-low".into(),
            }),
        ];
        for (index, setting) in settings.into_iter().flatten().enumerate() {
            write!(out, "{}{setting}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "device-address",
            "description": "Where the device is reached: modbus+tcp://host:port, modbus+rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1, \
                            modbus+rtu-tcp://host:port, modbus+ascii:///dev/ttyUSB0, modbus+tls://host:port, https://host:port, http://host:port.",
            "pattern": "^(modbus\\+(tcp|rtu|rtu-tcp|ascii|tls)|https?)://.+$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_a_round_trip() {
        for text in [
            "modbus+tcp://127.0.0.1:5021",
            "modbus+rtu-tcp://gateway:4001",
            "modbus+tls://[::1]:802",
            "modbus+rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1",
            "modbus+ascii:///dev/ttyS0?data=7",
            "modbus+rtu:///dev/ttyS1?baud=57600&stop=2&rs485=rts-high",
            "https://esp-1.local:8663/node",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("modbus+tcp://meter".parse::<Address>().unwrap().host_port(), Some(("meter", 502)));
        assert_eq!("https://esp".parse::<Address>().unwrap().host_port(), Some(("esp", 8663)));
    }

    #[test]
    fn wrong_addresses_say_what_is_wrong() {
        for (text, word) in [
            ("10.0.0.5", "protocol first"),
            ("modbus://10.0.0.5", "none of"),
            ("modbus+tcp://:502", "host"),
            ("modbus+tcp://a:70000", "TCP port"),
            ("modbus+tcp://a:502/x", "not understood"),
            ("modbus+tcp://[::1", "bracket"),
            ("modbus+rtu://ttyUSB0", "path"),
            ("modbus+rtu:///dev/ttyUSB0?parity=odds", "parity"),
            ("modbus+rtu:///dev/ttyUSB0?stop=3", "stop"),
            ("modbus+ascii:///dev/ttyUSB0?data=6", "data"),
            ("modbus+rtu:///dev/ttyUSB0?rs485=yes", "rts-high"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
