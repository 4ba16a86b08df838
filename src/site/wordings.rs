//! How kinds of text that the site knows are told, where a file of any kind has them.

use super::{Address, Period};
use crate::document::Wording;

/// The texts with a parser of their own: addresses of devices, and lengths of time.
pub const WORDINGS: &[Wording] = &[
    Wording {
        format: "device-address",
        wanted: "a device address such as modbus+tcp://10.0.0.5:502",
        refusal: |text| text.parse::<Address>().err().map(|error| error.to_string()),
    },
    Wording {
        format: "period",
        wanted: "a duration such as 500ms, 15s or 1m30s",
        refusal: |text| text.parse::<Period>().err().map(|error| error.to_string()),
    },
];
