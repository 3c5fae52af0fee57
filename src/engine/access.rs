//! PPP on a B channel: the called side (a LAC, or a network access server by itself) and the calling side.

use super::Engine;
use super::aaa::accounting::EndCause;
use super::interfaces::LinkState;
use super::io::{ForwardCommand, InterfaceId};
use super::isdn::{Call, cause};
use super::ports::{Port, Side};
use super::timers::Timer;
use super::vpdn::lac::Access;
use crate::proto::ppp::{Direction, Link};

impl Engine {
    /// The channel of a call is through: PPP waits for the peer (callin) or begins (callout).
    pub(super) fn start_access(&mut self, id: InterfaceId, call: &Call) {
        let Some(interface) = self.interfaces.get(id) else { return };
        let label = interface.label.clone();
        let owner = call.dialer.unwrap_or(id);
        let Some(config) = self.interfaces.get(owner).map(|i| i.config.clone()) else { return };
        let direction = if call.outgoing { Direction::Callout } else { Direction::Callin };
        let settings = self.link_config(&config, direction, self.address(owner));
        let link = Link::new(label.clone(), self.shared_settings(settings));
        let access = Access::new(call);
        let port = Port::new(link, label, Side::Access(Box::new(access)));
        self.ports.insert(id, port);
        self.meter_ports();
        self.open_session(id);
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.lower_up(&mut self.core.cx());
        }
        self.drive(id);
    }

    /// The call of an access interface is over.
    pub(super) fn stop_access(&mut self, id: InterfaceId) {
        if let Some(mut port) = self.close_port(id)
            && let Some(access) = port.access_mut()
        {
            let lac = std::mem::take(&mut access.lac);
            self.leave_tunnel(id, &port.label, lac, port.ended);
        }
        self.core.timers.set(Timer::LineErrors(id), None);
        self.core.forward(ForwardCommand::Detach { port: id });
        self.unbind(id);
    }

    /// The link of an access interface has ended, or its tunnel has: the call goes.
    pub(super) fn drop_call(&mut self, id: InterfaceId) {
        if let Some(reference) = self.isdn.by_interface.get(&id) {
            self.hang_up_call(*reference, cause::NORMAL);
        }
    }

    /// `clear interface`: hangs up what the interface carries. False when there is no such interface.
    pub(super) fn clear_carried(&mut self, id: InterfaceId) -> bool {
        let Some(interface) = self.interfaces.get(id) else { return false };
        if interface.link == LinkState::AdministrativelyDown {
            return true;
        }
        self.note_end(id, EndCause::AdminReset);
        self.drop_calls_of(id);
        self.clear_vaccess(id);
        true
    }
}
