//! A site's status and a scripted controller behind a real control server, for the tests of the server and its clients.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use enmon::control::*;
use enmon::server::{self, Secret, ServerError, ServerSettings};
use enmon::site::{Amps, Period, Phase};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the controller was told: a charger, and an order.
type Taken = Arc<Mutex<Vec<(String, Order)>>>;

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// When the decision of [`status`] was made.
pub const AT: u64 = 1_790_000_000_000;

/// A charger's name may have anything in it.
pub const ODD_NAME: &str = "row 1/ev ä%\"2";

fn charger(name: &str, phases: &[Phase]) -> ChargerStatus {
    ChargerStatus {
        name: name.to_owned(),
        circuit: "row-1".to_owned(),
        phases: phases.to_vec(),
        state: Some(ChargerState::Charging),
        age_ms: Some(200),
        offered: Some(16.0),
        drawn: Some(vec![15.5, 15.25, 15.0]),
        setpoint: 16.0,
        reason_code: "limited".to_owned(),
        target: 0.0,
        reason: "limited by row-1 L2: 40 A, 3 chargers share".to_owned(),
        order: None,
        needs: None,
        fault: None,
        max: 32.0,
    }
}

/// A 40 A breaker that carries 60 A on L1.
fn breaker_twin() -> BreakerTwinStatus {
    let pole = |phase, current, measured, heat, trips_after, trips_within| BreakerPhaseStatus {
        phase,
        current,
        measured,
        heat,
        trips_after,
        trips_within,
    };
    BreakerTwinStatus {
        rating: 40.0,
        curve: "C".to_owned(),
        assumed: false,
        wear: 0.0125,
        overload_seconds: 90.0,
        phases: vec![
            pole(Phase::L1, 60.0, true, 0.75, Some(2.5), Some(700.0)),
            pole(Phase::L2, 48.0, true, 0.25, Some(9.5), None),
            pole(Phase::L3, 20.5, false, 0.1, None, None),
        ],
    }
}

fn circuit(name: &str, parent: Option<&str>, limit: f64) -> CircuitStatus {
    let phase = |phase, measured| CircuitPhaseStatus {
        phase,
        limit,
        measured,
        drawn: 15.5,
        other: 4.5,
        offered: 16.0,
        headroom: limit - 20.5,
    };
    CircuitStatus {
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        depth: usize::from(parent.is_some()),
        meter_unknown: false,
        phases: vec![phase(Phase::L1, Some(20.0)), phase(Phase::L2, Some(20.0)), phase(Phase::L3, None)],
        breaker: (name == "row-1").then(breaker_twin),
    }
}

/// A site with one device of each kind, an odd one, a silent one and a late one.
pub fn status() -> SiteStatus {
    let rotated = ChargerStatus {
        drawn: Some(vec![1.0, 2.0, 3.0]),
        ..charger("ev1", &[Phase::L2, Phase::L3, Phase::L1])
    };
    let single = ChargerStatus { drawn: Some(vec![9.0, 0.0, 0.0]), ..charger(ODD_NAME, &[Phase::L3]) };
    let silent = ChargerStatus {
        state: None,
        age_ms: None,
        offered: None,
        drawn: None,
        setpoint: 6.0,
        fault: Some("127.0.0.1:5033 unit 1: no answer within 1s".to_owned()),
        ..charger("silent", &Phase::ALL)
    };
    let late = ChargerStatus { age_ms: Some(60_000), ..charger("late", &Phase::ALL) };
    SiteStatus {
        api_version: "enmon/v1".to_owned(),
        kind: "SiteStatus".to_owned(),
        site: "garage".to_owned(),
        at: AT,
        controller: ControllerStatus {
            state: RunState::Running,
            version: "0.1.0".to_owned(),
            started_at: AT - 60_000,
            cycles: 60,
            step_ms: 0.25,
            observe_ms: 12.5,
            write_ms: Some(20.0),
            reaction_ms: Some(45.5),
            late_cycles: 1,
            reloads: 2,
            reload_error: None,
            journal_error: None,
            lease: Some(LeaseStatus {
                role: LeaseRole::Leading,
                holder: Some("garage-1-0a1b2c".to_owned()),
                api: Some("http://127.0.0.1:8080".to_owned()),
                generation: Some(3),
                since: AT - 60_000,
                error: None,
            }),
        },
        circuits: vec![circuit("main", None, 63.0), circuit("row-1", Some("main"), 40.0)],
        chargers: vec![rotated, single, silent, late],
        meters: vec![MeterStatus {
            name: "main-meter".to_owned(),
            age_ms: Some(100),
            known: true,
            currents: vec![Some(20.0), Some(20.5), None],
            power: Some(-4_600.0),
            fault: None,
        }],
        breakers: vec![
            BreakerStatus {
                name: "q1".to_owned(),
                circuit: Some("main".to_owned()),
                age_ms: Some(150),
                state: Some(BreakerState::On),
                currents: vec![Some(20.0), Some(20.0), Some(20.0)],
                fault_signal: false,
                overload: true,
                fault: None,
            },
            BreakerStatus {
                name: "q2".to_owned(),
                circuit: None,
                age_ms: None,
                state: None,
                currents: vec![None, None, None],
                fault_signal: false,
                overload: false,
                fault: None,
            },
        ],
        loads: vec![LoadStatus {
            name: "heater".to_owned(),
            circuit: "main".to_owned(),
            breaker: "q2".to_owned(),
            state: LoadState::Cut,
            cut_since: Some(AT - 90_000),
        }],
        cabinets: vec![CabinetStatus {
            name: "k1".to_owned(),
            age_ms: Some(300),
            temperature: Some(31.5),
            smoke: Some(false),
            fault: None,
        }],
        solar: vec![SolarStatus {
            name: "roof".to_owned(),
            age_ms: Some(300),
            current: Some(7.5),
            fault: None,
        }],
        endpoints: vec![EndpointStatus {
            name: "esp1".to_owned(),
            age_ms: Some(300),
            currents: vec![1.5, 2.5],
            connected: true,
            fault: None,
        }],
        alarms: vec![Alarm {
            severity: Severity::Warning,
            subject: "silent".to_owned(),
            code: "device-silent".to_owned(),
            text: "silent has not been heard yet".to_owned(),
        }],
    }
}

