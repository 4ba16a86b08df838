//! How a simulated device behaves: as it should, or in one of the ways in which real ones go wrong.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::modbus::Exception;
use crate::site::Period;

/// How a device behaves. What has no meaning on its way (a serial line has no connection to end) is silence there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Normal,
    /// Takes requests and never answers; nothing that is written has an effect.
    Silent,
    /// Does what is asked after this time, and answers then; whoever shares the connection waits.
    Slow(Duration),
    /// Does what is asked at once and answers after this time; meanwhile it takes the next request.
    Late(Duration),
    /// Ends the connection with a reset instead of answering.
    Reset,
    /// Ends the connection in order instead of answering.
    Close,
    /// Refuses everything.
    Exception(Exception),
    /// Answers with bytes that are no frame.
    Garbage,
    /// Answers as if it had written, and does not.
    IgnoreWrites,
    /// Answers with the values that it had when this began; what is written is kept, and not shown.
    Stale,
    /// Answers another request: with the transaction before on TCP, as another unit elsewhere.
    WrongTransaction,
    /// Sends the first half of its answer.
    Truncated,
    /// Answers with a wrong CRC or LRC. TCP frames have none, and stay as they are.
    BadChecksum,
}

/// The words for [`Behaviour`], as an error shows them.
const WORDS: &str = "normal, drop, delay TIME, late TIME, reset, close, exception CODE, garbage, ignore-writes, stale, \
                     wrong-transaction, truncated, bad-checksum";

/// Why a text is no [`Behaviour`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BehaviourError {
    /// No such word.
    #[error("`{0}` is none of {WORDS}")]
    Unknown(String),
    /// What belongs to the word is missing, too much or wrong.
    #[error("`{word}` takes {takes}")]
    Argument {
        /// The word.
        word: &'static str,
        /// What it takes.
        takes: &'static str,
    },
}

impl FromStr for Behaviour {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, BehaviourError> {
        let words: Vec<&str> = text.split([' ', '\t', '=']).filter(|word| !word.is_empty()).collect();
        let time = |word: &'static str, given: &str| {
            let period: Option<Period> = given.parse().ok();
            period
                .map(|period| period.0)
                .ok_or(BehaviourError::Argument { word, takes: "a time, such as 300ms" })
        };
        let code = |given: &str| {
            let code = given.parse().ok().filter(|code| (1..=127).contains(code));
            code.map(Exception::from_code)
                .ok_or(BehaviourError::Argument { word: "exception", takes: "a code from 1 to 127" })
        };
        match *words.as_slice() {
            ["normal"] => Ok(Behaviour::Normal),
            ["drop"] => Ok(Behaviour::Silent),
            ["delay", given] => Ok(Behaviour::Slow(time("delay", given)?)),
            ["late", given] => Ok(Behaviour::Late(time("late", given)?)),
            ["delay"] => time("delay", "").map(Behaviour::Slow),
            ["late"] => time("late", "").map(Behaviour::Late),
            ["reset"] => Ok(Behaviour::Reset),
            ["close"] => Ok(Behaviour::Close),
            ["exception", given] => code(given).map(Behaviour::Exception),
            ["exception"] => code("").map(Behaviour::Exception),
            ["garbage"] => Ok(Behaviour::Garbage),
            ["ignore-writes"] => Ok(Behaviour::IgnoreWrites),
            ["stale"] => Ok(Behaviour::Stale),
            ["wrong-transaction"] => Ok(Behaviour::WrongTransaction),
            ["truncated"] => Ok(Behaviour::Truncated),
            ["bad-checksum"] => Ok(Behaviour::BadChecksum),
            _ => Err(BehaviourError::Unknown(text.trim().to_owned())),
        }
    }
}

impl fmt::Display for Behaviour {
    /// Writes it as it is read.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Behaviour::Slow(time) => return write!(out, "delay {}ms", time.as_millis()),
            Behaviour::Late(time) => return write!(out, "late {}ms", time.as_millis()),
            Behaviour::Exception(exception) => return write!(out, "exception {}", exception.code()),
            Behaviour::Normal => "normal",
            Behaviour::Silent => "drop",
            Behaviour::Reset => "reset",
            Behaviour::Close => "close",
            Behaviour::Garbage => "garbage",
            Behaviour::IgnoreWrites => "ignore-writes",
            Behaviour::Stale => "stale",
            Behaviour::WrongTransaction => "wrong-transaction",
            Behaviour::Truncated => "truncated",
            Behaviour::BadChecksum => "bad-checksum",
        };
        out.write_str(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_is_read_as_it_is_written() {
        for text in [
            "normal",
            "drop",
            "delay 300ms",
            "late 1500ms",
            "reset",
            "close",
            "exception 2",
            "garbage",
            "ignore-writes",
            "stale",
            "wrong-transaction",
            "truncated",
            "bad-checksum",
        ] {
            assert_eq!(text.parse::<Behaviour>().unwrap().to_string(), text);
        }
        assert_eq!("delay=1s".parse(), Ok(Behaviour::Slow(Duration::from_secs(1))));
    }

    #[test]
    fn other_words_say_what_could_stand_there() {
        for (text, word) in [
            ("dizzy", "wrong-transaction"),
            ("", "none of"),
            ("delay", "a time"),
            ("late soon", "a time"),
            ("exception 0", "1 to 127"),
            ("exception 300", "1 to 127"),
            ("drop 3", "none of"),
        ] {
            let error = text.parse::<Behaviour>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
