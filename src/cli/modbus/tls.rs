//! Certificates for devices that speak Modbus Security (MODBUS/TCP Security Protocol Specification, mutual TLS).

use std::path::PathBuf;

use clap::Args;

use super::target::usage;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::modbus::Client;
use crate::runtime::tls;
use crate::site::Address;

/// Certificates for modbus+tls.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// With modbus+tls: certificates to trust (PEM), an authority's or the device's own
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// With modbus+tls: certificate that says to the device who you are (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// With modbus+tls: private key of --cert (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl TlsArgs {
    /// Gives a client what it needs for TLS, when its address asks for it.
    pub(super) fn arm(&self, client: Client, address: &Address, context: &Context) -> Result<Client> {
        let is_tls = matches!(address, Address::ModbusTls { .. });
        match &self.ca {
            None if is_tls => Err(usage(format!("{address} needs --ca: whom is to be trusted?")).hint(
                "name the file with the certificate of the device, or of the authority that signed it",
            )),
            Some(ca) if is_tls => {
                if let Some(key) = self.key.as_ref().filter(|key| fsio::is_open_to_others(key)) {
                    let key = key.display();
                    context.ui.warn(&format!("others may read the private key {key}; run: chmod 600 {key}"));
                }
                let identity = self.cert.as_deref().zip(self.key.as_deref());
                let config = tls::modbus_client_config(ca, identity)
                    .map_err(|error| Error::from_source(Kind::Invalid, "TLS can't be set up", &error))?;
                Ok(client.with_tls(config))
            }
            None if self.cert.is_none() => Ok(client),
            _ => Err(usage("--ca, --cert and --key go with modbus+tls addresses")),
        }
    }
}
