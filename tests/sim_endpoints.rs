//! Simulated endpoints over real sockets: pages over HTTPS, the legacy JSON, faults.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod sim;

use std::time::Duration;

use enmon::sim::{CarSpec, Fault, SimDevice};
use enmon::site::Amps;
use enmon::telemetry::exposition;
use serde_json::{Value, json};

use sim::{Bench, https_site, patiently};

fn quick() -> CarSpec {
    CarSpec { delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, max: Amps(32.0), ..CarSpec::default() }
}

async fn json(bench: &Bench, name: &str) -> Value {
    bench.client.get(bench.url(name, "/charger")).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_charger_obeys_the_legacy_json_over_https() {
    let bench = Bench::start(&https_site(), |_| {}).await;
    assert!(bench.url("ev1", "").starts_with("https://127.0.0.1:"));
    let before = json(&bench, "ev1").await;
    let nobody = json!({"simulator_id": "ev1", "current": 0.0, "state": "plugged out", "max_current": 6.0});
    assert_eq!(before, nobody);
    bench.handle().plug("ev1", quick()).unwrap();
    let order = json!({"max_current": 16});
    let answer = bench.client.post(bench.url("ev1", "/charger")).json(&order).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["max_current"], 16.0);
    patiently(bench.handle().until(|truth| truth.chargers[0].drawn == [Amps(16.0); 3])).await;
    let after = json(&bench, "ev1").await;
    assert_eq!((&after["state"], &after["current"]), (&json!("charging"), &json!(16.0)));
    let put =
        bench.client.put(bench.url("ev1", "/charger")).json(&json!({"max_current": 0})).send().await.unwrap();
    assert_eq!(put.status(), 200);
    patiently(bench.handle().until(|truth| truth.chargers[0].drawn == [Amps(0.0); 3])).await;
    bench.stop().await;
}

#[tokio::test]
async fn bodies_that_order_nothing_are_refused_and_change_nothing() {
    let bench = Bench::start(&https_site(), |_| {}).await;
    for body in [
        "",
        "{}",
        "[]",
        "nonsense",
        r#"{"max_current": "16"}"#,
        r#"{"max_current": -1}"#,
        r#"{"max_current": 1e9}"#,
    ] {
        let answer = bench.client.post(bench.url("ev1", "/charger")).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    assert_eq!(bench.client.post(bench.url("cab", "/metrics")).send().await.unwrap().status(), 405);
    assert_eq!(bench.client.get(bench.url("cab", "/charger")).send().await.unwrap().status(), 404);
    assert_eq!(bench.handle().truth().chargers[0].offered, Amps(6.0));
    bench.stop().await;
}

#[tokio::test]
async fn every_kind_of_device_serves_the_metrics_of_its_profile() {
    let bench = Bench::start(&https_site(), |_| {}).await;
    for line in ["base main 10 11 12", "sun roof 4", "smoke cab on", "temperature cab 41.5", "trip q1"] {
        bench.handle().tell(line).unwrap();
    }
    for (device, metric, value) in [
        ("cab", "cabinet_temperature_celsius", 41.5),
        ("cab", "cabinet_smoke_detected", 1.0),
        ("roof", "solar_input_current_amplitude", 4.0),
        ("q1", "equipment_breaker_state", 2.0),
        ("q1", "equipment_fault", 1.0),
        ("q1", "equipment_overload", 0.0),
        ("q1", "equipment_current_phase_a_amplitude", 0.0),
        ("node", "esp8266_connection", 1.0),
        ("node", "esp8266_current0", 6.0),
        ("node", "esp8266_current2", 8.0),
        ("ev1", "ev_charger_current_phase_c_amplitude", 0.0),
    ] {
        let answer = bench.client.get(bench.url(device, "/metrics")).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind, exposition::CONTENT_TYPE);
        let samples = exposition::parse(&answer.text().await.unwrap()).unwrap();
        let sample = samples
            .iter()
            .find(|sample| sample.name == metric)
            .unwrap_or_else(|| panic!("{device}: {metric}"));
        assert_eq!(sample.value, value, "{device}: {metric}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn endpoints_misbehave_when_told_to() {
    let bench = Bench::start(&https_site(), |_| {}).await;
    let url = bench.url("cab", "/metrics");
    let ask = || bench.client.get(&url).timeout(Duration::from_millis(300)).send();
    let cab = SimDevice::Cabinet(0);
    bench.handle().set_fault(cab, Some(Fault::Exception));
    assert_eq!(ask().await.unwrap().status(), 500);
    bench.handle().set_fault(cab, Some(Fault::Garbage));
    assert!(exposition::parse_bytes(&ask().await.unwrap().bytes().await.unwrap()).is_err());
    bench.handle().set_fault(cab, Some(Fault::Reset));
    let reset = match ask().await {
        Ok(answer) => answer.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(!reset.unwrap_err().is_timeout());
    bench.handle().set_fault(cab, Some(Fault::Silent));
    assert!(ask().await.unwrap_err().is_timeout());
    bench.handle().set_fault(cab, Some(Fault::Slow(Duration::from_secs(60))));
    assert!(ask().await.unwrap_err().is_timeout());
    bench.handle().set_fault(cab, None);
    assert_eq!(ask().await.unwrap().status(), 200);
    // taken, and not obeyed
    bench.handle().tell("fault ev1 ignore-writes").unwrap();
    let order = bench
        .client
        .post(bench.url("ev1", "/charger"))
        .json(&json!({"max_current": 20}))
        .send()
        .await
        .unwrap();
    assert_eq!(order.status(), 200);
    assert_eq!(order.json::<Value>().await.unwrap()["max_current"], 6.0);
    bench.stop().await;
}

#[tokio::test]
async fn plain_http_and_paths_work_and_a_stranger_is_not_trusted() {
    let site = https_site()
        .replace("https://127.0.0.1:9004", "http://127.0.0.1:9004/cabinet")
        .replace("https://127.0.0.1:9005", "http://127.0.0.1:9004/roof");
    let bench = Bench::start(&site, |_| {}).await;
    assert!(bench.url("roof", "").ends_with("/roof"), "{}", bench.url("roof", ""));
    for device in ["cab", "roof"] {
        let answer = bench.client.get(bench.url(device, "/metrics")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(bench.url("q1", "/metrics")).send().await.unwrap_err().is_connect());
    bench.stop().await;
}
