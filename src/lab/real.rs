//! A lab in network namespaces and real time.
//!
//! Every node has a namespace of its own, held by a descriptor of this process: when the process dies, however it
//! dies, interfaces, routes and namespaces die with it. A router runs on a thread of its own
//! ([`RouterHost`]); everything between the nodes (segments, ISDN switch, RADIUS
//! server, console ports) runs on one more, the lab's thread. [`RealLab`] is the handle on it from any thread.

mod console_port;
pub mod freeradius;
pub mod hub;
mod taps;
mod task;
pub mod wires;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Seek};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as sync;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use self::freeradius::Programs;
use self::hub::{Sink, ViewerId};
use self::task::{Factories, Order, RemarkSink, Task};
use super::description::{Description, LinkId, NodeId};
use super::player::{ShellOutcome, Stage};
use super::segment::LinkChange;
use crate::host::{Lack, NetNs, Processes, RouterHost};
use crate::proto::Instant;
use crate::router::{ConsoleInput, ConsoleOutput};

/// Why a lab does not come up.
#[derive(Debug)]
pub enum LabError {
    /// The machine lacks something.
    Lack(Lack),
    /// A console port cannot be had.
    ConsolePort {
        /// Which.
        port: u16,
        /// Why.
        error: io::Error,
    },
    /// Something of a node cannot be made.
    Node {
        /// Its name.
        node: String,
        /// What.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// A device of the machine itself cannot be made.
    HostDevice {
        /// Its name.
        device: String,
        /// Why.
        error: io::Error,
    },
    /// FreeRADIUS is to be a node, and does not run.
    FreeRadius {
        /// The node.
        node: String,
        /// Why.
        error: freeradius::Failure,
    },
    /// The lab's own thread cannot be had.
    Thread(io::Error),
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabError::Lack(lack) => lack.fmt(f),
            LabError::ConsolePort { port, error } => {
                write!(
                    f,
                    "console port {port} of 127.0.0.1 cannot be had: {error}; lab.toml may set another `console-port`"
                )
            }
            LabError::Node { node, what, error } => write!(f, "{node}: {what}: {error}"),
            LabError::HostDevice { device, error } => match error.kind() {
                io::ErrorKind::PermissionDenied => write!(
                    f,
                    "the device {device} cannot be made on this machine: it takes root, or CAP_NET_ADMIN over the \
                     network namespace in which vpdnsh is started"
                ),
                io::ErrorKind::AlreadyExists => {
                    write!(
                        f,
                        "the device {device} is on this machine already: name another one, or remove it"
                    )
                }
                _ => write!(f, "the device {device} cannot be made on this machine: {error}"),
            },
            LabError::FreeRadius { node, error } => write!(f, "{node}: {error}"),
            LabError::Thread(error) => write!(f, "the lab's thread cannot be started: {error}"),
        }
    }
}

impl std::error::Error for LabError {}

impl From<Lack> for LabError {
    fn from(lack: Lack) -> Self {
        LabError::Lack(lack)
    }
}

/// How a lab is brought up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealOptions {
    /// Listen on the console ports.
    pub console_ports: bool,
}

/// A lab that is up. Dropping it switches every node off and waits until nothing is left.
pub struct RealLab {
    description: Description,
    orders: mpsc::UnboundedSender<Order>,
    namespaces: BTreeMap<NodeId, Arc<NetNs>>,
    started: std::time::Instant,
    thread: Option<JoinHandle<()>>,
    /// The Linux commands of its nodes, from the first one on.
    processes: OnceLock<Processes>,
    /// No Linux command is started any more, and no script.
    ending: AtomicBool,
    /// Its RADIUS servers that are programs of their own.
    programs: Programs,
}

impl RealLab {
    /// Brings a lab up. [`acquire`](crate::host::netns::acquire) must have been called before.
    ///
    /// # Errors
    /// What is missing, in one sentence; nothing is left behind.
    pub fn start(description: Description, options: RealOptions) -> Result<RealLab, LabError> {
        Self::start_with(description, options, Box::new(RouterHost::routers))
    }

