//! The debug lines of PPP. Nobody else words them.
//!
//! Texts: the documented call (Cisco tech note 23980) and published captures of later releases; lines that no
//! source shows are recalled and marked so.

use super::automaton::{Event, State};
use super::option::{self, Opt};
use super::packet::{self, IPCP, LCP};
use super::types::{AuthProtocol, Direction, FinishCause, Phase};
use crate::proto::{DebugText, Dialect, Switch, redact};
use std::fmt::{self, Write};
use std::net::Ipv4Addr;

/// A debug line of one interface.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The interface (`Se0:0`).
    pub interface: &'a str,
    /// What happened.
    pub what: What<'a>,
}

/// What stands behind the phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// `, Passive Open`
    PassiveOpen,
    /// `, Active Open`
    ActiveOpen,
    /// `, by this end`
    ByThisEnd,
    /// `, by the peer`
    ByPeer,
    /// `, by both`
    ByBoth,
    /// `, Setup`
    Setup,
    /// `, Attempting Forward`; nothing before 12.3.
    Attempting,
    /// `, Unauthenticated User`; nothing before 12.3.
    Unauthenticated,
    /// `, Authenticated User`; no line before 12.3.
    Authenticated,
}

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Received: `I`.
    In,
    /// Sent: `O`.
    Out,
}

