//! What every part of the engine needs while it works: time, randomness, the journal, timers, and the book of
//! requests that the host has not answered.

use std::collections::{HashMap, VecDeque};

use super::io::{Action, ForwardCommand, HostRequest, InterfaceId, Output, RequestId, Socket};
use super::journal::Journal;
use super::syslog::Syslog;
use super::timers::Timers;
use crate::proto::{Context, DebugText, Entropy, Instant};

/// What an unanswered request was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// A socket.
    Socket(Socket),
    /// Making the TUN of this interface or binding it to a device.
    Bind(InterfaceId),
    /// Anything else that changes the host, described for the operator; `Some` names the interface it concerns.
    Change(Option<InterfaceId>, Change),
    /// An echo request.
    Echo,
    /// The neighbour table.
    Neighbours,
    /// Keeping an accounting record, or forgetting one.
    Spool,
}

/// A change of the host whose refusal is told to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Link state.
    Link,
    /// MTU.
    Mtu,
    /// Address.
    Address(ipnet::Ipv4Net),
    /// Route.
    Route(ipnet::Ipv4Net),
    /// Taking something away: a refusal means that it is gone already.
    Removal,
}

/// Work that waits until the protocol machines have nothing more to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Take a Virtual-Access down, the session of which is gone.
    DropVaccess(InterfaceId),
    /// Hang up the ISDN call of an access interface.
    DropCall(InterfaceId),
    /// An access interface whose tunnel or LNS failed tries the next one.
    NextTunnel(InterfaceId),
}

/// Shared state of the parts.
pub(super) struct Core {
    pub now: Instant,
    entropy: Box<dyn Entropy + Send>,
    pub journal: Journal,
    pub timers: Timers,
    pub pending: HashMap<RequestId, Pending>,
    pub work: VecDeque<Work>,
    /// What the calendar says: seconds since 1970 at a point in time; none while it is not set.
    pub wall: Option<(Instant, i64)>,
    /// PPP frames that were handed out since the engine was last called, as the data plane will count them: to which
    /// port, and how many octets.
    pub turn: Vec<(InterfaceId, u64)>,
    next_request: u64,
}

impl Core {
    pub fn new(entropy: Box<dyn Entropy + Send>) -> Self {
        Core {
            now: Instant::ZERO,
            entropy,
            journal: Journal::default(),
            timers: Timers::default(),
            pending: HashMap::new(),
            work: VecDeque::new(),
            wall: None,
            turn: Vec::new(),
            next_request: 1,
        }
    }

    /// The arguments of a protocol machine.
    pub fn cx(&mut self) -> Context<'_> {
        Context { now: self.now, entropy: &mut *self.entropy, trace: &mut self.journal }
    }

    /// Seconds since 1970, when the calendar is set.
    pub fn seconds(&self) -> Option<u32> {
        let (at, seconds) = self.wall?;
        let passed = i64::try_from(self.now.duration_since(at).as_secs()).ok()?;
        u32::try_from(seconds.checked_add(passed)?).ok()
    }

    pub fn entropy(&mut self) -> &mut dyn Entropy {
        &mut *self.entropy
    }

    pub fn debug(&mut self, event: &dyn DebugText) {
        self.cx().debug(event);
    }

    pub fn syslog(&mut self, message: &Syslog<'_>) {
        self.journal.syslog(message);
    }

    /// Has the edge carry `action` out.
    pub fn act(&mut self, action: Action) {
        self.journal.push(Output::Act(action));
    }

    pub fn push(&mut self, output: Output) {
        self.journal.push(output);
    }

    pub fn forward(&mut self, command: ForwardCommand) {
        self.act(Action::Forward(command));
    }

    /// Asks the host for something and notes what the answer is about.
    pub fn ask(&mut self, request: HostRequest, pending: Pending) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.pending.insert(id, pending);
        self.act(Action::Host(id, request));
        id
    }

    /// Puts `work` behind what waits. Doing a piece of work twice does no harm.
    pub fn later(&mut self, work: Work) {
        self.work.push_back(work);
    }
}
