//! How workers are asked to end.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends workers: [`StopSwitch::stop`] asks every [`Stop`] made from it.
#[derive(Debug, Clone)]
pub struct StopSwitch {
    sender: Arc<watch::Sender<bool>>,
}

/// Sees whether it is time to end.
#[derive(Debug, Clone)]
pub struct Stop {
    receiver: watch::Receiver<bool>,
}

impl StopSwitch {
    /// A switch that is not pressed.
    pub fn new() -> StopSwitch {
        StopSwitch { sender: Arc::new(watch::Sender::new(false)) }
    }

    /// Presses it.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }

    /// An eye on it.
    pub fn watch(&self) -> Stop {
        Stop { receiver: self.sender.subscribe() }
    }
}

impl Default for StopSwitch {
    fn default() -> Self {
        StopSwitch::new()
    }
}

impl Stop {
    /// Whether to end.
    pub fn is_asked(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Waits until it is time to end; for ever if the switch is gone.
    pub async fn asked(&mut self) {
        if self.receiver.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
