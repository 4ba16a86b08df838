//! A real Alertmanager in a folder of its own, until it is dropped.

use std::ops::Deref;
use std::time::Instant;

#[path = "../served/mod.rs"]
mod served;

use served::Served;
pub use served::program;

/// A running Alertmanager.
pub struct Alertmanager {
    server: Served,
}

impl Deref for Alertmanager {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.server
    }
}

impl Alertmanager {
    /// Starts one with a configuration, and waits until it is ready.
    pub fn start(configuration: &str) -> Self {
        let flags = ["--storage.path=data", "--cluster.listen-address="];
        let server = Served::start("prometheus-alertmanager", "alertmanager.yml", configuration, &flags);
        Alertmanager { server }
    }

    /// Waits until something is so.
    pub fn wait(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            self.server.wait_on(begin, what);
        }
    }

    /// Tells it alerts, as Prometheus does.
    pub fn alert(&self, alerts: &serde_json::Value) {
        let (status, said) = self.post("/api/v2/alerts", &alerts.to_string());
        assert_eq!(status, 200, "{said}");
    }

    /// Returns what the server goes by.
    pub fn configuration(&self) -> String {
        let (_, body) = self.get("/api/v2/status");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        json["config"]["original"].as_str().unwrap().to_owned()
    }

    /// Says whether its last reload was successful.
    pub fn is_content(&self) -> bool {
        self.get("/metrics").1.contains("\nalertmanager_config_last_reload_successful 1\n")
    }
}
