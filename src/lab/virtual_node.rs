//! A router in virtual time with everything that surrounds it on a machine: its data plane and its Linux.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::entropy::Scripted;
use super::virtual_host::{Attachment, HostOutput, VirtualHost};
use crate::config::views::InterfaceName;
use crate::engine::{self, Action, ChannelId, HostEvent, HostRequest, InterfaceId, IsdnMessage, Socket};
use crate::forward::{Delivery, Disposition, Fate, Table};
use crate::proto::Instant;
use crate::proto::l2tp::PORT;
use crate::proto::time::earliest;
use crate::router::{ConsoleInput, ConsoleOutput, Input, LineId, Output, Router, RouterParams};

const CONSOLE: LineId = LineId(0);

/// What a node gives to the lab.
#[derive(Debug)]
pub enum NodeOutput {
    /// On its console.
    Console(ConsoleOutput),
    /// A packet for a neighbour on a segment.
    Wire {
        /// Out there.
        attachment: Attachment,
        /// The neighbour.
        next_hop: Ipv4Addr,
        /// The packet.
        packet: Vec<u8>,
    },
    /// To the ISDN switch.
    Signal {
        /// D channel.
        controller: InterfaceName,
        /// The message.
        message: IsdnMessage,
    },
    /// On a B channel.
    Octets {
        /// Which.
        channel: ChannelId,
        /// HDLC-framed.
        octets: Vec<u8>,
    },
    /// It has switched itself off and wants to be switched on again.
    Reloaded,
}

/// A [`Delivery`] that outlives the table's buffer.
enum Delivered {
    Transmit { local: IpAddr, remote: SocketAddr, bytes: Vec<u8> },
    Tun { packet: Vec<u8> },
    Channel { channel: ChannelId, octets: Vec<u8> },
    Frame { port: InterfaceId, frame: Vec<u8> },
    Dial { interface: InterfaceId, packet: Vec<u8> },
    Seen { port: InterfaceId, inbound: bool, message: Vec<u8> },
}

/// In virtual time there is always room.
fn keep(delivered: &mut VecDeque<Delivered>, delivery: Delivery<'_>) -> Fate {
    delivered.push_back(delivery.into());
    Fate::Taken
}

impl From<Delivery<'_>> for Delivered {
    fn from(delivery: Delivery<'_>) -> Self {
        match delivery {
            Delivery::Transmit { local, remote, bytes } => {
                Delivered::Transmit { local, remote, bytes: bytes.to_vec() }
            }
            Delivery::Tun { packet, .. } => Delivered::Tun { packet: packet.to_vec() },
            Delivery::Channel { channel, octets } => {
                Delivered::Channel { channel: channel.clone(), octets: octets.to_vec() }
            }
            Delivery::Frame { port, frame } => Delivered::Frame { port, frame: frame.to_vec() },
            Delivery::Dial { interface, packet } => Delivered::Dial { interface, packet: packet.to_vec() },
            Delivery::Seen { port, inbound, message } => {
                Delivered::Seen { port, inbound, message: message.to_vec() }
            }
        }
    }
}

/// A router, switched on or off.
pub struct VirtualRouter {
    startup: String,
    entropy: Scripted,
    wall_clock: Option<(i64, u32)>,
    router: Option<Router>,
    table: Table,
    host: VirtualHost,
    /// Its disk, if it has one: it stays when the router is switched off.
    spool: Option<BTreeMap<u64, Vec<u8>>>,
    /// How often it has been switched on.
    lives: u8,
    sockets: BTreeMap<Socket, u16>,
    delivered: VecDeque<Delivered>,
    outputs: VecDeque<NodeOutput>,
}

