//! Edits of the list of scrape jobs in a file: a job is added, changed or taken out; all else stays as its owner wrote it.

use crate::document::{self, Edit, EditError, Node, Source, Step, Value, edited};

/// Where the jobs are in a file of Prometheus.
const JOBS: &str = "scrape_configs";

/// Why a job can't be edited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JobError {
    /// A job of this name is there.
    #[error("there is a job `{0}` already")]
    IsThere(String),
    /// No job of this name is there.
    #[error("there is no job `{0}`")]
    Missing(String),
    /// Several jobs have this name, and it is not said which one is meant.
    #[error("there are {} jobs `{name}`", lines.len())]
    Several {
        /// The name.
        name: String,
        /// The lines in which they begin, from 1.
        lines: Vec<usize>,
    },
    /// The file is written in a way that can't be edited in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Says whether there is a job of this name.
pub fn is_there(source: &Source, name: &str) -> bool {
    jobs(source).iter().any(|job| job_name(source, job) == Some(name))
}

/// Returns the place in the list of the only job of a name.
fn place(source: &Source, name: &str) -> Result<usize, JobError> {
    let named = jobs(source).iter().enumerate().filter(|(_, job)| job_name(source, job) == Some(name));
    match named.collect::<Vec<_>>().as_slice() {
        [] => Err(JobError::Missing(name.to_owned())),
        [(index, _)] => Ok(*index),
        several => {
            let line = |job: &Node| {
                let before = source.text().get(..job.span.start).unwrap_or_default();
                before.matches('\n').count() + 1
            };
            let lines = several.iter().map(|(_, job)| line(job)).collect();
            Err(JobError::Several { name: name.to_owned(), lines })
        }
    }
}

fn jobs(source: &Source) -> &[Node] {
    source.root().entry(JOBS).map_or(&[], |entry| entry.value.elements())
}

/// Returns the name of a job; one that looks like a number is a name all the same.
fn job_name<'a>(source: &'a Source, job: &'a Node) -> Option<&'a str> {
    let value = &job.entry("job_name")?.value;
    value.text().or_else(|| source.text().get(value.span.start..value.span.end))
}

/// Returns the names of all jobs.
pub fn names(source: &Source) -> Vec<&str> {
    jobs(source).iter().filter_map(|job| job_name(source, job)).collect()
}

/// Returns a job's value.
///
/// # Errors
/// When there is no such job, or more than one.
pub fn job(source: &Source, name: &str) -> Result<Value, JobError> {
    let index = place(source, name)?;
    jobs(source).get(index).map(Value::from).ok_or_else(|| JobError::Missing(name.to_owned()))
}

/// Returns the text of a file with a job added behind all others. A text without anything in it begins with the job.
///
/// # Errors
/// When the name is taken, or the list can't be edited in place.
pub fn with_job(
    file: &str,
    text: &str,
    source: Option<&Source>,
    name: &str,
    job: Value,
) -> Result<Source, JobError> {
    let Some(source) = source else {
        return begun(file, text, job);
    };
    if is_there(source, name) {
        return Err(JobError::IsThere(name.to_owned()));
    }
    Ok(edited(source, &[Step::Key(JOBS), Step::At(jobs(source).len())], &Edit::Insert(job))?)
}

/// Only comments, or nothing at all: they stay on top.
fn begun(file: &str, text: &str, job: Value) -> Result<Source, JobError> {
    Ok(document::begun(file, text, &Value::map([(JOBS, Value::List(vec![job]))]))?)
}

/// Returns the text with a job changed to a value.
///
/// # Errors
/// When there is no such job or more than one, or it can't be edited in place.
pub fn with_changed(source: &Source, name: &str, job: Value) -> Result<Source, JobError> {
    let index = place(source, name)?;
    Ok(edited(source, &[Step::Key(JOBS), Step::At(index)], &Edit::Set(job))?)
}

/// Returns the text without a job, and without the comment directly above it.
///
/// # Errors
/// When there is no such job or more than one, or it can't be edited in place.
pub fn without(source: &Source, name: &str) -> Result<Source, JobError> {
    let index = place(source, name)?;
    Ok(edited(source, &[Step::Key(JOBS), Step::At(index)], &Edit::Remove)?)
}

/// Returns the lines of a job as a text of its own, without its indentation, for an editor.
///
/// # Errors
/// When there is no such job or more than one, or it stands in brackets.
pub fn job_text(source: &Source, name: &str) -> Result<String, JobError> {
    let index = place(source, name)?;
    Ok(document::element_text(source, &[Step::Key(JOBS), Step::At(index)])?)
}

