//! What goes into an engine and what comes out of it.

mod counters;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::aaa::{LoginOutcome, TestOutcome, Ticket};
use super::arp::ArpView;
use super::traffic::{Counts, Faults};
use crate::config::views::InterfaceName;
use crate::proto::Switch;
use crate::proto::l2tp::{DataPath, Heard};
use crate::proto::ppp::Framing;

pub use counters::{Counters, LineErrors};

/// A network or PPP interface inside one router, never reused while anything refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceId(pub u32);

/// A B channel inside one router: controller unit and channel (`Serial0:0`, `BRI0:1`) by interface name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId {
    /// The interface whose D channel signals for it: `Serial0:23` or `BRI0`.
    pub controller: InterfaceName,
    /// 0-based on a PRI, 1 or 2 on a BRI.
    pub channel: u8,
}

/// Which UDP socket of the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Socket {
    /// Port 1701.
    L2tp,
    /// The RADIUS client's socket number n (source ports 1645 + n).
    Radius(u16),
    /// The port of `aaa server radius dynamic-author`.
    DynamicAuthor,
}

/// A request that the host edge carries out and reports back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// ISDN call reference inside one router, chosen by the side that sets the call up (engine or switch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallRef(pub u32);

/// A simplified Q.931 message between a router and the ISDN switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsdnMessage {
    /// Call set-up, in either direction. From the switch it names the B channel; from a router it may not.
    Setup {
        /// Call reference.
        call: CallRef,
        /// Called party number.
        called: String,
        /// Calling party number.
        calling: Option<String>,
        /// 64 kbit/s unrestricted digital (true) or 3.1 kHz audio.
        digital: bool,
        /// Bits per second.
        speed: u32,
        /// B channel, when the sender assigns it.
        channel: Option<u8>,
    },
    /// The called side takes the call; towards the caller it names the caller's B channel.
    Connect {
        /// Call reference.
        call: CallRef,
        /// B channel of the receiver of this message.
        channel: Option<u8>,
    },
    /// The call is to end or is refused. The Q.850 cause: 1 unassigned number, 16 normal clearing, 17 user
    /// busy, 27 destination out of order, 34 no channel.
    Disconnect {
        /// Call reference.
        call: CallRef,
        /// Q.850 cause.
        cause: u8,
    },
}

/// A session of L2TP as the data plane sees it.
#[derive(Clone, Debug)]
pub struct DataSession {
    /// Ids and addresses.
    pub path: DataPath,
    /// Shared counters.
    pub counters: Arc<Counters>,
    /// When its tunnel was last heard of.
    pub heard: Arc<Heard>,
}

/// What the data plane must do. The engine gives these out; `forward::Table` carries them out.
///
/// A *port* is a PPP link end, named by the id of its interface.
#[derive(Clone, Debug)]
pub enum ForwardCommand {
    /// `port` is this B channel: PPP frames (HDLC framing taken off) go to the engine.
    AttachChannel {
        /// The PPP interface.
        port: InterfaceId,
        /// Its channel.
        channel: ChannelId,
        /// Shared counters.
        counters: Arc<Counters>,
    },
    /// `port` is the LNS end of an L2TP session: PPP frames go to the engine.
    AttachSession {
        /// The Virtual-Access.
        port: InterfaceId,
        /// Its session.
        session: DataSession,
    },
    /// IP of `port` goes to and comes from the TUN of the interface `tun` from now on.
    OpenNetwork {
        /// The PPP interface.
        port: InterfaceId,
        /// The interface that owns the TUN (the port itself, or a dialer).
        tun: InterfaceId,
        /// How to write frames.
        framing: Framing,
    },
    /// Packets from the TUN of a dialer to this destination go out of `port` from now on. Which port that is the
    /// engine says for each destination when a packet asks for it ([`HostEvent::Packet`]); it is forgotten when a
    /// port of that TUN opens or closes.
    Route {
        /// The interface that owns the TUN.
        tun: InterfaceId,
        /// The destination.
        destination: Ipv4Addr,
        /// An open port of that TUN.
        port: InterfaceId,
    },
    /// What [`Route`](ForwardCommand::Route) said holds no longer: the configuration has changed.
    ForgetRoutes,
    /// IP stops; PPP frames still go to the engine.
    CloseNetwork {
        /// The PPP interface.
        port: InterfaceId,
    },
    /// LAC: all frames of the channel of `port` go into the session and back; none to the engine.
    Splice {
        /// The access interface.
        port: InterfaceId,
        /// The session.
        session: DataSession,
    },
    /// LAC: control characters to escape in what goes out on the channel of `port` (RFC 2661 section 6.14). A
    /// synchronous line escapes none until it is told to; what comes in is taken with or without escapes.
    SetAccm {
        /// The access interface.
        port: InterfaceId,
        /// Bit n for octet n.
        accm: u32,
    },
    /// Show the engine every L2TP data message that comes and goes (`debug vpdn l2x-data`), or stop that.
    Observe {
        /// Show them.
        on: bool,
    },
    /// The port goes away.
    Detach {
        /// The PPP interface.
        port: InterfaceId,
    },
}

