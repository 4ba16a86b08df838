//! A Modbus TCP device that writes down all it hears: what was asked, when, on which connection, and whether two requests overlapped.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub at: Instant,
    /// Number of the connection, from 0.
    pub connection: usize,
    pub unit: u8,
    pub function: u8,
    pub address: u16,
    /// Registers that were asked for, or written.
    pub count: u16,
    /// What was written.
    pub words: Vec<u16>,
}

/// What it does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// As it should.
    Normal,
    /// Nothing.
    None,
    /// This exception.
    Exception(u8),
    /// As if it had written.
    Ignored,
}

#[derive(Default)]
struct State {
    heard: Vec<Heard>,
    /// Holding registers by unit and address; input registers are the same ones.
    words: BTreeMap<(u8, u16), u16>,
    connections: usize,
    open: usize,
    most_open: usize,
    /// Two requests were on their way at once.
    overlapped: bool,
}

/// A device that runs until its test ends.
#[derive(Clone)]
pub struct Recorder {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

type Decide = Arc<dyn Fn(&Heard) -> Answer + Send + Sync>;

impl Recorder {
    /// Starts a device that answers everything with what is in its registers (0 where nothing is).
    pub fn start() -> Recorder {
        Recorder::that(|_| Answer::Normal)
    }

    /// Starts a device that decides on each request.
    pub fn that(decide: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let recorder =
            Recorder { port: listener.local_addr().unwrap().port(), state: Arc::new(Mutex::default()) };
        let (accepting, decide): (_, Decide) = (recorder.clone(), Arc::new(decide));
        // the threads end with the test
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serving, decide) = (accepting.clone(), Arc::clone(&decide));
                let connection = serving.opened();
                std::thread::spawn(move || {
                    serving.serve(stream, connection, &decide);
                    serving.state().open -= 1;
                });
            }
        });
        recorder
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn opened(&self) -> usize {
        let mut state = self.state();
        state.connections += 1;
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        state.connections - 1
    }

    fn serve(&self, mut stream: TcpStream, connection: usize, decide: &Decide) {
        let mut header = [0; 7];
        while stream.read_exact(&mut header).is_ok() {
            let mut pdu = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]])) - 1];
            if stream.read_exact(&mut pdu).is_err() {
                return;
            }
            let word = |at: usize| u16::from_be_bytes([pdu[at], pdu[at + 1]]);
            let (count, words) = match pdu[0] {
                5 | 6 => (1, vec![word(3)]),
                15 => (word(3), pdu[6..].iter().map(|byte| u16::from(*byte)).collect()),
                16 => {
                    (word(3), pdu[6..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
                }
                _ => (word(3), Vec::new()),
            };
            let (at, unit, function, address) = (Instant::now(), header[6], pdu[0], word(1));
            let heard = Heard { at, connection, unit, function, address, count, words };
            let answer = decide(&heard);
            let reply = self.reply(&heard, &pdu, answer);
            self.state().heard.push(heard);
            stream.set_nonblocking(true).unwrap();
            if stream.peek(&mut [0]).is_ok_and(|count| count > 0) && answer != Answer::None {
                self.state().overlapped = true;
            }
            stream.set_nonblocking(false).unwrap();
            let Some(reply) = reply else { continue };
            let mut frame = header.to_vec();
            frame[4..6].copy_from_slice(&(reply.len() as u16 + 1).to_be_bytes());
            frame.extend(reply);
            if stream.write_all(&frame).is_err() {
                return;
            }
        }
    }

    fn reply(&self, heard: &Heard, pdu: &[u8], answer: Answer) -> Option<Vec<u8>> {
        let mut state = self.state();
        match (answer, heard.function) {
            (Answer::None, _) => None,
            (Answer::Exception(code), function) => Some(vec![function | 0x80, code]),
            (_, 3 | 4) => {
                let word =
                    |at| state.words.get(&(heard.unit, heard.address.wrapping_add(at))).copied().unwrap_or(0);
                let words = (0..heard.count).flat_map(|at| word(at).to_be_bytes());
                Some([heard.function, (2 * heard.count) as u8].into_iter().chain(words).collect())
            }
            (Answer::Normal, 6 | 16) => {
                let written = heard.words.iter().zip(heard.address..);
                let written: Vec<_> = written.map(|(word, at)| ((heard.unit, at), *word)).collect();
                state.words.extend(written);
                Some(pdu[..5].to_vec())
            }
            _ => Some(pdu[..5].to_vec()),
        }
    }

    /// Puts words into registers.
    pub fn put(&self, unit: u8, address: u16, words: &[u16]) {
        self.state().words.extend(words.iter().zip(address..).map(|(word, at)| ((unit, at), *word)));
    }

    /// Returns what is in a register.
    pub fn word(&self, unit: u8, address: u16) -> Option<u16> {
        self.state().words.get(&(unit, address)).copied()
    }

    /// Returns all requests so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.state().heard.clone()
    }

    /// Returns the requests that wrote.
    pub fn writes(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| matches!(heard.function, 5 | 6 | 15 | 16)).collect()
    }

    /// Returns how many connections there have been, and the most at one time.
    pub fn connections(&self) -> (usize, usize) {
        let state = self.state();
        (state.connections, state.most_open)
    }

    /// Says whether a request came before the one before it was answered.
    pub fn has_overlapped(&self) -> bool {
        self.state().overlapped
    }
}
