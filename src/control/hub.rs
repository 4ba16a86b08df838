//! Where the running controller meets its callers: they see its status and hand in orders.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{Override, SiteStatus};

/// Why an order was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No charger has that name.
    #[error("no charger is named `{0}`")]
    UnknownCharger(String),
    /// The limit is between 0 and the charger's least current, negative, or no number.
    #[error("{charger} can't offer {amps} A: 0, or at least {min} A")]
    NotPossible {
        /// The charger.
        charger: String,
        /// What was asked for.
        amps: String,
        /// Its least current.
        min: String,
    },
    /// Another controller leads.
    #[error("this controller follows; {holder} leads")]
    Follows {
        /// The one that leads.
        holder: String,
        /// Its control server.
        api: Option<String>,
    },
    /// The controller has ended.
    #[error("the controller has ended")]
    Gone,
}

/// An order on its way to the controller.
#[derive(Debug)]
pub struct OrderRequest {
    /// Name of the charger.
    pub charger: String,
    /// The order; `None` ends the one in force.
    pub order: Option<Override>,
    /// Told when the order has been taken into the controller's state and journal.
    pub reply: oneshot::Sender<Result<(), OrderError>>,
}

/// The callers' end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    /// The newest status; `None` before the first decision.
    pub status: watch::Receiver<Option<Arc<SiteStatus>>>,
    /// Orders; bounded, so that callers wait and the controller does not drown.
    pub orders: mpsc::Sender<OrderRequest>,
}

/// The controller's end.
#[derive(Debug)]
pub struct HubPort {
    /// Publishes the newest status.
    pub status: watch::Sender<Option<Arc<SiteStatus>>>,
    /// Orders that came in.
    pub orders: mpsc::Receiver<OrderRequest>,
}

/// Makes both ends.
pub fn hub() -> (Hub, HubPort) {
    let (status_in, status) = watch::channel(None);
    let (orders, orders_out) = mpsc::channel(64);
    (Hub { status, orders }, HubPort { status: status_in, orders: orders_out })
}

impl Hub {
    /// Hands in an order and waits until it is in force.
    ///
    /// # Errors
    /// When the controller refuses it or has ended.
    pub async fn order(&self, charger: String, order: Option<Override>) -> Result<(), OrderError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(OrderRequest { charger, order, reply }).await.map_err(|_| OrderError::Gone)?;
        answer.await.map_err(|_| OrderError::Gone)?
    }
}
