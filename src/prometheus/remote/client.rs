//! Remote read and remote write of a server, and what it says of what it takes.
//!
//! Source: Prometheus, "Remote Read API" and "Remote-Write 1.0": messages in snappy's block format over HTTP POST.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use snap::raw::{Decoder, Encoder, decompress_len};

use super::intake::Intake;
use super::settings;
use super::wire::{self, LabelMatcher, Series};
use crate::document::{Draft, Source};
use crate::prometheus::server::{Server, ServerError};

/// Largest answer to a read as it comes, in bytes.
const LARGEST_PACKED: usize = 64 * 1024 * 1024;
/// Largest answer to a read, unpacked, in bytes.
const LARGEST_UNPACKED: usize = 256 * 1024 * 1024;
/// Longest text of a refusal that is passed on, in characters.
const LONGEST_REASON: usize = 500;
/// What servers say when samples are of no use to them. Some say so with status 500 (2.42: "too old sample").
const OF_NO_USE: [&str; 4] = ["too old", "out of order", "out of bounds", "duplicate sample"];

/// What came of a read.
#[derive(Debug)]
pub(super) enum ReadAnswer {
    /// The series.
    Series(Vec<Series>),
    /// It is more than is taken at once.
    TooLarge,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WriteAnswer {
    /// All of it was taken.
    Taken,
    /// Something of it will never be taken.
    Refused(String),
    /// It may be taken later.
    Later(String),
}

impl Server {
    /// Reads the samples of series between two times, both included. The server adds its external labels.
    pub(super) async fn read_series(
        &self,
        from_ms: i64,
        until_ms: i64,
        matchers: &[LabelMatcher],
    ) -> Result<ReadAnswer, ServerError> {
        let message = wire::read_request(from_ms, until_ms, matchers);
        let request = self
            .request(Method::POST, "api/v1/read")
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Read-Version", "0.1.0")
            .body(self.packed(&message)?);
        let Some((status, body)) = self.send_within(request, LARGEST_PACKED).await? else {
            return Ok(ReadAnswer::TooLarge);
        };
        if !status.is_success() {
            let reason = reason(&body);
            if reason.contains("exceeded sample limit") {
                return Ok(ReadAnswer::TooLarge);
            }
            return Err(self.refused(status.as_u16(), reason));
        }
        let broken = |error: snap::Error| self.foreign(format!("its samples can't be unpacked: {error}"));
        if decompress_len(&body).map_err(broken)? > LARGEST_UNPACKED {
            return Ok(ReadAnswer::TooLarge);
        }
        let message = Decoder::new().decompress_vec(&body).map_err(broken)?;
        drop(body);
        wire::read_response(&message).map(ReadAnswer::Series).map_err(|error| self.foreign(error.to_string()))
    }

    /// Writes samples.
    pub(super) async fn write_series(&self, series: &[Series]) -> Result<WriteAnswer, ServerError> {
        let request = self
            .request(Method::POST, "api/v1/write")
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .body(self.packed(&wire::write_request(series))?);
        let Some((status, body)) = self.send_within(request, LARGEST_PACKED).await? else {
            return Err(self.foreign("its answer to a write is larger than 64 MiB"));
        };
        Ok(judged(status, &body))
    }

    /// Says whether it takes samples at all, by writing none.
    ///
    /// # Errors
    /// When it can't be asked. A server whose receiver is off answers with status 404.
    pub async fn takes_samples(&self) -> Result<bool, ServerError> {
        match self.write_series(&[]).await? {
            WriteAnswer::Taken => Ok(true),
            WriteAnswer::Refused(_) => Ok(false),
            WriteAnswer::Later(reason) => Err(self.refused(503, reason)),
        }
    }

    /// Returns the configuration that it goes by, read.
    ///
    /// # Errors
    /// When it can't be asked, or says something that is no configuration.
    pub async fn loaded_source(&self) -> Result<Source, ServerError> {
        let text = self.configuration().await?;
        let draft = Draft::read("configuration of the server", &text);
        draft.source.ok_or_else(|| self.foreign("its configuration can't be read"))
    }

    /// Returns what it takes.
    ///
    /// # Errors
    /// When it can't be asked.
    pub async fn intake(&self, loaded: &Source) -> Result<Intake, ServerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            head_stats: HeadStats,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct HeadStats {
            max_time: i64,
        }
        let newest = self.data::<Status>("api/v1/status/tsdb").await?.head_stats.max_time;
        Ok(Intake {
            // an empty one says the least number that there is
            newest_ms: (newest > 0).then_some(newest),
            window_ms: settings::out_of_order_window_ms(loaded),
        })
    }

    fn packed(&self, message: &[u8]) -> Result<Vec<u8>, ServerError> {
        Encoder::new()
            .compress_vec(message)
            .map_err(|error| self.foreign(format!("a request can't be packed: {error}")))
    }
}

fn reason(body: &[u8]) -> String {
    String::from_utf8_lossy(body).trim().chars().take(LONGEST_REASON).collect()
}

fn judged(status: StatusCode, body: &[u8]) -> WriteAnswer {
    let reason = || format!("HTTP status {}: {}", status.as_u16(), reason(body));
    if status.is_success() {
        return WriteAnswer::Taken;
    }
    let is_busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let text = String::from_utf8_lossy(body);
    if is_busy && !OF_NO_USE.iter().any(|word| text.contains(word)) {
        return WriteAnswer::Later(reason());
    }
    WriteAnswer::Refused(reason())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_writes_are_judged_by_status_and_words() {
        let of = |status: u16, body: &str| judged(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(of(204, ""), WriteAnswer::Taken);
        assert_eq!(of(200, "fine"), WriteAnswer::Taken);
        for (status, body) in [
            (400, "out of order sample\n"),
            (500, "too old sample\n"),
            (404, "remote write receiver needs to be enabled"),
            (401, ""),
        ] {
            assert!(matches!(of(status, body), WriteAnswer::Refused(_)), "{status}");
        }
        for (status, body) in [(500, "the log can't be written"), (503, ""), (429, "slower")] {
            assert!(matches!(of(status, body), WriteAnswer::Later(_)), "{status}");
        }
    }
}
