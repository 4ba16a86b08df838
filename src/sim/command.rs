//! What a person or a script may tell a running simulation, a line each: `base main 30 30 30`, `fault ev3 silent`. This file reads
//! the words; [`SimHandle`](super::SimHandle) does what they say.

use std::time::Duration;

use super::car::CarSpec;
use crate::site::{Amps, PerPhase};

/// How a device misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Takes requests and never answers.
    Silent,
    /// Answers so much later.
    Slow(Duration),
    /// Does what is asked at once and answers so much later, while it takes other requests (HTTP: as slow).
    Late(Duration),
    /// Resets the connection at every request.
    Reset,
    /// Closes the connection in order at every request (HTTP: as a reset).
    Close,
    /// Answers every request with an exception (HTTP: 500).
    Exception,
    /// Answers with bytes that are no answer.
    Garbage,
    /// Acknowledges writes and does not obey them.
    IgnoreWrites,
    /// Shows what was so when this began (HTTP: behaves).
    Stale,
    /// Answers another request than was asked (HTTP: as garbage).
    WrongTransaction,
    /// Sends half of its answer (HTTP: as garbage).
    Truncated,
    /// Answers with a wrong checksum where there is one (HTTP: behaves).
    BadChecksum,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Holds a base load, or lets it go.
    Base {
        /// Circuit.
        circuit: String,
        /// Amperes per phase; `None`: goes its own way.
        amps: Option<PerPhase<Amps>>,
    },
    /// Holds a solar input, or lets it go.
    Sun {
        /// Solar input.
        solar: String,
        /// Amperes per phase; `None`: goes its own way.
        amps: Option<Amps>,
    },
    /// Plugs a car in.
    Plug {
        /// Charger.
        charger: String,
        /// The car.
        car: CarSpec,
    },
    /// Unplugs the car.
    Unplug {
        /// Charger.
        charger: String,
    },
    /// Gives a station a fault, or takes it away.
    Pilot {
        /// Charger.
        charger: String,
        /// Fault or not.
        fault: bool,
    },
    /// Stops cars from coming by themselves.
    NoMoreCars,
    /// Makes a device misbehave, or behave again.
    Fault {
        /// Device.
        device: String,
        /// How; `None`: not any more.
        fault: Option<Fault>,
    },
    /// Puts a breaker into a position.
    Breaker {
        /// Breaker, or circuit.
        name: String,
        /// Position.
        position: super::Position,
    },
    /// Sets smoke.
    Smoke {
        /// Cabinet.
        cabinet: String,
        /// Smoke or not.
        smoke: bool,
    },
    /// Holds a temperature.
    Temperature {
        /// Cabinet.
        cabinet: String,
        /// In °C.
        celsius: f64,
    },
    /// Lets the witnesses begin anew.
    Mark,
    /// Asks for the ground truth.
    Truth,
}