/// What the engine asks of the host. Each is answered by a [`HostEvent`] with the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRequest {
    /// Bind a UDP socket.
    OpenSocket {
        /// Which.
        socket: Socket,
        /// Local port.
        port: u16,
    },
    /// Close it.
    CloseSocket {
        /// Which.
        socket: Socket,
    },
    /// Make a TUN named `name` for the interface; it stays down.
    CreateTun {
        /// For this interface.
        interface: InterfaceId,
        /// Kernel name, at most 15 octets (`Vi4`).
        name: String,
        /// IP MTU.
        mtu: u16,
    },
    /// Remove the TUN; addresses and routes go with it. A device that was bound is given back instead.
    DeleteTun {
        /// Of this interface.
        interface: InterfaceId,
    },
    /// Bind an Ethernet-like or loopback interface to its Linux device. Refused when no device was named.
    BindDevice {
        /// This interface.
        interface: InterfaceId,
        /// Its name; the host maps it to a device.
        name: InterfaceName,
    },
    /// Set a link up or down.
    SetLink {
        /// This interface.
        interface: InterfaceId,
        /// Up.
        up: bool,
    },
    /// Set an MTU.
    SetMtu {
        /// This interface.
        interface: InterfaceId,
        /// IP MTU.
        mtu: u16,
    },
    /// Give an address; with `peer` a point-to-point one.
    AddAddress {
        /// This interface.
        interface: InterfaceId,
        /// Address and prefix.
        address: Ipv4Net,
    },
    /// Take it away.
    RemoveAddress {
        /// This interface.
        interface: InterfaceId,
        /// Address and prefix.
        address: Ipv4Net,
    },
    /// Install a route.
    AddRoute {
        /// Destination.
        network: Ipv4Net,
        /// Next hop, or none for a directly connected one.
        gateway: Option<Ipv4Addr>,
        /// Device, or none for "as the gateway is reached".
        interface: Option<InterfaceId>,
        /// Preferred source.
        source: Option<Ipv4Addr>,
    },
    /// Remove a route.
    RemoveRoute {
        /// Destination.
        network: Ipv4Net,
        /// Next hop.
        gateway: Option<Ipv4Addr>,
        /// Device.
        interface: Option<InterfaceId>,
    },
    /// Keep an accounting record over a restart of the router. Only asked of a host that has a spool.
    SpoolAppend {
        /// Its name.
        id: u64,
        /// The record.
        bytes: Vec<u8>,
    },
    /// Forget it.
    SpoolRemove {
        /// Its name.
        id: u64,
    },
    /// Send one ICMP echo request and report the reply or silence.
    Echo {
        /// Destination.
        destination: Ipv4Addr,
        /// Source, or as routed.
        source: Option<Ipv4Addr>,
        /// Sequence number.
        sequence: u16,
        /// Octets of the IP datagram.
        size: u16,
        /// How long to wait for a reply.
        timeout: Duration,
    },
    /// Tell the neighbour table and the hardware addresses of Ethernet-like interfaces.
    Neighbours,
}

/// What the kernel knows about Ethernet addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The router's own.
    pub own: Vec<(InterfaceId, [u8; 6])>,
    /// Those of others.
    pub others: Vec<Neighbour>,
}

/// An entry of the neighbour table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Where it is.
    pub interface: InterfaceId,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its hardware address; `None` while it has not answered.
    pub hardware: Option<[u8; 6]>,
    /// How long ago it was last heard of.
    pub age: Duration,
}

