//! Devices of ours on every way, on a thread of their own: `modbus::serve_on` with registers in memory.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use enmon::modbus::{
    Conduct, Framing, LineSettings, Listener, Memory, Registers, SerialPort, ServerLimits, serve_on,
};
use enmon::profile::Table;
use enmon::site::{Address, Parity};
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Settings of the lines in tests.
pub const LINE: LineSettings =
    LineSettings { baud: 19_200, parity: Parity::None, stop_bits: 1, data_bits: 8 };

/// Where they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Tcp,
    RtuTcp,
    Rtu,
    Ascii,
}

/// Devices that are served until this is dropped.
pub struct Served {
    /// Where they are.
    pub address: String,
    pub memory: Arc<Memory>,
    pub conduct: Arc<Conduct>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn start(way: Way, memory: Memory) -> Served {
        Served::limited(way, memory, ServerLimits::default())
    }

    pub fn limited(way: Way, memory: Memory, limits: ServerLimits) -> Served {
        let memory = Arc::new(memory);
        let conduct = Conduct::new(Arc::clone(&memory) as Arc<dyn Registers>);
        let (stop, serving) = (CancellationToken::new(), Arc::clone(&conduct));
        let stopped = stop.clone();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let (listener, address) = open(way).await;
                tell.send(address).unwrap();
                serve_on(listener, serving, limits, None, stopped).await.unwrap();
            });
        });
        Served { address: told.recv().unwrap(), memory, conduct, stop, thread: Some(thread) }
    }

    /// Returns the path of its serial port.
    pub fn path(&self) -> &str {
        self.address.split_once("://").unwrap().1
    }

    pub fn site_address(&self) -> Address {
        self.address.parse().unwrap()
    }

    pub fn words(&self, unit: u8, address: u16, count: u16) -> Vec<u16> {
        self.memory.read(unit, Table::Holding, address, count).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // a failure of the server has failed the test already, or will be seen in its answers
            let _ = thread.join();
        }
    }
}

async fn open(way: Way) -> (Listener, String) {
    match way {
        Way::Tcp | Way::RtuTcp => {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            if way == Way::Tcp {
                (Listener::Tcp(listener), format!("modbus+tcp://127.0.0.1:{port}"))
            } else {
                (Listener::RtuTcp(listener), format!("modbus+rtu-tcp://127.0.0.1:{port}"))
            }
        }
        Way::Rtu | Way::Ascii => {
            let (port, path) = SerialPort::pseudo_terminal().unwrap();
            let (framing, scheme) =
                if way == Way::Rtu { (Framing::Rtu, "modbus+rtu") } else { (Framing::Ascii, "modbus+ascii") };
            let listener = Listener::Serial { port, framing, settings: LINE };
            (listener, format!("{scheme}://{}", path.display()))
        }
    }
}

/// A null-modem cable: what is written into one end comes out of the other, until it is dropped.
pub struct Cable {
    pub ends: [String; 2],
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Cable {
    pub fn new() -> Cable {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let (mut one, first) = SerialPort::pseudo_terminal().unwrap();
                let (mut other, second) = SerialPort::pseudo_terminal().unwrap();
                tell.send([first, second].map(|path| path.display().to_string())).unwrap();
                tokio::select! {
                    () = stopped.cancelled() => {}
                    broken = copy_bidirectional(&mut one, &mut other) => panic!("{broken:?}"),
                }
            });
        });
        Cable { ends: told.recv().unwrap(), stop, thread: Some(thread) }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
