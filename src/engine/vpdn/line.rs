//! What LAC and LNS tell each other of the user's line while the call is up: ACCMs (SLI) and line errors (WEN).

use std::time::Duration;

use crate::engine::Engine;
use crate::engine::io::{ForwardCommand, InterfaceId};
use crate::engine::timers::Timer;
use crate::proto::l2tp::SessionId;

/// RFC 2661 section 6.13: a WEN goes out when there are new errors, at most once in 60 seconds.
const WEN_INTERVAL: Duration = Duration::from_secs(60);

impl Engine {
    /// LAC: a call is forwarded: its line errors are looked at from now on.
    pub(crate) fn watch_line(&mut self, id: InterfaceId) {
        let next = self.core.now + WEN_INTERVAL;
        self.core.timers.set(Timer::LineErrors(id), Some(next));
    }

    /// LAC: the LNS has agreed on other ACCMs with the user than this end did.
    pub(crate) fn lac_link_info(&mut self, session: SessionId, accm: u32) {
        if let Some(port) = self.vpdn.sessions.get(&session).copied()
            && self.ports.get(&port).is_some_and(|p| p.access().is_some())
        {
            self.core.forward(ForwardCommand::SetAccm { port, accm });
        }
    }

    /// LAC: the line errors of a forwarded call, if there are new ones, go to the LNS.
    pub(crate) fn line_errors_due(&mut self, id: InterfaceId) {
        let Some(session) = self.ports.get(&id).and_then(|p| p.access()).and_then(|a| a.lac.session()) else {
            return;
        };
        let Some(counters) = self.interfaces.get(id).map(|i| i.counters.clone()) else { return };
        let total = counters.errors.total();
        if let Some(access) = self.ports.get_mut(&id).and_then(|p| p.access_mut())
            && std::mem::replace(&mut access.reported_errors, total) != total
        {
            self.l2tp.wan_error(&mut self.core.cx(), session, counters.errors.call_errors());
        }
        self.watch_line(id);
    }

    /// LNS: LCP is open: a LAC whose line agreed on other ACCMs is told (RFC 2661 section 6.14).
    pub(crate) fn tell_accm(&mut self, id: InterfaceId) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let agreed = port.link.accm();
        let Some(vaccess) = port.vaccess_mut() else { return };
        if let Some(session) = vaccess.session
            && std::mem::replace(&mut vaccess.accm, agreed) != agreed
        {
            self.l2tp.set_link_info(&mut self.core.cx(), session, agreed);
        }
    }

    /// LNS: the LAC has told how its line does.
    pub(crate) fn vaccess_line_errors(&mut self, session: SessionId, counters: [u32; 6]) {
        if let Some(id) = self.vpdn.sessions.get(&session)
            && self.ports.get(id).is_some_and(|p| p.vaccess().is_some())
            && let Some(interface) = self.interfaces.get(*id)
        {
            interface.counters.errors.report(counters);
        }
    }
}
