//! The lab's thread: one task that owns everything between the nodes.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc as sync;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::freeradius::Programs;
use super::hub::{Hub, Sink, ViewerId};
use super::taps::{Devices, Taps, make_tap, make_taps, plug};
use super::wires::{ACCESS_QUEUE, FRAME_QUEUE, FromAccess, Received, Wires, read_tap};
use super::{LabError, Startups, read_startups};
use crate::host::clock::wall_clock;
use crate::host::{
    Factory, HostConfig, MonotonicClock, NetNs, Notice, RouterHandle, RouterHost, RouterInput, Startup,
    SystemEntropy, Tap,
};
use crate::lab::description::{Description, HOST, LinkId, NodeId, NodeKind, RadiusNode, RadiusProgram};
use crate::lab::radius::{PORTS, RadiusServer};
use crate::lab::segment::LinkChange;
use crate::lab::status;
use crate::proto::Entropy;
use crate::router::{ConsoleInput, ConsoleOutput, LineId};

/// The console line of every router.
const CONSOLE: LineId = LineId(0);
/// Largest RADIUS packet, RFC 2865 section 3.
const RADIUS_MAX: usize = 4096;

/// What the lab's thread is told.
pub enum Order {
    /// Watch a console.
    Attach { node: NodeId, viewer: ViewerId, sink: Sink },
    /// Watch it no longer.
    Detach { node: NodeId, viewer: ViewerId },
    /// Type at it.
    Console { node: NodeId, viewer: ViewerId, input: ConsoleInput },
    /// Change a link.
    Link { link: LinkId, change: LinkChange },
    /// Capture a link.
    Capture { link: LinkId, file: PathBuf, reply: sync::Sender<io::Result<()>> },
    /// End every capture.
    NoCapture,
    /// Switch a router.
    Power { node: NodeId, on: bool, reply: sync::Sender<Result<(), String>> },
    /// The accounting records of a RADIUS node since this was last asked.
    Detail { node: NodeId, reply: sync::Sender<String> },
    /// Describe the lab.
    Status { reply: sync::Sender<String> },
    /// A router says this, since it was switched on for this time.
    Router { node: NodeId, power: u64, said: Said },
    /// An end of a link is gone: somebody has removed the device.
    TapGone { link: LinkId, port: usize },
    /// Hear from now on of what should not have happened.
    Watch(RemarkSink),
    /// End.
    Shutdown,
}

/// Takes what should not have happened, on the lab's thread.
pub type RemarkSink = Box<dyn Fn(&str) + Send>;
/// Makes the maker of each router.
pub type Factories = Box<dyn Fn() -> Factory + Send>;

/// What a router says to the lab.
pub enum Said {
    /// On its console.
    Shown(ConsoleOutput),
    /// Of itself.
    Notice(Notice),
}

struct PoweredRouter {
    /// Which time it was switched on: what is still under way from an earlier time is not its own.
    power: u64,
    handle: RouterHandle,
    input: RouterInput,
}

/// The task.
pub struct Task {
    description: Description,
    clock: MonotonicClock,
    wires: Wires,
    taps: Taps,
    hubs: BTreeMap<NodeId, Hub>,
    routers: BTreeMap<NodeId, PoweredRouter>,
    startups: Startups,
    namespaces: BTreeMap<NodeId, Arc<NetNs>>,
    devices: Devices,
    listeners: Vec<(NodeId, TcpListener)>,
    radius: BTreeMap<NodeId, SharedRadius>,
    radius_sockets: Vec<(NodeId, UdpSocket)>,
    programs: Programs,
    remarks: Vec<String>,
    /// Who is told a remark at once.
    watcher: Option<RemarkSink>,
    factories: Factories,
    /// How often a router was switched on.
    powers: u64,
    orders: mpsc::UnboundedSender<Order>,
    queue: mpsc::UnboundedReceiver<Order>,
    access: (mpsc::Sender<FromAccess>, mpsc::Receiver<FromAccess>),
    frames: (mpsc::Sender<Received>, mpsc::Receiver<Received>),
}