    /// As [`start`](Self::start), with whatever `factories` make in place of routers.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(
        description: Description,
        options: RealOptions,
        factories: Factories,
    ) -> Result<RealLab, LabError> {
        crate::host::netns::probe_tun()?;
        let listeners = if options.console_ports { console_ports(&description)? } else { Vec::new() };
        let mut namespaces = BTreeMap::new();
        for index in 0..description.nodes.len() {
            namespaces.insert(NodeId(index), Arc::new(NetNs::create()?));
        }
        let processes = OnceLock::new();
        // They come first: a router that is switched on may tell its server at once.
        let programs = freeradius::start(&description, &namespaces, &processes)?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LabError::Thread)?;
        let (orders, order_queue) = mpsc::unbounded_channel();
        let task = {
            let _inside = runtime.enter();
            let switches = (orders.clone(), order_queue);
            Task::new(&description, &namespaces, listeners, programs.clone(), switches, factories)?
        };
        let thread = std::thread::Builder::new()
            .name("lab".to_owned())
            .spawn(move || runtime.block_on(task.run()))
            .map_err(LabError::Thread)?;
        let started = std::time::Instant::now();
        let (thread, ending) = (Some(thread), AtomicBool::new(false));
        Ok(RealLab { description, orders, namespaces, started, thread, processes, ending, programs })
    }

    /// What it was made of.
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// Begins to watch a console. What it shows goes to `sink`, on the lab's thread.
    pub fn attach(&self, node: NodeId, viewer: ViewerId, sink: Sink) {
        self.order(Order::Attach { node, viewer, sink });
    }

    /// Stops watching.
    pub fn detach(&self, node: NodeId, viewer: ViewerId) {
        self.order(Order::Detach { node, viewer });
    }

    /// Types at a console.
    pub fn console(&self, node: NodeId, viewer: ViewerId, input: ConsoleInput) {
        self.order(Order::Console { node, viewer, input });
    }

    /// What should not have happened (a router that has failed) goes to `sink`, what has happened before as well.
    pub fn watch(&self, sink: RemarkSink) {
        self.order(Order::Watch(sink));
    }

    /// Changes a link.
    pub fn link(&self, link: LinkId, change: LinkChange) {
        self.order(Order::Link { link, change });
    }

    /// Captures a link to a pcapng file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn capture(&self, link: LinkId, file: &Path) -> io::Result<()> {
        let file = file.to_path_buf();
        self.ask(|reply| Order::Capture { link, file, reply })?
    }

    /// Ends every capture.
    pub fn no_capture(&self) {
        self.order(Order::NoCapture);
    }

    /// Switches a router off, or on again with the startup-config it has saved; or a RADIUS server.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn power(&self, node: NodeId, on: bool) -> Result<(), String> {
        if let Some(program) = self.programs.get(&node) {
            return program.power(self.processes()?, on);
        }
        self.ask(|reply| Order::Power { node, on, reply }).unwrap_or_else(|error| Err(error.to_string()))
    }

    /// The accounting records that a RADIUS node has got since this was last asked, as FreeRADIUS's `detail` module
    /// writes them.
    pub fn detail(&self, node: NodeId) -> String {
        if let Some(program) = self.programs.get(&node) {
            return program.take_detail();
        }
        self.ask(|reply| Order::Detail { node, reply }).unwrap_or_default()
    }

    /// What is there and how it is, as lines.
    pub fn status(&self) -> String {
        self.ask(|reply| Order::Status { reply }).unwrap_or_else(|error| format!("{error}\n"))
    }

    /// What a RADIUS server that is a program of its own has logged since this was last asked; nothing for another node.
    pub fn server_log(&self, node: NodeId) -> String {
        self.programs.get(&node).map_or_else(String::new, |program| program.take_log())
    }

    /// The namespace of a node.
    pub fn namespace(&self, node: NodeId) -> Option<&Arc<NetNs>> {
        self.namespaces.get(&node)
    }

    /// Runs a Linux command in the namespace of a node and waits for its end. What it starts in the background
    /// goes on until the lab ends, however that ends; its output is what both of its outputs printed until then.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn shell(&self, node: NodeId, command: &str) -> Result<ShellOutcome, String> {
        let netns = self.namespaces.get(&node).ok_or("there is no such node")?;
        let processes = self.processes()?;
        if self.ending.load(Ordering::Acquire) {
            return Err("the lab is being switched off".to_owned());
        }
        let run = || {
            processes.enter()?;
            shell(command)
        };
        netns.run(run).map_err(|error| error.to_string())
    }

    /// Ends every Linux command of the lab, whoever waits for it, and lets no other one start, and no script: the lab
    /// is to be switched off.
    pub fn end_commands(&self) {
        self.ending.store(true, Ordering::Release);
        if let Some(processes) = self.processes.get() {
            processes.kill();
        }
    }

    fn processes(&self) -> Result<&Processes, String> {
        processes(&self.processes).map_err(|error| format!("a PID namespace cannot be made: {error}"))
    }

    /// Time since the lab came up.
    pub fn now(&self) -> Instant {
        Instant::from_start(self.started.elapsed())
    }

    fn order(&self, order: Order) {
        // It fails when the lab's thread has ended; then there is nothing left to be done.
        let _ = self.orders.send(order);
    }

    fn ask<T>(&self, order: impl FnOnce(sync::Sender<T>) -> Order) -> io::Result<T> {
        let (reply, answer) = sync::channel();
        self.order(order(reply));
        answer.recv().map_err(|_| io::Error::other("the lab has ended"))
    }
}

