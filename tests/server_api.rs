//! The control server over real sockets: reading, ordering, who may write, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod server_site;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use enmon::control::RunState;
use enmon::runtime::tls;
use enmon::server::{Secret, ServerError, ServerSettings};
use serde_json::json;
use server_site::{AT, ODD_NAME, TOKEN, certificate_files, settings, start, start_with, status};

const ODD_PATH: &str = "/api/v1/chargers/row%201%2Fev%20%C3%A4%25%222";
const ORDER: &str = r#"{"limit": 10, "forSeconds": 7200, "who": "ada", "why": "works on the cable"}"#;

#[tokio::test]
async fn status_is_shown_whole_and_in_parts() {
    let site = start().await;
    let whole = site.get("/api/v1/status").await;
    assert_eq!(whole.code, 200);
    assert_eq!(whole.json, serde_json::to_value(status()).unwrap());
    let chargers = site.get("/api/v1/chargers").await.json;
    assert_eq!((&chargers["kind"], &chargers["at"]), (&json!("ChargerList"), &json!(AT)));
    assert_eq!(chargers["items"], whole.json["chargers"]);
    let odd = site.get(ODD_PATH).await.json;
    assert_eq!(
        (&odd["kind"], &odd["apiVersion"], &odd["name"]),
        (&json!("Charger"), &json!("enmon/v1"), &json!(ODD_NAME))
    );
    assert_eq!(site.get("/api/v1/circuits/row-1").await.json["parent"], "main");
    assert_eq!(site.get("/api/v1/breakers/q1").await.json["state"], "on");
    assert_eq!(site.get("/api/v1/overrides").await.json["items"], json!([]));
}

