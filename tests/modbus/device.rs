//! A device of ours: `modbus::serve` with registers in memory, on a thread of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use enmon::modbus::{Behaviour, Exception, Registers, serve};
use enmon::profile::Table;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Registers by unit, table and address; all others are an illegal data address.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<(u8, Table, u16), u16>>);

impl Memory {
    pub fn with(self, unit: u8, table: Table, address: u16, words: &[u16]) -> Self {
        {
            let mut map = self.0.lock().unwrap();
            map.extend(
                words.iter().enumerate().map(|(at, word)| ((unit, table, address + at as u16), *word)),
            );
        }
        self
    }

    pub fn words(&self, unit: u8, table: Table, address: u16, count: u16) -> Vec<u16> {
        self.read(unit, table, address, count).unwrap()
    }
}

impl Registers for Memory {
    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        let map = self.0.lock().unwrap();
        let word = |at| map.get(&(unit, table, address + at)).copied().ok_or(Exception::IllegalDataAddress);
        (0..count).map(word).collect()
    }

    fn write(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.read(unit, table, address, words.len() as u16)?;
        let mut map = self.0.lock().unwrap();
        map.extend(words.iter().enumerate().map(|(at, word)| ((unit, table, address + at as u16), *word)));
        Ok(())
    }
}

/// A device that is served until it is dropped.
pub struct Device {
    pub port: u16,
    pub memory: Arc<Memory>,
    behaviour: watch::Sender<Behaviour>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Device {
    pub fn start(memory: Memory) -> Self {
        let memory = Arc::new(memory);
        let registers = Arc::clone(&memory);
        let (behaviour, behaves) = watch::channel(Behaviour::Normal);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (tell, ports) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().port()).unwrap();
                serve(listener, registers, behaves, stopped).await.unwrap();
            });
        });
        Device { port: ports.recv().unwrap(), memory, behaviour, stop, thread: Some(thread) }
    }

    /// Behaves so from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send(behaviour).unwrap();
    }

    pub fn address(&self) -> String {
        format!("modbus+tcp://127.0.0.1:{}", self.port)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // a failure of the server has failed the test already, or will be seen in its answers
            let _ = thread.join();
        }
    }
}
