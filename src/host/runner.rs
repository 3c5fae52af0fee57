//! The task that owns a router and carries its outputs out.
//!
//! One thread, one current-thread runtime, one owner: nothing of a router is shared, so nothing is locked.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::access::{self, Access, AccessReceiver};
use super::clock::MonotonicClock;
use super::devices::Report;
use super::edge::{Edge, Source, Taken};
use super::files::Saves;
use super::handle::{HostConfig, Notice, Order, RouterHandle, Startup};
use super::machine::{Event, Factory, Machine};
use super::ping::{self, Answer, Echo};
use super::spool::Work;
use super::udp::{DATAGRAM_MAX, Received};
use crate::engine::{self, Action, HostEvent, HostRequest, InterfaceId, RequestId, Socket};
use crate::forward::{Delivery, Disposition, Fate};
use crate::router::{ConsoleInput, ConsoleOutput, Input, LineId, Output, Router};

/// Most packets taken from one source before the others have their turn.
const BURST: usize = 64;

/// How long a router is waited for that has not got from Linux what its configuration asks for. Then it goes on as it is.
const BOOT: Duration = Duration::from_secs(5);

/// Starts routers.
pub struct RouterHost(());

impl RouterHost {
    /// Starts a router on a thread of its own, in its namespace, and returns once its interfaces are what its configuration
    /// makes them: who calls it then is heard.
    ///
    /// # Errors
    /// When the thread, the namespace, the runtime or the netlink socket cannot be had; the text is for the
    /// operator.
    pub fn start(config: HostConfig) -> io::Result<RouterHandle> {
        Self::start_with(config, Self::routers())
    }

    /// Makes routers.
    pub fn routers() -> Factory {
        Box::new(|now, params| Box::new(Router::new(now, params)))
    }

    /// As [`start`](Self::start), with whatever `factory` makes in place of a router.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(config: HostConfig, factory: Factory) -> io::Result<RouterHandle> {
        let (orders, order_queue) = mpsc::unbounded_channel();
        let (access_in, access_queue) = access::queue();
        let (access_out_sender, access_out) = access::queue();
        let (notice_sender, notices) = mpsc::unbounded_channel();
        let (hostname_sender, hostname) = watch::channel(config.name.clone());
        let (started_sender, started) = std::sync::mpsc::sync_channel(1);
        let (booted_sender, booted) = std::sync::mpsc::sync_channel(1);

        let builder = thread::Builder::new().name(config.name.clone());
        let thread = builder.spawn(move || {
            let runtime = match prepare(&config) {
                Ok(runtime) => runtime,
                Err(error) => {
                    // The caller waits for exactly one answer.
                    let _ = started_sender.send(Err(error));
                    return;
                }
            };
            let life = async {
                let task =
                    Task::new(config, factory, access_out_sender, notice_sender.clone(), hostname_sender);
                match task {
                    Ok(task) => {
                        let _ = started_sender.send(Ok(()));
                        task.run(order_queue, access_queue, booted_sender).await
                    }
                    Err(error) => {
                        let _ = started_sender.send(Err(error));
                        Ok(())
                    }
                }
            };
            // What made it fail has been printed by then. Its owner and the other routers go on.
            let stopped = catch_unwind(AssertUnwindSafe(|| runtime.block_on(life)))
                .unwrap_or_else(|_| Err("it has failed; this is a bug".to_owned()));
            // Nobody may be listening any more.
            let _ = notice_sender.send(Notice::Stopped(stopped));
        })?;
        let answer =
            started.recv().unwrap_or_else(|_| Err(io::Error::other("the router's thread ended at once")));
        if let Err(error) = answer {
            let _ = thread.join();
            return Err(error);
        }
        // One that has ended meanwhile says so in its notices.
        let _ = booted.recv_timeout(BOOT);
        Ok(RouterHandle {
            orders,
            access_in,
            access_out: Some(access_out),
            notices: Some(notices),
            hostname,
            thread: Some(thread),
        })
    }
}

