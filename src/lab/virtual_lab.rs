//! A lab in one thread and in virtual time: the same directory, the same routers, no Linux.
//!
//! Time stands still while anything can still happen at its point, then jumps to the next deadline. With the same
//! seed and the same script every run is the same to the octet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::fmt;
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::description::{Description, LinkId, NodeId, NodeKind};
use super::entropy::Scripted;
use super::isdn::{self, LineIndex, Switch};
use super::packet;
use super::player::{ShellOutcome, Stage};
use super::radius::{PORTS, RadiusServer};
use super::segment::{Impairment, LinkChange, Segment};
use super::virtual_host::{Attachment, HostOutput, VirtualHost};
use super::virtual_node::{NodeOutput, VirtualRouter};
use crate::config::views::InterfaceName;
use crate::engine::{Engine, IsdnMessage};
use crate::host::{CaptureWriter, LinkType};
use crate::proto::Instant;
use crate::proto::time::earliest;
use crate::router::{ConsoleInput, ConsoleOutput, Router};

/// How long a segment of a virtual lab takes when nobody says otherwise.
const WIRE_DELAY: Duration = Duration::from_millis(1);
/// How long the ISDN takes from one subscriber to the other.
const ISDN_DELAY: Duration = Duration::from_millis(10);
/// Steps at one point in time after which something must be going round in circles.
const STEPS_AT_ONCE: u32 = 1_000_000;

/// How a virtual lab is set up.
#[derive(Clone, Debug)]
pub struct VirtualOptions {
    /// Seed of the nodes and the links; each gets its own from it.
    pub seed: u64,
    /// Randomness of single nodes, by name, instead of the seeded one.
    pub entropy: HashMap<String, Scripted>,
    /// What every segment does to frames.
    pub impairment: Impairment,
    /// Wall clock of every router when it is switched on: seconds and nanoseconds since 1970 UTC.
    pub wall_clock: Option<(i64, u32)>,
}

impl Default for VirtualOptions {
    fn default() -> Self {
        VirtualOptions {
            seed: 1,
            entropy: HashMap::new(),
            impairment: Impairment { delay: WIRE_DELAY, ..Impairment::default() },
            wall_clock: None,
        }
    }
}

/// Why a virtual lab cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualError(String);

impl fmt::Display for VirtualError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VirtualError {}

enum Node {
    Router(Box<VirtualRouter>),
    Radius { host: Box<VirtualHost>, server: Box<RadiusServer> },
}

/// Something on its way through the ISDN to the switch.
#[derive(Debug, PartialEq, Eq)]
enum Access {
    Signal(IsdnMessage),
    Octets(u8, Vec<u8>),
}

struct OnItsWay {
    due: Instant,
    order: u64,
    line: LineIndex,
    access: Access,
}

impl PartialEq for OnItsWay {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.order) == (other.due, other.order)
    }
}

impl Eq for OnItsWay {}

impl Ord for OnItsWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl PartialOrd for OnItsWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

struct Wire {
    segment: Segment,
    capture: Option<CaptureWriter<BufWriter<std::fs::File>>>,
}

/// A lab in virtual time.
pub struct VirtualLab {
    description: Description,
    now: Instant,
    nodes: Vec<Node>,
    wires: Vec<Wire>,
    switch: Switch,
    isdn: BinaryHeap<Reverse<OnItsWay>>,
    order: u64,
    shown: VecDeque<(NodeId, ConsoleOutput)>,
    /// What was there before anybody called.
    baseline: BTreeMap<NodeId, Remains>,
    steps: u32,
}

/// What a call may leave behind on a router.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remains {
    tuns: Vec<String>,
    routes: Vec<super::virtual_host::Route>,
    table_empty: bool,
    timer: bool,
    tunnels: usize,
    sessions: usize,
    quiet: bool,
}

