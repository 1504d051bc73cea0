//! Brings the server back when it dies under us.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Server;
use super::postmaster::{self, Seen};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// After a start that failed; a full disk is not emptied by trying often.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A thread that looks after the server; ends when dropped.
#[derive(Debug)]
pub(super) struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(server: Arc<Server>) -> Watch {
        let (stop, stopped) = channel::<()>();
        let watch = move || {
            let mut pause = LOOK_EVERY;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                server.child_ended();
                pause = LOOK_EVERY;
                if matches!(postmaster::look(&server.layout), Seen::Running(_)) {
                    continue;
                }
                tracing::error!("the database went away; starting it again");
                match server.ensure_running() {
                    Ok(()) => tracing::info!("the database is back"),
                    Err(error) => {
                        tracing::error!(%error, "the database does not come back");
                        pause = AFTER_FAILURE;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("postgres-watch".into()).spawn(watch).ok();
        Watch { stop: Some(stop), thread }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