/// Returns the line of the file on which the lines of a job begin, with the comment above it, from 1.
///
/// # Errors
/// When there is no such job, or it stands in brackets.
pub fn first_line(source: &Source, name: &str) -> Result<usize, JobError> {
    let index = place(source, name)?;
    let span = document::element_span(source, &[Step::Key(JOBS), Step::At(index)])?;
    Ok(source.text().get(..span.start).unwrap_or_default().matches('\n').count() + 1)
}

/// Returns the text with the lines of a job replaced by those that came back from an editor.
///
/// # Errors
/// When there is no such job or more than one, or the new lines are not one job.
pub fn with_job_text(source: &Source, name: &str, lines: &str) -> Result<Source, JobError> {
    let index = place(source, name)?;
    let edit = Edit::Lines(lines.to_owned());
    Ok(edited(source, &[Step::Key(JOBS), Step::At(index)], &edit)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn source(text: &str) -> Source {
        Draft::read("p.yml", text).source.unwrap()
    }

    #[test]
    fn jobs_are_found_by_name_and_edited_in_place() {
        let text = "scrape_configs:\n  # one\n  - job_name: a\n  - job_name: 12 # two\n";
        let from = source(text);
        assert_eq!(names(&from), ["a", "12"]);
        let new = Value::map([("job_name", Value::from("b"))]);
        let more = with_job("p.yml", text, Some(&from), "b", new.clone()).unwrap();
        assert_eq!(more.text(), format!("{text}  - job_name: b\n"));
        let twice = with_job("p.yml", text, Some(&from), "12", new.clone()).unwrap_err();
        assert_eq!(twice, JobError::IsThere("12".into()));
        assert_eq!(without(&from, "a").unwrap().text(), "scrape_configs:\n  - job_name: 12 # two\n");
        assert_eq!(without(&from, "c").unwrap_err(), JobError::Missing("c".into()));
        assert_eq!(
            with_job("p.yml", "# mine\n", None, "b", new).unwrap().text(),
            "# mine\nscrape_configs:\n  - job_name: b\n"
        );
    }

    #[test]
    fn one_of_two_jobs_of_a_name_is_not_guessed() {
        let from = source("scrape_configs:\n- job_name: a\n\n- job_name: b\n- job_name: 'a'\n");
        let several = JobError::Several { name: "a".into(), lines: vec![2, 5] };
        let job = Value::map([("job_name", Value::from("a"))]);
        assert_eq!(super::job(&from, "a").unwrap_err(), several);
        assert_eq!(with_changed(&from, "a", job.clone()).unwrap_err(), several);
        assert_eq!(without(&from, "a").unwrap_err(), several);
        assert_eq!(job_text(&from, "a").unwrap_err(), several);
        assert_eq!(with_job_text(&from, "a", "- job_name: c\n").unwrap_err(), several);
        assert_eq!(
            with_job("p.yml", from.text(), Some(&from), "a", job).unwrap_err(),
            JobError::IsThere("a".into())
        );
        assert!(super::job(&from, "b").is_ok() && is_there(&from, "a") && !is_there(&from, "c"));
    }

    #[test]
    fn a_job_goes_to_an_editor_and_comes_back() {
        let text =
            "scrape_configs:\n  # one\n  - job_name: a\n    # why\n    scheme: http\n\n  - job_name: b\n";
        let from = source(text);
        let lines = job_text(&from, "a").unwrap();
        assert_eq!(lines, "# one\n- job_name: a\n  # why\n  scheme: http\n");
        assert_eq!([first_line(&from, "a"), first_line(&from, "b")], [Ok(2), Ok(7)]);
        assert_eq!(with_job_text(&from, "a", &lines).unwrap().text(), text);
        let changed = lines.replace("http", "https # now");
        assert_eq!(with_job_text(&from, "a", &changed).unwrap().text(), text.replace("http", "https # now"));
        for wrong in
            ["", "- job_name: a\n- job_name: c\n", "job_name: a\n", "- [a\n", "- job_name: a\nx: 1\n"]
        {
            assert!(with_job_text(&from, "a", wrong).is_err(), "{wrong}");
        }
        let shared = source("scrape_configs:\n  - job_name: a\n    x: &x 1\n  - job_name: b\n    x: *x\n");
        for (name, lines, reason) in [
            ("a", "- job_name: a\n  x: 1\n", "`*x` elsewhere needs an anchor in it"),
            ("a", "- job_name: a\n  x: &x 1\n  y: *y\n", "`*y` names nothing"),
            ("b", "- job_name: b\n  x: *long-name\n", "`*long-name` names nothing"),
        ] {
            let error = with_job_text(&shared, name, lines).unwrap_err().to_string();
            assert!(error.ends_with(reason), "{error}");
        }
    }
}