impl VirtualLab {
    /// Brings a lab up at time zero and reads its files.
    ///
    /// # Errors
    /// A file that cannot be read, or a `users` file that does not parse.
    pub fn new(description: &Description, options: &VirtualOptions) -> Result<VirtualLab, VirtualError> {
        let mut nodes = Vec::new();
        for (index, node) in description.nodes.iter().enumerate() {
            let id = NodeId(index);
            let seed = options.seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
            let entropy = options.entropy.get(&node.name).cloned().unwrap_or_else(|| Scripted::seeded(seed));
            nodes.push(match &node.kind {
                NodeKind::Router(router) => {
                    let config = match &router.config {
                        Some(path) => read(path)?,
                        None => String::new(),
                    };
                    let devices = devices(description, id);
                    let made = VirtualRouter::new(config, entropy, options.wall_clock, devices);
                    let made = if router.spool.is_some() { made.with_spool() } else { made };
                    Node::Router(Box::new(made))
                }
                NodeKind::Radius(radius) => {
                    let users = read(&radius.users)?;
                    let server = RadiusServer::new(radius, &users, Box::new(entropy))
                        .map_err(|error| VirtualError(format!("{}: {error}", radius.users.display())))?;
                    let attachment = attachments(description, id).next().map(|(_, attachment)| attachment);
                    let attachment =
                        attachment.ok_or_else(|| VirtualError(format!("{} is on no link", node.name)))?;
                    let host = VirtualHost::server(attachment, radius.address, &PORTS);
                    Node::Radius { host: Box::new(host), server: Box::new(server) }
                }
            });
        }
        let wires = description
            .links
            .iter()
            .zip(0u64..)
            .map(|(link, index)| {
                let seed = options.seed.wrapping_mul(7919).wrapping_add(index);
                let mut segment = Segment::new(link.ends.len(), seed);
                segment.impair(options.impairment);
                Wire { segment, capture: None }
            })
            .collect();
        let mut lab = VirtualLab {
            description: description.clone(),
            now: Instant::ZERO,
            nodes,
            wires,
            switch: Switch::new(isdn::line_params(description)),
            isdn: BinaryHeap::new(),
            order: 0,
            shown: VecDeque::new(),
            baseline: BTreeMap::new(),
            steps: 0,
        };
        let routers: Vec<NodeId> = description.routers().map(|(id, ..)| id).collect();
        for id in routers {
            lab.switch_on(id, false);
        }
        Ok(lab)
    }

    /// What it was made of.
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// The time.
    pub const fn time(&self) -> Instant {
        self.now
    }

    /// The segment of a link.
    pub fn segment(&mut self, link: LinkId) -> Option<&mut Segment> {
        self.wires.get_mut(link.0).map(|wire| &mut wire.segment)
    }

    /// The router of a node, switched on or off; `None` for a node that is none.
    pub fn router(&self, node: NodeId) -> Option<&VirtualRouter> {
        match self.nodes.get(node.0) {
            Some(Node::Router(router)) => Some(router),
            Some(Node::Radius { .. }) | None => None,
        }
    }

    /// Lets everything happen until `until`.
    pub fn run_until(&mut self, until: Instant) {
        while self.step(until) {}
    }

    /// Remembers what is there now as what may be there when nobody calls.
    pub fn take_baseline(&mut self) {
        self.baseline = self.remains();
    }