impl Task {
    /// Makes everything and switches the routers on. Inside the runtime that will run the task.
    pub fn new(
        description: &Description,
        namespaces: &BTreeMap<NodeId, Arc<NetNs>>,
        listeners: Vec<(NodeId, TcpListener)>,
        programs: Programs,
        (orders, queue): (mpsc::UnboundedSender<Order>, mpsc::UnboundedReceiver<Order>),
        factories: Factories,
    ) -> Result<Task, LabError> {
        let (taps, devices) = make_taps(description, namespaces)?;
        let (radius, radius_sockets) = make_radius(description, namespaces)?;
        let mut task = Task {
            description: description.clone(),
            clock: MonotonicClock::start(),
            wires: Wires::new(description, taps.clone()),
            taps,
            hubs: BTreeMap::new(),
            routers: BTreeMap::new(),
            startups: read_startups(description)?,
            namespaces: namespaces.clone(),
            devices,
            listeners,
            radius,
            radius_sockets,
            programs,
            remarks: Vec::new(),
            watcher: None,
            factories,
            powers: 0,
            orders,
            queue,
            access: mpsc::channel(ACCESS_QUEUE),
            frames: mpsc::channel(FRAME_QUEUE),
        };
        for (id, node, _) in description.routers() {
            task.hubs.insert(id, Hub::new());
            task.power_on(id).map_err(|error| LabError::Node {
                node: node.name.clone(),
                what: "the router cannot be started".to_owned(),
                error,
            })?;
        }
        Ok(task)
    }

    /// Runs until it is told to end.
    pub async fn run(mut self) {
        for (link, taps) in std::mem::take(&mut self.taps).into_iter().enumerate() {
            for (port, tap) in taps.into_iter().enumerate() {
                self.read(tap, LinkId(link), port);
            }
        }
        for (node, listener) in std::mem::take(&mut self.listeners) {
            tokio::spawn(super::console_port::serve(listener, node, self.orders.clone()));
        }
        for (node, socket) in std::mem::take(&mut self.radius_sockets) {
            if let Some(server) = self.radius.get(&node) {
                tokio::spawn(serve_radius(server.clone(), socket));
            }
        }
        loop {
            let wake = self.wires.next_timeout().map(|due| self.clock.deadline(due));
            tokio::select! {
                order = self.queue.recv() => match order {
                    Some(Order::Shutdown) | None => break,
                    Some(order) => self.order(order),
                },
                Some(from) = next_access(&self.wires, &mut self.access.1) => self.take_access(from),
                Some(received) = self.frames.1.recv() => {
                    self.wires.received(self.clock.now(), &received);
                }
                () = sleep_until(wake) => {}
            }
            while let Ok(received) = self.frames.1.try_recv() {
                self.wires.received(self.clock.now(), &received);
            }
            self.wires.run(self.clock.now());
            for failed in self.wires.failed_captures() {
                self.remark(failed);
            }
        }
        self.wires.no_capture();
        self.shut_down();
    }

    fn read(&self, tap: Arc<Tap>, link: LinkId, port: usize) {
        let (frames, orders) = (self.frames.0.clone(), self.orders.clone());
        tokio::spawn(async move {
            read_tap(tap, link, port, frames).await;
            // The lab may have ended.
            let _ = orders.send(Order::TapGone { link, port });
        });
    }

    /// A node has lost its end of a link. It gets it back as it was at the start, and takes it up by itself.
    fn tap_gone(&mut self, link: LinkId, port: usize) {
        let Some(gone) = self.end(link, port) else { return };
        match make_tap(&self.description, &self.namespaces, link, port) {
            Ok(tap) => {
                let tap = Arc::new(tap);
                self.wires.replace_tap(link, port, tap.clone());
                self.read(tap, link, port);
                self.remark(format!("{gone} was removed, and has been made anew"));
                if self.wires.segment(link).is_some_and(|segment| !segment.is_up()) {
                    self.plug(link, port, false);
                }
            }
            Err(error) => self.remark(format!("{gone} was removed; {error}")),
        }
    }