impl Drop for RealLab {
    fn drop(&mut self) {
        // What uses the network ends before the network does, and the kernel ends no PID namespace before who started a
        // process in it has taken note of its end.
        self.programs.values().for_each(|program| program.end());
        drop(self.processes.take());
        self.order(Order::Shutdown);
        if let Some(thread) = self.thread.take() {
            // A panic of the lab's thread has been printed by then; there is nothing to add.
            let _ = thread.join();
        }
    }
}

fn processes(once: &OnceLock<Processes>) -> io::Result<&Processes> {
    match once.get() {
        Some(processes) => Ok(processes),
        None => {
            let made = Processes::start()?;
            // Somebody else may have been quicker; then the one just made ends again.
            Ok(once.get_or_init(|| made))
        }
    }
}

fn console_ports(description: &Description) -> Result<Vec<(NodeId, TcpListener)>, LabError> {
    let mut listeners = Vec::new();
    for (node, _, router) in description.routers() {
        let Some(port) = router.console else { continue };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| LabError::ConsolePort { port, error })?;
        listeners.push((node, listener));
    }
    Ok(listeners)
}

/// Runs a command with both outputs in one file, so that what it leaves in the background holds nothing up.
fn shell(command: &str) -> io::Result<ShellOutcome> {
    let memory = nix::sys::memfd::memfd_create(c"vpdnsh-shell", nix::sys::memfd::MFdFlags::MFD_CLOEXEC)?;
    let mut file = std::fs::File::from(memory);
    let status = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file.try_clone()?)
        .status()?;
    file.rewind()?;
    let mut output = Vec::new();
    file.read_to_end(&mut output)?;
    Ok(ShellOutcome { output: String::from_utf8_lossy(&output).into_owned(), status: status.code() })
}

