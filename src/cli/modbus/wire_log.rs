//! `--raw`: the bytes on the wire, kept until they are shown.

use std::sync::mpsc::{Receiver, channel};

use serde::Serialize;

use crate::modbus::{Client, Direction, Framing, annotate};
use crate::ui::Ui;

/// Bytes that went one way at a time.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRecord {
    /// `sent` or `received`.
    direction: &'static str,
    fields: Vec<WireField>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireField {
    /// In hexadecimal.
    bytes: String,
    meaning: String,
}

/// Collects what goes over the wire, if it was asked for.
pub(super) struct WireLog {
    log: Option<Receiver<(Direction, Vec<u8>)>>,
    framing: Framing,
}

impl WireLog {
    pub(super) fn attach(wanted: bool, client: &mut Client) -> Self {
        let framing = client.framing();
        if !wanted {
            return WireLog { log: None, framing };
        }
        let (tap, log) = channel();
        client.on_wire(Box::new(move |direction, bytes| {
            // nobody looks any more when the command has ended
            let _ = tap.send((direction, bytes.to_vec()));
        }));
        WireLog { log: Some(log), framing }
    }

    /// Takes what has come since the last time; nothing without `--raw`.
    pub(super) fn take(&self) -> Option<Vec<WireRecord>> {
        let record = |(direction, bytes): (Direction, Vec<u8>)| WireRecord {
            direction: if direction == Direction::Out { "sent" } else { "received" },
            fields: annotate(self.framing, direction, &bytes)
                .into_iter()
                .map(|field| WireField { bytes: field.bytes, meaning: field.meaning })
                .collect(),
        };
        self.log.as_ref().map(|log| log.try_iter().map(record).collect())
    }

    /// Shows on stderr what has come since the last time.
    pub(super) fn show(&self, ui: &Ui) {
        for record in self.take().unwrap_or_default() {
            ui.say(&format!("{}:", record.direction));
            for field in record.fields {
                ui.say(&format!("  {:<11}  {}", field.bytes, field.meaning));
            }
        }
    }
}
