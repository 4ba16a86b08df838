//! The real controller as a process, and what it says of itself.

use std::fs;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use enmon::control::{ChargerStatus, SiteStatus};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::home::Home;
use super::{DEADLINE, look_for};

/// A running `enmon control run`, killed when it is dropped.
pub struct Controller<'a> {
    home: &'a Home,
    child: Child,
    api: Api,
}

/// The control server of a controller.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    url: String,
}

impl<'a> Controller<'a> {
    /// Starts a controller in the foreground and waits until it has decided for the first time.
    pub async fn start(home: &'a Home) -> Controller<'a> {
        Controller::start_with(home, &[]).await
    }

    /// The same with more flags.
    pub async fn start_with(home: &'a Home, more: &[&str]) -> Controller<'a> {
        let log = fs::OpenOptions::new().append(true).create(true).open(home.path().join("run.log")).unwrap();
        let mut command = home.command(&[&["control", "run", "-v"], more].concat());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        // from here on it is ended, whatever happens
        let mut controller = Controller { home, child, api: Api::at(String::new()) };
        let pid = controller.child.id();
        let found = look_for(async || {
            if let Ok(Some(status)) = controller.child.try_wait() {
                panic!("the controller ended with {status}: {}", home.log());
            }
            Api::of(home, pid).await
        })
        .await;
        controller.api = found.unwrap_or_else(|| panic!("the controller is not ready: {}", home.log()));
        controller
    }

    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Waits until its status fulfils a condition.
    pub async fn until(&self, what: &str, condition: impl Fn(&SiteStatus) -> bool) -> SiteStatus {
        match self.api.until(condition).await {
            Ok(status) => status,
            Err(last) => panic!("not within {DEADLINE:?}: {what}\n{last}\nlog:\n{}", self.home.log()),
        }
    }

    pub async fn status(&self) -> SiteStatus {
        self.until("a status", |_| true).await
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, and returns how it ended and how long that took.
    pub async fn ended(mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        let status = look_for(async || self.child.try_wait().unwrap()).await;
        (status.unwrap_or_else(|| panic!("it does not end: {}", self.home.log())), asked.elapsed())
    }
}

impl Drop for Controller<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Api {
    fn at(url: String) -> Api {
        enmon::runtime::tls::install_provider();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
        Api { client, url }
    }

    /// Returns the control server of the controller with this process id, if it is ready.
    pub async fn of(home: &Home, pid: u32) -> Option<Api> {
        let facts: Value = serde_json::from_slice(&fs::read(home.state("runtime.json")).ok()?).ok()?;
        if facts["pid"] != pid {
            return None;
        }
        let api = Api::at(facts["api"].as_str()?.to_owned());
        let ready = api.client.get(format!("{}/readyz", api.url)).send().await.ok()?;
        ready.status().is_success().then_some(api)
    }

    async fn status(&self) -> Option<SiteStatus> {
        let answer = self.client.get(format!("{}/api/v1/status", self.url)).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Waits until the status fulfils a condition, or returns the chargers as they were at the last.
    pub async fn until(&self, condition: impl Fn(&SiteStatus) -> bool) -> Result<SiteStatus, String> {
        let last = std::cell::RefCell::new(None);
        let found = look_for(async || {
            let status = self.status().await?;
            if condition(&status) {
                return Some(status);
            }
            last.replace(Some(status));
            None
        })
        .await;
        found.ok_or_else(|| {
            last.take().map_or("no status at all".into(), |status| {
                let chargers = status.chargers.iter().map(|charger| format!("{charger:?}\n"));
                format!("{}{:?}\n{:?}", chargers.collect::<String>(), status.alarms, status.controller)
            })
        })
    }
}

/// Returns a charger's status.
pub fn charger<'a>(status: &'a SiteStatus, name: &str) -> &'a ChargerStatus {
    status.chargers.iter().find(|charger| charger.name == name).unwrap()
}

/// Returns the limits of all chargers.
pub fn setpoints(status: &SiteStatus) -> Vec<f64> {
    status.chargers.iter().map(|charger| charger.setpoint).collect()
}

/// Says whether there is an alarm of this kind about this subject.
pub fn alarms(status: &SiteStatus, subject: &str, code: &str) -> bool {
    status.alarms.iter().any(|alarm| alarm.subject == subject && alarm.code == code)
}
