//! The site's token goes to the site's server, and to no other one that is named on the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread::JoinHandle;
use std::time::Duration;

use program::Program;

/// What is asked of servers, without the one that is named.
const COMMANDS: [&[&str]; 4] = [
    &["query", "up"],
    &["scrape", "apply", "--dry-run", "--target", "file:prometheus.yml"],
    &["rule", "apply", "--dry-run", "--target", "file:prometheus.yml"],
    &["alert", "list"],
];

/// Answers one request with nothing, and returns what was asked.
fn overhear(listener: &TcpListener) -> JoinHandle<String> {
    let listener = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut request = Vec::new();
        let mut part = [0; 4096];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "it ends within its head");
            request.extend_from_slice(&part[..length]);
        }
        let _ = stream
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        String::from_utf8_lossy(&request).to_lowercase()
    })
}

/// Runs the program, and returns what it asked of the listener.
fn asked(program: &Program, listener: &TcpListener, arguments: &[&str]) -> String {
    let ear = overhear(listener);
    program.with(arguments).output().unwrap();
    ear.join().unwrap()
}

#[test]
fn a_server_that_is_named_gets_no_token_of_the_site_file() {
    let (own, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let program = Program::new();
    let file = |name: &str| program.folder().join(name);
    fs::write(file("prometheus.yml"), "scrape_configs: []\n").unwrap();
    for (name, words) in [("token", "sesame"), ("given", "poppy")] {
        fs::write(file(name), words).unwrap();
        fs::set_permissions(file(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let server = format!("{{url: \"{}\", tokenFile: token}}", url(&own));
    fs::write(file("enmon.yaml"), format!("prometheus: {server}\nalertmanager: {server}\n")).unwrap();
    let (own_url, other_url) = (format!("{}/", url(&own)), url(&other));
    let named: [(&TcpListener, &[&str], Option<&str>); 5] = [
        (&own, &[], Some("sesame")),
        (&own, &["--server", &own_url], Some("sesame")),
        (&other, &["--server", &other_url], None),
        (&other, &["--server", &other_url, "--token-file", "given"], Some("poppy")),
        (&own, &["--token-file", "given"], Some("poppy")),
    ];
    for command in COMMANDS {
        for (listener, more, token) in named {
            let asked = asked(&program, listener, &[command, more].concat());
            let found = asked.lines().find_map(|line| line.strip_prefix("authorization: bearer "));
            assert_eq!(found, token, "{command:?} {more:?}\n{asked}");
        }
    }
}
