//! The report of `enmon modbus scan`.

use std::io::{self, Write};

use serde::Serialize;

use crate::modbus::scan::{FoundRegisters, FoundRun, FoundUnit, Guess, ScanFindings, ScanPlan, ScanTask};
use crate::profile::Table as RegisterTable;
use crate::site::Address;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Unit ids of devices on a serial line, 1 to 247 (MODBUS over Serial Line V1.02, 2.2).
const MOST_UNITS: usize = 247;
/// So many reasons of a guess are shown to people.
const MOST_REASONS: usize = 3;
/// So many words of a range are shown to people.
const MOST_WORDS: usize = 8;

/// What a scan has found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanReport {
    api_version: &'static str,
    kind: &'static str,
    address: Address,
    #[serde(flatten)]
    findings: ScanFindings,
    /// Units were looked for, and not all that there may be.
    #[serde(skip)]
    may_be_elsewhere: bool,
}

impl ScanReport {
    pub(super) fn new(plan: &ScanPlan, findings: ScanFindings) -> ScanReport {
        let may_be_elsewhere = matches!(&plan.task, ScanTask::Units { units } if units.len() < MOST_UNITS);
        let address = plan.address.clone();
        ScanReport { api_version: "enmon/v1", kind: "ModbusScan", address, findings, may_be_elsewhere }
    }
}

impl Report for ScanReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let units = &self.findings.units;
        if units.is_empty() {
            writeln!(out, "{}: no unit answered ({} requests)", self.address, self.findings.requests)?;
            if self.may_be_elsewhere {
                writeln!(
                    out,
                    "It may have another unit id: --units 1-20 looks for these, --all for every one"
                )?;
            }
        }
        for (index, unit) in units.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            render_unit(unit, out)?;
        }
        for note in &self.findings.notes {
            writeln!(out, "\n{note}")?;
        }
        Ok(())
    }
}

/// Says why in a few words; JSON and YAML have all of them.
fn reasons(guess: &Guess) -> String {
    let more = if guess.why.len() > MOST_REASONS { " …" } else { "" };
    guess.why.iter().take(MOST_REASONS).map(String::as_str).collect::<Vec<_>>().join("; ") + more
}

fn render_unit(unit: &FoundUnit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "unit {}, answers {}", unit.unit, unit.answered)?;
    if !unit.identification.is_empty() {
        writeln!(out, "says that it is: {}", unit.identification.join(", "))?;
    }
    if let Some(sunspec) = &unit.sunspec {
        let models: Vec<String> =
            sunspec.models.iter().map(|model| format!("{} at {}", model.id, model.address)).collect();
        writeln!(out, "SunSpec at {}: models {}", sunspec.base, models.join(", "))?;
        if let Some(broken) = &sunspec.broken {
            writeln!(out, "SunSpec: the chain of models makes no sense: {broken}")?;
        }
    }
    match (unit.registers.is_empty(), unit.guesses.is_empty()) {
        (true, true) => writeln!(
            out,
            "no profile fits; look for its registers with --unit {} --registers holding:0-2000",
            unit.unit
        ),
        (true, false) => render_guesses(&unit.guesses, out),
        (false, _) => render_registers(&unit.registers, out),
    }
}

fn render_guesses(guesses: &[Guess], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new([
        Column::text("profile"),
        Column::text("device"),
        Column::count("score"),
        Column::text("why"),
    ]);
    for (index, guess) in guesses.iter().enumerate() {
        let tone = match index {
            0 if guess.identified => Tone::Good,
            0 => Tone::Plain,
            _ => Tone::Faint,
        };
        table.row([
            Cell::new(&guess.profile).tone(tone),
            Cell::new(format!("{} {}", guess.vendor, guess.model)),
            Cell::number(guess.score, 2),
            Cell::new(reasons(guess)),
        ]);
    }
    table.render(out)
}

fn render_registers(tables: &[FoundRegisters], out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Table::new([
        Column::text("table"),
        Column::text("registers"),
        Column::count("count"),
        Column::text("values"),
        Column::text("text"),
    ]);
    for found in tables {
        for run in &found.ranges {
            let last = usize::from(run.address) + run.count.saturating_sub(1);
            rows.row([
                Cell::new(name(found.table)),
                Cell::new(format!("{}-{last} ({:#06X}-{last:#06X})", run.address, run.address)),
                Cell::new(run.count),
                Cell::new(values(found.table, run)),
                Cell::new(text(found.table, run)),
            ]);
        }
    }
    if !rows.is_empty() {
        rows.render(out)?;
    }
    for found in tables {
        let range = format!("{} {}-{}", name(found.table), found.first, found.last);
        if !found.supported {
            writeln!(out, "{range}: the device does not know the function that reads them")?;
        } else if found.ranges.is_empty() {
            writeln!(out, "{range}: none answers")?;
        }
        if let Some(longest) = found.longest_read {
            writeln!(out, "{range}: it takes no read of more than {longest}")?;
        }
    }
    Ok(())
}

fn name(table: RegisterTable) -> &'static str {
    match table {
        RegisterTable::Coil => "coil",
        RegisterTable::Discrete => "discrete",
        RegisterTable::Holding => "holding",
        RegisterTable::Input => "input",
    }
}

fn is_bits(table: RegisterTable) -> bool {
    matches!(table, RegisterTable::Coil | RegisterTable::Discrete)
}

fn values(table: RegisterTable, run: &FoundRun) -> String {
    let most = if is_bits(table) { 4 * MOST_WORDS } else { MOST_WORDS };
    let words = run.words.iter().take(most);
    let shown: Vec<String> = if is_bits(table) {
        vec![words.map(u16::to_string).collect()]
    } else {
        words.map(|word| format!("{word:04X}")).collect()
    };
    let more = if run.words.len() > most { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}

/// Texts are what tells a device best: shows those that stand in registers, four characters or longer.
fn text(table: RegisterTable, run: &FoundRun) -> String {
    if is_bits(table) {
        return String::new();
    }
    let bytes: Vec<u8> = run.words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let texts: Vec<String> = bytes
        .split(|byte| !byte.is_ascii_graphic() && *byte != b' ')
        .map(|part| String::from_utf8_lossy(part).trim().to_owned())
        .filter(|part| part.chars().count() >= 4)
        .take(4)
        .collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_the_first_values_and_the_texts_in_them() {
        let run = FoundRun { address: 3, count: 5, words: vec![0x4B43, 0x2D50, 0x3330, 0, 7] };
        assert_eq!(values(RegisterTable::Holding, &run), "4B43 2D50 3330 0000 0007");
        assert_eq!(text(RegisterTable::Holding, &run), "KC-P30");
        let run = FoundRun { address: 0, count: 40, words: vec![1; 40] };
        assert_eq!(values(RegisterTable::Coil, &run), format!("{} …", "1".repeat(32)));
        assert_eq!(text(RegisterTable::Coil, &run), "");
    }
}