#[tokio::test]
async fn orders_are_taken_shown_and_ended() {
    let site = start().await;
    let path = format!("{ODD_PATH}/override");
    let put = site.ask("put", &path, Some(TOKEN), Some(ORDER)).await;
    assert_eq!(put.code, 200, "{}", put.text);
    let until = AT + 500 + 7_200_000;
    assert_eq!((&put.json["charger"], &put.json["until"]), (&json!(ODD_NAME), &json!(until)));
    let order = json!({"charger": ODD_NAME, "limit": 10.0, "until": until, "who": "ada", "why": "works on the cable"});
    assert_eq!(site.get("/api/v1/overrides").await.json["items"], json!([order]));
    let ended = site.ask("delete", &path, Some(TOKEN), None).await;
    assert_eq!((ended.code, ended.text.as_str()), (204, ""));
    assert_eq!(site.get("/api/v1/overrides").await.json["items"], json!([]));
    assert_eq!(site.orders.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn needs_are_taken_shown_and_forgotten() {
    let site = start().await;
    let path = "/api/v1/chargers/ev1/needs";
    let body = r#"{"energy": 12.5, "inSeconds": 3600, "who": "ada"}"#;
    let put = site.ask("put", path, Some(TOKEN), Some(body)).await;
    assert_eq!((put.code, &put.json["kind"]), (200, &json!("ChargingNeeds")), "{}", put.text);
    let departure = AT + 500 + 3_600_000;
    let needs = &site.get("/api/v1/chargers/ev1").await.json["needs"];
    assert_eq!((&needs["energy"], &needs["departure"]), (&json!(12.5), &json!(departure)));
    assert_eq!(site.ask("delete", path, Some(TOKEN), None).await.code, 204);
    assert_eq!(site.get("/api/v1/chargers/ev1").await.json["needs"], json!(null));
    for (body, code, text) in [
        (r#"{"who": "ada"}"#, 422, "neither"),
        (r#"{"energy": -1, "who": "ada"}"#, 422, "between 0 and 1000"),
        (r#"{"energy": 1, "departure": 5, "who": "ada"}"#, 422, "past"),
        (r#"{"departure": 5, "inSeconds": 5, "who": "ada"}"#, 422, "exclude"),
        (r#"{"energy": 1, "who": " "}"#, 422, "who is empty"),
        (r#"{"power": 1, "who": "ada"}"#, 400, "unknown field"),
    ] {
        let answer = site.ask("put", path, Some(TOKEN), Some(body)).await;
        assert_eq!(answer.code, code, "{body}: {}", answer.text);
        assert!(answer.json["message"].as_str().unwrap().contains(text), "{body}: {}", answer.text);
    }
    assert_eq!(site.ask("put", path, None, Some(body)).await.code, 401);
    let aimless = site.ask("put", "/api/v1/chargers/silent/needs", Some(TOKEN), Some(body)).await;
    assert_eq!(aimless.code, 422, "{}", aimless.text);
}

#[tokio::test]
async fn breakers_are_switched_when_the_controller_has_done_it() {
    let site = start().await;
    let body = Some(r#"{"position": "off", "who": "ada", "why": "works"}"#);
    let done = site.ask("put", "/api/v1/breakers/q1/position", Some(TOKEN), body).await;
    assert_eq!(
        (done.code, &done.json["breaker"], &done.json["position"]),
        (200, &json!("q1"), &json!("off"))
    );
    for (name, code, word) in
        [("q2", 422, "impossible"), ("stuck", 502, "not-done"), ("nobody", 404, "unknown-breaker")]
    {
        let refused = site.ask("put", &format!("/api/v1/breakers/{name}/position"), Some(TOKEN), body).await;
        assert_eq!((refused.code, &refused.json["code"]), (code, &json!(word)), "{}", refused.text);
    }
    let nobody = Some(r#"{"position": "off", "who": " ", "why": ""}"#);
    assert_eq!(site.ask("put", "/api/v1/breakers/q1/position", Some(TOKEN), nobody).await.code, 422);
    assert_eq!(site.ask("put", "/api/v1/breakers/q1/position", None, body).await.code, 401);
}

#[tokio::test]
async fn writes_need_the_token() {
    let site = start().await;
    for (method, path) in [
        ("put", "/api/v1/chargers/ev1/override"),
        ("delete", "/api/v1/chargers/ev1/override"),
        ("put", "/api/v1/chargers/ev1/needs"),
        ("delete", "/api/v1/chargers/ev1/needs"),
        ("post", "/api/legacy/chargers/ev1"),
    ] {
        for token in [None, Some(""), Some("0123456789abcdef0123456789abcdeg"), Some("0123456789abcdef")] {
            let answer = site.ask(method, path, token, Some(ORDER)).await;
            assert_eq!(
                (answer.code, &answer.json["code"]),
                (401, &json!("unauthorized")),
                "{method} {token:?}"
            );
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert!(!answer.text.contains(TOKEN));
        }
    }
    assert!(site.orders.lock().unwrap().is_empty(), "an order came through without the token");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_explained() {
    let site = start().await;
    let large = format!(r#"{{"limit": 10, "who": "ada", "why": "{}"}}"#, "x".repeat(70_000));
    for (path, body, code, word, text) in [
        ("ev1", "{\"limit\": 10,\n", 400, "bad-request", "line 2"),
        (
            "ev1",
            r#"{"limit": 10, "who": "ada", "why": "", "till": 5}"#,
            400,
            "bad-request",
            "unknown field `till`",
        ),
        ("ev1", r#"{"limit": "10", "who": "ada", "why": ""}"#, 400, "bad-request", "f64"),
        ("ev1", r#"{"limit": 10, "why": ""}"#, 400, "bad-request", "who"),
        ("ev1", r#"{"limit": 3, "who": "ada", "why": ""}"#, 422, "impossible", "at least 6 A"),
        ("ev1", r#"{"limit": -1, "who": "ada", "why": ""}"#, 422, "impossible", "below 0"),
        ("ev1", r#"{"limit": 9, "until": 5, "who": "ada", "why": ""}"#, 422, "impossible", "past"),
        ("nobody", ORDER, 404, "unknown-charger", "`nobody`"),
        ("%ff", ORDER, 400, "bad-request", "UTF-8"),
        ("ev1", &large, 413, "too-large", "65536"),
    ] {
        let answer =
            site.ask("put", &format!("/api/v1/chargers/{path}/override"), Some(TOKEN), Some(body)).await;
        assert_eq!(
            (answer.code, &answer.json["code"]),
            (code, &json!(word)),
            "{path} {body:.80}: {}",
            answer.text
        );
        assert_eq!(answer.json["kind"], "Error");
        assert!(answer.json["message"].as_str().unwrap().contains(text), "{}", answer.text);
    }
    assert_eq!(site.get("/api/v1/chargers/nobody").await.json["code"], "unknown-charger");
    assert_eq!(site.get("/api/v2").await.json["code"], "not-found");
    let wrong_method = site.ask("delete", "/api/v1/status", Some(TOKEN), None).await;
    assert_eq!((wrong_method.code, &wrong_method.json["code"]), (405, &json!("method-not-allowed")));
}

#[tokio::test]
async fn the_older_interface_reads_and_orders() {
    let site = start().await;
    let all = site.get("/api/legacy/chargers").await.json;
    assert_eq!(
        all[0],
        json!({"simulator_id": "ev1", "current": 3.0, "state": "plugged in", "max_current": 16.0})
    );
    assert_eq!(all[2], json!({"simulator_id": "silent", "current": null, "state": null, "max_current": 6.0}));
    let answer =
        site.ask("post", "/api/legacy/chargers/ev1", Some(TOKEN), Some(r#"{"max_current": 13}"#)).await;
    assert_eq!((answer.code, &answer.json["max_current"]), (200, &json!(13.0)));
    let orders = site.get("/api/v1/overrides").await.json;
    assert_eq!(orders["items"][0]["limit"], 13.0);
    assert_eq!(orders["items"][0]["who"], "legacy interface");
    let low = site.ask("post", "/api/legacy/chargers/ev1", Some(TOKEN), Some(r#"{"max_current": 5}"#)).await;
    assert_eq!(low.code, 422);
}

#[tokio::test]
async fn readiness_follows_the_age_of_the_decision() {
    let site = start().await;
    assert_eq!(site.get("/healthz").await.json["status"], "alive");
    for (age_ms, code) in [(0, 200), (2_999, 200), (3_000, 503), (60_000, 503)] {
        site.now.store(AT + age_ms, Ordering::Relaxed);
        assert_eq!(site.get("/readyz").await.code, code, "{age_ms} ms");
    }
    assert_eq!(site.get("/healthz").await.code, 200);
    site.now.store(AT, Ordering::Relaxed);
    let mut stopping = status();
    stopping.controller.state = RunState::Stopping;
    site.status.send_replace(Some(Arc::new(stopping)));
    assert_eq!(site.get("/readyz").await.json["code"], "not-ready");
}

#[tokio::test]
async fn before_the_first_decision_nothing_is_shown_but_the_server_lives() {
    let site = start_with(settings(), None).await.unwrap();
    for path in [
        "/api/v1/status",
        "/api/v1/chargers",
        "/api/v1/chargers/ev1",
        "/api/v1/overrides",
        "/api/legacy/chargers",
        "/readyz",
    ] {
        let answer = site.get(path).await;
        assert_eq!((answer.code, &answer.json["code"]), (503, &json!("starting")), "{path}");
    }
    assert_eq!(site.get("/healthz").await.code, 200);
    assert!(site.get("/metrics").await.text.contains("enmon_build_info"));
}

#[tokio::test]
async fn beyond_loopback_it_does_not_start_without_tls() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
        let open = ServerSettings { listen: listen.parse::<SocketAddr>().unwrap(), ..settings() };
        let refused = start_with(open, None).await.err().unwrap();
        assert!(matches!(refused, ServerError::Plaintext(_)), "{listen}: {refused}");
    }
    let weak = ServerSettings { token: Secret::new(String::new()), ..settings() };
    assert!(matches!(start_with(weak, None).await.err().unwrap(), ServerError::WeakToken));
}

#[tokio::test]
async fn tls_is_served_from_files_and_the_stop_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate_files(folder.path());
    let secure =
        ServerSettings { listen: "0.0.0.0:0".parse().unwrap(), tls: Some((cert.clone(), key)), ..settings() };
    let site = start_with(secure, Some(status())).await.unwrap();
    let trust = tls::client_config(&cert).unwrap();
    let client = reqwest::Client::builder().tls_backend_preconfigured(trust).no_proxy().build().unwrap();
    let url = format!("https://127.0.0.1:{}/healthz", site.address.port());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    site.stop.cancel();
    site.task.await.unwrap();
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_controller_that_has_ended_is_named() {
    let (hub, port) = enmon::control::hub();
    drop(port.orders);
    port.status.send_replace(Some(Arc::new(status())));
    let stop = tokio_util::sync::CancellationToken::new();
    let clock: enmon::control::Clock = Arc::new(|| enmon::control::Time(AT));
    let running = enmon::server::start(settings(), hub, clock, stop.clone()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy();
    tls::install_provider();
    let url = format!("http://{}/api/v1/chargers/ev1/override", running.local_addr);
    let answer = client.build().unwrap().put(url).bearer_auth(TOKEN).body(ORDER).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("enmon control run"));
    stop.cancel();
}
