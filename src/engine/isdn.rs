//! ISDN: calls in and out on the B channels of the router's controllers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::Engine;
use super::aaa::accounting::EndCause;
use super::debug::{Isdn as IsdnDebug, Q931};
use super::interfaces::{LinkState, Origin};
use super::io::{Action, CallRef, ChannelId, ForwardCommand, InterfaceId, IsdnMessage};
use super::syslog::Syslog;
use super::timers::Timer;
use super::views::CallView;
use crate::config::views::InterfaceName;
use crate::proto::Instant;

/// IOS tells of a connection when it has lasted this long.
const CONNECT_NOTICE: Duration = Duration::from_secs(6);
/// T303 and T310 together: how long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// So many calls that are over are kept for `show isdn history`.
pub const CALL_HISTORY: usize = 100;
/// And for so long.
pub(super) const CALL_RETENTION: Duration = Duration::from_secs(15 * 60);
/// The call reference flag: references that this side has chosen.
const OURS: u32 = 0x8000_0000;

/// Q.850 causes.
pub(super) mod cause {
    pub const NORMAL: u8 = 16;
    pub const BUSY: u8 = 17;
    pub const NO_ANSWER: u8 = 18;
    pub const OUT_OF_ORDER: u8 = 27;
    pub const NO_CHANNEL: u8 = 34;
}

/// A call on a B channel.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub controller: InterfaceName,
    pub called: String,
    pub calling: Option<String>,
    pub speed: u32,
    pub digital: bool,
    pub outgoing: bool,
    /// The B channel's interface; none before a call that was placed is answered.
    pub interface: Option<InterfaceId>,
    /// Dial on demand: the interface whose traffic placed it.
    pub dialer: Option<InterfaceId>,
    pub since: Instant,
}

/// Every call of a router.
#[derive(Debug, Default)]
pub(super) struct Isdn {
    pub calls: HashMap<CallRef, Call>,
    pub by_interface: HashMap<InterfaceId, CallRef>,
    /// Calls that are over and when they ended, oldest first.
    pub over: VecDeque<(Instant, CallView)>,
    last: u32,
}

impl Isdn {
    fn reference(&mut self) -> CallRef {
        self.last = (self.last + 1) & !OURS;
        CallRef(self.last | OURS)
    }

    /// The calls that are placed or up on a controller.
    pub fn on(&self, controller: &InterfaceName) -> usize {
        self.calls.values().filter(|c| c.controller == *controller).count()
    }
}

impl Engine {
    /// A message of the switch.
    pub(super) fn signal(&mut self, controller: &InterfaceName, message: IsdnMessage) {
        self.core.debug(&Q931 { controller, sent: false, message: &message });
        match message {
            IsdnMessage::Setup { call, called, calling, digital, speed, channel } => {
                if self.isdn.calls.contains_key(&call) {
                    return;
                }
                let new = Call {
                    controller: controller.clone(),
                    called,
                    calling,
                    speed,
                    digital,
                    outgoing: false,
                    interface: None,
                    dialer: None,
                    since: self.core.now,
                };
                self.incoming(call, new, channel);
            }
            IsdnMessage::Connect { call, channel } => self.answered(call, channel),
            IsdnMessage::Disconnect { call, cause } => {
                if self.isdn.calls.get(&call).is_some_and(|c| c.controller == *controller) {
                    let name = controller.clone();
                    self.core.debug(&IsdnDebug::Cleared { controller: &name, call: call.0, cause });
                    let id = self.isdn.calls.get(&call).and_then(|c| c.interface);
                    if let Some(id) = id {
                        let down = cause == super::isdn::cause::OUT_OF_ORDER;
                        let end = if down { EndCause::PortError } else { EndCause::LostCarrier };
                        self.note_end(id, end);
                    }
                    self.clear_call(call, cause);
                }
            }
        }
    }

    fn tell(&mut self, controller: &InterfaceName, message: IsdnMessage) {
        self.core.debug(&Q931 { controller, sent: true, message: &message });
        self.core.act(Action::Signal { controller: controller.clone(), message });
    }

