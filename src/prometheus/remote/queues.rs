//! How far the queues of remote write are, from a server's own metrics.
//!
//! Source: Prometheus 2.42 to 3, `storage/remote/queue_manager.go`.

use crate::telemetry::exposition::Sample;

/// A queue to a second server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// Where it sends to.
    pub url: String,
    /// How much older the newest sample that was sent is than the newest one there is; none: nothing was sent yet.
    pub behind_seconds: Option<f64>,
    /// Samples that wait.
    pub pending: f64,
    /// Connections that it uses, and would like to use.
    pub shards: f64,
    /// Connections that it would like to use.
    pub shards_desired: f64,
    /// Samples that were refused for good, since the server's start.
    pub failed: f64,
    /// Samples that were left out, since the server's start.
    pub dropped: f64,
    /// Samples that were sent again, since the server's start.
    pub retried: f64,
}

/// Returns the queues of a server, in the order of its metrics.
pub fn queues(samples: &[Sample]) -> Vec<Queue> {
    const PREFIX: &str = "prometheus_remote_storage_";
    let newest = samples
        .iter()
        .find(|sample| sample.name == "prometheus_remote_storage_highest_timestamp_in_seconds")
        .map(|sample| sample.value);
    let mut queues: Vec<Queue> = Vec::new();
    for sample in samples {
        let (Some(name), Some(url)) = (sample.name.strip_prefix(PREFIX), sample.label("url")) else {
            continue;
        };
        let index = queues.iter().position(|queue| queue.url == url).unwrap_or_else(|| {
            queues.push(Queue { url: url.to_owned(), ..Queue::default() });
            queues.len() - 1
        });
        let queue = &mut queues[index];
        match name {
            "queue_highest_sent_timestamp_seconds" => {
                // 0: nothing was sent yet
                let sent = Some(sample.value).filter(|sent| *sent > 0.0);
                queue.behind_seconds = newest.zip(sent).map(|(newest, sent)| (newest - sent).max(0.0));
            }
            "samples_pending" => queue.pending = sample.value,
            "shards" => queue.shards = sample.value,
            "shards_desired" => queue.shards_desired = sample.value,
            "samples_failed_total" => queue.failed = sample.value,
            "samples_dropped_total" => queue.dropped += sample.value,
            "samples_retried_total" => queue.retried = sample.value,
            _ => {}
        }
    }
    queues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::exposition::parse;

    #[test]
    fn queues_are_told_apart_by_their_address() {
        let text = "prometheus_remote_storage_highest_timestamp_in_seconds 1000\n\
            prometheus_remote_storage_queue_highest_sent_timestamp_seconds{remote_name=\"x\",url=\"http://b\"} 940\n\
            prometheus_remote_storage_shards{remote_name=\"x\",url=\"http://b\"} 2\n\
            prometheus_remote_storage_samples_failed_total{remote_name=\"x\",url=\"http://b\"} 7\n\
            prometheus_remote_storage_queue_highest_sent_timestamp_seconds{remote_name=\"y\",url=\"http://c\"} 0\n\
            prometheus_remote_storage_samples_pending{remote_name=\"y\",url=\"http://c\"} 12\n";
        let b = Queue {
            url: "http://b".into(),
            behind_seconds: Some(60.0),
            shards: 2.0,
            failed: 7.0,
            ..Queue::default()
        };
        let c = Queue { url: "http://c".into(), pending: 12.0, ..Queue::default() };
        assert_eq!(queues(&parse(text).unwrap()), [b, c]);
        assert_eq!(queues(&parse("up 1\n").unwrap()), []);
    }
}
