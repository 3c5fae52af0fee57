//! How the layers of a link move each other.

use super::*;
use crate::proto::ppp::auth::Step;
use crate::proto::ppp::debug::Line;
use crate::proto::ppp::machine::{Effects, Policy};

impl Link {
    pub(in crate::proto::ppp) fn debug(&self, cx: &mut Context, what: What<'_>) {
        cx.debug(&Line { interface: &self.label, what });
    }

    pub(super) fn enter(&mut self, cx: &mut Context, phase: Phase, detail: Detail) {
        self.phase = phase;
        self.seeking = false;
        self.debug(cx, What::Phase(phase, detail));
    }

    pub(super) fn enter_once(&mut self, cx: &mut Context, phase: Phase) {
        if self.phase != phase {
            self.enter(cx, phase, Detail::None);
        }
    }

    /// A passive open waits only as long as it listens.
    pub(super) fn listen_deadline(&self) -> Option<Instant> {
        self.listen.filter(|_| self.phase == Phase::Establishing && self.lcp.state() == State::Stopped)
    }

    /// What LCP's event did, carried out.
    pub(in crate::proto::ppp) fn lcp_did(&mut self, cx: &mut Context, effects: Effects) {
        if self.phase == Phase::Down {
            return;
        }
        if effects.by_peer {
            self.ends(cx, FinishCause::Peer);
        }
        if effects.down {
            self.upper_layers_down(cx);
            let ends = matches!(self.lcp.state(), State::Closing | State::Stopping);
            self.enter_once(cx, if ends { Phase::Terminating } else { Phase::Establishing });
        }
        if effects.up {
            self.debug(cx, What::State(packet::LCP, State::Opened));
            self.lcp_opened(cx, false);
        }
        if effects.finished {
            self.finish(cx);
        } else if let Some(cause) = Policy::hopeless(&mut self.lcp.policy).take() {
            self.end(cx, cause);
        }
    }

    /// LCP is open: authentication, or the network phase when there is none.
    pub(super) fn lcp_opened(&mut self, cx: &mut Context, proxy: bool) {
        // A peer that has ended IP may start over: then the link does not end.
        self.ending = None;
        self.out.push_back(Output::Event(Event::LcpUp(self.lcp.policy.framing())));
        self.echo = Echo::default();
        if self.config.keepalive > Duration::ZERO {
            self.echo.next = Some(cx.now + self.config.keepalive);
        }
        let (demands, demanded) = (self.lcp.policy.demands(), self.lcp.policy.demanded());
        let detail = match (demands, demanded) {
            (None, None) => return self.ready(cx),
            (Some(_), None) => Detail::ByThisEnd,
            (None, Some(_)) => Detail::ByPeer,
            (Some(_), Some(_)) => Detail::ByBoth,
        };
        self.enter(cx, Phase::Authenticating, detail);
        let demands = (demands, self.failures);
        self.auth = Some(Box::new(Authentication::start(io!(self, cx), demands, demanded, proxy)));
    }

    fn ready(&mut self, cx: &mut Context) {
        self.enter(cx, Phase::Up, Detail::None);
        self.out.push_back(Output::Event(Event::Ready));
    }

    /// What an authentication protocol said, carried out.
    pub(in crate::proto::ppp) fn auth_did(&mut self, cx: &mut Context, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Tell(event) => self.out.push_back(Output::Event(event)),
            Step::Refused(message) => {
                self.out.push_back(Output::Event(Event::AuthenticationRefused { message }));
                return self.end(cx, FinishCause::Authentication);
            }
            Step::Fail => return self.end(cx, FinishCause::Authentication),
        }
        if self.phase == Phase::Authenticating
            && let Some(auth) = self.auth.as_mut()
            && auth.complete()
        {
            auth.stop_clock();
            self.ready(cx);
        }
    }

    /// What IPCP's event did, carried out.
    pub(in crate::proto::ppp) fn ipcp_did(&mut self, cx: &mut Context, effects: Effects) {
        if effects.by_peer {
            self.ends(cx, FinishCause::Peer);
        }
        if effects.down {
            self.network_down();
        }
        let Some(ipcp) = self.ipcp.as_mut() else { return };
        if effects.up {
            let info = ipcp.policy.info();
            self.network_up = true;
            self.out.push_back(Output::Event(Event::NetworkUp(info)));
            self.debug(cx, What::State(packet::IPCP, State::Opened));
        } else if effects.finished {
            // IP is all that a link carries: without it there is no use for it.
            self.end(cx, FinishCause::Negotiation);
        } else if let Some(cause) = Policy::hopeless(&mut ipcp.policy).take() {
            self.end(cx, cause);
        }
    }

    fn network_down(&mut self) {
        if std::mem::take(&mut self.network_up) {
            self.out.push_back(Output::Event(Event::NetworkDown));
        }
    }

    /// Everything above LCP stops.
    pub(super) fn upper_layers_down(&mut self, cx: &mut Context) {
        if let Some(mut ipcp) = self.ipcp.take() {
            if ipcp.state() != State::Closed {
                self.debug(cx, What::State(packet::IPCP, State::Closed));
            }
            ipcp.shut(io!(self, cx));
            self.network_down();
        }
        if let Some(auth) = self.auth.take() {
            // RFC 1994, Security Considerations: starting LCP over does not begin a new count.
            self.failures = auth.failures();
        }
        self.echo.next = None;
    }

    /// This end wants the link to end.
    pub(in crate::proto::ppp) fn end(&mut self, cx: &mut Context, cause: FinishCause) {
        self.ends(cx, cause);
        if self.phase == Phase::Forwarding {
            return self.finish(cx);
        }
        self.upper_layers_down(cx);
        let phase_last = says_events(cx);
        if !phase_last {
            self.enter_once(cx, Phase::Terminating);
        }
        let effects = self.lcp.apply(io!(self, cx), Input::Close);
        if phase_last {
            self.enter_once(cx, Phase::Terminating);
        }
        self.lcp_did(cx, effects);
        if self.lcp.state() == State::Closed && self.phase != Phase::Down {
            self.finish(cx);
        }
    }

    /// Why the link ends; what is known first counts.
    fn ends(&mut self, cx: &mut Context, cause: FinishCause) {
        if self.ending.is_none() {
            self.ending = Some(cause);
            self.debug(cx, What::Ends(cause, self.lcp.policy.demands()));
        }
    }

    /// LCP has nothing below it any more.
    pub(super) fn lcp_down(&mut self, cx: &mut Context) {
        self.debug(cx, What::State(packet::LCP, State::Closed));
        self.lcp.shut(io!(self, cx));
        self.enter(cx, Phase::Down, Detail::None);
    }

    /// Nothing is left to do on this link.
    fn finish(&mut self, cx: &mut Context) {
        self.upper_layers_down(cx);
        self.enter_once(cx, Phase::Terminating);
        self.lcp_down(cx);
        self.lcp.place(State::Closed);
        self.listen = None;
        let cause = self.ending.take().unwrap_or(FinishCause::Negotiation);
        self.out.push_back(Output::Event(Event::Finished(cause)));
    }

    /// The options of a peer that acknowledged our restarted LCP and will not send its own request again.
    pub(super) fn silent_peer(&mut self) -> Option<Box<[u8]>> {
        if self.lcp.state() != State::AckRcvd || self.lcp.policy.initial().is_some() {
            return None;
        }
        let options = self.proxy_peer.as_ref()?;
        self.silent_rounds = self.silent_rounds.saturating_add(1);
        (self.silent_rounds >= SILENT_ROUNDS).then(|| options.clone())
    }
}
