//! The lines of `debug vpdn l2x-events` and `debug vpdn l2x-errors`: what happens to tunnels and sessions.
//!
//! Texts of l2x-events are those of the documented call (Cisco tech note 23980), except where a variant says
//! otherwise; those of l2x-errors are this program's own, in the same style.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::prefix::Prefix;
use super::types::{SessionState, TunnelState};
use crate::proto::{DebugText, Dialect, Switch};

impl TunnelState {
    /// The word of IOS for the state.
    pub const fn name(self) -> &'static str {
        match self {
            TunnelState::Idle => "idle",
            TunnelState::WaitCtlReply => "wait-ctl-reply",
            TunnelState::Established => "established",
            TunnelState::NoSessionsLeft => "no-sessions-left",
            TunnelState::ShuttingDown => "shutting-down",
        }
    }
}

impl SessionState {
    /// The word of IOS for the state.
    pub const fn name(self) -> &'static str {
        match self {
            SessionState::Idle => "idle",
            SessionState::WaitForTunnel => "wait-for-tunnel",
            SessionState::WaitReply => "wait-reply",
            SessionState::WaitConnect => "wait-connect",
            SessionState::Established => "established",
            SessionState::ShuttingDown => "shutting-down",
        }
    }
}

/// A line of l2x-events or l2x-errors.
#[derive(Clone, Copy, Debug)]
pub struct L2tpEventDebug<'a> {
    /// Who it is about.
    pub prefix: Prefix<'a>,
    /// What happened.
    pub what: What<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// `SM State established`: the state machine has an event to handle.
    SmState(TunnelState),
    /// `Tunnel state change from idle to wait-ctl-reply`
    TunnelChange(TunnelState, TunnelState),
    /// `O SCCRQ`, from recollection of the Debug Command Reference: the peer's name is not known yet.
    OutSccrq,
    /// `O SCCCN to l2tp-gw tnlid 55270`: message, peer, its tunnel id.
    OutTunnel(&'static str, &'a str, u16),
    /// `O ICRQ to l2tp-gw 55270/0`: message, peer, its tunnel and session id.
    OutSession(&'static str, &'a str, u16, u16),
    /// `I SCCRP from l2tp-gw`
    In(&'static str, &'a str),
    /// `I SCCRQ from hgw tnl 17688`
    InTunnel(&'static str, &'a str, u16),
    /// `I ICCN from hgw tnl 17688, cl 7`
    InSession(&'static str, &'a str, u16, u16),
    /// `I StopCCN from l2tp-gw tnl 55270` is [`What::InTunnel`]; this is `Shutdown tunnel`.
    ShutdownTunnel,
    /// `Got a challenge in SCCRQ, hgw`
    GotChallengeInSccrq(&'a str),
    /// `Got a challenge from remote peer, l2tp-gw`
    GotChallenge(&'a str),
    /// `Got a response from remote peer, l2tp-gw`
    GotResponse(&'a str),
    /// `Got a Challenge Response in SCCCN from hgw`
    GotResponseInScccn(&'a str),
    /// `Tunnel Authentication success`
    AuthenticationSuccess,
    /// `New tunnel created for remote hgw, address 10.51.6.68`
    NewTunnel(&'a str, IpAddr),
    /// `No more sessions in tunnel, shutdown (likely) in 15 seconds`
    NoMoreSessions(Duration),
    /// `Session FS enabled`
    SessionFsEnabled,
    /// `Session state change from idle to wait-for-tunnel`
    SessionChange(SessionState, SessionState),
    /// `Create session`
    CreateSession,
    /// `New session created`
    NewSession,
    /// `Destroying session`
    DestroyingSession,
    /// `VPDN: Releasing idb for LAC/LNS tunnel 17688/55270 session 7 state idle`
    ReleasingIdb(u16, u16, u16),
    /// A line of l2x-errors.
    Trouble(Trouble<'a>),
}

/// What went wrong.
#[derive(Clone, Copy, Debug)]
pub enum Trouble<'a> {
    /// The peer's challenge response is missing or wrong.
    AuthenticationFailed(&'a str),
    /// Authentication is needed and no secret is configured.
    NoSecret(&'a str),
    /// The peer's challenge is one of ours.
    OwnChallenge(&'a str),
    /// Retransmissions used up.
    PeerDead(SocketAddr),
    /// Set-up took too long.
    SetupTimeout,
    /// A message in a state that does not take it.
    Unexpected(&'static str, &'static str),
    /// A message with a fault, by its result and error codes.
    BadMessage(&'a str, u16, Option<u16>),
    /// Duplicate, early or late message: Ns, Nr that we expect, what became of it.
    OutOfOrder(u16, u16, &'static str),
    /// A control message for a tunnel that does not exist.
    UnknownTunnel(u16, SocketAddr),
    /// A control message for a session that does not exist.
    UnknownSession(&'static str, u16),
    /// A packet of version 1.
    L2f(SocketAddr),
    /// Another version.
    BadVersion(u8, SocketAddr),
    /// A header that makes no sense.
    Malformed(&'static str, SocketAddr),
    /// The half-open limit is reached.
    TooManyHalfOpen(SocketAddr),
    /// Outcome of a collision of two SCCRQs.
    TieBreaker(&'static str),
    /// The peer opens a tunnel with an id that it still has.
    PeerRestarted(&'a str),
    /// Session limit reached.
    SessionLimit(u16),
}

impl What<'_> {
    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match *self {
            What::SmState(state) => write!(f, "SM State {}", state.name()),
            What::TunnelChange(from, to) => {
                write!(f, "Tunnel state change from {} to {}", from.name(), to.name())
            }
            What::OutSccrq => f.write_str("O SCCRQ"),
            What::OutTunnel(message, peer, tunnel) => write!(f, "O {message} to {peer} tnlid {tunnel}"),
            What::OutSession(message, peer, tunnel, session) => {
                write!(f, "O {message} to {peer} {tunnel}/{session}")
            }
            What::In(message, peer) => write!(f, "I {message} from {peer}"),
            What::InTunnel(message, peer, tunnel) => write!(f, "I {message} from {peer} tnl {tunnel}"),
            What::InSession(message, peer, tunnel, session) => {
                write!(f, "I {message} from {peer} tnl {tunnel}, cl {session}")
            }
            What::ShutdownTunnel => f.write_str("Shutdown tunnel"),
            What::GotChallengeInSccrq(peer) => write!(f, "Got a challenge in SCCRQ, {peer}"),
            What::GotChallenge(peer) => write!(f, "Got a challenge from remote peer, {peer}"),
            What::GotResponse(peer) => write!(f, "Got a response from remote peer, {peer}"),
            What::GotResponseInScccn(peer) => write!(f, "Got a Challenge Response in SCCCN from {peer}"),
            What::AuthenticationSuccess => f.write_str("Tunnel Authentication success"),
            What::NewTunnel(peer, address) => {
                write!(f, "New tunnel created for remote {peer}, address {address}")
            }
            What::NoMoreSessions(after) => {
                write!(f, "No more sessions in tunnel, shutdown (likely) in {} seconds", after.as_secs())
            }
            What::SessionFsEnabled => f.write_str("Session FS enabled"),
            What::SessionChange(from, to) => {
                write!(f, "Session state change from {} to {}", from.name(), to.name())
            }
            What::CreateSession => f.write_str("Create session"),
            What::NewSession => f.write_str("New session created"),
            What::DestroyingSession => f.write_str("Destroying session"),
            What::ReleasingIdb(local, remote, session) => {
                write!(
                    f,
                    "VPDN: Releasing idb for LAC/LNS tunnel {local}/{remote} session {session} state idle"
                )
            }
            What::Trouble(trouble) => trouble.write(f),
        }
    }
}

impl Trouble<'_> {
    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match *self {
            Trouble::AuthenticationFailed(peer) => write!(f, "Tunnel auth failed for {peer}"),
            Trouble::NoSecret(peer) => {
                write!(f, "Tunnel auth failed for {peer}, no tunnel password configured")
            }
            Trouble::OwnChallenge(peer) => {
                write!(f, "Tunnel auth failed for {peer}, it asks what it was asked")
            }
            Trouble::PeerDead(peer) => write!(f, "No answer from {peer}, retransmissions used up"),
            Trouble::SetupTimeout => f.write_str("Set-up timed out"),
            Trouble::Unexpected(message, state) => write!(f, "Unexpected {message} in state {state}"),
            Trouble::BadMessage(message, result, error) => {
                write!(f, "Bad {message}, result code {result}")?;
                error.map_or(Ok(()), |error| write!(f, ", error code {error}"))
            }
            Trouble::OutOfOrder(ns, expected, fate) => {
                write!(f, "Control packet out of order, ns {ns}, expected {expected}, {fate}")
            }
            Trouble::UnknownTunnel(tunnel, peer) => {
                write!(f, "Control packet for unknown tunnel {tunnel} from {peer}")
            }
            Trouble::UnknownSession(message, session) => {
                write!(f, "{message} for unknown session {session}")
            }
            Trouble::L2f(peer) => write!(f, "L2F packet from {peer} ignored"),
            Trouble::BadVersion(version, peer) => {
                write!(f, "Packet of version {version} from {peer} ignored")
            }
            Trouble::Malformed(why, peer) => write!(f, "Malformed packet from {peer} ignored: {why}"),
            Trouble::TooManyHalfOpen(peer) => {
                write!(f, "SCCRQ from {peer} ignored, too many half-open tunnels")
            }
            Trouble::TieBreaker(outcome) => write!(f, "Tie breaker: {outcome}"),
            Trouble::PeerRestarted(peer) => write!(f, "Peer {peer} has restarted, dropping its old tunnel"),
            Trouble::SessionLimit(limit) => write!(f, "Session limit {limit} reached"),
        }
    }
}

impl DebugText for L2tpEventDebug<'_> {
    fn switch(&self) -> Switch {
        match self.what {
            What::Trouble(_) => Switch::L2xErrors,
            _ => Switch::L2xEvents,
        }
    }

    fn write(&self, _dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.prefix)?;
        self.what.write(f)
    }
}