/// Why a line is no command, or can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such command.
    #[error(
        "`{0}` is no command; there are base, sun, plug, unplug, pilot, cars, fault, trip, open, close, smoke, temperature, mark, truth"
    )]
    Unknown(String),
    /// Something is missing or too much.
    #[error("`{command}` takes: {takes}")]
    Arguments {
        /// The command.
        command: &'static str,
        /// What it takes.
        takes: &'static str,
    },
    /// No number where one must be, or one out of range.
    #[error("`{0}` is no number that fits here")]
    Number(String),
    /// A word that is not understood.
    #[error("`{word}` is none of {known}")]
    Word {
        /// The word.
        word: String,
        /// What could stand there.
        known: &'static str,
    },
    /// The site has no such thing.
    #[error("the site has no {what} named `{name}`")]
    NoSuch {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

const BASE: &str = "CIRCUIT AMPS [AMPS AMPS], or CIRCUIT auto";
const PLUG: &str = "CHARGER [kwh=20] [max=16] [phases=3] [delay=1] [ramp=8] [share=1] [stay=SECONDS]";
const FAULTS: &str = "silent, slow MS, late MS, reset, close, exception, garbage, ignore-writes, stale, wrong-transaction, truncated, \
                      bad-checksum, none";

fn number(word: &str, least: f64, most: f64) -> Result<f64, CommandError> {
    let value = word.parse().ok().filter(|value| (least..=most).contains(value));
    value.ok_or_else(|| CommandError::Number(word.to_owned()))
}

fn switch(word: &str, known: &'static str) -> Result<bool, CommandError> {
    let (yes, no) = known.split_once(", ").unwrap_or((known, ""));
    match word {
        _ if word == yes => Ok(true),
        _ if word == no => Ok(false),
        _ => Err(CommandError::Word { word: word.to_owned(), known }),
    }
}

fn amps(word: &str) -> Result<Amps, CommandError> {
    number(word, 0.0, 100_000.0).map(Amps)
}

impl Command {
    /// Reads a line; an empty one and one that begins with `#` say nothing.
    ///
    /// # Errors
    /// When the line is not understood; says what could stand there.
    pub fn parse(line: &str) -> Result<Option<Command>, CommandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((&command, rest)) = words.split_first().filter(|(word, _)| !word.starts_with('#')) else {
            return Ok(None);
        };
        let parsed = match command {
            "base" => base(rest)?,
            "sun" => match rest {
                [solar, "auto"] => Command::Sun { solar: (*solar).to_owned(), amps: None },
                [solar, word] => Command::Sun { solar: (*solar).to_owned(), amps: Some(amps(word)?) },
                _ => {
                    return Err(CommandError::Arguments { command: "sun", takes: "NAME AMPS, or NAME auto" });
                }
            },
            "plug" => plug(rest)?,
            "unplug" => Command::Unplug { charger: one(rest, "unplug", "CHARGER")? },
            "pilot" => {
                let (charger, word) = two(rest, "pilot", "CHARGER fault|ok")?;
                Command::Pilot { charger, fault: switch(word, "fault, ok")? }
            }
            "cars" if rest == ["off"] => Command::NoMoreCars,
            "cars" => return Err(CommandError::Arguments { command: "cars", takes: "off" }),
            "fault" => fault(rest)?,
            "trip" => breaker(rest, "trip", super::Position::Tripped)?,
            "open" => breaker(rest, "open", super::Position::Off)?,
            "close" => breaker(rest, "close", super::Position::On)?,
            "smoke" => {
                let (cabinet, word) = two(rest, "smoke", "CABINET on|off")?;
                Command::Smoke { cabinet, smoke: switch(word, "on, off")? }
            }
            "temperature" => {
                let (cabinet, word) = two(rest, "temperature", "CABINET CELSIUS")?;
                Command::Temperature { cabinet, celsius: number(word, -100.0, 1000.0)? }
            }
            "mark" => Command::Mark,
            "truth" => Command::Truth,
            _ => return Err(CommandError::Unknown(command.to_owned())),
        };
        Ok(Some(parsed))
    }
}

fn one(rest: &[&str], command: &'static str, takes: &'static str) -> Result<String, CommandError> {
    let [word] = rest else { return Err(CommandError::Arguments { command, takes }) };
    Ok((*word).to_owned())
}

fn two<'a>(
    rest: &[&'a str],
    command: &'static str,
    takes: &'static str,
) -> Result<(String, &'a str), CommandError> {
    let [name, word] = rest else { return Err(CommandError::Arguments { command, takes }) };
    Ok(((*name).to_owned(), *word))
}

fn breaker(rest: &[&str], command: &'static str, position: super::Position) -> Result<Command, CommandError> {
    Ok(Command::Breaker { name: one(rest, command, "NAME of a breaker or a circuit")?, position })
}

fn base(rest: &[&str]) -> Result<Command, CommandError> {
    let (circuit, held) = match rest {
        [circuit, "auto"] => (circuit, None),
        [circuit, all] => (circuit, Some(PerPhase::all(amps(all)?))),
        [circuit, l1, l2, l3] => (circuit, Some(PerPhase { l1: amps(l1)?, l2: amps(l2)?, l3: amps(l3)? })),
        _ => return Err(CommandError::Arguments { command: "base", takes: BASE }),
    };
    Ok(Command::Base { circuit: (*circuit).to_owned(), amps: held })
}

fn plug(rest: &[&str]) -> Result<Command, CommandError> {
    let refuse = CommandError::Arguments { command: "plug", takes: PLUG };
    let Some((charger, settings)) = rest.split_first() else { return Err(refuse) };
    let mut car = CarSpec::default();
    for setting in settings {
        let Some((key, value)) = setting.split_once('=') else { return Err(refuse) };
        match key {
            "kwh" => car.energy_kwh = number(value, 0.0, 1e9)?,
            "max" => car.max = Amps(number(value, 0.0, 1000.0)?),
            "phases" => car.phases = number(value, 1.0, 3.0)? as u8,
            "delay" => car.delay_ms = (number(value, 0.0, 5.0)? * 1000.0) as u64,
            "ramp" => car.ramp = number(value, 0.1, 1e9)?,
            "share" => car.share = number(value, 0.0, 1.0)?,
            "stay" => car.stay_s = Some(number(value, 0.0, 1e9)?),
            _ => {
                return Err(CommandError::Word {
                    word: key.to_owned(),
                    known: "kwh, max, phases, delay, ramp, share, stay",
                });
            }
        }
    }
    Ok(Command::Plug { charger: (*charger).to_owned(), car })
}

