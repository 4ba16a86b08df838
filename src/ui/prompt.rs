//! Questions to the person at the terminal. A script is never asked: it gets an error that names `--yes`.

use std::io::BufRead;

use crate::error::{Error, Kind, Result};

/// Decides what to do about a question: answered by `--yes`, not askable, or answered by the line that `input` gives.
///
/// # Errors
/// [`Kind::Usage`] when nobody can be asked; [`Kind::Failed`] when the answer can't be read.
pub(super) fn decide(
    question: &str,
    assume_yes: bool,
    on_terminal: bool,
    input: &mut dyn BufRead,
    ask: &mut dyn FnMut(&str),
) -> Result<bool> {
    if assume_yes {
        return Ok(true);
    }
    if !on_terminal {
        return Err(Error::new(Kind::Usage, format!("nobody can be asked here: {question}"))
            .cause("stdin and stderr are not both a terminal")
            .hint("say --yes to go ahead without being asked"));
    }
    answered(question, false, input, ask)
}

/// Decides whether to go on with what the person was at; yes is the usual answer. Where nobody can be asked, it is no.
///
/// # Errors
/// [`Kind::Failed`] when the answer can't be read.
pub(super) fn offer(
    question: &str,
    assume_yes: bool,
    on_terminal: bool,
    input: &mut dyn BufRead,
    ask: &mut dyn FnMut(&str),
) -> Result<bool> {
    if !on_terminal || assume_yes {
        return Ok(on_terminal);
    }
    answered(question, true, input, ask)
}

/// Asks until there is an answer. An empty line is the usual one; the end of the input is no.
fn answered(question: &str, usual: bool, input: &mut dyn BufRead, ask: &mut dyn FnMut(&str)) -> Result<bool> {
    let choice = if usual { "[Y/n]" } else { "[y/N]" };
    loop {
        ask(&format!("{question} {choice} "));
        let mut answer = String::new();
        let length = input
            .read_line(&mut answer)
            .map_err(|error| Error::from_source(Kind::Failed, "the answer can't be read", &error))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            "" => return Ok(usual && length > 0),
            _ => ask("Please answer y or n.\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &str, assume_yes: bool, on_terminal: bool) -> (Result<bool>, String) {
        let mut said = String::new();
        let outcome =
            decide("Open breaker q1?", assume_yes, on_terminal, &mut typed.as_bytes(), &mut |text| {
                said.push_str(text);
            });
        (outcome, said)
    }

    #[test]
    fn the_answer_counts() {
        for (typed, expected) in
            [("y\n", true), ("YES\n", true), ("n\n", false), ("\n", false), ("", false), ("what\ny\n", true)]
        {
            let (outcome, said) = answer(typed, false, true);
            assert_eq!(outcome.unwrap(), expected, "{typed:?}");
            assert!(said.starts_with("Open breaker q1? [y/N] "));
        }
    }

    #[test]
    fn an_offer_is_taken_unless_it_is_declined() {
        for (typed, assume_yes, on_terminal, expected, asked) in [
            ("\n", false, true, true, true),
            ("y\n", false, true, true, true),
            ("n\n", false, true, false, true),
            ("", false, true, false, true),
            ("what\nno\n", false, true, false, true),
            ("n\n", true, true, true, false),
            ("y\n", false, false, false, false),
            ("y\n", true, false, false, false),
        ] {
            let mut said = String::new();
            let outcome = offer("Go on?", assume_yes, on_terminal, &mut typed.as_bytes(), &mut |text| {
                said.push_str(text);
            });
            assert_eq!(outcome.unwrap(), expected, "{typed:?} {assume_yes} {on_terminal}");
            assert_eq!(said.starts_with("Go on? [Y/n] "), asked, "{typed:?} {assume_yes} {on_terminal}");
        }
    }

    #[test]
    fn yes_is_never_asked() {
        let (outcome, said) = answer("n\n", true, false);
        assert!(outcome.unwrap());
        assert_eq!(said, "");
    }

    #[test]
    fn off_a_terminal_it_is_a_usage_error_that_names_the_flag() {
        let (outcome, said) = answer("y\n", false, false);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.hints[0].contains("--yes"));
        assert_eq!(said, "");
    }
}