    /// An end of a link, as a remark begins.
    fn end(&self, link: LinkId, port: usize) -> Option<String> {
        let link = self.description.links.get(link.0)?;
        let node = link.ends.get(port)?.node();
        let who = node.map_or(HOST, |node| self.description.node_name(node));
        Some(format!("{who}: its end of {}", link.name))
    }

    fn change_link(&mut self, link: LinkId, change: LinkChange) {
        let Some(segment) = self.wires.segment(link) else { return };
        let before = segment.is_up();
        change.apply(segment);
        let up = segment.is_up();
        if up != before {
            let ports = self.description.links.get(link.0).map_or(0, |link| link.ends.len());
            (0..ports).for_each(|port| self.plug(link, port, up));
        }
    }

    /// What is at an end of a link has carrier, or has it no longer.
    fn plug(&mut self, link: LinkId, port: usize, on: bool) {
        let (Some(tap), Some(end)) = (self.wires.tap(link, port), self.end(link, port)) else { return };
        let node = self.description.links.get(link.0).and_then(|link| link.ends.get(port)?.node());
        let netns = node.and_then(|node| self.namespaces.get(&node));
        if let Err(error) = plug(netns.map(Arc::as_ref), tap, on) {
            self.remark(format!("{end} cannot be {}: {error}", if on { "plugged in" } else { "pulled out" }));
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Attach { node, viewer, sink } => {
                if let Some(hub) = self.hubs.get_mut(&node) {
                    hub.attach(viewer, sink);
                }
            }
            Order::Detach { node, viewer } => {
                if let Some(hub) = self.hubs.get_mut(&node) {
                    hub.detach(viewer);
                }
            }
            Order::Console { node, viewer, input } => {
                let input = self.hubs.get_mut(&node).and_then(|hub| hub.from_viewer(viewer, input));
                self.to_router(node, input);
            }
            Order::Link { link, change } => self.change_link(link, change),
            Order::Capture { link, file, reply } => {
                let name = self.description.links.get(link.0).map_or("", |l| l.name.as_str());
                // Who asked may have gone away; the capture runs all the same.
                let _ = reply.send(self.wires.capture(link, name, &file));
            }
            Order::NoCapture => self.wires.no_capture(),
            Order::Power { node, on, reply } => {
                // As above.
                let _ = reply.send(self.power(node, on));
            }
            Order::Detail { node, reply } => {
                let detail = self.radius.get(&node).map(|server| lock(server).take_detail());
                // As above.
                let _ = reply.send(detail.unwrap_or_default());
            }
            Order::Status { reply } => {
                // As above.
                let _ = reply.send(self.status());
            }
            Order::Router { node, power, said } => self.said(node, power, said),
            Order::TapGone { link, port } => self.tap_gone(link, port),
            Order::Watch(watcher) => {
                self.remarks.iter().for_each(|remark| watcher(remark));
                self.watcher = Some(watcher);
            }
            Order::Shutdown => {}
        }
    }

    fn to_router(&self, node: NodeId, input: Option<ConsoleInput>) {
        if let (Some(input), Some(router)) = (input, self.routers.get(&node)) {
            // False when the router has ended; its notice is on the way.
            let _ = router.input.console(CONSOLE, input);
        }
    }

    fn said(&mut self, node: NodeId, power: u64, said: Said) {
        let current = self.routers.get(&node).is_some_and(|router| router.power == power);
        match said {
            Said::Shown(output) if current => {
                let input = self.hubs.get_mut(&node).and_then(|hub| hub.from_router(output));
                self.to_router(node, input);
            }
            Said::Notice(notice) => self.notice(node, notice, current),
            Said::Shown(_) => {}
        }
    }

    /// What is still under way from a router that was switched off is nobody's.
    fn take_access(&mut self, FromAccess { node, power, item }: FromAccess) {
        if self.routers.get(&node).is_some_and(|router| router.power == power) {
            self.wires.access(node, item);
        }
    }