    /// What is left that was not there when the baseline was taken: TUNs, routes, sessions in the data plane,
    /// tunnels, sessions and users of the engine, timers, calls and frames. Empty when everything is gone.
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (node, now) in self.remains() {
            let name = self.description.node_name(node);
            let Some(before) = self.baseline.get(&node) else { continue };
            for tun in now.tuns.iter().filter(|tun| !before.tuns.contains(tun)) {
                left.push(format!("{name}: TUN {tun}"));
            }
            for route in now.routes.iter().filter(|route| !before.routes.contains(route)) {
                left.push(format!("{name}: route {route:?}"));
            }
            for route in before.routes.iter().filter(|route| !now.routes.contains(route)) {
                left.push(format!("{name}: missing route {route:?}"));
            }
            if before.table_empty && !now.table_empty {
                left.push(format!("{name}: a port or session in the data plane"));
            }
            for (what, before, now) in
                [("tunnels", before.tunnels, now.tunnels), ("sessions", before.sessions, now.sessions)]
            {
                if now > before {
                    left.push(format!("{name}: {now} {what}"));
                }
            }
            if before.quiet && !now.quiet {
                left.push(format!("{name}: a call, user, address or request in the engine"));
            }
            if !before.timer && now.timer {
                left.push(format!("{name}: a timer"));
            }
        }
        left.extend(self.switch.calls().iter().map(|call| format!("ISDN call {call:?}")));
        for (wire, link) in self.wires.iter().zip(&self.description.links) {
            if wire.segment.next_timeout().is_some() {
                left.push(format!("{}: a frame under way", link.name));
            }
        }
        left
    }

    fn remains(&self) -> BTreeMap<NodeId, Remains> {
        let mut remains = BTreeMap::new();
        for (id, ..) in self.description.routers() {
            let Some(router) = self.router(id) else { continue };
            let engine = router.machine().map(Router::engine);
            let mut tuns = router.host().tuns();
            tuns.sort();
            remains.insert(
                id,
                Remains {
                    tuns,
                    routes: router.host().routes(),
                    table_empty: router.table().is_empty(),
                    timer: router.next_timeout().is_some(),
                    tunnels: engine.map_or(0, |e| e.tunnels().len()),
                    sessions: engine.map_or(0, |e| e.sessions().len()),
                    quiet: engine.is_none_or(Engine::is_quiet),
                },
            );
        }
        remains
    }

    /// Goes on to the next point in time at which something happens. False when that lies behind `until`, and
    /// then it is `until`.
    fn step(&mut self, until: Instant) -> bool {
        self.settle();
        match self.next_timeout() {
            Some(next) if next <= until => {
                if next > self.now {
                    self.now = next;
                    self.steps = 0;
                }
                self.steps += 1;
                assert!(self.steps < STEPS_AT_ONCE, "the lab goes round in circles at {:?}", self.now);
                self.fire();
                self.settle();
                true
            }
            Some(_) | None => {
                self.now = self.now.max(until);
                false
            }
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let nodes = self.nodes.iter().fold(None, |soonest, node| match node {
            Node::Router(router) => earliest(soonest, router.next_timeout()),
            Node::Radius { host, .. } => earliest(soonest, host.next_timeout()),
        });
        let wires = self.wires.iter().fold(nodes, |s, wire| earliest(s, wire.segment.next_timeout()));
        earliest(wires, self.isdn.peek().map(|Reverse(first)| first.due))
    }

    /// Everything that is due now.
    fn fire(&mut self) {
        let now = self.now;
        while self.isdn.peek().is_some_and(|Reverse(first)| first.due <= now) {
            let Some(Reverse(item)) = self.isdn.pop() else { break };
            match item.access {
                Access::Signal(message) => self.switch.signal(item.line, message),
                Access::Octets(channel, octets) => self.switch.octets(item.line, channel, &octets),
            }
            self.run_switch();
        }
        for index in 0..self.wires.len() {
            while let Some(delivery) = self.wires.get_mut(index).and_then(|w| w.segment.poll(now)) {
                let Some(end) = self.description.links.get(index).and_then(|l| l.ends.get(delivery.port))
                else {
                    continue;
                };
                // A flooded frame reaches those whom it is not for.
                let at = Attachment { link: LinkId(index), port: delivery.port };
                let own = hardware_address(at.link, at.port);
                if !delivery.frame.starts_with(&own) {
                    continue;
                }
                let Some(packet) = packet::ipv4_of_ethernet(&delivery.frame) else { continue };
                match end.node().and_then(|node| self.nodes.get_mut(node.0)) {
                    Some(Node::Router(router)) => router.receive(now, at, packet),
                    Some(Node::Radius { host, .. }) => host.receive(now, packet),
                    None => {}
                }
            }
        }
        for node in &mut self.nodes {
            match node {
                Node::Router(router) => router.handle_timeout(now),
                Node::Radius { host, .. } => host.handle_timeout(now),
            }
        }
    }

    /// Carries away what the nodes give out until they give out nothing more.
    fn settle(&mut self) {
        for index in 0..self.nodes.len() {
            let id = NodeId(index);
            while let Some(output) = self.poll_node(index) {
                self.node_output(id, output);
            }
        }
        self.write_captures();
    }

    fn poll_node(&mut self, index: usize) -> Option<NodeOutput> {
        let now = self.now;
        let seconds = i64::try_from(now.since_start().as_secs()).unwrap_or(i64::MAX);
        match self.nodes.get_mut(index)? {
            Node::Router(router) => router.poll(now),
            Node::Radius { host, server } => loop {
                match host.poll()? {
                    HostOutput::Datagram { port, local, remote, bytes } => {
                        if let Some(answer) = server.handle(remote, &bytes, seconds) {
                            host.send_datagram((local, port).into(), remote, &answer);
                        }
                    }
                    HostOutput::Wire { attachment, next_hop, packet } => {
                        break Some(NodeOutput::Wire { attachment, next_hop, packet });
                    }
                    // It has no router and no TUN.
                    HostOutput::Event(_) | HostOutput::FromTun { .. } => {}
                }
            },
        }
    }

    fn node_output(&mut self, node: NodeId, output: NodeOutput) {
        match output {
            NodeOutput::Console(output) => self.shown.push_back((node, output)),
            NodeOutput::Wire { attachment, next_hop, packet } => {
                let Some(to) = self.neighbour(attachment.link, next_hop) else { return };
                let frame = packet::ethernet(
                    hardware_address(attachment.link, to),
                    hardware_address(attachment.link, attachment.port),
                    &packet,
                );
                let now = self.now;
                if let Some(segment) = self.segment(attachment.link) {
                    segment.send(now, attachment.port, &frame);
                }
            }
            NodeOutput::Signal { controller, message } => {
                self.call_out(node, &controller, Access::Signal(message));
            }
            NodeOutput::Octets { channel, octets } => {
                self.call_out(node, &channel.controller, Access::Octets(channel.channel, octets));
            }
            NodeOutput::Reloaded => {
                self.switch_off(node);
                self.switch_on(node, true);
            }
        }
    }

    fn call_out(&mut self, node: NodeId, controller: &InterfaceName, access: Access) {
        let Some(line) = isdn::line_of(&self.description, node, controller) else { return };
        self.order += 1;
        let item = OnItsWay { due: self.now + ISDN_DELAY, order: self.order, line, access };
        self.isdn.push(Reverse(item));
    }

    fn run_switch(&mut self) {
        while let Some(output) = self.switch.poll() {
            let (isdn::Output::Signal { line, .. } | isdn::Output::Octets { line, .. }) = &output;
            let Some(line) = self.description.isdn.get(line.0) else { continue };
            let Some(Node::Router(router)) = self.nodes.get_mut(line.node.0) else { continue };
            match output {
                isdn::Output::Signal { message, .. } => {
                    router.signal(self.now, line.controller.clone(), message);
                }
                isdn::Output::Octets { channel, octets, .. } => {
                    router.octets(self.now, &line.controller, channel, &octets);
                }
            }
        }
    }

    /// The port at which a neighbour has this address.
    fn neighbour(&self, link: LinkId, address: std::net::Ipv4Addr) -> Option<usize> {
        let ends = &self.description.links.get(link.0)?.ends;
        ends.iter().enumerate().position(|(port, end)| {
            let attachment = Attachment { link, port };
            match end.node().and_then(|node| self.nodes.get(node.0)) {
                Some(Node::Router(router)) => router.host().answers_for(address, attachment),
                Some(Node::Radius { host, .. }) => host.answers_for(address, attachment),
                None => false,
            }
        })
    }

    fn write_captures(&mut self) {
        for wire in &mut self.wires {
            while let Some((when, frame)) = wire.segment.poll_tap() {
                let Some(capture) = &mut wire.capture else { continue };
                if capture.packet(0, UNIX_EPOCH + when.since_start(), &frame).is_err() {
                    // The disk is full or gone: what is in the file stays readable.
                    wire.capture = None;
                    wire.segment.set_tap(false);
                }
            }
        }
    }

    fn switch_on(&mut self, node: NodeId, reloaded: bool) {
        let now = self.now;
        if let Some(Node::Router(router)) = self.nodes.get_mut(node.0) {
            router.switch_on(now, reloaded);
        }
        self.set_lines(node, true);
    }

    fn switch_off(&mut self, node: NodeId) {
        if let Some(Node::Router(router)) = self.nodes.get_mut(node.0) {
            router.switch_off();
        }
        self.set_lines(node, false);
    }

    fn set_lines(&mut self, node: NodeId, up: bool) {
        for index in isdn::lines_of(&self.description, node) {
            self.switch.set_line(index, up);
        }
        self.run_switch();
    }
}

