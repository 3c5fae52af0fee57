//! A router's place without a router: a script stands where the router would, and the test pulls its strings.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use vpdnsh::config::views::InterfaceName;
use vpdnsh::engine::{self, Action, HostEvent, HostRequest, RequestId, Socket};
use vpdnsh::host::{HostConfig, NetNs, Node, Notice, RouterHandle, RouterHost, RouterInput, Startup};
use vpdnsh::proto::Instant;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::router::{ConsoleInput, Input, LineId, Output};

/// How long anything may take that is to happen at once.
pub const SOON: Duration = Duration::from_secs(60);
/// The line that wakes the script; the tests use others.
const STRING: LineId = LineId(999);

/// What the script was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    PowerOn(String),
    Console(LineId, ConsoleInput),
    Datagram { socket: Socket, local: std::net::IpAddr, remote: std::net::SocketAddr, bytes: Vec<u8> },
    Host(HostEvent),
    Other,
}

struct Script {
    orders: Arc<Mutex<VecDeque<Output>>>,
    seen: mpsc::Sender<Seen>,
}

impl Node for Script {
    fn handle(&mut self, _now: Instant, input: Input<'_>) {
        let seen = match input {
            Input::Console(STRING, _) => return,
            Input::Console(line, input) => Seen::Console(line, input),
            Input::Engine(engine::Input::Datagram { socket, local, remote, bytes }) => {
                Seen::Datagram { socket, local, remote, bytes: bytes.to_vec() }
            }
            Input::Engine(engine::Input::Host(event)) => Seen::Host(event),
            Input::Engine(_) | Input::Saved(_) | Input::PowerOff => Seen::Other,
        };
        // The test may have ended.
        let _ = self.seen.send(seen);
    }
    fn poll(&mut self) -> Option<Output> {
        self.orders.lock().unwrap().pop_front()
    }
    fn next_timeout(&self) -> Option<Instant> {
        None
    }
    fn hostname(&self) -> &str {
        "script"
    }
    fn is_booted(&self) -> bool {
        true
    }
}

pub struct Bench {
    pub netns: Arc<NetNs>,
    pub input: RouterInput,
    pub handle: Option<RouterHandle>,
    orders: Arc<Mutex<VecDeque<Output>>>,
    seen: mpsc::Receiver<Seen>,
    next: u64,
}

pub fn config(netns: &Arc<NetNs>, devices: &[(InterfaceName, &str)], save_to: Option<PathBuf>) -> HostConfig {
    let devices: HashMap<_, _> =
        devices.iter().map(|(name, device)| (name.clone(), (*device).to_owned())).collect();
    HostConfig {
        spool: None,
        name: "bench".to_owned(),
        devices,
        netns: Some(netns.clone()),
        startup: Startup { text: "hostname bench\n".to_owned(), save_to },
        wall_clock: None,
        entropy: Box::new(|| Box::new(Seeded::new(1))),
    }
}

impl Bench {
    pub fn new() -> Bench {
        let netns = Arc::new(NetNs::create().unwrap());
        Self::start(config(&netns, &[], None))
    }

    pub fn start(config: HostConfig) -> Bench {
        let netns = config.netns.clone().unwrap();
        let orders = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, seen) = mpsc::channel();
        let script_orders = orders.clone();
        let handle = RouterHost::start_with(
            config,
            Box::new(move |_, params| {
                sender.send(Seen::PowerOn(params.startup_config)).unwrap();
                Box::new(Script { orders: script_orders.clone(), seen: sender.clone() })
            }),
        );
        let handle = handle.unwrap();
        let input = handle.input();
        let bench = Bench { netns, input, handle: Some(handle), orders, seen, next: 1 };
        assert!(matches!(bench.see(), Seen::PowerOn(_)));
        bench
    }

    /// Has the script put an output out.
    pub fn put(&self, output: Output) {
        self.orders.lock().unwrap().push_back(output);
        assert!(self.input.console(STRING, ConsoleInput::Line(String::new())), "the task has ended");
    }

    /// Has the script put out what its engine would.
    pub fn act(&self, action: Action) {
        self.put(Output::Act(action));
    }

    /// Waits until all that was put out has been taken: the host does it before it looks at a socket again.
    pub fn taken(&self) {
        reach("everything is taken", || self.orders.lock().unwrap().is_empty());
    }

    /// Does something while the host, kept busy by the script, takes no news of the kernel.
    pub fn meanwhile(&self, work: impl FnOnce()) {
        let _orders = self.orders.lock().unwrap();
        assert!(self.input.console(STRING, ConsoleInput::Line(String::new())), "the task has ended");
        work();
    }

    /// The next thing that the script is told.
    pub fn see(&self) -> Seen {
        self.seen.recv_timeout(SOON).expect("the script was told nothing")
    }

    /// Waits until the script is told something that `wanted` takes.
    pub fn wait<T>(&self, mut wanted: impl FnMut(Seen) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.see()) {
                return found;
            }
        }
    }

    pub fn request(&mut self, request: HostRequest) -> RequestId {
        let id = RequestId(self.next);
        self.next += 1;
        self.act(Action::Host(id, request));
        id
    }

    /// Asks the host for something and gives the answer.
    pub fn ask(&mut self, request: HostRequest) -> HostEvent {
        let id = self.request(request);
        self.wait(|seen| match seen {
            Seen::Host(
                event @ (HostEvent::Done(answered)
                | HostEvent::Refused(answered, _)
                | HostEvent::EchoReply(answered, _)
                | HostEvent::EchoTimeout(answered)
                | HostEvent::EchoUnreachable(answered)),
            ) if answered == id => Some(event),
            _ => None,
        })
    }

    /// Asks for something that must be done.
    pub fn done(&mut self, request: HostRequest) {
        let event = self.ask(request.clone());
        assert!(matches!(event, HostEvent::Done(_)), "{request:?}: {event:?}");
    }

    /// Asks for something that must be refused, and gives the reason.
    pub fn refused(&mut self, request: HostRequest) -> String {
        match self.ask(request.clone()) {
            HostEvent::Refused(_, text) => text,
            other => panic!("{request:?}: {other:?}"),
        }
    }

    /// The output of `ip ARGUMENTS` in the namespace.
    pub fn ip(&self, arguments: &str) -> String {
        ip(&self.netns, arguments)
    }

    /// Switches the router off; gives what it says at its end.
    pub fn stop(&mut self) -> Result<(), String> {
        let mut handle = self.handle.take().unwrap();
        let mut notices = handle.take_notices().unwrap();
        handle.shutdown();
        while let Some(notice) = notices.blocking_recv() {
            if let Notice::Stopped(result) = notice {
                return result;
            }
        }
        Err("it ended without a word".to_owned())
    }
}

/// Waits until something is so.
pub fn reach(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + SOON;
    while !reached() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn ip(netns: &NetNs, arguments: &str) -> String {
    let output = netns.run(|| -> io::Result<_> { Command::new("ip").args(arguments.split(' ')).output() });
    let output = output.unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}