/// A site with `count` chargers.
pub fn large_status(count: usize) -> SiteStatus {
    let chargers = (0..count).map(|n| charger(&format!("ev{n}"), &Phase::ALL)).collect();
    let circuits = (0..count / 10).map(|n| circuit(&format!("row-{n}"), None, 63.0)).collect();
    SiteStatus { chargers, circuits, ..status() }
}

/// A control server, its controller and its clock.
pub struct TestSite {
    pub address: SocketAddr,
    pub scheme: &'static str,
    pub status: Arc<watch::Sender<Option<Arc<SiteStatus>>>>,
    pub orders: Taken,
    pub now: Arc<AtomicU64>,
    pub stop: CancellationToken,
    pub task: tokio::task::JoinHandle<()>,
    pub client: reqwest::Client,
}

pub fn settings() -> ServerSettings {
    ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        tls: None,
        token: Secret::new(TOKEN.to_owned()),
        interval: Period::from_secs(1),
        stale_after: Period::from_secs(5),
    }
}

pub async fn start_with(
    settings: ServerSettings,
    first: Option<SiteStatus>,
) -> Result<TestSite, ServerError> {
    let (hub, port) = hub();
    let HubPort { status, orders: mut inbox, mut switches } = port;
    let status = Arc::new(status);
    status.send_replace(first.map(Arc::new));
    let orders = Arc::new(Mutex::new(Vec::new()));
    let now = Arc::new(AtomicU64::new(AT + 500));
    let clock = Arc::clone(&now);
    let stop = CancellationToken::new();
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let clock: Clock = Arc::new(move || Time(clock.load(Ordering::Relaxed)));
    let running = server::start(settings, hub, clock, stop.clone()).await?;
    let (publish, taken) = (Arc::clone(&status), Arc::clone(&orders));
    tokio::spawn(async move {
        while let Some(request) = inbox.recv().await {
            let answer = take(&publish, &request.charger, request.order.clone());
            taken.lock().unwrap().push((request.charger, request.order));
            let _ = request.reply.send(answer);
        }
    });
    tokio::spawn(async move {
        while let Some(request) = switches.recv().await {
            let answer = match request.breaker.as_str() {
                "q1" => Ok(()),
                "q2" => Err(OrderError::NotRemote(request.breaker.clone())),
                "stuck" => {
                    Err(OrderError::NotSwitched { breaker: request.breaker.clone(), why: "stuck".to_owned() })
                }
                _ => Err(OrderError::UnknownBreaker(request.breaker.clone())),
            };
            let _ = request.reply.send(answer);
        }
    });
    enmon::runtime::tls::install_provider();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Ok(TestSite {
        address: running.local_addr,
        scheme,
        status,
        orders,
        now,
        stop,
        task: running.task,
        client,
    })
}

pub async fn start() -> TestSite {
    start_with(settings(), Some(status())).await.unwrap()
}

/// What the controller does with an order, in short.
fn take(
    publish: &watch::Sender<Option<Arc<SiteStatus>>>,
    charger: &str,
    order: Order,
) -> Result<(), OrderError> {
    let mut status = publish.borrow().as_deref().cloned().ok_or(OrderError::Gone)?;
    let found = status.chargers.iter_mut().find(|known| known.name == charger);
    let found = found.ok_or_else(|| OrderError::UnknownCharger(charger.to_owned()))?;
    match order {
        Order::Limit(Some(Override { limit: Amps(limit), .. })) if limit > 0.0 && limit < 6.0 => {
            let (amps, min) = (limit.to_string(), "6".to_owned());
            return Err(OrderError::NotPossible { charger: charger.to_owned(), amps, min });
        }
        // it stands for a site without a policy
        Order::Needs(Some(_)) if charger == "silent" => return Err(OrderError::NoPolicy),
        Order::Limit(limit) => found.order = limit,
        Order::Needs(needs) => found.needs = needs,
    }
    publish.send_replace(Some(Arc::new(status)));
    Ok(())
}

/// An answer, with its body read as JSON where it is.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub json: Value,
}

impl TestSite {
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
        let mut request = self.client.request(method.to_uppercase().parse().unwrap(), self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let (code, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { code, headers, text, json }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("get", path, None, None).await
    }
}

/// Writes a self-signed certificate and its key; returns their paths.
pub fn certificate_files(folder: &std::path::Path) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (cert, key)
}