impl Stage for VirtualLab {
    fn now(&self) -> Instant {
        self.now
    }

    fn console(&mut self, node: NodeId, input: ConsoleInput) {
        let now = self.now;
        if let Some(Node::Router(router)) = self.nodes.get_mut(node.0) {
            router.console(now, input);
        }
    }

    fn advance(&mut self, until: Instant) -> Vec<(NodeId, ConsoleOutput)> {
        self.settle();
        while self.shown.is_empty() && self.step(until) {}
        self.shown.drain(..).collect()
    }

    fn shell(&mut self, _: NodeId, _: &str) -> Result<ShellOutcome, String> {
        Err("there is no Linux in virtual time: `shell` needs a lab that runs in namespaces".to_owned())
    }

    fn link(&mut self, link: LinkId, change: LinkChange) {
        let Some(segment) = self.segment(link) else { return };
        change.apply(segment);
        let up = segment.is_up();
        let ends = self.description.links.get(link.0).map_or(&[][..], |link| &link.ends);
        for (port, end) in ends.iter().enumerate() {
            let at = Attachment { link, port };
            match end.node().and_then(|node| self.nodes.get_mut(node.0)) {
                Some(Node::Router(router)) => router.plug(at, up),
                // A server has one cable, and nobody to tell.
                Some(Node::Radius { .. }) | None => {}
            }
        }
    }

