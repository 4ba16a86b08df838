//! `enmon control plan --jsonl`: plans for a program that knows stations, limits and cars, a line for each period.

use std::io::{self, BufRead, Write};

use clap::ValueEnum;

use crate::control::{PlanRule, Planner, PlannerError, Told};
use crate::error::{Error, Kind, Result};

/// Whom the plan prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyName {
    /// Nothing is known of cars: who has had the least goes first
    Fair,
    /// Energies and departures, guessed where they are not told
    Deadline,
}

impl PolicyName {
    fn rule(self) -> PlanRule {
        match self {
            PolicyName::Fair => PlanRule::Fair,
            PolicyName::Deadline => PlanRule::Deadline,
        }
    }
}

/// Answers until the end of the input, or `{"type":"end"}`.
pub(super) fn run(policy: PolicyName) -> Result<()> {
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut planner: Option<Planner> = None;
    for (line, text) in (1..).zip(input.lines()) {
        let unreadable = |error: io::Error| Error::from_source(Kind::Failed, "stdin can't be read", &error);
        let text = text.map_err(unreadable)?;
        if text.trim().is_empty() {
            continue;
        }
        let told = serde_json::from_str(&text).map_err(|error| {
            Error::from_source(Kind::Invalid, format!("line {line}: this can't be understood"), &error)
                .hint("the lines are described in docs/policies.md")
        })?;
        let wrong = |error: PlannerError| Error::new(Kind::Invalid, format!("line {line}: {error}"));
        match (told, &mut planner) {
            (Told::Init(garage), _) => planner = Some(Planner::new(garage, policy.rule()).map_err(wrong)?),
            (Told::Step { t, sessions }, Some(planner)) => {
                let limits = planner.step(t, &sessions).map_err(wrong)?;
                if !answer(&mut output, &limits)? {
                    return Ok(());
                }
            }
            (Told::Step { .. }, None) => {
                let message = format!("line {line}: a step before the stations are known");
                return Err(Error::new(Kind::Invalid, message).hint("the first line is of the type init"));
            }
            (Told::End, _) => return Ok(()),
        }
    }
    Ok(())
}

/// Writes an answer; `false` when nobody reads any more.
fn answer(output: &mut impl Write, limits: &crate::control::Limits) -> Result<bool> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Error::from_source(Kind::Failed, "stdout can't be written", error)
    };
    let mut text = serde_json::to_string(limits).map_err(|error| failed(&error))?;
    text.push('\n');
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}
