//! The ISDN switch of a lab, sans-IO: it routes calls by their called number and carries the octets of their B
//! channels. What it speaks is a simplified Q.931 ([`IsdnMessage`]); causes are those of ITU-T Q.850.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::description::{Description, NodeId};
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::{CallRef, IsdnMessage};

/// Q.850 causes that the switch gives by itself.
pub mod cause {
    /// Unallocated (unassigned) number.
    pub const UNASSIGNED: u8 = 1;
    /// User busy: every B channel of the called line is in use.
    pub const BUSY: u8 = 17;
    /// Destination out of order: the called line is down.
    pub const OUT_OF_ORDER: u8 = 27;
    /// No circuit or channel available: every B channel of the calling line is in use.
    pub const NO_CHANNEL: u8 = 34;
}

/// Set in the call references that the switch chooses, as the call reference flag of Q.931 4.3 keeps those of
/// the two ends apart.
const CHOSEN_BY_SWITCH: u32 = 0x8000_0000;

/// The B channels behind a D channel: 1 and 2 of a BRI; of a PRI the timeslots from 0 but for the D channel
/// itself (`Serial0:23` is a T1, `Serial0:15` an E1). Empty for what is no D channel.
pub fn b_channels(controller: &InterfaceName) -> Vec<u8> {
    match controller.kind {
        InterfaceKind::Bri => vec![1, 2],
        InterfaceKind::Serial => match controller.unit.rsplit_once(':').map(|(_, channel)| channel) {
            Some("23") => (0..23).collect(),
            Some("15") => (0..31).filter(|channel| *channel != 15).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A subscriber line, by its place in the list that the switch was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineIndex(pub usize);

/// A subscriber line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineParams {
    /// Numbers that ring here; the first is the calling number of calls that do not give one.
    pub numbers: Vec<String>,
    /// Its B channels in the order of their use.
    pub channels: Vec<u8>,
}

/// The lines of the switch of a lab.
pub fn line_params(description: &Description) -> Vec<LineParams> {
    description
        .isdn
        .iter()
        .map(|line| LineParams { numbers: line.numbers.clone(), channels: b_channels(&line.controller) })
        .collect()
}

/// The line of a D channel of a node.
pub fn line_of(description: &Description, node: NodeId, controller: &InterfaceName) -> Option<LineIndex> {
    description.isdn.iter().position(|l| l.node == node && &l.controller == controller).map(LineIndex)
}

/// Every line of a node.
pub fn lines_of(description: &Description, node: NodeId) -> Vec<LineIndex> {
    let lines = description.isdn.iter().enumerate();
    lines.filter(|(_, line)| line.node == node).map(|(index, _)| LineIndex(index)).collect()
}

/// What comes out of the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Signal this to the subscriber.
    Signal {
        /// Line.
        line: LineIndex,
        /// Message.
        message: IsdnMessage,
    },
    /// These octets arrive on a B channel.
    Octets {
        /// Line.
        line: LineIndex,
        /// B channel.
        channel: u8,
        /// HDLC-framed octets as the other end sent them.
        octets: Vec<u8>,
    },
}

/// A call as `status` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// The caller's line and B channel.
    pub caller: (LineIndex, u8),
    /// The called line and B channel.
    pub called: (LineIndex, u8),
    /// Called number.
    pub number: String,
    /// The called side has answered.
    pub connected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Caller,
    Called,
}

