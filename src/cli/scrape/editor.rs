//! Lines of a file in a person's editor: opened again with the mistakes above them as long as there are some and the person goes on, and
//! kept in a file when it ends without success.

use std::io;

use super::config_file::refusal;
use super::place::shell_word;
use crate::cli::Context;
use crate::document::{Finding, with_mistakes, without_mistakes};
use crate::error::{Error, Kind, Result};
use crate::fsio::EditorFile;

/// What became of lines that were typed.
pub(in crate::cli) enum Attempt {
    /// They are written, or shown.
    Done,
    /// They can't be written as they are.
    Mistaken(Mistakes),
}

/// What is wrong with lines that were typed.
pub(in crate::cli) struct Mistakes {
    /// As the terminal shows it.
    pub(in crate::cli) error: Error,
    pub(in crate::cli) findings: Vec<Finding>,
    /// On which line of the text that the findings are about the typed lines begin, from 1.
    pub(in crate::cli) first_line: usize,
}

/// Makes the mistakes of a text that was typed as a whole.
pub(in crate::cli) fn mistakes(name: &str, typed: &str, findings: Vec<Finding>) -> Mistakes {
    let error = refusal(name, typed, &findings).hint("nothing was written");
    Mistakes { error, findings, first_line: 1 }
}

/// Has a person edit lines until `attempt` takes them. Says whether they were changed; if not, nothing was attempted.
///
/// # Errors
/// When it ends without success: the editor has failed, there are mistakes and nobody goes on, or `attempt` has failed in another way.
/// What was typed is kept then, and the error says where.
pub(in crate::cli) fn edit_lines(
    lines: &str,
    context: &Context,
    attempt: impl FnMut(&str) -> Result<Attempt>,
) -> Result<bool> {
    let file = EditorFile::new("job.yml").map_err(|error| editor_failed(&error))?;
    let mut typed = Some(lines.to_owned());
    let outcome = in_rounds(&file, &mut typed, context, attempt);
    match (outcome, typed) {
        (Err(error), Some(typed)) if is_same(&typed, lines) => Err(error),
        (Err(error), typed) => Err(kept(file, typed.as_deref(), error)),
        (done, _) => done,
    }
}

/// `typed`: the lines as they were given, then as they were saved; `None` when that was no text.
fn in_rounds(
    file: &EditorFile,
    typed: &mut Option<String>,
    context: &Context,
    mut attempt: impl FnMut(&str) -> Result<Attempt>,
) -> Result<bool> {
    let lines = typed.clone().unwrap_or_default();
    let mut before = lines.clone();
    let mut mistakes: Option<Mistakes> = None;
    loop {
        let offered = match &mistakes {
            Some(mistakes) => with_mistakes(&before, &mistakes.findings, mistakes.first_line),
            None => before.clone(),
        };
        let ended = file.edit(&offered);
        // an editor that has failed may have saved something all the same
        let saved = file.text().map(|text| match mistakes {
            Some(_) => without_mistakes(&text, &before),
            None => text,
        });
        *typed = saved.as_ref().ok().cloned();
        ended.map_err(|error| editor_failed(&error))?;
        let saved = saved.map_err(|error| {
            Error::from_source(Kind::Failed, "what the editor has saved can't be read", &error)
                .hint("nothing was written")
        })?;
        if is_same(&saved, &lines) {
            return Ok(false);
        }
        if mistakes.is_some() && is_same(&saved, &before) {
            return Err(given_up("it was saved with the same mistakes"));
        }
        let Attempt::Mistaken(found) = attempt(&saved)? else { return Ok(true) };
        if !context.ui.can_ask() {
            return Err(found.error);
        }
        context.ui.error(&found.error);
        if !context.ui.offer("Go on editing?")? {
            return Err(given_up("it has mistakes"));
        }
        before = saved;
        mistakes = Some(found);
    }
}

/// A last line without its end is the same line.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end() == other.trim_end()
}

/// The mistakes themselves have been shown.
fn given_up(why: &str) -> Error {
    Error::new(Kind::Invalid, format!("nothing was written: {why}"))
}

fn editor_failed(error: &io::Error) -> Error {
    Error::from_source(Kind::Failed, "the editor has failed", error)
}

/// Keeps what was typed, and says where.
fn kept(file: EditorFile, typed: Option<&str>, error: Error) -> Error {
    match (file.keep(typed), typed) {
        (Ok(path), _) => {
            let path = path.display().to_string();
            error.hint(format!("what you wrote is kept; look at it: cat {}", shell_word(&path)))
        }
        // better on the screen than nowhere
        (Err(failure), Some(typed)) => error
            .cause(format!("what you wrote can't be kept: {failure}"))
            .hint(format!("this is what you wrote:\n{typed}")),
        (Err(failure), None) => error.cause(format!("what you wrote can't be kept: {failure}")),
    }
}
