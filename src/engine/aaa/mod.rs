//! Authentication, authorization and accounting of one router, sans-IO.
//!
//! Method lists decide who is asked. A method that cannot tell (no server answers, no such local user) passes the
//! question on to the next one; a method that refuses has the last word. What has to wait for a server ends as
//! an [`AaaEvent`] of its [`Ticket`]; authorization of a user is decided at once, from what came with its
//! authentication.

mod access;
pub mod accounting;
mod author;
pub mod debug;
mod lists;
mod local;
mod login;
pub(in crate::engine) mod nas_port;
mod profile;
mod servers;
mod sessions;
mod tunnel;
mod types;

#[cfg(test)]
mod tests;

pub use profile::{AvPair, Direction, FramedIp, MppeKeys, UserProfile, UserRoute};
pub use sessions::{Entry, Place, SessionNumber, Sessions};
pub use tunnel::{Asker, Endpoint, TunnelDefinition, TunnelType, parse_addresses};
pub use types::*;

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use self::accounting::{Accounting, Record, RecordId};
use self::debug::{AaaDebug, AuthenStatus, AuthorStatus, Family, emit, question_id};
use self::local::LocalVerdict;
use crate::config::views::{AaaConfig, Method};
use crate::proto::radius::client::{ClientView, ServerGroup};
use crate::proto::radius::{Client, ClientOutput, Code, Reply, Request, RequestKey};
use crate::proto::time::earliest;
use crate::proto::{Context, Instant};

/// A question on its way through its method list.
struct Task {
    ticket: Ticket,
    /// The id that the debugs print.
    id: u32,
    /// The methods that are left, the next one first.
    methods: VecDeque<Method>,
    /// The last method said that there is no such user.
    not_found: bool,
    question: Question,
    /// What an Access-Request may carry beyond the question.
    hints: Hints,
}

enum Question {
    Authentication(AuthenRequest),
    Tunnel(TunnelLookup),
}

/// Who waits for a request.
enum Asked {
    Question(Task),
    /// A terminal line.
    Login(login::LoginTask),
    /// `test aaa`.
    Test(Ticket),
}

impl Asked {
    fn ticket(&self) -> Ticket {
        match self {
            Asked::Question(task) => task.ticket,
            Asked::Login(task) => task.ticket,
            Asked::Test(ticket) => *ticket,
        }
    }
}

/// AAA of one router.
#[derive(Default)]
pub struct Aaa {
    config: AaaConfig,
    client: Client,
    accounting: Accounting,
    groups: servers::Groups,
    next_ticket: u64,
    /// Who waits for a request.
    asked: HashMap<RequestKey, Asked>,
    /// The request that a ticket waits for.
    requests: HashMap<Ticket, RequestKey>,
    /// While no server can be reached yet: what is to be asked, in order.
    held: Option<Vec<(Request, Asked)>>,
    outputs: VecDeque<AaaOutput>,
    /// Of users whom nobody says anything about.
    no_profile: Arc<UserProfile>,
    /// What each `aaa attribute list` makes of a user, shared by all whom it is for.
    lists: HashMap<String, Arc<UserProfile>>,
}

impl Aaa {
    /// AAA without a configuration: local users, of whom there are none.
    pub fn new() -> Self {
        Aaa::default()
    }

    /// Takes a new configuration. Questions on their way keep the methods that they have.
    pub fn configure(&mut self, cx: &mut Context, config: &AaaConfig) {
        self.lists = config
            .attribute_lists
            .iter()
            .map(|list| (list.name.clone(), Arc::new(UserProfile::from_list(list))))
            .collect();
        let (client, groups) = servers::client(config);
        self.client.configure(cx, client);
        self.groups = groups;
        self.config = config.clone();
        self.accounting.reconfigured(cx, &mut self.client, &self.config, &self.groups);
        self.pump(cx);
    }