impl Side {
    const fn other(self) -> Side {
        match self {
            Side::Caller => Side::Called,
            Side::Called => Side::Caller,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct End {
    line: LineIndex,
    reference: CallRef,
    channel: u8,
}

#[derive(Debug)]
struct Call {
    caller: End,
    called: End,
    number: String,
    connected: bool,
}

impl Call {
    const fn end(&self, side: Side) -> End {
        match side {
            Side::Caller => self.caller,
            Side::Called => self.called,
        }
    }
}

#[derive(Debug)]
struct Line {
    params: LineParams,
    in_use: BTreeSet<u8>,
    up: bool,
}

impl Line {
    fn free_channel(&self, wanted: Option<u8>) -> Option<u8> {
        let mut free = self.params.channels.iter().copied().filter(|c| !self.in_use.contains(c));
        match wanted {
            Some(wanted) => free.find(|c| *c == wanted),
            None => free.next(),
        }
    }
}

/// The switch. Signals and octets are handed on at once; a world that wants a delay adds it.
#[derive(Debug)]
pub struct Switch {
    lines: Vec<Line>,
    calls: BTreeMap<u32, Call>,
    references: HashMap<(LineIndex, CallRef), (u32, Side)>,
    channels: HashMap<(LineIndex, u8), (u32, Side)>,
    next_call: u32,
    outputs: VecDeque<Output>,
}

impl Switch {
    /// A switch with these lines, all of them down until their subscriber is there.
    pub fn new(lines: Vec<LineParams>) -> Self {
        let lines =
            lines.into_iter().map(|params| Line { params, in_use: BTreeSet::new(), up: false }).collect();
        Switch {
            lines,
            calls: BTreeMap::new(),
            references: HashMap::new(),
            channels: HashMap::new(),
            next_call: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The subscriber of a line is there, or is gone: its calls end with cause 27 at their other end.
    pub fn set_line(&mut self, line: LineIndex, up: bool) {
        let Some(state) = self.lines.get_mut(line.0) else { return };
        state.up = up;
        if !up {
            let calls: Vec<(u32, Side)> = self
                .calls
                .iter()
                .filter_map(|(id, call)| match (call.caller.line == line, call.called.line == line) {
                    (true, _) => Some((*id, Side::Caller)),
                    (false, true) => Some((*id, Side::Called)),
                    (false, false) => None,
                })
                .collect();
            for (id, side) in calls {
                self.end_call(id, side, cause::OUT_OF_ORDER);
            }
        }
    }

    /// A message of a subscriber. One with an unknown call reference is ignored: the two ends may clear at once.
    pub fn signal(&mut self, line: LineIndex, message: IsdnMessage) {
        match message {
            IsdnMessage::Setup { call, called, calling, digital, speed, channel } => {
                let request = Request { reference: call, called, calling, digital, speed, channel };
                if let Err(cause) = self.set_up(line, request) {
                    let message = IsdnMessage::Disconnect { call, cause };
                    self.outputs.push_back(Output::Signal { line, message });
                }
            }
            IsdnMessage::Connect { call, .. } => self.connect(line, call),
            IsdnMessage::Disconnect { call, cause } => {
                if let Some((id, side)) = self.references.get(&(line, call)).copied() {
                    self.end_call(id, side, cause);
                }
            }
        }
    }

    /// Octets that a subscriber sends on a B channel; without a connected call they go nowhere.
    pub fn octets(&mut self, line: LineIndex, channel: u8, octets: &[u8]) {
        let Some((id, side)) = self.channels.get(&(line, channel)).copied() else { return };
        let Some(call) = self.calls.get(&id).filter(|call| call.connected) else { return };
        let to = call.end(side.other());
        let octets = octets.to_vec();
        self.outputs.push_back(Output::Octets { line: to.line, channel: to.channel, octets });
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The calls that are there, oldest first.
    pub fn calls(&self) -> Vec<CallView> {
        self.calls
            .values()
            .map(|call| CallView {
                caller: (call.caller.line, call.caller.channel),
                called: (call.called.line, call.called.channel),
                number: call.number.clone(),
                connected: call.connected,
            })
            .collect()
    }

    fn set_up(&mut self, line: LineIndex, request: Request) -> Result<(), u8> {
        let to = self.line_of(&request.called).ok_or(cause::UNASSIGNED)?;
        if self.references.contains_key(&(line, request.reference)) {
            return Err(cause::NO_CHANNEL);
        }
        let from = self.lines.get(line.0).ok_or(cause::OUT_OF_ORDER)?;
        let channel = from.free_channel(request.channel).ok_or(cause::NO_CHANNEL)?;
        let own_number = from.params.numbers.first().cloned();
        let destination = self.lines.get(to.0).filter(|l| l.up).ok_or(cause::OUT_OF_ORDER)?;
        let taken = (to == line).then_some(channel);
        let far_channel = destination
            .params
            .channels
            .iter()
            .copied()
            .find(|c| !destination.in_use.contains(c) && Some(*c) != taken)
            .ok_or(cause::BUSY)?;

        let id = self.next_call;
        self.next_call = self.next_call.wrapping_add(1) & !CHOSEN_BY_SWITCH;
        let reference = CallRef(CHOSEN_BY_SWITCH | id);
        let caller = End { line, reference: request.reference, channel };
        let called = End { line: to, reference, channel: far_channel };
        self.seize(id, Side::Caller, caller);
        self.seize(id, Side::Called, called);
        self.calls.insert(id, Call { caller, called, number: request.called.clone(), connected: false });
        let message = IsdnMessage::Setup {
            call: reference,
            called: request.called,
            calling: request.calling.or(own_number),
            digital: request.digital,
            speed: request.speed,
            channel: Some(far_channel),
        };
        self.outputs.push_back(Output::Signal { line: to, message });
        Ok(())
    }

    fn connect(&mut self, line: LineIndex, reference: CallRef) {
        let Some((id, Side::Called)) = self.references.get(&(line, reference)).copied() else { return };
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.connected) else { return };
        call.connected = true;
        let caller = call.caller;
        let message = IsdnMessage::Connect { call: caller.reference, channel: Some(caller.channel) };
        self.outputs.push_back(Output::Signal { line: caller.line, message });
    }

    fn end_call(&mut self, id: u32, by: Side, cause: u8) {
        let Some(call) = self.calls.remove(&id) else { return };
        for end in [call.caller, call.called] {
            self.references.remove(&(end.line, end.reference));
            self.channels.remove(&(end.line, end.channel));
            if let Some(line) = self.lines.get_mut(end.line.0) {
                line.in_use.remove(&end.channel);
            }
        }
        let other = call.end(by.other());
        let message = IsdnMessage::Disconnect { call: other.reference, cause };
        self.outputs.push_back(Output::Signal { line: other.line, message });
    }

    fn seize(&mut self, id: u32, side: Side, end: End) {
        self.references.insert((end.line, end.reference), (id, side));
        self.channels.insert((end.line, end.channel), (id, side));
        if let Some(line) = self.lines.get_mut(end.line.0) {
            line.in_use.insert(end.channel);
        }
    }

    fn line_of(&self, number: &str) -> Option<LineIndex> {
        self.lines.iter().position(|l| l.params.numbers.iter().any(|n| n == number)).map(LineIndex)
    }
}

struct Request {
    reference: CallRef,
    called: String,
    calling: Option<String>,
    digital: bool,
    speed: u32,
    channel: Option<u8>,
}
