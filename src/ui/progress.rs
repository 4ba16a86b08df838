//! Progress of a longer job on stderr: a bar on a terminal, JSON lines for scripts, silence elsewhere.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// One progress line for scripts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressObject<'a> {
    api_version: &'static str,
    kind: &'static str,
    task: &'a str,
    done: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// Where progress goes.
enum Sink {
    Bar(ProgressBar),
    Lines(Box<dyn Write + Send>),
    Nowhere,
}

/// How far a job has come. Dropped before [`finish`](Progress::finish), a bar is cleared away.
pub struct Progress {
    sink: Sink,
    task: String,
    total: Option<u64>,
    done: u64,
}

impl Progress {
    /// A bar on stderr: a spinner where the total is not known.
    pub(super) fn bar(task: &str, total: Option<u64>) -> Self {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let template = match total {
            Some(_) => "{prefix:.bold} {bar:32.green/black.bright} {pos}/{len} {msg:.dim}",
            None => "{spinner:.green} {prefix:.bold} {msg:.dim}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(task.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Progress::new(Sink::Bar(bar), task, total)
    }

    /// JSON lines on stderr.
    pub(super) fn lines(task: &str, total: Option<u64>) -> Self {
        Progress::to_writer(task, total, Box::new(io::stderr()))
    }

    fn to_writer(task: &str, total: Option<u64>, out: Box<dyn Write + Send>) -> Self {
        let mut progress = Progress::new(Sink::Lines(out), task, total);
        progress.write_line(None);
        progress
    }

    /// Nothing at all.
    pub(super) fn silent(task: &str, total: Option<u64>) -> Self {
        Progress::new(Sink::Nowhere, task, total)
    }

    fn new(sink: Sink, task: &str, total: Option<u64>) -> Self {
        Progress { sink, task: task.to_owned(), total, done: 0 }
    }

    /// Counts `steps` as done. Scripts hear of every tenth of the whole, so that a long job does not flood them.
    pub fn advance(&mut self, steps: u64) {
        let before = self.tenth();
        self.done = self.done.saturating_add(steps);
        if let Sink::Bar(bar) = &self.sink {
            bar.inc(steps);
        }
        if self.tenth() != before {
            self.write_line(None);
        }
    }

    /// Says what is being done now.
    pub fn message(&mut self, text: &str) {
        if let Sink::Bar(bar) = &self.sink {
            bar.set_message(text.to_owned());
        }
        self.write_line(Some(text));
    }

    /// Ends with a last word.
    pub fn finish(mut self, text: &str) {
        if let Sink::Bar(bar) = &self.sink {
            bar.finish_and_clear();
        }
        self.write_line(Some(text));
    }

    fn tenth(&self) -> u64 {
        match self.total {
            Some(total) if total > 0 => self.done.saturating_mul(10) / total,
            _ => 0,
        }
    }

    fn write_line(&mut self, message: Option<&str>) {
        let Sink::Lines(out) = &mut self.sink else { return };
        let object = ProgressObject {
            api_version: "enmon/v1",
            kind: "Progress",
            task: &self.task,
            done: self.done,
            total: self.total,
            message,
        };
        if let Ok(mut line) = serde_json::to_vec(&object) {
            line.push(b'\n');
            // nobody is left to tell when stderr is gone
            let _ = out.write_all(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn scripts_hear_of_the_start_every_tenth_and_the_end() {
        let written = Written::default();
        let mut progress = Progress::to_writer("probe", Some(1000), Box::new(written.clone()));
        for _ in 0..1000 {
            progress.advance(1);
        }
        progress.finish("all devices answered");
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 12, "{text}");
        assert_eq!(lines[0]["done"], 0);
        assert_eq!(lines[10]["done"], 1000);
        assert_eq!(lines[11]["message"], "all devices answered");
        assert!(lines.iter().all(|line| line["kind"] == "Progress" && line["total"] == 1000));
    }
}