impl VirtualRouter {
    /// A router that is switched off.
    pub fn new(
        startup: String,
        entropy: Scripted,
        wall_clock: Option<(i64, u32)>,
        devices: HashMap<InterfaceName, Attachment>,
    ) -> Self {
        VirtualRouter {
            startup,
            entropy,
            wall_clock,
            host: VirtualHost::new(devices),
            router: None,
            table: Table::new(),
            spool: None,
            lives: 0,
            sockets: BTreeMap::new(),
            delivered: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// It keeps accounting records on a disk that stays when it is switched off.
    pub fn with_spool(mut self) -> Self {
        self.spool = Some(BTreeMap::new());
        self
    }

    /// The accounting records on its disk, by name.
    pub fn spooled(&self) -> impl Iterator<Item = (&u64, &Vec<u8>)> {
        self.spool.iter().flatten()
    }

    /// It is on.
    pub const fn is_on(&self) -> bool {
        self.router.is_some()
    }

    /// The machine itself, when it is on.
    pub const fn machine(&self) -> Option<&Router> {
        self.router.as_ref()
    }

    /// Its Linux.
    pub const fn host(&self) -> &VirtualHost {
        &self.host
    }

    /// Its data plane.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// What it will read when it is switched on.
    pub fn startup_config(&self) -> &str {
        &self.startup
    }

    /// Switches it on, by its mains switch or by `reload`; a terminal is at its console.
    pub fn switch_on(&mut self, now: Instant, reloaded: bool) {
        let params = RouterParams {
            entropy: Box::new(self.entropy.clone()),
            startup_config: self.startup.clone(),
            wall_clock: self.wall_clock,
            reloaded,
            spooled: self.spool.as_ref().map(|spool| engine::Spooled {
                life: self.lives,
                records: spool.iter().map(|(id, bytes)| (*id, bytes.clone())).collect(),
            }),
        };
        self.lives = self.lives.wrapping_add(1);
        self.router = Some(Router::new(now, params));
        self.console(now, ConsoleInput::Open { console: true });
        self.console(now, ConsoleInput::Size { width: 80, length: 0 });
    }

    /// Switches it off: everything but its startup-config is gone.
    pub fn switch_off(&mut self) {
        self.router = None;
        self.table = Table::new();
        self.host.switch_off();
        self.sockets.clear();
        self.delivered.clear();
        self.outputs.clear();
    }

    /// Somebody types at its console.
    pub fn console(&mut self, now: Instant, input: ConsoleInput) {
        self.input(now, Input::Console(CONSOLE, input));
    }

    /// The switch signals.
    pub fn signal(&mut self, now: Instant, controller: InterfaceName, message: IsdnMessage) {
        self.engine(now, engine::Input::Signal { controller, message });
    }

    /// Octets arrive on a B channel.
    pub fn octets(&mut self, now: Instant, controller: &InterfaceName, channel: u8, octets: &[u8]) {
        if self.is_on() {
            let channel = ChannelId { controller: controller.clone(), channel };
            let delivered = &mut self.delivered;
            self.table.octets(now, &channel, octets, &mut |d| keep(delivered, d));
        }
    }

    /// Its cable at a port of a segment is plugged in, or pulled.
    pub fn plug(&mut self, attachment: Attachment, on: bool) {
        self.host.plug(attachment, on);
    }

    /// An IP packet arrives from a segment.
    pub fn receive(&mut self, now: Instant, attachment: Attachment, packet: &[u8]) {
        self.host.arrived(now, attachment, packet);
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        earliest(self.router.as_ref().and_then(Router::next_timeout), self.host.next_timeout())
    }

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.host.handle_timeout(now);
        if self.router.as_ref().and_then(Router::next_timeout).is_some_and(|due| due <= now) {
            self.engine(now, engine::Input::Timeout);
        }
    }

    /// The next thing for the lab; call until `None` after every other call.
    pub fn poll(&mut self, now: Instant) -> Option<NodeOutput> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            // The router first: what it has ordered must hold before more comes in.
            if let Some(output) = self.router.as_mut().and_then(Router::poll) {
                self.router_output(now, output);
            } else if let Some(delivered) = self.delivered.pop_front() {
                self.deliver(now, delivered);
            } else {
                let output = self.host.poll()?;
                self.host_output(now, output);
            }
        }
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        if let Some(router) = &mut self.router {
            router.handle(now, input);
        }
    }

    fn engine(&mut self, now: Instant, input: engine::Input<'_>) {
        self.input(now, Input::Engine(input));
    }

    fn router_output(&mut self, now: Instant, output: Output) {
        match output {
            Output::Act(action) => self.act(now, action),
            Output::Console(CONSOLE, output) => self.outputs.push_back(NodeOutput::Console(output)),
            // No other line is ever opened here.
            Output::Console(..) => {}
            Output::SaveStartup(text) => {
                self.startup = text;
                self.input(now, Input::Saved(Ok(())));
            }
            Output::Reload => self.outputs.push_back(NodeOutput::Reloaded),
            // A lab switches its routers off at the mains.
            Output::Off => {}
        }
    }

    fn act(&mut self, now: Instant, action: Action) {
        let delivered = &mut self.delivered;
        let mut sink = |d: Delivery<'_>| keep(delivered, d);
        match action {
            Action::Datagram { socket, local, remote, bytes } => {
                if let Some(port) = self.sockets.get(&socket) {
                    self.host.send_datagram(SocketAddr::new(local, *port), remote, &bytes);
                }
            }
            Action::Frame { port, frame } => self.table.frame_out(port, &frame, &mut sink),
            Action::Packet { port, packet } => self.table.packet_out(now, port, &packet, &mut sink),
            Action::Signal { controller, message } => {
                self.outputs.push_back(NodeOutput::Signal { controller, message });
            }
            Action::Forward(command) => self.table.execute(command),
            Action::Host(id, request) => {
                match &request {
                    HostRequest::SpoolAppend { id, bytes } => {
                        self.spool.get_or_insert_default().insert(*id, bytes.clone());
                    }
                    HostRequest::SpoolRemove { id } => {
                        self.spool.get_or_insert_default().remove(id);
                    }
                    HostRequest::OpenSocket { socket, port } => {
                        self.sockets.insert(*socket, *port);
                    }
                    HostRequest::CloseSocket { socket } => {
                        if let Some(port) = self.sockets.remove(socket) {
                            self.host.close_port(port);
                        }
                    }
                    _ => {}
                }
                self.host.request(now, id, request);
            }
        }
    }

    fn deliver(&mut self, now: Instant, delivered: Delivered) {
        match delivered {
            Delivered::Transmit { local, remote, bytes } => {
                self.host.send_datagram(SocketAddr::new(local, PORT), remote, &bytes);
            }
            Delivered::Tun { packet } => self.host.receive(now, &packet),
            Delivered::Channel { channel, octets } => {
                self.outputs.push_back(NodeOutput::Octets { channel, octets });
            }
            Delivered::Frame { port, frame } => {
                self.engine(now, engine::Input::Frame { port, frame: &frame });
            }
            Delivered::Dial { interface, packet } => {
                self.engine(now, engine::Input::Host(HostEvent::Packet { interface, packet }));
            }
            Delivered::Seen { port, inbound, message } => {
                self.engine(now, engine::Input::Host(HostEvent::Data { port, inbound, message }));
            }
        }
    }

    fn host_output(&mut self, now: Instant, output: HostOutput) {
        match output {
            HostOutput::Event(event) => self.engine(now, engine::Input::Host(event)),
            HostOutput::Datagram { port, local, remote, bytes } => {
                let Some(socket) = self.sockets.iter().find(|(_, p)| **p == port).map(|(s, _)| *s) else {
                    return;
                };
                if socket == Socket::L2tp {
                    let delivered = &mut self.delivered;
                    let mut sink = |d: Delivery<'_>| keep(delivered, d);
                    if self.table.datagram(now, remote, &bytes, &mut sink) == Disposition::Data {
                        return;
                    }
                }
                self.engine(now, engine::Input::Datagram { socket, local, remote, bytes: &bytes });
            }
            HostOutput::FromTun { tun, packet } => {
                let delivered = &mut self.delivered;
                self.table.packet(now, tun, &packet, &mut |d| keep(delivered, d));
            }
            HostOutput::Wire { attachment, next_hop, packet } => {
                self.outputs.push_back(NodeOutput::Wire { attachment, next_hop, packet });
            }
        }
    }
}
