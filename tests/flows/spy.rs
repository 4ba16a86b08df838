//! Proxies between a controller and its devices: they note in one book who has written what and when, and may be cut like a cable.
//!
//! Each controller has proxies of its own, so the book knows who wrote. A write is noted and handed on under one lock: the order in the book
//! is the order in which the devices get them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::layout::Ports;

/// A write on its way to a device.
#[derive(Debug, Clone)]
pub struct Note {
    pub at: Instant,
    pub who: usize,
    pub port: u16,
    /// The newest token of the lease when it was handed on.
    pub token: u64,
}

/// The book of all writes.
#[derive(Clone)]
pub struct Book {
    notes: Arc<Mutex<Vec<Note>>>,
    count: watch::Sender<usize>,
    token: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Book {
    /// Begins a book; `token` tells the newest token of the lease.
    pub fn new(token: Arc<dyn Fn() -> u64 + Send + Sync>) -> Book {
        Book { notes: Arc::default(), count: watch::Sender::new(0), token }
    }

    async fn pass(
        &self,
        who: usize,
        port: u16,
        bytes: &[u8],
        device: &mut (impl AsyncWriteExt + Unpin),
    ) -> bool {
        let mut notes = self.notes.lock().await;
        notes.push(Note { at: Instant::now(), who, port, token: (self.token)() });
        self.count.send_replace(notes.len());
        device.write_all(bytes).await.is_ok()
    }

    /// Returns how many writes there have been.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    pub async fn notes(&self) -> Vec<Note> {
        self.notes.lock().await.clone()
    }

    /// Waits for a write after the first `count` that fulfils a condition.
    pub async fn next(&self, count: usize, condition: impl Fn(&Note) -> bool) -> Option<Note> {
        let mut news = self.count.subscribe();
        let looking = async {
            loop {
                if let Some(note) = self.notes.lock().await.iter().skip(count).find(|note| condition(note)) {
                    return note.clone();
                }
                news.changed().await.unwrap();
            }
        };
        tokio::time::timeout(super::DEADLINE, looking).await.ok()
    }

    /// Says where two have written at once: a write of one that had been followed by another one's, without having led anew since.
    pub async fn two_writers(&self) -> Option<String> {
        let notes = self.notes.lock().await;
        let runs: Vec<&[Note]> = notes.chunk_by(|a, b| a.who == b.who).collect();
        let wrong = runs.windows(2).find(|pair| pair[1][0].token <= pair[0][0].token)?;
        Some(format!("{:?} … {:?} then {:?}", wrong[0][0], wrong[0].last(), wrong[1][0]))
    }
}

/// The proxies of one controller.
pub struct Wires {
    pub ports: Ports,
    cut: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Wires {
    /// Lays wires to the devices at these ports.
    pub async fn lay(who: usize, devices: &Ports, book: &Book) -> Wires {
        let cut = watch::Sender::new(false);
        let (mut ports, mut tasks) = (Ports::new(), Vec::new());
        for (name, &port) in devices {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            ports.insert(name.clone(), listener.local_addr().unwrap().port());
            let (book, cut) = (book.clone(), cut.subscribe());
            tasks.push(tokio::spawn(serve(listener, who, port, book, cut)));
        }
        Wires { ports, cut, tasks }
    }

    /// Cuts the wires, or mends them: what was under way is lost.
    pub fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, who: usize, port: u16, book: Book, cut: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        if *cut.borrow() {
            continue;
        }
        let (book, mut cut) = (book.clone(), cut.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = carry(client, who, port, book) => {}
                _ = cut.wait_for(|cut| *cut) => {}
            }
        });
    }
}

/// Carries frames of Modbus/TCP to a device, and what it says back.
async fn carry(client: TcpStream, who: usize, port: u16, book: Book) {
    let Ok(device) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_device, mut to_device) = device.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_device, &mut to_client).await });
    let mut head = [0; 6];
    while from_client.read_exact(&mut head).await.is_ok() {
        let mut frame = head.to_vec();
        frame.resize(6 + usize::from(u16::from_be_bytes([head[4], head[5]])), 0);
        if from_client.read_exact(&mut frame[6..]).await.is_err() {
            break;
        }
        let writes = matches!(frame.get(7), Some(5 | 6 | 15 | 16));
        let passed = if writes {
            book.pass(who, port, &frame, &mut to_device).await
        } else {
            to_device.write_all(&frame).await.is_ok()
        };
        if !passed {
            break;
        }
    }
    back.abort();
}
