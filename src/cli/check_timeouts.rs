//! What `enmon check` shows of the time-outs: what each circuit may carry until its chargers have fallen back.

use std::io::{self, Write};

use crate::site::{Loss, Proof, TimeoutProof, Verdict};
use crate::ui::{Cell, Column, Table, Tone};

/// Most rows that are shown; the worst come first.
const MOST_ROWS: usize = 24;

/// Renders the time-outs: for each loss and circuit its worst phase.
pub(super) fn render(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let mut worst: Vec<&TimeoutProof> = Vec::new();
    for timeout in &proof.timeouts {
        match worst.iter_mut().find(|known| known.loss == timeout.loss && known.circuit == timeout.circuit) {
            Some(known) if (known.verdict, known.worst) < (timeout.verdict, timeout.worst) => {
                *known = timeout
            }
            Some(_) => {}
            None => worst.push(timeout),
        }
    }
    if worst.len() > MOST_ROWS {
        worst.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(b.worst.total_cmp(&a.worst)));
        worst.truncate(MOST_ROWS);
    }
    if worst.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        Column::text("when gone"),
        Column::text("circuit"),
        Column::text("phase"),
        Column::number("limit", "A"),
        Column::number("worst", "A"),
        Column::text("back after"),
        Column::text("breaker"),
    ]);
    for timeout in worst {
        let back = match timeout.falls_back {
            Some(after) if after.as_millis() == 0 => "at once".to_owned(),
            Some(after) => after.to_string(),
            None => "never".to_owned(),
        };
        table.row([
            Cell::new(lost(timeout)),
            Cell::new(&timeout.circuit),
            Cell::new(timeout.phase),
            Cell::number(timeout.limit, 1),
            Cell::number(timeout.worst, 1),
            Cell::new(back),
            breaker(timeout),
        ]);
    }
    writeln!(out)?;
    table.render(out)
}

fn lost(timeout: &TimeoutProof) -> String {
    match timeout.loss {
        Loss::Controller => "controller".to_owned(),
        Loss::Bus => format!("bus {}", timeout.of),
        Loss::Meter => format!("meter {}", timeout.of),
    }
}

fn breaker(timeout: &TimeoutProof) -> Cell {
    let words = timeout.trips.words().unwrap_or_default();
    match timeout.verdict {
        Verdict::WithinLimit | Verdict::Holds => Cell::new("holds").tone(Tone::Good),
        Verdict::MayOpen => Cell::new(words).tone(Tone::Warning),
        Verdict::Opens => Cell::new(words).tone(Tone::Bad),
        Verdict::OverLimit => Cell::new("over the limit, no breaker stated").tone(Tone::Warning),
    }
}