    /// Takes a call in, or refuses it.
    fn incoming(&mut self, reference: CallRef, mut call: Call, channel: Option<u8>) {
        let controller = call.controller.clone();
        let found = match self.free_channel(&controller, channel) {
            Ok(found) => found,
            Err(cause) => {
                self.core.debug(&IsdnDebug::Refused { controller: &controller, call: reference.0, cause });
                self.tell(&controller, IsdnMessage::Disconnect { call: reference, cause });
                return;
            }
        };
        let (id, channel) = found;
        self.core.debug(&IsdnDebug::Incoming {
            controller: &controller,
            call: reference.0,
            called: &call.called,
            calling: call.calling.as_deref().unwrap_or("unknown"),
            channel,
        });
        call.interface = Some(id);
        self.isdn.calls.insert(reference, call);
        self.connect_channel(reference, id, channel);
        self.tell(&controller, IsdnMessage::Connect { call: reference, channel: Some(channel) });
    }

    /// The B channel that a call gets: the one that is named, or the lowest free one.
    fn free_channel(&self, controller: &InterfaceName, channel: Option<u8>) -> Result<(InterfaceId, u8), u8> {
        let d = self.interfaces.find(controller).ok_or(cause::OUT_OF_ORDER)?;
        let interface = self.interfaces.get(d).ok_or(cause::OUT_OF_ORDER)?;
        if interface.link != LinkState::Up || !interface.config.encapsulation_ppp {
            return Err(cause::OUT_OF_ORDER);
        }
        let mut free = self
            .interfaces
            .channels_of(d)
            .filter(|(_, id)| !self.isdn.by_interface.contains_key(id) && !self.ports.contains_key(id))
            .map(|(channel, id)| (id, channel));
        match channel {
            Some(wanted) => free.find(|(_, channel)| *channel == wanted).ok_or(cause::NO_CHANNEL),
            None => free.next().ok_or(cause::BUSY),
        }
    }

    /// Places a call for a dialer.
    ///
    /// # Errors
    /// A Q.850 cause when no channel of the controller is free.
    pub(super) fn place_call(
        &mut self,
        controller: &InterfaceName,
        dialer: InterfaceId,
        number: &str,
    ) -> Result<CallRef, u8> {
        self.free_channel(controller, None)?;
        let d = self.interfaces.find(controller).ok_or(cause::OUT_OF_ORDER)?;
        if self.isdn.on(controller) >= self.interfaces.channels_of(d).count() {
            return Err(cause::NO_CHANNEL);
        }
        let calling = self.interfaces.get(d).and_then(|i| i.config.isdn_number.clone());
        let reference = self.isdn.reference();
        let call = Call {
            controller: controller.clone(),
            called: number.to_owned(),
            calling: calling.clone(),
            speed: 64_000,
            digital: true,
            outgoing: true,
            interface: None,
            dialer: Some(dialer),
            since: self.core.now,
        };
        self.isdn.calls.insert(reference, call);
        let answer = self.core.now + ANSWER_TIMEOUT;
        self.core.timers.set(Timer::Answer(reference), Some(answer));
        self.core.debug(&IsdnDebug::Outgoing { controller, call: reference.0, called: number });
        let setup = IsdnMessage::Setup {
            call: reference,
            called: number.to_owned(),
            calling,
            digital: true,
            speed: 64_000,
            channel: None,
        };
        self.tell(controller, setup);
        Ok(reference)
    }

    /// A call that this router has placed was taken.
    fn answered(&mut self, reference: CallRef, channel: Option<u8>) {
        let Some(call) = self.isdn.calls.get(&reference) else { return };
        if !call.outgoing || call.interface.is_some() {
            return;
        }
        let controller = call.controller.clone();
        match self.free_channel(&controller, channel) {
            Ok((id, channel)) => {
                if let Some(call) = self.isdn.calls.get_mut(&reference) {
                    call.interface = Some(id);
                    call.since = self.core.now;
                }
                self.core.timers.set(Timer::Answer(reference), None);
                self.core.debug(&IsdnDebug::Connected {
                    controller: &controller,
                    call: reference.0,
                    channel,
                });
                self.connect_channel(reference, id, channel);
            }
            Err(cause) => self.hang_up_call(reference, cause),
        }
    }

