//! A proxy before a Prometheus: it counts the writes that go through it, and can answer them itself, or hold them back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What becomes of writes.
#[derive(Debug, Clone, Copy)]
pub struct Conduct {
    /// So many are answered with status 503, after the first one.
    pub busy: usize,
    /// So many go through after that; the others are never answered.
    pub through: usize,
}

/// A running proxy; it ends with the test.
pub struct Proxy {
    address: SocketAddr,
    writes: Arc<AtomicUsize>,
}

impl Proxy {
    pub fn start(port: u16, conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let writes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&writes);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                std::thread::spawn(move || serve(client, port, conduct, &counter));
            }
        });
        Proxy { address, writes }
    }

    /// Returns its address as that of a server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how many writes have come, also those that were not let through.
    pub fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }
}

/// Forwards what a client sends. A request begins with the bytes of one reading, since a client waits for its answer before the next.
fn serve(mut client: TcpStream, port: u16, conduct: Conduct, writes: &AtomicUsize) {
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 4 * 1024 * 1024];
    let mut refusing = false;
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let bytes = &buffer[..length];
        if bytes.starts_with(b"POST ") || bytes.starts_with(b"GET ") {
            refusing = false;
            // the first write has no samples: it asks whether they are taken
            let count = if bytes.starts_with(b"POST /api/v1/write") {
                writes.fetch_add(1, Ordering::SeqCst)
            } else {
                0
            };
            if count > conduct.busy + conduct.through {
                // held until the client goes
                while client.read(&mut buffer).is_ok_and(|length| length > 0) {}
                break;
            }
            if (1..=conduct.busy).contains(&count) {
                refusing = true;
                let answer =
                    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";
                let _ = client.write_all(answer.as_bytes());
                continue;
            }
        }
        if !refusing && server.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