    /// Sends a record to the servers of its methods, until one answers it.
    pub fn record(&mut self, cx: &mut Context, record: Record) -> RecordId {
        let id = self.accounting.add(cx, &mut self.client, &self.config, &self.groups, record);
        self.pump(cx);
        id
    }

    /// Takes the records that a spool holds, before the first configuration; from now on every record is kept there.
    /// `wall` is the time in seconds since 1970, when the clock is set.
    pub fn restore(&mut self, cx: &mut Context, left: Vec<(u64, Vec<u8>)>, wall: Option<u32>) {
        self.accounting.restore(cx.now, left, wall);
        self.pump(cx);
    }

    /// No server can be reached yet: from now on questions and records wait.
    pub fn hold(&mut self) {
        self.held = Some(Vec::new());
        self.accounting.hold(true);
    }

    /// Servers can be reached: what has waited for that is asked, and recorded.
    pub fn release(&mut self, cx: &mut Context) {
        self.accounting.hold(false);
        for (request, asked) in self.held.take().unwrap_or_default() {
            self.submit(cx, request, asked);
        }
        self.accounting.pump(cx, &mut self.client, &self.config, &self.groups);
        self.pump(cx);
    }

    /// Accounting, to look at.
    pub fn accounting(&self) -> &Accounting {
        &self.accounting
    }

    /// Asks whether a user is who it says it is. An event with [`Outcome::Authentication`] follows.
    pub fn authenticate(&mut self, cx: &mut Context, request: AuthenRequest) -> Ticket {
        self.authenticate_with(cx, request, Hints::default())
    }

    /// The same, with what `radius-server attribute ... include-in-access-req` puts into the request.
    pub fn authenticate_with(&mut self, cx: &mut Context, request: AuthenRequest, hints: Hints) -> Ticket {
        let methods = self.authentication_methods(request.list.as_deref());
        emit(cx, &AaaDebug::PickList(request.port.unique, request.list.as_deref().unwrap_or(lists::DEFAULT)));
        let id = question_id(cx, request.port.unique);
        let ticket = self.ticket();
        let question = Question::Authentication(request);
        self.run(cx, Task { ticket, id, methods, not_found: false, question, hints }, true);
        self.pump(cx);
        ticket
    }

    /// Asks where the tunnel of a call leads. An event with [`Outcome::Tunnel`] follows.
    pub fn authorize_tunnel(&mut self, cx: &mut Context, lookup: TunnelLookup) -> Ticket {
        let ticket = self.ticket();
        let methods = lists::find(&self.config.authorization_network, lookup.list.as_deref());
        let Some(methods) = methods.filter(|_| self.config.new_model) else {
            // Nobody is to be asked: what the vpdn-groups say holds.
            self.finish(ticket, Outcome::Tunnel(TunnelOutcome::Local));
            return ticket;
        };
        let methods = methods.iter().cloned().collect();
        let id = question_id(cx, lookup.port.unique);
        let (port, family) = (lookup.port.short.as_str(), Family::Vpdn);
        let list = lookup.list.as_deref().unwrap_or(lists::DEFAULT);
        emit(cx, &AaaDebug::Port(port, family, id, &lookup.port.long, list));
        emit(cx, &AaaDebug::User(port, family, id, &lookup.key));
        emit(cx, &AaaDebug::Send(port, family, id, "service=ppp"));
        emit(cx, &AaaDebug::Send(port, family, id, "protocol=vpdn"));
        emit(cx, &AaaDebug::FoundList(port, family, id, list));
        let question = Question::Tunnel(lookup);
        let task = Task { ticket, id, methods, not_found: false, question, hints: Hints::default() };
        self.run(cx, task, true);
        self.pump(cx);
        ticket
    }

