//! A device whose every byte the test decides.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A listener that hands each request to the test's own function.
pub struct Script {
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

impl Script {
    /// `answer` is given the number of the request (from 0), its bytes, and the connection; `false` closes the connection.
    pub fn start(mut answer: impl FnMut(usize, &[u8], &mut TcpStream) -> bool + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // the thread ends with the test
        std::thread::spawn(move || {
            let mut number = 0;
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                while let Some(request) = next(&mut stream) {
                    number += 1;
                    if !answer(number - 1, &request, &mut stream) {
                        break;
                    }
                }
            }
        });
        Script { port, connections }
    }

    /// Returns how many connections have been made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a frame: the last two bytes of its first six say how many follow.
fn next(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; 6];
    stream.read_exact(&mut frame).ok()?;
    let length = usize::from(u16::from_be_bytes([frame[4], frame[5]]));
    frame.resize(6 + length, 0);
    stream.read_exact(&mut frame[6..]).ok().map(|()| frame)
}

/// Makes the right answer to a read of one register.
pub fn answer(request: &[u8], word: u16) -> Vec<u8> {
    let [high, low] = word.to_be_bytes();
    vec![request[0], request[1], 0, 0, 0, 5, request[6], request[7], 2, high, low]
}
