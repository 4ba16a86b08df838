//! Where the running controller meets its callers: they see its status and hand in orders.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{Order, SiteStatus};

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
    /// The energy is negative or no number.
    #[error("{0} kWh is no energy that a car can need")]
    NoEnergy(String),
    /// What a car needs is for a policy that plans, and the site has none.
    #[error(
        "the site file has no policy that plans (policy.deadline or policy.price), so what cars need changes nothing"
    )]
    NoPolicy,
    /// No breaker has that name.
    #[error("no breaker is named `{0}`")]
    UnknownBreaker(String),
    /// The breaker can't be switched from afar.
    #[error("{0} can't be switched from afar: the site file does not say `remote: true`")]
    NotRemote(String),
    /// The breaker did not do what it was told.
    #[error("{breaker} did not do it: {why}")]
    NotSwitched {
        /// The breaker.
        breaker: String,
        /// Why.
        why: String,
    },
    /// The controller has ended.
    #[error("the controller has ended")]
    Gone,
}

/// A command for a breaker on its way to the controller.
#[derive(Debug)]
pub struct SwitchRequest {
    /// Name of the breaker.
    pub breaker: String,
    /// Close it, or open it?
    pub close: bool,
    /// Who says so.
    pub who: String,
    /// Why.
    pub why: String,
    /// Told when the breaker has done it.
    pub reply: oneshot::Sender<Result<(), OrderError>>,
}

/// An order on its way to the controller.
#[derive(Debug)]
pub struct OrderRequest {
    /// Name of the charger.
    pub charger: String,
    /// The order.
    pub order: Order,
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
    /// Commands for breakers; bounded as well.
    pub switches: mpsc::Sender<SwitchRequest>,
}

/// The controller's end.
#[derive(Debug)]
pub struct HubPort {
    /// Publishes the newest status.
    pub status: watch::Sender<Option<Arc<SiteStatus>>>,
    /// Orders that came in.
    pub orders: mpsc::Receiver<OrderRequest>,
    /// Commands for breakers that came in.
    pub switches: mpsc::Receiver<SwitchRequest>,
}

/// Makes both ends.
pub fn hub() -> (Hub, HubPort) {
    let (status_in, status) = watch::channel(None);
    let (orders, orders_out) = mpsc::channel(64);
    let (switches, switches_out) = mpsc::channel(64);
    let port = HubPort { status: status_in, orders: orders_out, switches: switches_out };
    (Hub { status, orders, switches }, port)
}

impl Hub {
    /// Hands in an order and waits until it is in force.
    ///
    /// # Errors
    /// When the controller refuses it or has ended.
    pub async fn order(&self, charger: String, order: Order) -> Result<(), OrderError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(OrderRequest { charger, order, reply }).await.map_err(|_| OrderError::Gone)?;
        answer.await.map_err(|_| OrderError::Gone)?
    }

    /// Hands in a command for a breaker and waits until the breaker has done it.
    ///
    /// # Errors
    /// When the controller or the breaker refuses it, or the controller has ended.
    pub async fn switch(
        &self,
        breaker: String,
        close: bool,
        who: String,
        why: String,
    ) -> Result<(), OrderError> {
        let (reply, answer) = oneshot::channel();
        let request = SwitchRequest { breaker, close, who, why, reply };
        self.switches.send(request).await.map_err(|_| OrderError::Gone)?;
        answer.await.map_err(|_| OrderError::Gone)?
    }
}
