//! The log: plain lines or JSON, times in RFC 3339 UTC, on stderr or at the end of a file. What must stay secret never gets here: tokens are
//! not part of any value that is logged.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Mutex;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, time::SystemTime};

use crate::fsio;

/// Form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// An object for programs, one a line.
    Json,
}

/// Where the log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// stderr; a daemon's stderr is its log file.
    Stderr,
    /// The end of this file, made with mode 0640.
    File(PathBuf),
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// How often `-v` was given.
    pub verbose: u8,
    /// Was `-q` given?
    pub quiet: bool,
    /// Form.
    pub format: LogFormat,
    /// Place.
    pub target: LogTarget,
}

/// Sets up logging for the rest of the process's life; a second call changes nothing. `ENMON_LOG` (`debug`, `enmon::plant=trace`, …) is
/// stronger than `-v` and `-q`.
///
/// # Errors
/// When the log file can't be opened.
pub fn init_logging(settings: &LogSettings) -> Result<(), fsio::FileError> {
    let wish = fsio::env("ENMON_LOG");
    let filter = wish
        .as_deref()
        .and_then(|wish| EnvFilter::try_new(wish).ok())
        .unwrap_or_else(|| EnvFilter::new(default_filter(settings.verbose, settings.quiet)));
    let outcome = match &settings.target {
        LogTarget::Stderr => {
            let color = io::stderr().is_terminal() && fsio::env("NO_COLOR").is_none();
            tracing::subscriber::set_global_default(subscriber(settings.format, filter, color, io::stderr))
        }
        LogTarget::File(path) => {
            let file = Mutex::new(fsio::open_append(path, 0o640)?);
            tracing::subscriber::set_global_default(subscriber(settings.format, filter, false, file))
        }
    };
    if outcome.is_err() {
        tracing::debug!("logging was set up before");
    }
    Ok(())
}

/// Returns what is logged without `ENMON_LOG`: libraries stay quieter than enmon itself. The client of Kubernetes tells of each request that
/// fails, and so do those who asked.
fn default_filter(verbose: u8, quiet: bool) -> &'static str {
    match (quiet, verbose) {
        (true, _) => "error,kube_client=off",
        (false, 0) => "warn,enmon=info,kube_client=off",
        (false, 1) => "info,enmon=debug,kube_client=off",
        (false, _) => "debug,enmon=trace",
    }
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    color: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(color)
        .with_timer(SystemTime)
        .with_writer(writer);
    match format {
        LogFormat::Text => Box::new(builder.with_target(false).compact().finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).with_span_list(false).finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, talk: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(format, EnvFilter::new(filter), false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, talk);
        let text = kept.0.lock().unwrap().clone();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_line_has_a_utc_time_a_level_and_no_colour() {
        let text = logged(LogFormat::Text, default_filter(0, false), || {
            tracing::info!(charger = "ev1", "limit lowered");
            tracing::debug!("not now");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{text}");
        assert!(rest.contains("INFO") && rest.contains("limit lowered") && rest.contains("ev1"), "{text}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = logged(LogFormat::Json, default_filter(1, false), || tracing::debug!(n = 3, "many"));
        let object: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(object["message"], "many");
        assert_eq!(object["n"], 3);
        assert_eq!(object["level"], "DEBUG");
        assert!(object["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn quiet_keeps_errors_only() {
        let text = logged(LogFormat::Text, default_filter(0, true), || {
            tracing::warn!("a warning");
            tracing::error!("an error");
        });
        assert!(text.contains("an error") && !text.contains("a warning"), "{text}");
    }
}
