//! One PPP link: LCP, authentication, NCPs, and the phases that IOS prints; what its owner does with it.

mod layers;

use super::auth::Authentication;
use super::automaton::{Event as Input, State};
use super::debug::{Detail, What};
use super::ipcp::Ipcp;
use super::lcp::{self, Lcp};
use super::machine::{ControlProtocol, Io};
use super::packet;
use super::types::*;
use crate::proto::time::earliest;
use crate::proto::{Context, Dialect, Instant};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Echo-Requests without an answer that end a link.
const MISSED_ECHOES: u8 = 5;
/// How often a peer that acknowledged our restarted LCP may fail to send a Configure-Request of its own before
/// it counts as one that never will.
const SILENT_ROUNDS: u8 = 2;

/// One PPP link.
pub struct Link {
    pub(super) label: Arc<str>,
    pub(super) config: Arc<LinkConfig>,
    pub(super) phase: Phase,
    pub(super) lcp: ControlProtocol<Lcp>,
    pub(super) auth: Option<Box<Authentication>>,
    /// How often the peer has failed in authentications that LCP has ended, since it last proved itself.
    failures: u32,
    pub(super) ipcp: Option<Box<ControlProtocol<Ipcp>>>,
    pub(super) out: VecDeque<Output>,
    pub(super) echo: Echo,
    ending: Option<FinishCause>,
    network_up: bool,
    /// When a passive open stops waiting.
    listen: Option<Instant>,
    /// The peer's options as another end acknowledged them, for a peer that never repeats its request.
    proxy_peer: Option<Box<[u8]>>,
    silent_rounds: u8,
    /// The identifier under which proxy PAP credentials came.
    replay_id: u8,
    /// `seek_forward` has said FORWARDING; `forward` does not say it again.
    seeking: bool,
}

/// The keepalive.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) next: Option<Instant>,
    pub(super) missed: u8,
    pub(super) id: u8,
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

/// What the parts of a link work with, without borrowing the parts themselves.
macro_rules! io {
    ($link:ident, $cx:ident) => {
        &mut Io { cx: &mut *$cx, out: &mut $link.out, label: &$link.label, config: &$link.config }
    };
}
pub(super) use io;

impl Link {
    /// A link without carrier. `label` is the interface name in its debugs (`Se0:0`); links with the same settings may
    /// share them.
    pub fn new(label: Arc<str>, config: Arc<LinkConfig>) -> Self {
        Link {
            label,
            lcp: ControlProtocol::new(Lcp::default()),
            config,
            phase: Phase::Down,
            auth: None,
            failures: 0,
            ipcp: None,
            out: VecDeque::new(),
            echo: Echo::default(),
            ending: None,
            network_up: false,
            listen: None,
            proxy_peer: None,
            silent_rounds: 0,
            replay_id: 1,
            seeking: false,
        }
    }

    /// A Virtual-Access is being made for this link: `Phase is DOWN, Setup`.
    pub fn setup(&mut self, cx: &mut Context) {
        self.enter(cx, Phase::Down, Detail::Setup);
    }

    /// Carrier: `Treating connection as a callin`, `Phase is ESTABLISHING, Passive Open`, `State is Listen`.
    ///
    /// A callin waits one `ppp timeout retry` for the peer's Configure-Request before it sends its own; a callout
    /// begins at once.
    pub fn lower_up(&mut self, cx: &mut Context) {
        self.lcp = ControlProtocol::new(Lcp::new(&self.config));
        self.auth = None;
        self.failures = 0;
        self.ipcp = None;
        self.ending = None;
        let passive = self.config.direction == Direction::Callin;
        let detail = if passive { Detail::PassiveOpen } else { Detail::ActiveOpen };
        let phase_first = says_events(cx);
        if phase_first {
            self.enter(cx, Phase::Establishing, detail);
        }
        if self.config.set_direction {
            self.debug(cx, What::SetDirection);
        }
        self.debug(cx, What::Treating(self.config.direction));
        if !phase_first {
            self.enter(cx, Phase::Establishing, detail);
        }
        if self.config.alternate_name {
            self.debug(cx, What::AlternateHostname(&self.config.local_name));
        }
        if passive {
            let _ = self.lcp.apply(io!(self, cx), Input::Open);
            self.lcp.place(State::Stopped);
            self.debug(cx, What::State(packet::LCP, State::Stopped));
            self.listen = Some(cx.now + self.config.retry);
        } else {
            let effects = self.lcp.open(io!(self, cx));
            self.lcp_did(cx, effects);
        }
    }

