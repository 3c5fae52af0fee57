//! A lab in one thread and in virtual time: the same directory, the same routers, no Linux.
//!
//! Time stands still while anything can still happen at its point, then jumps to the next deadline. With the same
//! seed and the same script every run is the same to the octet.

mod leftovers;
mod stage;

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
use super::radius::{PORTS, RadiusServer};
use super::segment::{Impairment, Segment};
use super::virtual_host::{Attachment, HostOutput, VirtualHost};
use super::virtual_node::{NodeOutput, VirtualRouter};
use crate::config::views::InterfaceName;
use crate::engine::IsdnMessage;
use crate::host::CaptureWriter;
use crate::proto::Instant;
use crate::proto::time::earliest;
use crate::router::ConsoleOutput;
use leftovers::Remains;

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

impl VirtualLab {
    /// Brings a lab up at time zero and reads its files.
    ///
    /// # Errors
    /// A file that cannot be read, or a `users` file that does not parse.
    pub fn new(description: &Description, options: &VirtualOptions) -> Result<VirtualLab, VirtualError> {
        let nodes = (0..description.nodes.len()).map(|index| make_node(description, options, NodeId(index)));
        let nodes = nodes.collect::<Result<_, _>>()?;
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

fn make_node(description: &Description, options: &VirtualOptions, id: NodeId) -> Result<Node, VirtualError> {
    let Some(node) = description.nodes.get(id.0) else {
        return Err(VirtualError("there is no such node".to_owned()));
    };
    let seed = options.seed.wrapping_mul(1_000_003).wrapping_add(id.0 as u64);
    let entropy = options.entropy.get(&node.name).cloned().unwrap_or_else(|| Scripted::seeded(seed));
    match &node.kind {
        NodeKind::Router(router) => {
            let config = match &router.config {
                Some(path) => read(path)?,
                None => String::new(),
            };
            let devices = devices(description, id);
            let made = VirtualRouter::new(config, entropy, options.wall_clock, devices);
            let made = if router.spool.is_some() { made.with_spool() } else { made };
            Ok(Node::Router(Box::new(made)))
        }
        NodeKind::Radius(radius) => {
            let users = read(&radius.users)?;
            let server = RadiusServer::new(radius, &users, Box::new(entropy))
                .map_err(|error| VirtualError(format!("{}: {error}", radius.users.display())))?;
            let attachment = attachments(description, id).next().map(|(_, attachment)| attachment);
            let attachment =
                attachment.ok_or_else(|| VirtualError(format!("{} is on no link", node.name)))?;
            let host = VirtualHost::server(attachment, radius.address, &PORTS);
            Ok(Node::Radius { host: Box::new(host), server: Box::new(server) })
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
