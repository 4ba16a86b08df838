//! Dashboards: right by the types that Grafana publishes, in folders and in (a double of) Grafana; and every query of theirs has data on
//! a real Prometheus that scrapes the demo site and a real node exporter.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;
#[path = "dashboards/grafana.rs"]
mod grafana;
#[path = "prometheus/mod.rs"]
mod prometheus;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use enmon::profile::Catalogue;
use enmon::prometheus::dashboard::{PageName, PageSettings, dashboard};
use enmon::site::{self, Site};
use flows::controller::Controller;
use flows::garage::Garage;
use flows::home::Home;
use flows::mixed::Addresses;
use grafana::{Grafana, TOKEN};
use prometheus::{Prometheus, program};
use serde_json::{Value, json};

const GARAGE: &str = include_str!("../templates/sites/garage.yaml");
const SCHEMA: &str = include_str!("dashboards/dashboard.schema.json");

fn garage() -> Site {
    site::load(GARAGE, "garage.yaml", Path::new("/"), &Catalogue::built_in()).unwrap().site
}

fn everything() -> PageSettings {
    PageSettings {
        labels: vec![("site".into(), "garage".into())],
        runbooks: Some("https://wiki/runbooks".into()),
        has_standby: true,
        has_sensors: true,
    }
}

fn mistakes(schema: &jsonschema::Validator, model: &Value) -> Vec<String> {
    schema.iter_errors(model).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_page_is_right_by_the_types_that_grafana_publishes() {
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    for page in PageName::ALL {
        for settings in [PageSettings::default(), everything()] {
            let text = dashboard(page, &garage(), &settings).json();
            let model: Value = serde_json::from_str(&text).unwrap();
            let found = mistakes(&schema, &model);
            assert!(found.is_empty(), "{page:?}: {found:#?}");
        }
    }
    // and what is wrong is found
    let right: Value =
        serde_json::from_str(&dashboard(PageName::Chargers, &garage(), &everything()).json()).unwrap();
    for (path, wrong) in [
        ("/schemaVersion", json!("36")),
        ("/panels/0/collapsed", json!("no")),
        ("/panels/1/type", json!("timeserie")),
        ("/panels/1/fieldConfig/defaults/custom/drawStyle", json!("curve")),
        ("/panels/1/fieldConfig/defaults/thresholds/mode", json!("relative")),
        ("/panels/2/options/reduceOptions/calcs", json!("last")),
        ("/templating/list/0/type", json!("data")),
        ("/links/0/tags", json!("enmon")),
    ] {
        let mut model = right.clone();
        *model.pointer_mut(path).unwrap_or_else(|| panic!("{path} is not there")) = wrong;
        assert!(!mistakes(&schema, &model).is_empty(), "{path}");
    }
}

#[test]
fn pages_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dashboards/garage");
    for page in PageName::ALL {
        let made = dashboard(page, &garage(), &PageSettings::default());
        let golden = fs::read_to_string(folder.join(format!("{}.json", made.uid))).unwrap_or_default();
        assert!(
            made.json() == golden,
            "{page:?} is another one; look at the difference after:\n\
             enmon dashboard render tests/dashboards/garage --site templates/sites/garage.yaml"
        );
    }
}

