//! One PPP link: LCP, authentication, NCPs, and the phases that IOS prints.

use super::types::*;
use crate::proto::{Context, Instant};
use std::net::Ipv4Addr;

/// One PPP link.
pub struct Link {
    config: LinkConfig,
}

/// A read-only picture of a link, for `show ppp interface` and `show interfaces`.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// Phase.
    pub phase: Phase,
    /// LCP state in IOS's word (`Open`, `Listen`, `REQsent` ...).
    pub lcp_state: &'static str,
    /// IPCP state in IOS's word.
    pub ipcp_state: &'static str,
    /// Our options of the last CONFREQ, as octets.
    pub local_options: Vec<u8>,
    /// The peer's options of its last CONFREQ, as octets.
    pub peer_options: Vec<u8>,
    /// What the peer was or is to be authenticated with.
    pub authenticated_by: Option<AuthProtocol>,
}

impl Link {
    /// A link without carrier.
    pub fn new(config: LinkConfig) -> Self {
        Link { config }
    }

    /// Carrier: `Treating connection as a callin`, `Phase is ESTABLISHING, Passive Open`, `State is Listen`.
    pub fn lower_up(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Carrier lost: every layer goes down at once, phase DOWN. No `Finished` follows.
    pub fn lower_down(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Administrative close: Terminate-Request, then `Finished`.
    pub fn close(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// A frame from the peer: optional FF 03, protocol field of one or two octets, information.
    pub fn receive(&mut self, cx: &mut Context, frame: &[u8]) {
        let _ = (cx, frame);
    }

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// LNS: takes over the LCP that the LAC has done (`I FORCED CONFREQ len 11`, `PPP LCP accepted rcv
    /// CONFACK`), after `lower_up`. False when the options are not acceptable here: the caller renegotiates.
    pub fn force_lcp(&mut self, cx: &mut Context, proxy: &ProxyLcp) -> bool {
        let _ = (cx, proxy);
        false
    }

    /// LNS: replays the authentication that the LAC has collected, after `force_lcp`. An
    /// `Authenticate` event follows with these credentials.
    pub fn replay_authentication(&mut self, cx: &mut Context, credentials: Credentials) {
        let _ = (cx, credentials);
    }

    /// Restarts LCP from scratch with the peer (`lcp renegotiation`).
    pub fn renegotiate(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// LAC: the frames go into a tunnel from now on: phase FORWARDING, no more answers from here.
    pub fn forward(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// The verdict on [`Event::Authenticate`].
    pub fn authenticated(&mut self, cx: &mut Context, verdict: Verdict) {
        let _ = (cx, verdict);
    }

    /// The secret for [`Event::SecretWanted`]; `None` when there is none (the link ends).
    pub fn secret(&mut self, cx: &mut Context, secret: Option<&[u8]>) {
        let _ = (cx, secret);
    }

    /// Starts IPCP, after [`Event::Ready`].
    pub fn start_ipcp(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// The decision on [`Event::PeerAddress`].
    pub fn peer_address(&mut self, cx: &mut Context, decision: AddressDecision) {
        let _ = (cx, decision);
    }

    /// Changes what IPCP gives (AAA attributes came), before `start_ipcp`.
    pub fn set_ipcp(&mut self, ipcp: IpcpConfig) {
        self.config.ipcp = Some(ipcp);
    }

    /// The peer's address that is agreed or asked for.
    pub fn peer_ip(&self) -> Option<Ipv4Addr> {
        None
    }

    /// LAC: what goes into the ICCN.
    pub fn proxy_lcp(&self) -> ProxyLcp {
        ProxyLcp::default()
    }

    /// Where the link stands.
    pub fn view(&self) -> LinkView {
        LinkView {
            phase: Phase::Down,
            lcp_state: "Closed",
            ipcp_state: "Closed",
            local_options: Vec::new(),
            peer_options: Vec::new(),
            authenticated_by: None,
        }
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }
}