    /// Carrier lost: every layer goes down at once, phase DOWN. No `Finished` follows; `NetworkDown` does when
    /// IPCP was open.
    pub fn lower_down(&mut self, cx: &mut Context) {
        if self.phase != Phase::Down {
            if self.ending.is_none() {
                self.debug(cx, What::LowerLayerDown);
            }
            self.upper_layers_down(cx);
            self.enter_once(cx, Phase::Terminating);
            self.lcp_down(cx);
        }
        self.lcp = ControlProtocol::new(Lcp::default());
        self.ending = None;
        self.listen = None;
        self.proxy_peer = None;
    }

    /// Administrative close: Terminate-Request, then `Finished`. A link that forwards has no peer to
    /// tell and is finished at once.
    pub fn close(&mut self, cx: &mut Context) {
        if self.phase != Phase::Down {
            self.end(cx, FinishCause::Local);
        }
    }

    /// Why the link is about to end, from the first word of it until `Finished`.
    pub const fn ending(&self) -> Option<FinishCause> {
        self.ending
    }

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        let due = |deadline: Option<Instant>| deadline.is_some_and(|d| d <= cx.now);
        if due(self.listen_deadline()) {
            self.listen = None;
            self.debug(cx, What::Timeout(packet::LCP, State::Stopped));
            let effects = self.lcp.restart(io!(self, cx));
            self.lcp_did(cx, effects);
        }
        if self.lcp.deadline().is_some_and(|d| d <= cx.now) {
            let effects = match self.silent_peer() {
                Some(options) => self.lcp.imply_request(io!(self, cx), &options),
                None => self.lcp.timeout(io!(self, cx)),
            };
            self.lcp_did(cx, effects);
        }
        if let Some(auth) = self.auth.as_mut()
            && auth.next_timeout().is_some_and(|d| d <= cx.now)
            && auth.timeout(io!(self, cx))
        {
            self.debug(cx, What::AuthTimeout);
            self.end(cx, FinishCause::Authentication);
        }
        if let Some(ipcp) = self.ipcp.as_mut() {
            let effects = ipcp.timeout(io!(self, cx));
            self.ipcp_did(cx, effects);
        }
        if self.echo.next.is_some_and(|d| d <= cx.now) {
            if self.echo.missed >= MISSED_ECHOES {
                self.end(cx, FinishCause::Keepalive);
            } else {
                self.send_echo(cx);
            }
        }
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let auth = self.auth.as_ref().and_then(|a| a.next_timeout());
        let ipcp = self.ipcp.as_ref().and_then(|i| i.deadline());
        [self.listen_deadline(), self.lcp.deadline(), auth, ipcp, self.echo.next]
            .into_iter()
            .fold(None, earliest)
    }

    /// LNS: takes over the LCP that the LAC has done (`I FORCED CONFREQ len 11`, `PPP LCP accepted rcv
    /// CONFACK`), after `lower_up`. False when the options are not acceptable here: the caller renegotiates.
    ///
    /// After true, and when authentication is due, `replay_authentication` or `start_authentication` must follow.
    pub fn force_lcp(&mut self, cx: &mut Context, proxy: &ProxyLcp) -> bool {
        self.remember_proxy(proxy);
        let lcp = match Lcp::forced(&self.config, &proxy.last_sent, &proxy.last_received) {
            Ok(lcp) => lcp,
            Err(which) => {
                self.debug(cx, What::NotAccepting(which));
                return false;
            }
        };
        self.listen = None;
        self.lcp.policy = lcp;
        self.lcp.force(&proxy.last_sent);
        self.debug(cx, What::Forced(proxy.last_sent.len()));
        for option in super::option::Options::new(&proxy.last_sent) {
            self.debug(cx, What::Option(packet::LCP, option));
        }
        self.debug(cx, What::Accepted("rcv"));
        self.debug(cx, What::Accepted("sent"));
        self.lcp_opened(cx, true);
        true
    }

    /// LNS: keeps what the LAC agreed for a link that is renegotiated without `force_lcp`: a user that
    /// acknowledges our new Configure-Request but never sends its own again is held to what it agreed with the LAC.
    pub fn remember_proxy(&mut self, proxy: &ProxyLcp) {
        let usable = lcp::bearable(&self.config, &proxy.last_received);
        self.proxy_peer = usable.then(|| proxy.last_received.clone().into_boxed_slice());
        self.silent_rounds = 0;
    }

    /// LNS: replays the authentication that the LAC has collected, after `force_lcp`. An
    /// `Authenticate` event follows with these credentials.
    ///
    /// For CHAP our own challenge is made and shown, but not sent: the response at hand answers the LAC's
    /// challenge, and the user, asked again, would respond again. Credentials of another protocol than the one
    /// agreed are worth nothing: the user is asked as by `start_authentication`.
    pub fn replay_authentication(&mut self, cx: &mut Context, credentials: Credentials) {
        if let Some(auth) = self.auth.as_mut() {
            let step = auth.replay(io!(self, cx), self.replay_id, credentials);
            self.auth_did(cx, step);
        }
    }

    /// LNS: the Proxy Authen ID of PAP credentials (RFC 2661 AVP 32), before `replay_authentication`: the
    /// Authenticate-Ack carries it. CHAP credentials have theirs in the proof.
    pub fn set_replay_id(&mut self, id: u8) {
        self.replay_id = id;
    }

    /// LNS: asks the user itself, after `force_lcp`: there is no proxy authentication, or `force-local-chap`
    /// does not trust it.
    pub fn start_authentication(&mut self, cx: &mut Context) {
        if let Some(auth) = self.auth.as_mut() {
            auth.challenge(io!(self, cx));
        }
    }

    /// The identifier under which the peer's credentials came: the Proxy Authen ID of a LAC. Ask before `forward`.
    pub fn authentication_id(&self) -> Option<u8> {
        self.auth.as_ref().and_then(|a| a.id())
    }

    /// Restarts LCP from scratch with the peer (`lcp renegotiation`).
    pub fn renegotiate(&mut self, cx: &mut Context) {
        if self.phase == Phase::Down || self.phase == Phase::Forwarding || self.ending.is_some() {
            return;
        }
        self.listen = None;
        self.silent_rounds = 0;
        self.lcp.policy = Lcp::new(&self.config);
        let effects = self.lcp.restart(io!(self, cx));
        self.lcp_did(cx, effects);
    }

    /// LAC: a tunnel for the user is being looked for. IOS says FORWARDING before it knows of one; the link itself
    /// goes on as it is until [`forward`](Self::forward) or [`keep`](Self::keep).
    pub fn seek_forward(&mut self, cx: &mut Context) {
        if self.phase == Phase::Authenticating && !self.seeking {
            self.seeking = true;
            self.debug(cx, What::Phase(Phase::Forwarding, Detail::Attempting));
        }
    }

    /// The user is authenticated here after `seek_forward`, because nobody knows a tunnel or before it is used.
    pub fn keep(&mut self, cx: &mut Context) {
        if self.seeking {
            self.enter(cx, Phase::Authenticating, Detail::Unauthenticated);
        }
    }

    /// LAC: the frames go into a tunnel from now on: phase FORWARDING, no more answers from here.
    pub fn forward(&mut self, cx: &mut Context) {
        if self.seeking {
            self.seeking = false;
            self.phase = Phase::Forwarding;
        } else {
            self.enter(cx, Phase::Forwarding, Detail::Attempting);
        }
        self.lcp.place(self.lcp.state());
        self.auth = None;
        self.ipcp = None;
        self.listen = None;
        self.echo.next = None;
    }

    /// The verdict on [`Event::Authenticate`]. Without effect when the claim that it is about is gone with the LCP that it
    /// was made on.
    pub fn authenticated(&mut self, cx: &mut Context, verdict: Verdict) {
        if let Some(auth) = self.auth.as_mut().filter(|auth| auth.deciding()) {
            if matches!(verdict, Verdict::Pass { .. }) {
                let known = What::Phase(Phase::Authenticating, Detail::Authenticated);
                cx.debug(&super::debug::Line { interface: &self.label, what: known });
            }
            let step = auth.decide(io!(self, cx), verdict);
            self.auth_did(cx, step);
        }
    }

    /// The secret for [`Event::SecretWanted`]; `None` when there is none (the link ends).
    pub fn secret(&mut self, cx: &mut Context, secret: Option<&[u8]>) {
        if let Some(auth) = self.auth.as_mut() {
            let step = auth.secret(io!(self, cx), secret);
            self.auth_did(cx, step);
        }
    }

    /// Starts IPCP, after [`Event::Ready`]. Without effect when the link has no IP or is not ready.
    pub fn start_ipcp(&mut self, cx: &mut Context) {
        let Some(config) = &self.config.ipcp else { return };
        if self.phase != Phase::Up || self.ipcp.is_some() {
            return;
        }
        let mut ipcp = Box::new(ControlProtocol::new(Ipcp::new(config.clone())));
        self.debug(cx, What::Start(packet::IPCP, ipcp.state()));
        let effects = ipcp.open(io!(self, cx));
        self.ipcp = Some(ipcp);
        self.ipcp_did(cx, effects);
    }

    /// The decision on [`Event::PeerAddress`]; it answers the peer's latest request.
    pub fn peer_address(&mut self, cx: &mut Context, decision: AddressDecision) {
        let Some(ipcp) = self.ipcp.as_mut() else { return };
        if let Some(pending) = ipcp.policy.decide(decision) {
            let effects = ipcp.answer(io!(self, cx), pending.id, &pending.options);
            self.ipcp_did(cx, effects);
        }
    }

    /// Changes what IPCP gives (AAA attributes came), before `start_ipcp`.
    pub fn set_ipcp(&mut self, ipcp: IpcpConfig) {
        if self.config.ipcp.as_ref() != Some(&ipcp) {
            Arc::make_mut(&mut self.config).ipcp = Some(ipcp);
        }
    }

    /// The ACCMs that are agreed: the one to send to the peer with, the one that it sends with.
    pub fn accm(&self) -> (u32, u32) {
        (lcp::accm(self.lcp.policy.peer()), lcp::accm(self.lcp.sent()))
    }

    /// LAC: what goes into the ICCN.
    pub fn proxy_lcp(&self) -> ProxyLcp {
        ProxyLcp {
            initial_received: self.lcp.policy.initial().map(<[u8]>::to_vec),
            last_sent: self.lcp.sent().to_vec(),
            last_received: self.lcp.policy.peer().to_vec(),
        }
    }

    /// How frames to the peer may be written; meaningful once LCP is open.
    pub fn framing(&self) -> Framing {
        self.lcp.policy.framing()
    }

    /// Where the link stands.
    pub fn view(&self) -> LinkView {
        LinkView {
            phase: self.phase,
            lcp_state: self.lcp.state().ios(),
            ipcp_state: self.ipcp.as_ref().map_or(State::Initial, |i| i.state()).ios(),
            local_options: self.lcp.sent().to_vec(),
            peer_options: self.lcp.policy.peer().to_vec(),
            authenticated_by: self.lcp.policy.demands(),
        }
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        let output = self.out.pop_front();
        if output.is_none() {
            // A link that is up is idle nearly always: it keeps no room for outputs.
            self.out = VecDeque::new();
        }
        output
    }
}

/// Whether the release prints the events of its automatons, which also changes where between them the phases stand.
fn says_events(cx: &Context) -> bool {
    cx.trace.dialect() == Dialect::V15
}