/// A watcher number that nobody else has.
pub fn new_viewer() -> ViewerId {
    use std::sync::atomic::AtomicU64;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    ViewerId(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What reaches a play.
enum Shown {
    Console(NodeId, ConsoleOutput),
    Interrupt,
}

/// Ends a play from another thread than the one that it runs on.
pub struct Interrupter(sync::Sender<Shown>);

impl Interrupter {
    /// The play ends with the step that it is at.
    pub fn interrupt(&self) {
        // It has ended by itself when nobody takes it.
        let _ = self.0.send(Shown::Interrupt);
    }
}

/// A real lab as the stage of a play.
pub struct RealStage<'a> {
    lab: &'a RealLab,
    viewer: ViewerId,
    shown: sync::Receiver<Shown>,
    interrupter: sync::Sender<Shown>,
    interrupted: bool,
}

impl<'a> RealStage<'a> {
    /// Watches every console from now on. Consoles of a play do not page.
    pub fn new(lab: &'a RealLab) -> Self {
        let (interrupter, shown) = sync::channel();
        let viewer = new_viewer();
        for (node, ..) in lab.description.routers() {
            let sender = interrupter.clone();
            // The receiver is gone when the play is over and the lab has not heard of it yet.
            let sink = Box::new(move |output| sender.send(Shown::Console(node, output)).unwrap_or(()));
            lab.attach(node, viewer, sink);
            lab.console(node, viewer, ConsoleInput::Size { width: 80, length: 0 });
        }
        RealStage { lab, viewer, shown, interrupter, interrupted: false }
    }

    /// What ends the play on it.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.interrupter.clone())
    }

    fn take(&mut self, shown: Shown, outputs: &mut Vec<(NodeId, ConsoleOutput)>) {
        match shown {
            Shown::Console(node, output) => outputs.push((node, output)),
            Shown::Interrupt => self.interrupted = true,
        }
    }
}

impl Drop for RealStage<'_> {
    fn drop(&mut self) {
        for (node, ..) in self.lab.description.routers() {
            self.lab.detach(node, self.viewer);
        }
    }
}

impl Stage for RealStage<'_> {
    fn now(&self) -> Instant {
        self.lab.now()
    }

    fn console(&mut self, node: NodeId, input: ConsoleInput) {
        self.lab.console(node, self.viewer, input);
    }

    fn advance(&mut self, until: Instant) -> Vec<(NodeId, ConsoleOutput)> {
        let wait = until.duration_since(self.lab.now());
        let mut outputs = Vec::new();
        // Nothing comes before the time is over when the lab has ended: this end of the queue is open for as long as
        // the stage is there.
        if !self.interrupted
            && let Ok(first) = self.shown.recv_timeout(wait)
        {
            self.take(first, &mut outputs);
        }
        while let Ok(shown) = self.shown.try_recv() {
            self.take(shown, &mut outputs);
        }
        outputs
    }

    fn interrupted(&self) -> bool {
        // What was typed ahead of a hang-up may be one more script.
        self.interrupted || self.lab.ending.load(Ordering::Acquire)
    }

    fn shell(&mut self, node: NodeId, command: &str) -> Result<ShellOutcome, String> {
        self.lab.shell(node, command)
    }

    fn link(&mut self, link: LinkId, change: LinkChange) {
        self.lab.link(link, change);
    }

    fn capture(&mut self, link: LinkId, file: &Path) -> Result<(), String> {
        self.lab.capture(link, file).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn no_capture(&mut self) {
        self.lab.no_capture();
    }

    fn power(&mut self, node: NodeId, on: bool) -> Result<(), String> {
        self.lab.power(node, on)
    }

    fn detail(&mut self, node: NodeId) -> String {
        self.lab.detail(node)
    }

    fn server_log(&mut self, node: NodeId) -> String {
        self.lab.server_log(node)
    }
}

/// Where a router keeps its startup-config during the life of a lab: in memory, so that the files of the lab stay
/// as they are.
type Startups = BTreeMap<NodeId, String>;

fn read_startups(description: &Description) -> Result<Startups, LabError> {
    let mut startups = Startups::new();
    for (id, node, router) in description.routers() {
        let text = match &router.config {
            Some(path) => read(path, &node.name)?,
            None => String::new(),
        };
        startups.insert(id, text);
    }
    Ok(startups)
}

fn read(path: &PathBuf, node: &str) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(|error| LabError::Node {
        node: node.to_owned(),
        what: format!("{} cannot be read", path.display()),
        error,
    })
}