    /// The asker is gone: nothing follows for this ticket.
    pub fn cancel(&mut self, cx: &mut Context, ticket: Ticket) {
        if let Some(key) = self.requests.remove(&ticket) {
            self.asked.remove(&key);
            self.client.cancel(cx, key);
        }
        if let Some(held) = &mut self.held {
            held.retain(|(_, asked)| asked.ticket() != ticket);
        }
        self.outputs.retain(|out| match out {
            AaaOutput::Event(event) => event.ticket != ticket,
            AaaOutput::Tested(of, _) | AaaOutput::Login(of, _) => *of != ticket,
            AaaOutput::OpenSocket { .. }
            | AaaOutput::Transmit { .. }
            | AaaOutput::Syslog { .. }
            | AaaOutput::Accounting(_) => true,
        });
        self.pump(cx);
    }

    /// Asks the servers on behalf of somebody, as soon as they can be reached.
    fn submit(&mut self, cx: &mut Context, request: Request, asked: Asked) {
        if let Some(held) = &mut self.held {
            return held.push((request, asked));
        }
        let key = self.client.submit(cx, request);
        self.requests.insert(asked.ticket(), key);
        self.asked.insert(key, asked);
    }

    /// Who asked, when a request has ended.
    fn finished(&mut self, key: RequestKey) -> Option<Asked> {
        let asked = self.asked.remove(&key)?;
        self.requests.remove(&asked.ticket());
        Some(asked)
    }

    /// Takes a datagram from the RADIUS client's socket `socket`.
    pub fn handle_datagram(&mut self, cx: &mut Context, socket: u16, remote: SocketAddr, bytes: &[u8]) {
        self.client.handle_datagram(cx, socket, remote, bytes);
        self.pump(cx);
    }

    /// A socket could not be opened: what was sent out of it goes out of another one.
    pub fn socket_refused(&mut self, cx: &mut Context, socket: u16) {
        self.client.socket_refused(cx, socket);
        self.pump(cx);
    }

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        self.client.handle_timeout(cx);
        self.pump(cx);
        self.accounting.pump(cx, &mut self.client, &self.config, &self.groups);
        self.pump(cx);
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        earliest(self.client.next_timeout(), self.accounting.next_timeout())
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<AaaOutput> {
        self.outputs.pop_front()
    }

    /// Whether nothing is on its way and nothing waits to be polled.
    pub fn is_quiet(&self) -> bool {
        self.asked.is_empty()
            && self.held.as_ref().is_none_or(Vec::is_empty)
            && self.outputs.is_empty()
            && self.client.is_quiet()
            && self.accounting.is_quiet()
    }

    /// The RADIUS client and its servers.
    pub fn radius(&self, now: Instant) -> ClientView {
        self.client.view(now)
    }

    /// `clear radius statistics`.
    pub fn clear_counters(&mut self, now: Instant) {
        self.client.clear_counters(now);
    }

    /// `test aaa group`: asks the servers of a group, or all of them, whether the password is right.
    /// [`AaaOutput::Tested`] of this ticket follows.
    pub fn test(&mut self, cx: &mut Context, nas_ip: Ipv4Addr, test: &PasswordTest) -> Ticket {
        let ticket = self.ticket();
        let servers = test.group.as_ref().map(|name| self.named_group(name));
        let nas_ip = self.config.source.unwrap_or(nas_ip);
        self.submit(cx, access::test(test, nas_ip, servers), Asked::Test(ticket));
        self.pump(cx);
        ticket
    }