    fn capture(&mut self, link: LinkId, file: &Path) -> Result<(), String> {
        let name = self.description.links.get(link.0).map_or("", |l| l.name.as_str());
        let begin = || {
            let mut writer = CaptureWriter::create(file)?;
            writer.interface(name, LinkType::Ethernet)?;
            Ok(writer)
        };
        let writer = begin().map_err(|error: std::io::Error| format!("{}: {error}", file.display()))?;
        if let Some(wire) = self.wires.get_mut(link.0) {
            wire.capture = Some(writer);
            wire.segment.set_tap(true);
        }
        Ok(())
    }

    fn no_capture(&mut self) {
        self.write_captures();
        for wire in &mut self.wires {
            wire.capture = None;
            wire.segment.set_tap(false);
        }
    }

    fn detail(&mut self, node: NodeId) -> String {
        match self.nodes.get_mut(node.0) {
            Some(Node::Radius { server, .. }) => server.take_detail(),
            Some(Node::Router(_)) | None => String::new(),
        }
    }

    fn power(&mut self, node: NodeId, on: bool) -> Result<(), String> {
        if let Some(Node::Radius { server, .. }) = self.nodes.get_mut(node.0) {
            return server.power(on);
        }
        match (on, self.router(node).is_some_and(VirtualRouter::is_on)) {
            (true, true) => Err("it is on".to_owned()),
            (false, false) => Err("it is off".to_owned()),
            (true, false) => {
                self.switch_on(node, false);
                Ok(())
            }
            (false, true) => {
                self.settle();
                self.switch_off(node);
                Ok(())
            }
        }
    }
}

fn read(path: &Path) -> Result<String, VirtualError> {
    std::fs::read_to_string(path).map_err(|error| VirtualError(format!("{}: {error}", path.display())))
}

fn attachments(
    description: &Description,
    node: NodeId,
) -> impl Iterator<Item = (Option<InterfaceName>, Attachment)> {
    description.links.iter().enumerate().flat_map(move |(link, l)| {
        l.ends
            .iter()
            .enumerate()
            .filter(move |(_, end)| end.node() == Some(node))
            .map(move |(port, end)| (end.interface().cloned(), Attachment { link: LinkId(link), port }))
    })
}

fn devices(description: &Description, node: NodeId) -> HashMap<InterfaceName, Attachment> {
    attachments(description, node).filter_map(|(name, attachment)| Some((name?, attachment))).collect()
}

fn hardware_address(link: LinkId, port: usize) -> [u8; 6] {
    super::segment::hardware_address(link.0, port)
}