    fn notice(&mut self, node: NodeId, notice: Notice, current: bool) {
        match notice {
            Notice::Saved(text) => {
                self.startups.insert(node, text);
            }
            // The startup-config of a lab is kept in memory: there is no file that could be refused.
            Notice::NotSaved(_) | Notice::Reloaded => {}
            Notice::Stopped(outcome) => {
                if let Err(what) = outcome {
                    self.remark(format!("{}: {what}", self.description.node_name(node)));
                }
                if current && self.routers.remove(&node).is_some() {
                    self.powered_off(node);
                }
            }
        }
    }

    /// What should not have happened, for `status` and whoever wants to know at once.
    fn remark(&mut self, remark: String) {
        self.watcher.iter().for_each(|watcher| watcher(&remark));
        self.remarks.push(remark);
    }

    fn power(&mut self, node: NodeId, on: bool) -> Result<(), String> {
        if let Some(server) = self.radius.get(&node) {
            return lock(server).power(on);
        }
        match (on, self.routers.contains_key(&node)) {
            (true, true) => Err("it is on".to_owned()),
            (false, false) => Err("it is off".to_owned()),
            (true, false) => self.power_on(node).map_err(|error| error.to_string()),
            (false, true) => {
                if let Some(router) = self.routers.remove(&node) {
                    router.handle.shutdown();
                }
                self.powered_off(node);
                Ok(())
            }
        }
    }

    fn powered_off(&mut self, node: NodeId) {
        self.wires.power_off(node);
        if let Some(hub) = self.hubs.get_mut(&node) {
            hub.power_off();
        }
    }

    fn spool(&self, node: NodeId) -> Option<PathBuf> {
        match &self.description.nodes.get(node.0)?.kind {
            NodeKind::Router(router) => router.spool.clone(),
            NodeKind::Radius(_) => None,
        }
    }

    fn power_on(&mut self, node: NodeId) -> io::Result<()> {
        let text = self.startups.get(&node).cloned().unwrap_or_default();
        // Fails here rather than in the router's thread.
        let entropy = SystemEntropy::new().map_err(io::Error::other)?;
        let config = HostConfig {
            name: self.description.node_name(node).to_owned(),
            devices: self.devices.get(&node).cloned().unwrap_or_default(),
            netns: self.namespaces.get(&node).cloned(),
            startup: Startup { text, save_to: None },
            wall_clock: None,
            spool: self.spool(node),
            entropy: Box::new(move || Box::new(entropy) as Box<dyn Entropy + Send>),
        };
        let mut handle = RouterHost::start_with(config, (self.factories)())?;
        let input = handle.input();
        self.powers += 1;
        let power = self.powers;
        let order = move |said| Order::Router { node, power, said };
        self.forward(input.attach(CONSOLE), move |output| order(Said::Shown(output)));
        if let Some(notices) = handle.take_notices() {
            self.forward(notices, move |notice| order(Said::Notice(notice)));
        }
        if let Some(mut access) = handle.take_access() {
            let queue = self.access.0.clone();
            tokio::spawn(async move {
                while let Some(item) = access.recv().await {
                    if queue.send(FromAccess { node, power, item }).await.is_err() {
                        return;
                    }
                }
            });
        }
        self.wires.power_on(node, input.access.clone());
        input.console(CONSOLE, ConsoleInput::Open { console: true });
        self.routers.insert(node, PoweredRouter { power, handle, input });
        Ok(())
    }

