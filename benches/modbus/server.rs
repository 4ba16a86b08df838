//! Devices for all clients alike: enmon's server on so many ports, in a process of its own, until stdin closes. One device has one thread; many
//! have one for each core, so that they hold up no client longer than they must.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use enmon::modbus::{Behaviour, Exception, Registers, serve};
use enmon::profile::Table;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Registers that hold their address.
struct Plain;

impl Registers for Plain {
    fn read(&self, _unit: u8, _table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        Ok((address..address.saturating_add(count)).collect())
    }

    fn write(&self, _unit: u8, _table: Table, _address: u16, _words: &[u16]) -> Result<(), Exception> {
        Ok(())
    }
}

/// Serves; the first line of output says where.
pub fn main(devices: &str) -> ExitCode {
    let devices: usize = devices.parse().expect("a number of devices");
    let mut runtime = if devices == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let normal = watch::Sender::new(Behaviour::Normal);
        let mut ports = Vec::new();
        for _ in 0..devices {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            ports.push(listener.local_addr().expect("its number").port().to_string());
            tokio::spawn(serve(listener, Arc::new(Plain), normal.subscribe(), CancellationToken::new()));
        }
        println!("{}", ports.join(" "));
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await;
    });
    ExitCode::SUCCESS
}