fn prepare(config: &HostConfig) -> io::Result<tokio::runtime::Runtime> {
    let explain = |what: &'static str| {
        let name = config.name.clone();
        move |error: io::Error| io::Error::new(error.kind(), format!("{name}: {what}: {error}"))
    };
    if let Some(netns) = &config.netns {
        netns.enter().map_err(explain("cannot enter the network namespace"))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(explain("cannot make an event loop"))
}

/// A terminal that is attached, as a reloaded router must be told of it.
#[derive(Default)]
struct Terminal {
    output: Option<mpsc::UnboundedSender<ConsoleOutput>>,
    open: Option<bool>,
    size: Option<(u16, u16)>,
}

/// What the table found for the engine.
enum ForEngine {
    Frame { port: InterfaceId, frame: Vec<u8> },
    Dial { interface: InterfaceId, packet: Vec<u8> },
    Seen { port: InterfaceId, inbound: bool, message: Vec<u8> },
}

struct Task {
    config: HostConfig,
    factory: Factory,
    startup: Startup,
    saves: Saves,
    started: MonotonicClock,
    machine: Machine,
    edge: Edge,
    terminals: HashMap<LineId, Terminal>,
    notices: mpsc::UnboundedSender<Notice>,
    hostname: watch::Sender<String>,
    for_engine: Vec<ForEngine>,
    buffer: Vec<u8>,
    reload: bool,
    /// The router has ended by itself.
    off: bool,
    /// What could not be taken back at a `reload`.
    left: Vec<String>,
}