    fn tested(&mut self, ticket: Ticket, outcome: TestOutcome) {
        self.outputs.push_back(AaaOutput::Tested(ticket, outcome));
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    fn finish(&mut self, ticket: Ticket, outcome: Outcome) {
        self.outputs.push_back(AaaOutput::Event(AaaEvent { ticket, outcome }));
    }

    /// Without `aaa new-model`, and where no default list is configured, the local users are asked; a list that
    /// is named must exist.
    fn authentication_methods(&self, list: Option<&str>) -> VecDeque<Method> {
        if !self.config.new_model {
            return VecDeque::from([Method::Local]);
        }
        match lists::find(&self.config.authentication_ppp, list) {
            Some(methods) => methods.iter().cloned().collect(),
            None if list.is_none_or(|name| name == lists::DEFAULT) => VecDeque::from([Method::Local]),
            None => VecDeque::new(),
        }
    }

    /// The servers of a method; `None` for all.
    fn group(&self, method: &Method) -> Option<Arc<ServerGroup>> {
        let Method::Group(name) = method else { return None };
        Some(self.named_group(name))
    }

    /// The servers of a group; none when there is no such group.
    fn named_group(&self, name: &str) -> Arc<ServerGroup> {
        let none = || Arc::new(ServerGroup { servers: Vec::new(), deadtime: None });
        self.groups.get(name).cloned().unwrap_or_else(none)
    }

    /// Carries on what the client has finished.
    fn pump(&mut self, cx: &mut Context) {
        while let Some(output) = self.client.poll() {
            match output {
                ClientOutput::OpenSocket { socket, port } => {
                    self.outputs.push_back(AaaOutput::OpenSocket { socket, port });
                }
                ClientOutput::Transmit { socket, local, remote, bytes } => {
                    self.outputs.push_back(AaaOutput::Transmit { socket, local, remote, bytes });
                }
                ClientOutput::Syslog { severity, text } => {
                    self.outputs.push_back(AaaOutput::Syslog { severity, text });
                }
                ClientOutput::Replied(key, reply) => match self.finished(key) {
                    Some(Asked::Question(task)) => self.replied(cx, task, &reply),
                    Some(Asked::Login(task)) => self.login_replied(cx, task, &reply),
                    Some(Asked::Test(ticket)) => self.tested(ticket, access::test_outcome(&reply)),
                    None => self.accounting.replied(cx, key),
                },
                ClientOutput::Failed(key) => match self.finished(key) {
                    Some(Asked::Question(task)) => self.erred(cx, task),
                    Some(Asked::Login(task)) => self.login_failed(cx, task),
                    Some(Asked::Test(ticket)) => self.tested(ticket, TestOutcome::NoAnswer),
                    None => self.accounting.failed(cx, &mut self.client, &self.config, &self.groups, key),
                },
                ClientOutput::Unsendable(key) => match self.finished(key) {
                    Some(Asked::Question(task)) => self.unsendable(cx, &task),
                    Some(Asked::Login(task)) => self.refused_login(cx, &task, Vec::new()),
                    Some(Asked::Test(ticket)) => self.tested(ticket, TestOutcome::Rejected),
                    None => self.accounting.unsendable(key),
                },
            }
            self.accounting.pump(cx, &mut self.client, &self.config, &self.groups);
        }
        while let Some(output) = self.accounting.poll() {
            self.outputs.push_back(AaaOutput::Accounting(output));
        }
    }

    /// The method that was asked cannot tell: on to the next one.
    fn erred(&mut self, cx: &mut Context, task: Task) {
        print_error(cx, &task);
        self.run(cx, task, false);
    }

    /// What a server is to be asked fits into no packet: a name, a password, a number that is too long. No server can
    /// know such a user, so that this is a refusal; were it an error, the next method might be `none`.
    fn unsendable(&mut self, cx: &mut Context, task: &Task) {
        let outcome = match &task.question {
            Question::Authentication(request) => {
                let message = local::refusal(&request.credentials);
                Outcome::Authentication(AuthenOutcome::Fail { message, retries: None })
            }
            Question::Tunnel(_) => Outcome::Tunnel(TunnelOutcome::NotFound),
        };
        self.known(cx, task, outcome);
    }

    /// Asks one method after the other until one has to wait or knows.
    fn run(&mut self, cx: &mut Context, mut task: Task, mut first: bool) {
        while let Some(method) = task.methods.pop_front() {
            task.not_found = false;
            let step = match &task.question {
                Question::Authentication(request) => {
                    // The documented call names no method when RADIUS is the first.
                    let silent = first && matches!(method, Method::Radius | Method::Group(_));
                    if !silent {
                        emit(cx, &AaaDebug::AuthenMethod(task.id, &method));
                    }
                    self.authenticate_by(&method, request)
                }
                Question::Tunnel(lookup) => {
                    emit(cx, &AaaDebug::Method(&lookup.port.short, Family::Vpdn, task.id, &method));
                    look_up_by(&method)
                }
            };
            first = false;
            match step {
                Step::Ask => return self.ask(cx, task, &method),
                Step::Known(outcome) => return self.known(cx, &task, outcome),
                Step::NotFound => task.not_found = true,
                Step::Error => print_error(cx, &task),
            }
        }
        self.exhausted(cx, &task);
    }

    fn ask(&mut self, cx: &mut Context, task: Task, method: &Method) {
        let servers = self.group(method);
        let (mut request, port) = match &task.question {
            Question::Authentication(request) => {
                let nas_ip = request.port.nas_ip;
                let mut asked = access::authentication(&request.port, nas_ip, &request.credentials, servers);
                access::extend(&mut asked, &self.config.extras, nas_ip, &task.hints);
                (asked, &request.port)
            }
            Question::Tunnel(lookup) => {
                emit(cx, &AaaDebug::AuthorData);
                (access::tunnel(lookup, lookup.port.nas_ip, servers), &lookup.port)
            }
        };
        access::shape_port(&mut request, &self.config.extras, port);
        self.submit(cx, request, Asked::Question(task));
    }

    fn authenticate_by(&self, method: &Method, request: &AuthenRequest) -> Step {
        let pass = |message| {
            let profile = self.no_profile.clone();
            Step::Known(Outcome::Authentication(AuthenOutcome::Pass { message, profile }))
        };
        let local = |case| match local::verify(&self.config.users, &request.credentials, case) {
            LocalVerdict::Pass(message) => {
                let profile = self.list_profile(&request.credentials.name, case);
                let profile = profile.unwrap_or_else(|| self.no_profile.clone());
                let message = access::with_reply(message, &request.credentials, &profile);
                Step::Known(Outcome::Authentication(AuthenOutcome::Pass { message, profile }))
            }
            LocalVerdict::Fail(message) => {
                Step::Known(Outcome::Authentication(AuthenOutcome::Fail { message, retries: None }))
            }
            LocalVerdict::NotFound => Step::NotFound,
        };
        match method {
            Method::Radius | Method::Group(_) => Step::Ask,
            Method::Local => local(false),
            Method::LocalCase => local(true),
            Method::None => pass(Vec::new()),
            Method::IfNeeded if request.already => pass(Vec::new()),
            Method::IfNeeded => Step::Error,
            // Not methods of PPP, or nobody to ask.
            Method::Tacacs | Method::Enable | Method::Line | Method::IfAuthenticated => Step::Error,
        }
    }

    fn replied(&mut self, cx: &mut Context, task: Task, reply: &Reply) {
        let outcome = match &task.question {
            Question::Authentication(request) => Outcome::Authentication(access::outcome(cx, reply, request)),
            Question::Tunnel(lookup) if reply.packet.code == Code::AccessAccept => {
                let (attributes, unreadable) = reply.attributes();
                let tunnels = tunnel::definitions(&attributes, unreadable, lookup.asker);
                let (port, family) = (&lookup.port.short, Family::Vpdn);
                for problem in &tunnels.problems {
                    emit(cx, &AaaDebug::Unusable(port, family, problem));
                }
                Outcome::Tunnel(match tunnels.usable.is_empty() {
                    true => TunnelOutcome::NotFound,
                    false => TunnelOutcome::Found(tunnels.usable),
                })
            }
            Question::Tunnel(_) => Outcome::Tunnel(TunnelOutcome::NotFound),
        };
        self.known(cx, &task, outcome);
    }

    /// A method has the last word.
    fn known(&mut self, cx: &mut Context, task: &Task, outcome: Outcome) {
        match &outcome {
            Outcome::Authentication(authen) => {
                let status = match authen {
                    AuthenOutcome::Pass { .. } => AuthenStatus::Pass,
                    AuthenOutcome::Fail { .. } => AuthenStatus::Fail,
                    AuthenOutcome::Error => AuthenStatus::Error,
                };
                emit(cx, &AaaDebug::AuthenStatus(task.id, status));
            }
            Outcome::Tunnel(found) => print_tunnels(cx, task, found),
        }
        self.finish(task.ticket, outcome);
    }

    /// No method is left.
    fn exhausted(&mut self, cx: &mut Context, task: &Task) {
        let outcome = match &task.question {
            Question::Authentication(request) if task.not_found => {
                emit(cx, &AaaDebug::UserNotFound(task.id));
                let message = local::refusal(&request.credentials);
                Outcome::Authentication(AuthenOutcome::Fail { message, retries: None })
            }
            Question::Authentication(_) => Outcome::Authentication(AuthenOutcome::Error),
            Question::Tunnel(_) => Outcome::Tunnel(TunnelOutcome::Error),
        };
        self.known(cx, task, outcome);
    }
}

/// What became of asking one method.
enum Step {
    /// A server has to be asked.
    Ask,
    /// It knows.
    Known(Outcome),
    /// It does not know the user.
    NotFound,
    /// It cannot tell.
    Error,
}

fn look_up_by(method: &Method) -> Step {
    match method {
        Method::Radius | Method::Group(_) => Step::Ask,
        Method::Local | Method::LocalCase => Step::Known(Outcome::Tunnel(TunnelOutcome::Local)),
        // Nobody is asked, so nothing is known beyond the vpdn-groups.
        Method::None => Step::Known(Outcome::Tunnel(TunnelOutcome::Local)),
        Method::Tacacs | Method::Enable | Method::Line | Method::IfNeeded | Method::IfAuthenticated => {
            Step::Error
        }
    }
}

/// A method that cannot tell, in the debugs; the last one of an authentication says so with its end.
fn print_error(cx: &mut Context, task: &Task) {
    match &task.question {
        Question::Authentication(_) if task.methods.is_empty() => {}
        Question::Authentication(_) => emit(cx, &AaaDebug::AuthenStatus(task.id, AuthenStatus::Error)),
        Question::Tunnel(lookup) => {
            emit(cx, &AaaDebug::PostStatus(&lookup.port.short, task.id, AuthorStatus::Error));
        }
    }
}

/// The end of a lookup in the debugs.
fn print_tunnels(cx: &mut Context, task: &Task, outcome: &TunnelOutcome) {
    let Question::Tunnel(lookup) = &task.question else { return };
    let (port, family) = (lookup.port.short.as_str(), Family::Vpdn);
    let status = match outcome {
        TunnelOutcome::Found(_) => AuthorStatus::PassReplace,
        TunnelOutcome::Local => AuthorStatus::PassAdd,
        TunnelOutcome::NotFound => AuthorStatus::Fail,
        // Each method has said so already.
        TunnelOutcome::Error => return emit(cx, &AaaDebug::Denied(port, family)),
    };
    emit(cx, &AaaDebug::PostStatus(port, task.id, status));
    if status == AuthorStatus::Fail {
        emit(cx, &AaaDebug::Denied(port, family));
    }
    let TunnelOutcome::Found(definitions) = outcome else { return };
    emit(cx, &AaaDebug::Processing(port, family, "service=ppp"));
    emit(cx, &AaaDebug::Processing(port, family, "protocol=vpdn"));
    for pair in definitions.iter().flat_map(TunnelDefinition::pairs) {
        emit(cx, &AaaDebug::Processing(port, family, &pair));
    }
}