/// What the host reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// The request was carried out.
    Done(RequestId),
    /// It was refused; the text is for the operator.
    Refused(RequestId, String),
    /// An echo request was answered after this time.
    EchoReply(RequestId, Duration),
    /// An echo request was not answered in time.
    EchoTimeout(RequestId),
    /// An echo request came back as unreachable.
    EchoUnreachable(RequestId),
    /// The neighbour table.
    Neighbours(RequestId, Neighbours),
    /// An IP packet was read from the TUN of an interface, and no port is known for it: none is open (dial on
    /// demand), or the calls of a dialer share the TUN and this destination was not asked for yet.
    Packet {
        /// The interface that owns the TUN.
        interface: InterfaceId,
        /// The IP packet.
        packet: Vec<u8>,
    },
    /// What the Linux device behind an interface has carried since it was bound; told at most once a second, and only
    /// when it has changed.
    Counted {
        /// The interface.
        interface: InterfaceId,
        /// Packets and octets.
        counts: Counts,
        /// What went wrong.
        faults: Faults,
    },
    /// The hardware address of the Linux device behind an interface: as it was bound, and when it has changed.
    Hardware {
        /// The interface.
        interface: InterfaceId,
        /// The address.
        address: [u8; 6],
    },
    /// The TUN or the Linux device behind an interface is gone, and what was installed there: somebody else removed it.
    Gone {
        /// The interface.
        interface: InterfaceId,
    },
    /// There is a Linux device for an interface whose binding was refused, or whose device was gone.
    Appeared {
        /// The interface.
        interface: InterfaceId,
    },
    /// Somebody else took an address away that the host was asked for.
    AddressTaken {
        /// The interface.
        interface: InterfaceId,
        /// The address.
        address: Ipv4Net,
    },
    /// The kernel has dropped packets of a TUN, since it was made or this was last said; told at most once a second.
    Dropped {
        /// The interface that owns the TUN.
        interface: InterfaceId,
        /// Packets to be sent, for which there was no room in its queue.
        output: u64,
        /// Packets of the peer that it did not take: the TUN is down.
        input: u64,
    },
    /// An observed L2TP data message.
    Data {
        /// The PPP interface.
        port: InterfaceId,
        /// It came from the peer.
        inbound: bool,
        /// The whole message, header included.
        message: Vec<u8>,
    },
    /// The carrier of a bound device changed.
    Carrier {
        /// The interface.
        interface: InterfaceId,
        /// Up.
        up: bool,
    },
}

/// A line for the log and the consoles. The logging room stamps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogLine {
    /// A debug text; the first line takes the stamp.
    Debug(Switch, String),
    /// `%FACILITY-SEVERITY-MNEMONIC: text`, with its severity 0 to 7.
    Syslog {
        /// 0 emergencies to 7 debugging.
        severity: u8,
        /// The whole text from `%` on.
        text: String,
    },
}

/// What the edge around an engine carries out for it.
#[derive(Clone, Debug)]
pub enum Action {
    /// Send a UDP datagram.
    Datagram {
        /// From this socket.
        socket: Socket,
        /// From this address; unspecified for "as routed".
        local: IpAddr,
        /// To there.
        remote: SocketAddr,
        /// Payload.
        bytes: Vec<u8>,
    },
    /// Send a PPP frame (protocol field first) out of a port; `forward` adds HDLC or L2TP.
    Frame {
        /// The PPP interface.
        port: InterfaceId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Send an IP packet that was held for this port, as if read from its TUN.
    Packet {
        /// The PPP interface.
        port: InterfaceId,
        /// The IP packet.
        packet: Vec<u8>,
    },
    /// To the ISDN switch.
    Signal {
        /// `Serial0:23` or `BRI0`.
        controller: InterfaceName,
        /// The message.
        message: IsdnMessage,
    },
    /// To the data plane.
    Forward(ForwardCommand),
    /// To the host.
    Host(RequestId, HostRequest),
}

/// What comes out of an engine.
#[derive(Clone, Debug)]
pub enum Output {
    /// For the edge.
    Act(Action),
    /// To log and consoles.
    Log(LogLine),
    /// To the EXEC command that waits for it: the outcome of its echo request.
    Echo(RequestId, EchoOutcome),
    /// To the EXEC command that waits for it: the table of ARP, by address; or why there is none.
    Arp(RequestId, Result<Vec<ArpView>, String>),
    /// `test aaa group` has ended.
    AaaTested(Ticket, TestOutcome),
    /// To the terminal line that waits for it: who sits there may or may not.
    Login(Ticket, LoginOutcome),
    /// The session at the terminal line with this number is to end: a RADIUS client has asked for it.
    EndTerminal(u32),
}

/// How an echo request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoOutcome {
    /// `!`
    Reply(Duration),
    /// `.`
    Timeout,
    /// `U`
    Unreachable,
}

/// What goes into an engine.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A UDP datagram that is not data of a known session.
    Datagram {
        /// On this socket.
        socket: Socket,
        /// The address it was sent to.
        local: IpAddr,
        /// Who sent it.
        remote: SocketAddr,
        /// Payload.
        bytes: &'a [u8],
    },
    /// A PPP frame of a port that `forward` does not carry itself (protocol field first, or FF 03 first).
    Frame {
        /// The PPP interface.
        port: InterfaceId,
        /// The frame.
        frame: &'a [u8],
    },
    /// From the ISDN switch.
    Signal {
        /// `Serial0:23` or `BRI0`.
        controller: InterfaceName,
        /// The message.
        message: IsdnMessage,
    },
    /// From the host.
    Host(HostEvent),
    /// Time has passed.
    Timeout,
}