fn milliseconds(word: &str) -> Result<Duration, CommandError> {
    number(word, 0.0, 600_000.0).map(|ms| Duration::from_millis(ms as u64))
}

fn fault(rest: &[&str]) -> Result<Command, CommandError> {
    let refuse = || CommandError::Arguments {
        command: "fault",
        takes: "DEVICE and one of silent, slow MS, late MS, reset, close, exception, garbage, ignore-writes, stale, \
                wrong-transaction, truncated, bad-checksum, none",
    };
    let (&device, how) = rest.split_first().ok_or_else(refuse)?;
    let fault = match how {
        ["none"] => None,
        ["silent"] => Some(Fault::Silent),
        ["slow", ms] => Some(Fault::Slow(milliseconds(ms)?)),
        ["late", ms] => Some(Fault::Late(milliseconds(ms)?)),
        ["reset"] => Some(Fault::Reset),
        ["close"] => Some(Fault::Close),
        ["exception"] => Some(Fault::Exception),
        ["garbage"] => Some(Fault::Garbage),
        ["ignore-writes"] => Some(Fault::IgnoreWrites),
        ["stale"] => Some(Fault::Stale),
        ["wrong-transaction"] => Some(Fault::WrongTransaction),
        ["truncated"] => Some(Fault::Truncated),
        ["bad-checksum"] => Some(Fault::BadChecksum),
        [word] => return Err(CommandError::Word { word: (*word).to_owned(), known: FAULTS }),
        _ => return Err(refuse()),
    };
    Ok(Command::Fault { device: device.to_owned(), fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Position;

    fn parsed(line: &str) -> Command {
        Command::parse(line).unwrap().unwrap()
    }

    #[test]
    fn lines_are_understood() {
        assert_eq!(
            parsed("base main 30 20 10.5"),
            Command::Base {
                circuit: "main".into(),
                amps: Some(PerPhase { l1: Amps(30.0), l2: Amps(20.0), l3: Amps(10.5) })
            }
        );
        assert_eq!(
            parsed("  base main 30 "),
            Command::Base { circuit: "main".into(), amps: Some(PerPhase::all(Amps(30.0))) }
        );
        assert_eq!(parsed("base main auto"), Command::Base { circuit: "main".into(), amps: None });
        assert_eq!(
            parsed("fault ev3 slow 250"),
            Command::Fault { device: "ev3".into(), fault: Some(Fault::Slow(Duration::from_millis(250))) }
        );
        assert_eq!(
            parsed("fault ev3 late 1500"),
            Command::Fault { device: "ev3".into(), fault: Some(Fault::Late(Duration::from_millis(1500))) }
        );
        assert_eq!(parsed("fault ev3 none"), Command::Fault { device: "ev3".into(), fault: None });
        assert_eq!(parsed("trip q1"), Command::Breaker { name: "q1".into(), position: Position::Tripped });
        assert_eq!(parsed("smoke cab on"), Command::Smoke { cabinet: "cab".into(), smoke: true });
        let Command::Plug { charger, car } = parsed("plug ev3 kwh=7.5 max=10 phases=1 delay=2.5 stay=60")
        else {
            panic!("plug")
        };
        assert_eq!((charger.as_str(), car.energy_kwh, car.max, car.phases), ("ev3", 7.5, Amps(10.0), 1));
        assert_eq!((car.delay_ms, car.stay_s), (2_500, Some(60.0)));
        assert_eq!(Command::parse("").unwrap(), None);
        assert_eq!(Command::parse("# a remark").unwrap(), None);
    }

    #[test]
    fn other_lines_say_what_could_stand_there() {
        for (line, word) in [
            ("bass main 3", "no command"),
            ("base main", "CIRCUIT AMPS"),
            ("base main x", "`x` is no number"),
            ("base main NaN", "no number"),
            ("base main -3", "no number"),
            ("plug", "CHARGER"),
            ("plug ev1 volts=3", "kwh, max"),
            ("plug ev1 phases=4", "no number"),
            ("fault ev1 dizzy", "none of silent"),
            ("fault ev1", "DEVICE and one of"),
            ("smoke cab maybe", "on, off"),
            ("cars on", "takes: off"),
        ] {
            let error = Command::parse(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