/// The events that PPP prints.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// `PPP: Using set call direction`
    SetDirection,
    /// `PPP: Treating connection as a callin`
    Treating(Direction),
    /// `PPP: Phase is ...`
    Phase(Phase, Detail),
    /// `LCP: State is Listen`
    State(u16, State),
    /// `LCP: Event[UP] State[Starting to REQsent]`; 15.x only, which says it where the state stays the same too.
    Moved(u16, Event, State, State),
    /// `IPCP: Protocol configured, start CP. state[Initial]`; 15.x only.
    Start(u16, State),
    /// `PPP DISC: Lower Layer disconnected`; 15.x only.
    LowerLayerDown,
    /// `PPP DISC: Received LCP TERMREQ from peer`; 15.x only, and recalled.
    Ends(FinishCause, Option<AuthProtocol>),
    /// `LCP: I CONFREQ [Listen] id 118 len 10`
    Packet {
        /// Direction.
        way: Way,
        /// Protocol.
        protocol: u16,
        /// Code.
        code: u8,
        /// The state that it was sent or received in.
        state: State,
        /// Identifier.
        id: u8,
        /// The length field.
        len: usize,
    },
    /// `LCP:    MagicNumber 0x6EE4E865 (0x05066EE4E865)`
    Option(u16, Opt<'a>),
    /// `LCP: I FORCED CONFREQ len 11`
    Forced(usize),
    /// `LCP: TIMEout: State REQsent` (recalled)
    Timeout(u16, State),
    /// `LCP: O PROTREJ [Open] id 2 len 10 protocol CCP (0x80FD...)`
    ProtocolReject {
        /// Direction.
        way: Way,
        /// LCP's state.
        state: State,
        /// Identifier.
        id: u8,
        /// The length field.
        len: usize,
        /// The rejected protocol.
        protocol: u16,
        /// The data: protocol and rejected information. A password in it is printed as stars.
        octets: &'a [u8],
    },
    /// `LCP: O ECHOREQ [Open] id 1 len 12 magic 0x109D08F2` (recalled)
    Echo {
        /// Direction.
        way: Way,
        /// Echo-Request or Echo-Reply.
        code: u8,
        /// Identifier.
        id: u8,
        /// The length field.
        len: usize,
        /// The magic number in it.
        magic: u32,
    },
    /// `CHAP: Using alternate hostname 5300-1`
    AlternateHostname(&'a str),
    /// `CHAP: O CHALLENGE id 3 len 27 from "1600-3"`, `PAP: I AUTH-REQ id 1 len 18 from "user"`
    AuthNamed {
        /// Direction.
        way: Way,
        /// Protocol.
        protocol: AuthProtocol,
        /// `CHALLENGE`, `RESPONSE` or `AUTH-REQ`.
        code: &'static str,
        /// Identifier.
        id: u8,
        /// The length field.
        len: usize,
        /// The name in it.
        name: &'a [u8],
    },
    /// `CHAP: O SUCCESS id 6 len 4`, `CHAP: O FAILURE id 1 len 25 msg is "Authentication failed"`
    AuthResult {
        /// Direction.
        way: Way,
        /// Protocol.
        protocol: AuthProtocol,
        /// `SUCCESS`, `FAILURE`, `AUTH-ACK` or `AUTH-NAK`.
        code: &'static str,
        /// Identifier.
        id: u8,
        /// The length field.
        len: usize,
        /// The message; printed when there is one.
        message: &'a [u8],
    },
    /// Something about authentication, `CHAP: Ignoring Additional Response`
    AuthNote(AuthProtocol, &'static str),
    /// `AUTH: Timeout 1`
    AuthTimeout,
    /// `VPDN: PPP LCP accepted rcv CONFACK`
    Accepted(&'static str),
    /// `VPDN: PPP LCP not accepting rcv CONFACK` (recalled)
    NotAccepting(&'static str),
    /// `PPP: I pkt type 0xC021, datagramsize 14` (recalled)
    Datagram(u16, usize),
    /// Something wrong with what the peer sent (recalled): `LCP: Bad option lengths`
    Trouble(u16, &'static str),
    /// `IPCP: Install route to 10.10.53.2`; for the owner of the routing table.
    InstallRoute(Ipv4Addr),
    /// `IPCP: Remove route to 10.10.53.2`; for the owner of the routing table.
    RemoveRoute(Ipv4Addr),
}

impl Line<'_> {
    fn body(&self, dialect: Dialect, f: &mut dyn Write) -> fmt::Result {
        match self.what {
            What::SetDirection => f.write_str(match dialect {
                Dialect::V12_0 | Dialect::V12_1 => "PPP: Using set call direction",
                Dialect::V15 => "PPP: Using vpn set call direction",
            }),
            What::Treating(direction) => {
                let word = match direction {
                    Direction::Callin => "callin",
                    Direction::Callout => "callout",
                };
                write!(f, "PPP: Treating connection as a {word}")
            }
            What::Phase(phase, detail) => phase_line(dialect, phase, detail, f),
            What::State(LCP, State::Stopped) if dialect == Dialect::V15 => {
                f.write_str("PPP LCP: Enter passive mode, state[Stopped]")
            }
            What::State(protocol, state) => {
                write!(f, "{}: State is {}", name(protocol), state_name(dialect, state))
            }
            What::Moved(protocol, event, from, to) => write!(
                f,
                "{}: Event[{}] State[{} to {}]",
                name(protocol),
                event.ios_xe(),
                from.ios_xe(),
                to.ios_xe()
            ),
            What::Start(protocol, state) => {
                let (name, state) = (name(protocol), state.ios_xe());
                write!(f, "{name}: Protocol configured, start CP. state[{state}]")
            }
            What::LowerLayerDown => f.write_str("PPP DISC: Lower Layer disconnected"),
            What::Ends(cause, demanded) => disconnect_line(cause, demanded, f),
            What::Packet { way, protocol, code, state, id, len } => {
                write!(f, "{}: {} ", name(protocol), letter(way))?;
                match packet::code_name(code) {
                    Some(code) => f.write_str(code)?,
                    None => write!(f, "CODE {code}")?,
                }
                write!(f, " [{}] id {id} len {len}", state_name(dialect, state))
            }
            What::Option(protocol, ref option) => {
                write!(f, "{}:    ", name(protocol))?;
                option::describe(protocol, option, f)
            }
            What::Forced(len) => write!(f, "LCP: I FORCED CONFREQ len {len}"),
            What::Timeout(protocol, state) => {
                write!(f, "{}: TIMEout: State {}", name(protocol), state_name(dialect, state))
            }
            What::ProtocolReject { way, state, id, len, protocol, octets } => {
                let state = state_name(dialect, state);
                write!(f, "LCP: {} PROTREJ [{state}] id {id} len {len} protocol ", letter(way))?;
                match packet::protocol_name(protocol) {
                    Some(name) => f.write_str(name)?,
                    None => write!(f, "0x{protocol:04X}")?,
                }
                f.write_str(" (0x")?;
                rejected(octets, f)?;
                f.write_str(")")
            }
            What::Echo { way, code, id, len, magic } => {
                let code = packet::code_name(code).unwrap_or("ECHOREQ");
                write!(f, "LCP: {} {code} [Open] id {id} len {len} magic 0x{magic:08X}", letter(way))
            }
            What::AlternateHostname(name) => write!(f, "CHAP: Using alternate hostname {name}"),
            What::AuthNamed { way, protocol, code, id, len, name } => {
                write!(f, "{}: {} {code} id {id} len {len} from \"", protocol.name(), letter(way))?;
                write!(f, "{}\"", redact::plain(name))
            }
            What::AuthResult { way, protocol, code, id, len, message } => {
                write!(f, "{}: {} {code} id {id} len {len}", protocol.name(), letter(way))?;
                if message.is_empty() {
                    return Ok(());
                }
                write!(f, " msg is \"{}\"", redact::plain(message))
            }
            What::AuthNote(protocol, note) => write!(f, "{}: {note}", protocol.name()),
            What::AuthTimeout => f.write_str("AUTH: Timeout 1"),
            What::Accepted(which) => write!(f, "VPDN: PPP LCP accepted {which} CONFACK"),
            What::NotAccepting(which) => write!(f, "VPDN: PPP LCP not accepting {which} CONFACK"),
            What::Datagram(protocol, size) => {
                write!(f, "PPP: I pkt type 0x{protocol:04X}, datagramsize {size}")
            }
            What::Trouble(protocol, trouble) => write!(f, "{}: {trouble}", name(protocol)),
            What::InstallRoute(address) => write!(f, "IPCP: Install route to {address}"),
            What::RemoveRoute(address) => write!(f, "IPCP: Remove route to {address}"),
        }
    }
}

impl DebugText for Line<'_> {
    fn switch(&self) -> Switch {
        match self.what {
            What::SetDirection
            | What::Treating(_)
            | What::Phase(..)
            | What::State(..)
            | What::Moved(..)
            | What::Start(..)
            | What::LowerLayerDown
            | What::Ends(..)
            | What::Packet { .. }
            | What::Option(..)
            | What::Forced(_)
            | What::Timeout(..)
            | What::ProtocolReject { .. }
            | What::InstallRoute(_)
            | What::RemoveRoute(_) => Switch::PppNegotiation,
            What::AlternateHostname(_)
            | What::AuthNamed { .. }
            | What::AuthResult { .. }
            | What::AuthNote(..)
            | What::AuthTimeout => Switch::PppAuthentication,
            What::Accepted(_) | What::NotAccepting(_) => Switch::VpdnEvent,
            What::Datagram(..) | What::Echo { .. } => Switch::PppPacket,
            What::Trouble(..) => Switch::PppError,
        }
    }

    fn exists_in(&self, dialect: Dialect) -> bool {
        let new = dialect == Dialect::V15;
        match self.what {
            What::Moved(..)
            | What::Start(..)
            | What::LowerLayerDown
            | What::Ends(..)
            | What::Phase(_, Detail::Authenticated) => new,
            // There the events say it.
            What::State(_, State::Closed) => !new,
            What::SetDirection
            | What::Treating(_)
            | What::Phase(..)
            | What::State(..)
            | What::Packet { .. }
            | What::Option(..)
            | What::Forced(_)
            | What::Timeout(..)
            | What::ProtocolReject { .. }
            | What::Echo { .. }
            | What::AlternateHostname(_)
            | What::AuthNamed { .. }
            | What::AuthResult { .. }
            | What::AuthNote(..)
            | What::AuthTimeout
            | What::Accepted(_)
            | What::NotAccepting(_)
            | What::Datagram(..)
            | What::Trouble(..)
            | What::InstallRoute(_)
            | What::RemoveRoute(_) => true,
        }
    }

    fn write(&self, dialect: Dialect, f: &mut dyn Write) -> fmt::Result {
        write!(f, "{} ", self.interface)?;
        self.body(dialect, f)
    }
}

fn phase_line(dialect: Dialect, phase: Phase, detail: Detail, f: &mut dyn Write) -> fmt::Result {
    let phase = match phase {
        Phase::Down => "DOWN",
        Phase::Establishing => "ESTABLISHING",
        Phase::Authenticating => "AUTHENTICATING",
        Phase::Forwarding => "FORWARDING",
        Phase::Up => "UP",
        Phase::Terminating => "TERMINATING",
    };
    let detail = match detail {
        Detail::None => "",
        Detail::PassiveOpen | Detail::ActiveOpen if dialect == Dialect::V15 => "",
        Detail::PassiveOpen => ", Passive Open",
        Detail::ActiveOpen => ", Active Open",
        Detail::ByThisEnd => ", by this end",
        Detail::ByPeer => ", by the peer",
        Detail::ByBoth => ", by both",
        Detail::Setup => ", Setup",
        Detail::Attempting if dialect == Dialect::V15 => ", Attempting Forward",
        Detail::Unauthenticated if dialect == Dialect::V15 => ", Unauthenticated User",
        Detail::Authenticated => ", Authenticated User",
        Detail::Attempting | Detail::Unauthenticated => "",
    };
    // 12.1 counts the sessions that wait for its PPP manager process and that process's load. Links here are run by
    // whoever gives them their input: there is no such queue, and nothing ever waits in it.
    let queue = match dialect {
        Dialect::V12_1 => " [0 sess, 0 load]",
        Dialect::V12_0 | Dialect::V15 => "",
    };
    write!(f, "PPP: Phase is {phase}{detail}{queue}")
}

/// Why a link ends. The words are recalled.
fn disconnect_line(cause: FinishCause, demanded: Option<AuthProtocol>, f: &mut dyn Write) -> fmt::Result {
    f.write_str("PPP DISC: ")?;
    match (cause, demanded) {
        (FinishCause::Local, _) => f.write_str("Closed by this end"),
        (FinishCause::Peer, _) => f.write_str("Received LCP TERMREQ from peer"),
        (FinishCause::Negotiation, _) => f.write_str("Negotiation did not converge"),
        (FinishCause::Authentication, Some(protocol)) => {
            write!(f, "User failed {} authentication", protocol.name())
        }
        (FinishCause::Authentication, None) => f.write_str("Authentication by the peer failed"),
        (FinishCause::Keepalive, _) => f.write_str("Missed too many keepalives"),
        (FinishCause::Loopback, _) => f.write_str("Loopback detected"),
    }
}

const fn letter(way: Way) -> char {
    match way {
        Way::In => 'I',
        Way::Out => 'O',
    }
}

fn name(protocol: u16) -> &'static str {
    match protocol {
        LCP => "LCP",
        IPCP => "IPCP",
        other => packet::protocol_name(other).unwrap_or("PPP"),
    }
}

const fn state_name(dialect: Dialect, state: State) -> &'static str {
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => state.ios(),
        Dialect::V15 => state.ios_xe(),
    }
}

/// Upper case hexadecimal without blanks.
pub(super) fn hex(octets: &[u8], f: &mut dyn Write) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
}

/// The same of a rejected packet, with stars for the password that one of PAP has.
fn rejected(octets: &[u8], f: &mut dyn Write) -> fmt::Result {
    let password = redact::pap_password(octets).unwrap_or_default();
    octets.iter().enumerate().try_for_each(|(at, octet)| match password.contains(&at) {
        true => f.write_str("**"),
        false => write!(f, "{octet:02X}"),
    })
}
