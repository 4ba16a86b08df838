//! A real Prometheus in a folder of its own, until it is dropped.
#![allow(dead_code, reason = "each test file uses a part")]

use std::ops::Deref;
use std::time::Instant;

#[path = "../served/mod.rs"]
mod served;

use served::Served;
#[allow(unused_imports, reason = "not every test file starts another program")]
pub use served::program;

/// A running Prometheus.
pub struct Prometheus {
    server: Served,
}

impl Deref for Prometheus {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.server
    }
}

impl Prometheus {
    /// Starts one with a configuration, and waits until it is ready.
    pub fn start(configuration: &str) -> Self {
        Self::start_with(configuration, &["--web.enable-lifecycle"])
    }

    /// Starts one with more flags.
    pub fn start_with(configuration: &str, flags: &[&str]) -> Self {
        let flags = [&["--storage.tsdb.path=data", "--log.level=warn"], flags].concat();
        Prometheus { server: Served::start("prometheus", "prometheus.yml", configuration, &flags) }
    }

    /// Waits until something is so.
    pub fn wait(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            self.server.wait_on(begin, what);
        }
    }

    /// Returns what the server goes by.
    pub fn configuration(&self) -> String {
        let (_, body) = self.get("/api/v1/status/config");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        json["data"]["yaml"].as_str().unwrap().to_owned()
    }

    /// Returns the health of a job's targets.
    pub fn health(&self, job: &str) -> Vec<String> {
        let (_, body) = self.get("/api/v1/targets?state=active");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let targets = json["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
        let ours = targets.iter().filter(|target| target["scrapePool"] == job);
        ours.map(|target| target["health"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