    /// The channel of a call is through: link up, PPP starts.
    fn connect_channel(&mut self, reference: CallRef, id: InterfaceId, channel: u8) {
        let Some(call) = self.isdn.calls.get(&reference).cloned() else { return };
        self.isdn.by_interface.insert(id, reference);
        let notice = self.core.now + CONNECT_NOTICE;
        self.core.timers.set(Timer::Connected(reference), Some(notice));
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.meter.keep(interface.counters.all());
        interface.counters = std::sync::Arc::default();
        let counters = interface.counters.clone();
        self.core.forward(ForwardCommand::AttachChannel {
            port: id,
            channel: ChannelId { controller: call.controller.clone(), channel },
            counters,
        });
        self.set_link(id, LinkState::Up);
        self.start_access(id, &call);
    }

    /// The call has been up for six seconds.
    pub(super) fn connected_due(&mut self, reference: CallRef) {
        let Some(call) = self.isdn.calls.get(&reference) else { return };
        let Some(interface) = call.interface.and_then(|id| self.interfaces.get(id)) else { return };
        let peer = call.interface.and_then(|id| self.ports.get(&id)).map(|p| p.user.to_string());
        let line = Syslog::Connect {
            name: &interface.name,
            number: call.other_party(),
            peer: peer.as_deref().unwrap_or(""),
        };
        self.core.syslog(&line);
    }

    /// A call that was placed was never answered.
    pub(super) fn answer_due(&mut self, reference: CallRef) {
        self.hang_up_call(reference, cause::NO_ANSWER);
    }

    /// Ends a call from this side.
    pub(super) fn hang_up_call(&mut self, reference: CallRef, cause: u8) {
        if let Some(controller) = self.isdn.calls.get(&reference).map(|c| c.controller.clone()) {
            self.tell(&controller, IsdnMessage::Disconnect { call: reference, cause });
            self.clear_call(reference, cause);
        }
    }

    /// The call is over: log lines, PPP down, channel free.
    fn clear_call(&mut self, reference: CallRef, cause: u8) {
        let Some(call) = self.isdn.calls.remove(&reference) else { return };
        self.keep_call(&call);
        self.core.timers.set(Timer::Connected(reference), None);
        self.core.timers.set(Timer::Answer(reference), None);
        if let Some(id) = call.interface {
            self.isdn.by_interface.remove(&id);
            let peer = self.ports.get(&id).map(|p| p.user.to_string()).unwrap_or_default();
            if let Some(interface) = self.interfaces.get(id) {
                let seconds = self.core.now.duration_since(call.since).as_secs();
                let number = call.other_party();
                let line = Syslog::Disconnect { name: &interface.name, number, peer: &peer, seconds };
                self.core.syslog(&line);
            }
            self.set_link(id, LinkState::Down);
            self.stop_access(id);
        }
        if call.dialer.is_some() {
            self.dial_ended(reference, &call, cause);
        }
    }

    /// A call that is over stays in the history for a while.
    fn keep_call(&mut self, call: &Call) {
        let view = CallView { idle_timeout: None, ..self.call_view(call) };
        self.isdn.over.push_back((self.core.now, view));
        while self.isdn.over.len() > CALL_HISTORY {
            self.isdn.over.pop_front();
        }
    }

    /// Hangs up everything that an interface carries: its B channels' calls, or its own.
    pub(super) fn drop_calls_of(&mut self, id: InterfaceId) {
        let mut calls: HashSet<CallRef> = HashSet::new();
        if let Some(call) = self.isdn.by_interface.get(&id) {
            calls.insert(*call);
        }
        if let Some(interface) = self.interfaces.get(id)
            && matches!(interface.origin, Origin::Configured)
        {
            let name = interface.name.clone();
            calls.extend(
                self.isdn
                    .calls
                    .iter()
                    .filter(|(_, c)| c.controller == name || c.dialer == Some(id))
                    .map(|(reference, _)| *reference),
            );
        }
        let mut calls: Vec<CallRef> = calls.into_iter().collect();
        calls.sort_unstable();
        for call in calls {
            self.hang_up_call(call, cause::NORMAL);
        }
    }
}

impl Call {
    /// The number of the other end.
    pub fn other_party(&self) -> Option<&str> {
        if self.outgoing { Some(&self.called) } else { self.calling.as_deref() }
    }
}