    fn forward<T: Send + 'static>(
        &self,
        mut from: mpsc::UnboundedReceiver<T>,
        order: impl Fn(T) -> Order + Send + 'static,
    ) {
        let orders = self.orders.clone();
        tokio::spawn(async move {
            while let Some(item) = from.recv().await {
                if orders.send(order(item)).is_err() {
                    return;
                }
            }
        });
    }

    fn shut_down(&mut self) {
        // All are told before any is waited for.
        for router in self.routers.values() {
            router.handle.request_shutdown();
        }
        for (_, router) in std::mem::take(&mut self.routers) {
            router.handle.shutdown();
        }
    }

    fn status(&mut self) -> String {
        let mut nodes = Vec::new();
        for (index, node) in self.description.nodes.iter().enumerate() {
            let id = NodeId(index);
            let router = self.routers.get(&id);
            nodes.push(status::NodeStatus {
                node,
                on: router.is_some()
                    || self.radius.get(&id).is_some_and(|server| lock(server).is_on())
                    || self.programs.get(&id).is_some_and(|program| program.is_on()),
                hostname: router.map(|r| r.handle.hostname().borrow().clone()),
                viewers: self.hubs.get(&id).map_or(0, Hub::viewers),
            });
        }
        let mut links = Vec::new();
        for (index, link) in self.description.links.iter().enumerate() {
            let captured = self.wires.is_captured(LinkId(index));
            if let Some(segment) = self.wires.segment(LinkId(index)) {
                links.push(status::LinkStatus::of(link, segment, captured));
            }
        }
        let calls = self.wires.switch().calls();
        let mut text = status::render(&self.description, &nodes, &links, &calls);
        for remark in &self.remarks {
            text.push_str(&format!("! {remark}\n"));
        }
        text
    }
}

/// The next item of an access side, once there is room for what may come of it. Cancel-safe.
async fn next_access(wires: &Wires, queue: &mut mpsc::Receiver<FromAccess>) -> Option<FromAccess> {
    wires.room().await;
    queue.recv().await
}

async fn sleep_until(wake: Option<tokio::time::Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}

fn make_radius(
    description: &Description,
    namespaces: &BTreeMap<NodeId, Arc<NetNs>>,
) -> Result<RadiusNodes, LabError> {
    let (mut servers, mut sockets) = (BTreeMap::new(), Vec::new());
    for (id, node, radius) in description.radius_servers() {
        match radius.program {
            RadiusProgram::Embedded => {}
            RadiusProgram::FreeRadius { .. } => continue,
        }
        let failed = |what: &str| {
            let (node, what) = (node.name.clone(), what.to_owned());
            move |error| LabError::Node { node, what, error }
        };
        let users = format!("{} cannot be read", radius.users.display());
        let server = read_server(radius).map_err(failed(&users))?;
        let Some(netns) = namespaces.get(&id) else { continue };
        for port in PORTS {
            let socket = netns
                .run(|| {
                    let socket = std::net::UdpSocket::bind((radius.address.addr(), port))?;
                    socket.set_nonblocking(true)?;
                    Ok(socket)
                })
                .and_then(UdpSocket::from_std)
                .map_err(failed("a RADIUS port cannot be had"))?;
            sockets.push((id, socket));
        }
        servers.insert(id, Arc::new(Mutex::new(server)));
    }
    Ok((servers, sockets))
}

fn read_server(radius: &RadiusNode) -> io::Result<RadiusServer> {
    let users = std::fs::read_to_string(&radius.users)?;
    let entropy = SystemEntropy::new().map_err(io::Error::other)?;
    RadiusServer::new(radius, &users, Box::new(entropy)).map_err(io::Error::other)
}

/// All ports are one server.
type SharedRadius = Arc<Mutex<RadiusServer>>;
/// The servers, and the ports of each.
type RadiusNodes = (BTreeMap<NodeId, SharedRadius>, Vec<(NodeId, UdpSocket)>);

fn lock(server: &SharedRadius) -> MutexGuard<'_, RadiusServer> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve_radius(server: SharedRadius, socket: UdpSocket) {
    let mut buffer = vec![0; RADIUS_MAX];
    loop {
        // An error here is the answer to a packet sent before (port unreachable): the socket goes on.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(packet) = buffer.get(..length) else { continue };
        let answer = lock(&server).handle(from, packet, wall_clock().0);
        if let Some(answer) = answer {
            // What cannot be sent is lost, as on any network; the client asks again.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}