fn code(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn a_folder_gets_the_pages_and_only_what_changes_is_written() {
    let home = Home::with_site(GARAGE);
    let folder = home.path().join("pages");
    let arguments = ["dashboard", "apply", "--folder", "pages"];
    let outcomes = |shown: &Value| -> Vec<String> {
        let pages = shown["dashboards"].as_array().unwrap().clone();
        pages.iter().map(|page| page["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let shown = home.json(&[&arguments[..], &["--dry-run"]].concat()).await;
    assert_eq!(outcomes(&shown), ["created"; 4]);
    assert!(!folder.exists());
    assert_eq!(outcomes(&home.json(&arguments).await), ["created"; 4]);
    let path = folder.join("enmon-garage-chg.json");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, dashboard(PageName::Chargers, &garage(), &PageSettings::default()).json());
    let id = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    let before = id(&path);
    assert_eq!(outcomes(&home.json(&arguments).await), ["unchanged"; 4]);
    assert_eq!(id(&path), before, "what is as it should be is not written again");
    fs::write(&path, text.replace("\"refresh\": \"15s\"", "\"refresh\": \"1m\"")).unwrap();
    let shown = home.json(&arguments).await;
    assert_eq!(outcomes(&shown), ["unchanged", "changed", "unchanged", "unchanged"]);
    assert!(shown["dashboards"][1]["diff"].as_str().unwrap().contains("+  \"refresh\": \"15s\","));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // one page on stdout
    let printed = home.run(&["dashboard", "render", "-", "--page", "chargers"]).await;
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), text);
    assert_eq!(code(&home.run(&["dashboard", "render", "-"]).await).0, Some(2));
}

#[tokio::test]
async fn a_grafana_gets_the_pages_and_nothing_of_others_is_lost() {
    let (home, server) = (Home::with_site(GARAGE), Grafana::start().await);
    fs::write(home.path().join("token"), TOKEN).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(home.path().join("token"), private).unwrap();
    let arguments =
        ["dashboard", "apply", "--grafana", &server.url, "--token-file", "token", "--title", "Energy"];
    let (status, said) = code(&home.run(&["dashboard", "apply", "--grafana", &server.url]).await);
    assert!(status == Some(5) && said.contains("401") && said.contains("role Editor"), "{said}");
    assert_eq!(home.json(&[&arguments[..], &["--dry-run"]].concat()).await["dryRun"], true);
    assert_eq!(server.with(|held| (held.orders, held.folders.len())), (0, 0));

    home.json(&arguments).await;
    server.with(|held| {
        assert_eq!((held.orders, held.pages.len()), (4, 4));
        assert_eq!(held.folders.values().collect::<Vec<_>>(), ["Energy"]);
        let page = &held.pages["enmon-garage-site"];
        assert_eq!((page.version, page.folder.as_str()), (1, "folder-0"));
    });
    // what is there is left alone, and stays in its folder when none is named
    home.json(&arguments).await;
    home.json(&arguments[..6]).await;
    assert_eq!(server.with(|held| (held.orders, held.folders.len())), (4, 1));

    // a page that somebody has changed is brought back, over the version that was looked at
    server.with(|held| held.pages.get_mut("enmon-garage-ctl").unwrap().model["refresh"] = json!("1h"));
    home.json(&arguments).await;
    server.with(|held| {
        let page = &held.pages["enmon-garage-ctl"];
        assert_eq!((held.orders, page.version, &page.model["refresh"]), (5, 2, &json!("15s")));
        held.pages.get_mut("enmon-garage-ctl").unwrap().model["refresh"] = json!("2h");
        held.is_contended = true;
    });
    // one that is saved by somebody else at the same time is not
    let (status, said) = code(&home.run(&arguments).await);
    assert!(status == Some(5) && said.contains("changed by someone else"), "{said}");
    server.with(|held| {
        assert_eq!(held.pages["enmon-garage-ctl"].model["refresh"], json!("2h"));
        held.is_contended = false;
        held.pages.get_mut("enmon-garage-ctl").unwrap().model["tags"] = json!(["of somebody"]);
    });
    // one that is not ours is written over only after a question, and nobody is there to answer
    let orders = server.with(|held| held.orders);
    assert_eq!(code(&home.run(&arguments).await).0, Some(2));
    assert_eq!(server.with(|held| held.orders), orders);
    home.json(&[&arguments[..], &["--yes"]].concat()).await;
    assert_eq!(server.with(|held| held.pages["enmon-garage-ctl"].model["refresh"].clone()), json!("15s"));
}

/// Writes the demo's site file with the addresses that the simulation has got, and a port of its own for the control server.
fn site_text(addresses: &Addresses, port: u16) -> String {
    let mut text = String::new();
    let mut name = String::new();
    for line in GARAGE.lines() {
        if let Some((_, rest)) = line.split_once("name: ") {
            name = rest.split([',', '}']).next().unwrap().trim().to_owned();
        }
        let line = match (line.split_once("address: \""), addresses.get(&name)) {
            (Some((before, rest)), Some(address)) => {
                let behind = rest.split_once('"').unwrap().1;
                format!("{before}address: \"{address}\"{behind}")
            }
            _ => line.replace("127.0.0.1:5000", &format!("127.0.0.1:{port}")),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A real node exporter, ended when it is dropped.
struct NodeExporter {
    child: Child,
    address: String,
}

impl NodeExporter {
    fn start() -> NodeExporter {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(program("prometheus-node-exporter"));
        command.arg(format!("--web.listen-address={address}")).env_clear();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        NodeExporter { child, address }
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves what the program for the DHT11 serves (REFERENCE E5), as long as the test runs; returns its address.
fn sensor() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let body = "temperature{tag=\"hall\"} 21.5\nhumidity{tag=\"hall\"} 40\n";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_has_data_on_the_demo_site() {
    let home = Home::with_site("");
    let garage = Garage::serve(GARAGE, home.path()).await;
    home.write_site(&site_text(&garage.addresses, free_port()));
    garage.plug(&["ev1", "ev2", "ev5", "ev12"]);
    let controller = Controller::start(&home).await;
    let (node, sensor) = (NodeExporter::start(), sensor());
    let server = Prometheus::start("global:\n  scrape_interval: 1s\n");
    let (url, target) = (server.url(), format!("file:{}", server.file().display()));
    for job in [&["--from-site"][..], &["node", "--targets", &node.address], &["dht11", "--targets", &sensor]]
    {
        let added = home.run(&[&["scrape", "add"], job, &["--target", &target]].concat()).await;
        assert!(added.status.success(), "{added:?}");
    }
    let applied = home.run(&["scrape", "apply", "--target", &target, "--server", &url]).await;
    assert!(applied.status.success(), "{applied:?}");

    let check = ["dashboard", "check", "--server", &url, "--with", "sensors", "-o", "json"];
    let deadline = Instant::now() + Duration::from_secs(80);
    let complete = loop {
        let output = home.run(&check).await;
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        // single-phase chargers have no series on the other phases, and that is said
        let queries = found["queries"].as_array().unwrap();
        let gauge = queries.iter().find(|query| query["panel"] == "L1, of rated current").unwrap();
        let is_so = gauge["valuesWithoutData"] == json!(["ev11", "ev12", "ev6"]);
        if output.status.success() && is_so {
            break found;
        }
        let wrong = queries.iter().filter(|query| query["hasData"] == false && query["mayBeEmpty"] == false);
        let wrong: Vec<&Value> = wrong.chain([gauge]).collect();
        assert!(Instant::now() < deadline, "{wrong:#?}\n{}", home.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let queries = complete["queries"].as_array().unwrap();
    assert!(queries.len() > 60, "{}", queries.len());
    let variables: Vec<(&str, usize)> = complete["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| (variable["name"].as_str().unwrap(), variable["values"].as_array().unwrap().len()))
        .collect();
    assert_eq!(variables, [("charger", 12), ("device", 3), ("node", 1)]);
    // the labels of --from-site tell this site from others
    let pages = ["--page", "site", "--page", "chargers", "--page", "controller"];
    let labelled = |label| [&["dashboard", "check", "--server", &url, "--label", label][..], &pages].concat();
    assert_eq!(code(&home.run(&labelled("site=garage")).await).0, Some(0));
    let (status, said) = code(&home.run(&labelled("site=elsewhere")).await);
    assert!(status == Some(1) && said.contains("have no data"), "{said}");
    // one panel without data is enough: there is no lease here
    let alone = ["dashboard", "check", "--server", &url, "--page", "controller", "--with", "standby"];
    let output = home.run(&alone).await;
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("enmon_lease_token") && shown.contains("Who writes"), "{shown}");
    assert!(!shown.contains("Loop time"), "{shown}");

    asked(&home, &server).await;
    drop(controller);
    garage.stop().await;
}

/// `enmon query` on the same server.
async fn asked(home: &Home, server: &Prometheus) {
    let url = server.url();
    let query = |more: &[&'static str]| {
        let arguments: Vec<String> = ["query"]
            .iter()
            .chain(more)
            .map(|word| (*word).to_owned())
            .chain(["--server".to_owned(), url.clone()])
            .collect();
        async move {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            home.run(&words).await
        }
    };
    let text = |output: &Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout.clone()).unwrap()
    };
    let shown = text(&query(&["enmon_charger_rated_amperes{charger=~\"ev1|ev2\"}"]).await);
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(
        shown.starts_with("enmon_charger_rated_amperes{") && shown.contains("job=\"enmon-garage\""),
        "{shown}"
    );
    assert_eq!(lines[2..], [vec!["CHARGER", "VALUE"], vec!["ev1", "32"], vec!["ev2", "32"]], "{shown}");
    assert_eq!(text(&query(&["absent_thing"]).await), "no series\n");
    assert!(text(&query(&["1 / 0", "-o", "json"]).await).contains("\"+Inf\""));
    assert_eq!(text(&query(&["'a text'"]).await), "a text\n");

    let csv = text(&query(&["up{job=\"node\"}", "--range", "2m", "--step", "1s", "--csv"]).await);
    assert!(csv.starts_with("__name__,instance,job,time,value\r\n"), "{csv}");
    assert!(csv.lines().count() >= 2 && csv.ends_with(",1\r\n"), "{csv}");
    let plot =
        text(&query(&["enmon_circuit_limit_amperes", "--range", "1m", "--plot", "--svg", "limit.svg"]).await);
    assert!(plot.lines().all(|line| line.chars().count() <= 80), "{plot}");
    assert!(
        plot.contains("┤") && plot.contains("└") && plot.contains("* {circuit=\"main\", phase=\"L1\"}"),
        "{plot}"
    );
    let svg = fs::read_to_string(home.path().join("limit.svg")).unwrap();
    assert!(
        svg.starts_with("<svg ") && svg.matches("<polyline").count() + svg.matches("<circle").count() >= 9,
        "{svg}"
    );

    let wrong = query(&["rate(up[5m)"]).await;
    let (status, said) = code(&wrong);
    assert!(status == Some(3) && said.contains("expression:1:") && said.contains('^'), "{said}");
    // the server's own limit is where we say it is
    let (status, said) = code(&query(&["up", "--range", "11001s", "--step", "1s"]).await);
    assert!(status == Some(2) && said.contains("a step of 2s is long enough"), "{said}");
    assert_eq!(server.get("/api/v1/query_range?query=up&start=0&end=11001&step=1").0, 400);
    assert!(query(&["up", "--range", "11000s", "--step", "1s"]).await.status.success());
    // what only the server can find is its refusal
    let (status, said) = code(&query(&["up + on () up"]).await);
    assert!(status == Some(5) && said.contains("HTTP status 422"), "{said}");
}