impl Task {
    fn new(
        mut config: HostConfig,
        mut factory: Factory,
        access: access::AccessSender,
        notices: mpsc::UnboundedSender<Notice>,
        hostname: watch::Sender<String>,
    ) -> io::Result<Task> {
        let startup = config.startup.clone();
        let wall = config.wall_clock;
        let machine = Machine::power_on(&mut config, &mut factory, &startup, wall, false)?;
        Ok(Task {
            config,
            factory,
            saves: Saves::new(startup.save_to.clone()),
            startup,
            started: machine.clock,
            machine,
            edge: Edge::new(access),
            terminals: HashMap::new(),
            notices,
            hostname,
            for_engine: Vec::new(),
            buffer: vec![0; DATAGRAM_MAX],
            reload: false,
            off: false,
            left: Vec::new(),
        })
    }

    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        mut access: AccessReceiver,
        booted: SyncSender<()>,
    ) -> Result<(), String> {
        self.drain();
        let mut booting = Some(booted);
        loop {
            if self.machine.router.is_booted()
                && let Some(booted) = booting.take()
            {
                // Its owner may have waited long enough.
                let _ = booted.send(());
            }
            if self.reload {
                self = self.reloaded(&mut access).await?;
                continue;
            }
            if self.off {
                break;
            }
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Attach(line, output)) => {
                        self.terminals.entry(line).or_default().output = Some(output);
                    }
                    Some(Order::Console(line, input)) => self.console(line, input),
                    Some(Order::Leave) => self.router_input(Input::PowerOff),
                    Some(Order::Shutdown) | None => break,
                },
                Some(item) = access.recv() => self.access(item),
                source = self.edge.ready() => self.read(source),
                event = self.machine.event() => self.event(event),
                (text, written) = self.saves.done() => self.saved(text, written),
            }
        }
        self.finish_saving().await;
        self.edge.access().reset();
        self.edge.clear();
        let mut left = self.left;
        left.extend(self.machine.power_off().await.err());
        if left.is_empty() { Ok(()) } else { Err(left.join("; ")) }
    }

    /// `reload`: everything is taken back, and a new router reads its startup-config.
    async fn reloaded(mut self, access: &mut AccessReceiver) -> Result<Task, String> {
        self.reload = false;
        self.finish_saving().await;
        self.edge.access().reset();
        self.edge.clear();
        self.for_engine.clear();
        if let Err(text) = self.machine.power_off().await {
            self.left.push(text);
        }
        // What the switch sent to the router that was switched off is for nobody.
        while access.try_recv().is_some() {}
        let wall = self.config.wall_clock.map(|wall| later(wall, self.started.now().since_start()));
        let machine = Machine::power_on(&mut self.config, &mut self.factory, &self.startup, wall, true);
        self.machine = machine.map_err(|error| format!("cannot be switched on again: {error}"))?;
        self.notify(Notice::Reloaded);
        self.drain();
        let mut lines: Vec<_> = self
            .terminals
            .iter()
            .filter_map(|(&line, terminal)| Some((line, terminal.open?, terminal.size)))
            .collect();
        lines.sort_unstable_by_key(|&(line, ..)| line);
        for (line, console, size) in lines {
            self.router_input(Input::Console(line, ConsoleInput::Open { console }));
            if let Some((width, length)) = size {
                self.router_input(Input::Console(line, ConsoleInput::Size { width, length }));
            }
        }
        Ok(self)
    }

    fn console(&mut self, line: LineId, input: ConsoleInput) {
        let terminal = self.terminals.entry(line).or_default();
        match &input {
            ConsoleInput::Open { console } => terminal.open = Some(*console),
            ConsoleInput::Size { width, length } => terminal.size = Some((*width, *length)),
            ConsoleInput::Close => {
                terminal.open = None;
                terminal.size = None;
            }
            ConsoleInput::Line(_)
            | ConsoleInput::Help { .. }
            | ConsoleInput::Complete { .. }
            | ConsoleInput::EndConfig { .. }
            | ConsoleInput::Interrupt
            | ConsoleInput::Break
            | ConsoleInput::Leave
            | ConsoleInput::Key(_) => {}
        }
        self.router_input(Input::Console(line, input));
    }

    fn access(&mut self, item: Access) {
        match item {
            Access::Signal { controller, message } => {
                self.input(engine::Input::Signal { controller, message })
            }
            Access::Octets { channel, octets } => {
                let (edge, for_engine) = (&self.edge, &mut self.for_engine);
                let now = self.machine.clock.now();
                self.machine
                    .table
                    .octets(now, &channel, &octets, &mut |delivery| carry(edge, for_engine, delivery));
                self.feed_engine();
            }
            // Only a router says this.
            Access::Reset => {}
        }
    }

    fn read(&mut self, source: Source) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut again = true;
        // What was full before was not this source's doing.
        self.edge.forget_bottleneck();
        let mut drained = false;
        for _ in 0..BURST {
            let taken = match source {
                Source::Socket(socket) => self.read_socket(socket, &mut buffer),
                Source::Tun(interface) => self.read_tun(interface, &mut buffer),
            };
            match taken {
                Taken::Item(()) if self.edge.is_full() => break,
                Taken::Item(()) => {}
                Taken::Nothing => {
                    drained = true;
                    break;
                }
                Taken::Gone => {
                    again = false;
                    break;
                }
            }
        }
        if !drained {
            self.edge.note_crowd(source);
        }
        self.buffer = buffer;
        if again {
            self.edge.park(source);
        }
    }

    fn read_socket(&mut self, socket: Socket, buffer: &mut [u8]) -> Taken<()> {
        let Received { length, remote, local } = match self.edge.read_socket(socket, buffer) {
            Taken::Item(received) => received,
            Taken::Nothing => return Taken::Nothing,
            Taken::Gone => return Taken::Gone,
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        if socket == Socket::L2tp {
            let now = self.machine.clock.now();
            let (edge, for_engine) = (&self.edge, &mut self.for_engine);
            let whose = self
                .machine
                .table
                .datagram(now, remote, bytes, &mut |delivery| carry(edge, for_engine, delivery));
            if whose == Disposition::Data {
                self.feed_engine();
                return Taken::Item(());
            }
        }
        self.input(engine::Input::Datagram { socket, local, remote, bytes });
        Taken::Item(())
    }

    fn read_tun(&mut self, interface: InterfaceId, buffer: &mut [u8]) -> Taken<()> {
        let (length, routed) = match self.edge.read_tun(interface, buffer) {
            Taken::Item(item) => item,
            Taken::Nothing => return Taken::Nothing,
            Taken::Gone => return Taken::Gone,
        };
        if routed {
            let packet = buffer.get(..length).unwrap_or_default();
            let now = self.machine.clock.now();
            let (edge, for_engine) = (&self.edge, &mut self.for_engine);
            self.machine
                .table
                .packet(now, interface, packet, &mut |delivery| carry(edge, for_engine, delivery));
            self.feed_engine();
        }
        Taken::Item(())
    }

    fn event(&mut self, event: Event) {
        let event = match event {
            Event::Timer => return self.input(engine::Input::Timeout),
            Event::Report(Report::Done(id)) => {
                self.edge.release(id);
                HostEvent::Done(id)
            }
            Event::Report(Report::Refused(id, text)) => {
                self.edge.release(id);
                HostEvent::Refused(id, text)
            }
            Event::Report(Report::Tun { request, interface, tun, routed }) => {
                self.edge.add_tun(interface, tun, routed);
                HostEvent::Done(request)
            }
            Event::Report(Report::Saved(result)) => return self.router_input(Input::Saved(result)),
            Event::Report(Report::Gone(interface)) => HostEvent::Gone { interface },
            Event::Report(Report::Appeared(interface)) => HostEvent::Appeared { interface },
            Event::Report(Report::AddressTaken { interface, address }) => {
                HostEvent::AddressTaken { interface, address }
            }
            Event::Report(Report::Neighbours(id, table)) => HostEvent::Neighbours(id, table),
            Event::Report(Report::Carrier { interface, up }) => HostEvent::Carrier { interface, up },
            Event::Report(Report::Hardware { interface, address }) => {
                HostEvent::Hardware { interface, address }
            }
            Event::Report(Report::Counted { interface, counts, faults }) => {
                HostEvent::Counted { interface, counts, faults }
            }
            Event::Report(Report::Dropped { interface, output, input }) => {
                HostEvent::Dropped { interface, output, input }
            }
            Event::Echo(id, Ok(Answer::Reply(after))) => HostEvent::EchoReply(id, after),
            Event::Echo(id, Ok(Answer::Timeout)) => HostEvent::EchoTimeout(id),
            Event::Echo(id, Ok(Answer::Unreachable)) => HostEvent::EchoUnreachable(id),
            Event::Echo(id, Err(error)) => HostEvent::Refused(id, error.to_string()),
        };
        self.input(engine::Input::Host(event));
    }

    /// Gives the engine what the table found for it.
    fn feed_engine(&mut self) {
        for item in std::mem::take(&mut self.for_engine) {
            match item {
                ForEngine::Frame { port, frame } => self.input(engine::Input::Frame { port, frame: &frame }),
                ForEngine::Dial { interface, packet } => {
                    self.input(engine::Input::Host(HostEvent::Packet { interface, packet }));
                }
                ForEngine::Seen { port, inbound, message } => {
                    self.input(engine::Input::Host(HostEvent::Data { port, inbound, message }));
                }
            }
        }
    }

    fn input(&mut self, input: engine::Input<'_>) {
        self.router_input(Input::Engine(input));
    }

    fn router_input(&mut self, input: Input<'_>) {
        let now = self.machine.clock.now();
        self.machine.router.handle(now, input);
        self.drain();
    }

    /// Carries out what the router wants, until it wants nothing more.
    fn drain(&mut self) {
        while let Some(output) = self.machine.router.poll() {
            self.execute(output);
        }
        let name = self.machine.router.hostname();
        if *self.hostname.borrow() != name {
            self.hostname.send_replace(name.to_owned());
        }
    }

    fn execute(&mut self, output: Output) {
        match output {
            Output::Act(action) => self.act(action),
            Output::Console(line, output) => {
                if let Some(terminal) = self.terminals.get_mut(&line) {
                    // A terminal that went away without a word stays attached until somebody else attaches.
                    terminal.output = terminal.output.take().filter(|sender| sender.send(output).is_ok());
                }
            }
            Output::SaveStartup(text) => self.saves.begin(text),
            Output::Reload => self.reload = true,
            Output::Off => self.off = true,
        }
    }

    fn act(&mut self, action: Action) {
        let now = self.machine.clock.now();
        let (edge, for_engine) = (&self.edge, &mut self.for_engine);
        match action {
            Action::Datagram { socket, local, remote, bytes } => {
                // A datagram that was dropped is one that was lost on the way.
                let _ = edge.transmit(socket, local, remote, &bytes);
            }
            Action::Frame { port, frame } => {
                self.machine.table.frame_out(port, &frame, &mut |delivery| carry(edge, for_engine, delivery))
            }
            Action::Packet { port, packet } => {
                self.machine
                    .table
                    .packet_out(now, port, &packet, &mut |delivery| carry(edge, for_engine, delivery));
            }
            Action::Signal { controller, message } => {
                edge.access().signal(controller, message);
            }
            Action::Forward(command) => self.machine.table.execute(command),
            Action::Host(id, request) => self.request(id, request),
        }
    }

    fn request(&mut self, id: RequestId, request: HostRequest) {
        match request {
            HostRequest::OpenSocket { socket, port } => {
                let report = match self.edge.open(socket, port) {
                    Ok(()) => Report::Done(id),
                    Err(text) => Report::Refused(id, text),
                };
                self.machine.answer(report);
            }
            HostRequest::CloseSocket { socket } => {
                self.edge.close(socket);
                self.machine.answer(Report::Done(id));
            }
            HostRequest::Echo { destination, source, sequence, size, timeout } => {
                let echo = Echo { destination, source, sequence, size, timeout };
                self.machine.echoes.spawn(async move { (id, ping::echo(echo).await) });
            }
            HostRequest::SpoolAppend { id: record, bytes } => {
                self.machine.spool(id, Work::Keep(id, record, bytes));
            }
            HostRequest::SpoolRemove { id: record } => self.machine.spool(id, Work::Forget(id, record)),
            HostRequest::DeleteTun { interface } => {
                self.edge.remove_tun(interface);
                self.machine.ask(id, request);
            }
            HostRequest::SetLink { interface, up: true }
            | HostRequest::AddAddress { interface, .. }
            | HostRequest::AddRoute { interface: Some(interface), .. } => {
                self.edge.hold(interface, id);
                self.machine.ask(id, request);
            }
            HostRequest::CreateTun { .. }
            | HostRequest::BindDevice { .. }
            | HostRequest::SetLink { .. }
            | HostRequest::SetMtu { .. }
            | HostRequest::RemoveAddress { .. }
            | HostRequest::AddRoute { .. }
            | HostRequest::RemoveRoute { .. }
            | HostRequest::Neighbours => self.machine.ask(id, request),
        }
    }

    fn saved(&mut self, text: String, written: Result<(), String>) {
        match written {
            Ok(()) => {
                self.startup.text.clone_from(&text);
                self.notify(Notice::Saved(text));
                self.machine.answer(Report::Saved(Ok(())));
            }
            Err(why) => {
                self.notify(Notice::NotSaved(why.clone()));
                self.machine.answer(Report::Saved(Err(why)));
            }
        }
    }

    async fn finish_saving(&mut self) {
        while !self.saves.is_idle() {
            let (text, written) = self.saves.done().await;
            self.saved(text, written);
        }
    }

    /// Nobody need listen.
    fn notify(&self, notice: Notice) {
        let _ = self.notices.send(notice);
    }
}

/// Carries a delivery away; what is for the engine is kept until the table is done.
fn carry(edge: &Edge, for_engine: &mut Vec<ForEngine>, delivery: Delivery<'_>) -> Fate {
    let kept = match delivery {
        Delivery::Transmit { local, remote, bytes } => {
            return edge.transmit(Socket::L2tp, local, remote, bytes);
        }
        Delivery::Tun { tun, packet } => return edge.write_tun(tun, packet),
        Delivery::Channel { channel, octets } => return edge.send_octets(channel, octets),
        Delivery::Frame { port, frame } => ForEngine::Frame { port, frame: frame.to_vec() },
        Delivery::Dial { interface, packet } => ForEngine::Dial { interface, packet: packet.to_vec() },
        Delivery::Seen { port, inbound, message } => {
            ForEngine::Seen { port, inbound, message: message.to_vec() }
        }
    };
    for_engine.push(kept);
    Fate::Taken
}

fn later((seconds, nanoseconds): (i64, u32), by: Duration) -> (i64, u32) {
    let sum = Duration::new(0, nanoseconds) + by;
    (seconds.saturating_add(i64::try_from(sum.as_secs()).unwrap_or(i64::MAX)), sum.subsec_nanos())
}
