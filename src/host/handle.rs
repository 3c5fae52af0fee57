//! What the owner of a running router holds: its consoles, its access side, and its end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

use super::access::{AccessReceiver, AccessSender};
use super::netns::NetNs;
use crate::config::views::InterfaceName;
use crate::proto::Entropy;
use crate::router::{ConsoleInput, ConsoleOutput, LineId};

/// The startup-config of a router.
#[derive(Clone, Debug, Default)]
pub struct Startup {
    /// Its text; empty for none.
    pub text: String,
    /// Where `write memory` keeps it; without a path it is kept for `reload` only.
    pub save_to: Option<PathBuf>,
}

/// How a router is set up on this machine.
pub struct HostConfig {
    /// For thread names and messages: the node's name.
    pub name: String,
    /// Which Linux device each Ethernet-like interface is. A device that is not here is never touched.
    pub devices: HashMap<InterfaceName, String>,
    /// The network namespace that the router lives in; `None` for the one of the caller.
    pub netns: Option<Arc<NetNs>>,
    /// The startup-config.
    pub startup: Startup,
    /// Seconds and nanoseconds since 1970 UTC when the router is switched on; `None` for a clock that was never
    /// set.
    pub wall_clock: Option<(i64, u32)>,
    /// The directory in which accounting records are kept until a server has answered them; `None` for memory only.
    pub spool: Option<PathBuf>,
    /// Makes the randomness of the router, again after a `reload`.
    pub entropy: Box<dyn FnMut() -> Box<dyn Entropy + Send> + Send>,
}

/// What the owner of a router should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `write memory` kept this text as the startup-config.
    Saved(String),
    /// `write memory` could not write the file; the text says why.
    NotSaved(String),
    /// `reload`: the router was switched off and on again.
    Reloaded,
    /// The router has ended; nothing of it is left on the machine, or the text says what is. After a panic the text
    /// says so.
    Stopped(Result<(), String>),
}

/// What the runner's task is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Console output of this line goes there from now on.
    Attach(LineId, mpsc::UnboundedSender<ConsoleOutput>),
    /// From a terminal.
    Console(LineId, ConsoleInput),
    /// Let the router end by itself, then switch it off.
    Leave,
    /// Switch the router off.
    Shutdown,
}

/// A running router. Dropping it switches the router off and waits (the thread blocks) until nothing of it is left.
pub struct RouterHandle {
    pub(super) orders: mpsc::UnboundedSender<Order>,
    pub(super) access_in: AccessSender,
    pub(super) access_out: Option<AccessReceiver>,
    pub(super) notices: Option<mpsc::UnboundedReceiver<Notice>>,
    pub(super) hostname: watch::Receiver<String>,
    pub(super) thread: Option<JoinHandle<()>>,
}

/// A clone-able way in: from any thread, without waiting.
#[derive(Clone, Debug)]
pub struct RouterInput {
    orders: mpsc::UnboundedSender<Order>,
    /// The way in for D channel messages and B channel octets from the switch.
    pub access: AccessSender,
}

impl RouterInput {
    /// Sends console input of a line; begin with [`ConsoleInput::Open`]. False when the router has ended.
    pub fn console(&self, line: LineId, input: ConsoleInput) -> bool {
        self.orders.send(Order::Console(line, input)).is_ok()
    }

    /// Console output of `line` comes out of the receiver from now on (and no longer where it went before).
    /// A line survives a `reload`: the new router is told that the terminal is there.
    pub fn attach(&self, line: LineId) -> mpsc::UnboundedReceiver<ConsoleOutput> {
        let (sender, receiver) = mpsc::unbounded_channel();
        // A router that has ended closes the receiver at once, which is the answer.
        let _ = self.orders.send(Order::Attach(line, sender));
        receiver
    }
}

impl RouterHandle {
    /// A way in.
    pub fn input(&self) -> RouterInput {
        RouterInput { orders: self.orders.clone(), access: self.access_in.clone() }
    }

    /// The access side towards the switch; `Some` the first time.
    pub fn take_access(&mut self) -> Option<AccessReceiver> {
        self.access_out.take()
    }

    /// What happens to the router; `Some` the first time.
    pub fn take_notices(&mut self) -> Option<mpsc::UnboundedReceiver<Notice>> {
        self.notices.take()
    }

    /// The host name now, and its changes.
    pub fn hostname(&self) -> watch::Receiver<String> {
        self.hostname.clone()
    }

    /// Switches the router off as a power cut would, without waiting; [`Notice::Stopped`] follows.
    pub fn request_shutdown(&self) {
        // It fails when the router has ended already, which is what was asked.
        let _ = self.orders.send(Order::Shutdown);
    }

    /// Lets the router say farewell to its RADIUS servers, which takes a few seconds at most; then switches it off and
    /// waits until nothing of it is left.
    pub fn leave(mut self) {
        // It fails when the router has ended already.
        let _ = self.orders.send(Order::Leave);
        if let Some(thread) = self.thread.take() {
            // As when it is dropped.
            let _ = thread.join();
        }
    }

    /// Switches the router off as a power cut would, and waits until its interfaces, addresses and routes are gone.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for RouterHandle {
    fn drop(&mut self) {
        self.request_shutdown();
        if let Some(thread) = self.thread.take() {
            // A panic in the router's thread has been printed by then; there is nothing to add.
            let _ = thread.join();
        }
    }
}
