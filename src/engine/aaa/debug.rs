//! `debug aaa authentication` and `debug aaa authorization`: the only place with IOS's words for them.
//!
//! The LCP, FSM and IPCP families of 12.0 are the documented call's. The VPDN family, refusals and the lines for
//! local users are worded after them, as IOS of that time did.
//!
//! Of what goes well with PPP 15.x prints `Bind i/f` and `Pick method list` only (a published capture of IOS-XE). What is refused
//! and what cannot be used has its line there too; no document shows it, so the words of 12.x are kept, with the unique
//! id of the session in place of a number of its own.

use std::fmt;
use std::net::Ipv4Addr;

use super::types::LoginService;
use crate::config::views::{InterfaceName, Method};
use crate::proto::redact::OneLine;
use crate::proto::{Context, DebugText, Dialect, Purpose, Switch};

/// `status = ...`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenStatus {
    /// PASS
    Pass,
    /// FAIL
    Fail,
    /// ERROR
    Error,
}

/// `Post authorization status = ...`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorStatus {
    /// PASS_REPLACE: the server's attributes stand in place of those that were sent.
    PassReplace,
    /// PASS_ADD: they are added.
    PassAdd,
    /// FAIL
    Fail,
    /// ERROR
    Error,
}

/// What is authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// LCP.
    Lcp,
    /// Whether an NCP may start.
    Fsm,
    /// IPCP.
    Ipcp,
    /// A tunnel.
    Vpdn,
    /// An EXEC.
    Exec,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Family::Lcp => "LCP",
            Family::Fsm => "FSM",
            Family::Ipcp => "IPCP",
            Family::Vpdn => "VPDN",
            Family::Exec => "EXEC",
        }
    }

    fn service(self) -> &'static str {
        match self {
            Family::Lcp | Family::Fsm | Family::Ipcp | Family::Vpdn => "NET",
            Family::Exec => "EXEC",
        }
    }
}

/// A line.
#[derive(Clone, Copy, Debug)]
pub enum AaaDebug<'a> {
    /// `AAA/AUTHEN (3530581085): status = PASS`
    AuthenStatus(u32, AuthenStatus),
    /// `AAA/AUTHEN (id): Method=LOCAL`: a method is asked after an error of the one before.
    AuthenMethod(u32, &'a Method),
    /// `AAA/AUTHEN (id): User not found, end of method list`
    UserNotFound(u32),
    /// `AAA/AUTHEN/PPP (0000001C): Pick method list 'default'`, 15.x only.
    PickList(u32, &'a str),
    /// `AAA/AUTHEN/START (50996740): port='tty19' list='' action=LOGIN service=LOGIN`, as the command reference of 12.0
    /// shows it.
    LoginStart(u32, &'a str, &'a str, LoginService),
    /// `AAA/AUTHEN/START (50996740): using "default" list`
    LoginList(u32, &'a str),
    /// `AAA/AUTHEN/LOGIN (0000001C): Pick method list 'default'`, 15.x only.
    PickLogin(u32, LoginService, &'a str),
    /// `tty2 AAA/AUTHOR/EXEC: Authorization successful`, or `FAILED`; in 15.x `AAA/AUTHOR/EXEC(0000001C): Authorization
    /// successful`, recalled from captures as the two below are.
    Exec(&'a str, u32, bool),
    /// `AAA/AUTHOR (0x1C): Pick method list 'default'`, 15.x only.
    PickExec(u32, &'a str),
    /// `AAA/AUTHOR/EXEC(0000001C): processing AV priv-lvl=15`, 15.x only.
    ExecPair(u32, &'a str),
    /// `AAA/BIND(0000001C): Bind i/f Virtual-Access1.1`, 15.x only, as the published capture shows it.
    Bind(u32, &'a InterfaceName),
    /// `Vi4 AAA/AUTHOR/LCP: Authorize LCP`
    AuthorizeLcp(&'a str),
    /// `Vi4 AAA/AUTHOR/FSM: (0): Can we start IPCP?`
    CanWeStart(&'a str),
    /// `Vi4 AAA/AUTHOR/FSM: We can start IPCP`
    WeCanStart(&'a str),
    /// `Vi4 AAA/AUTHOR/LCP (1947215169): Port='Virtual-Access4' list='vpdn' service=NET`
    Port(&'a str, Family, u32, &'a str, &'a str),
    /// `AAA/AUTHOR/LCP: Vi4 (1947215169) user='2500-1'`
    User(&'a str, Family, u32, &'a str),
    /// `Vi4 AAA/AUTHOR/LCP (1947215169): send AV service=ppp`
    Send(&'a str, Family, u32, &'a str),
    /// `Vi4 AAA/AUTHOR/LCP (1947215169): found list "vpdn"`
    FoundList(&'a str, Family, u32, &'a str),
    /// `Vi4 AAA/AUTHOR/LCP (1947215169): no list "vpdn"`: the list does not exist.
    NoList(&'a str, Family, u32, &'a str),
    /// `Vi4 AAA/AUTHOR/LCP (1947215169): Method=radius (radius)`
    Method(&'a str, Family, u32, &'a Method),
    /// `RADIUS: authenticating to get author data`
    AuthorData,
    /// `RADIUS: allowing negotiated framed address [10.10.53.2]`
    AllowNegotiated(Option<Ipv4Addr>),
    /// `RADIUS: Using NAS default peer`: Framed-IP-Address 255.255.255.254.
    NasDefault,
    /// `RADIUS: Authorize IP address 10.1.1.1`
    AuthorizeAddress(Ipv4Addr),
    /// `RADIUS: no appropriate authorization type for user.`: a Service-Type that is not for PPP.
    WrongService,
    /// `Vi4 AAA/AUTHOR (1947215169): Post authorization status = PASS_REPLACE`
    PostStatus(&'a str, u32, AuthorStatus),
    /// `Vi4 AAA/AUTHOR/LCP: Processing AV service=ppp`
    Processing(&'a str, Family, &'a str),
    /// `Vi4 AAA/AUTHOR/VPDN: 10.1.1.300 is no IP address`: something of a definition cannot be used.
    Unusable(&'a str, Family, &'a str),
    /// `Vi1.1 IPCP AUTHOR: Start.  Her address 0.0.0.0, we want 0.0.0.0`: a line of `debug ppp negotiation` in 15.x.
    NegotiationStart(&'a str, Ipv4Addr, Ipv4Addr),
    /// `Vi1.1 IPCP AUTHOR: Done.  Her address 0.0.0.0, we want 0.0.0.0`: the same.
    NegotiationDone(&'a str, Ipv4Addr, Ipv4Addr),
    /// `Vi4 AAA/AUTHOR/IPCP: Start. Her address 10.10.53.2, we want 0.0.0.0`
    Start(&'a str, Ipv4Addr, Ipv4Addr),
    /// `Vi4 AAA/AUTHOR/IPCP: Reject 10.10.53.2, using 10.1.1.1`
    Reject(&'a str, Ipv4Addr, Ipv4Addr),
    /// `Vi4 AAA/AUTHOR/IPCP: Authorization succeeded`
    Succeeded(&'a str),
    /// `Vi4 AAA/AUTHOR/IPCP: Done. Her address 10.10.53.2, we want 10.10.53.2`
    Done(&'a str, Ipv4Addr, Ipv4Addr),
    /// `Vi4 AAA/AUTHOR/LCP: Denied`. That of a lookup is 15.x's only: 12.x has its status.
    Denied(&'a str, Family),
}

impl AaaDebug<'_> {
    /// The switch under which the line is printed where its own is off.
    fn second_switch(&self) -> Option<Switch> {
        match self {
            AaaDebug::Bind(..) | AaaDebug::WrongService => Some(Switch::AaaAuthorization),
            _ => None,
        }
    }
}

/// A line under another switch than its own.
struct Under<'a>(&'a AaaDebug<'a>, Switch);

impl DebugText for Under<'_> {
    fn switch(&self) -> Switch {
        self.1
    }

    fn exists_in(&self, dialect: Dialect) -> bool {
        self.0.exists_in(dialect)
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        self.0.write(dialect, f)
    }
}

/// Prints `line` where its switch is on and the release has it.
pub fn emit(cx: &mut Context, line: &AaaDebug) {
    match line.second_switch() {
        Some(second) if !cx.trace.enabled(line.switch()) => cx.debug(&Under(line, second)),
        Some(_) | None => cx.debug(line),
    }
}

/// The number that the lines of a question bear: its own in 12.x, that of the session in 15.x.
pub fn question_id(cx: &mut Context, unique: u32) -> u32 {
    let own = cx.entropy.u32(Purpose::AaaId);
    match cx.trace.dialect() {
        Dialect::V12_0 | Dialect::V12_1 => own,
        Dialect::V15 => unique,
    }
}

/// [`question_id`] as the dialect writes it.
struct Id(Dialect, u32);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Dialect::V12_0 | Dialect::V12_1 => write!(f, "{}", self.1),
            Dialect::V15 => write!(f, "{:08X}", self.1),
        }
    }
}

fn method_name(method: &Method) -> (&str, &str) {
    match method {
        Method::Radius => ("radius", " (radius)"),
        Method::Group(name) => (name, " (radius)"),
        Method::Tacacs => ("tacacs+", " (tacacs+)"),
        Method::Local | Method::LocalCase => ("LOCAL", ""),
        Method::None => ("NONE", ""),
        Method::Enable => ("ENABLE", ""),
        Method::Line => ("LINE", ""),
        Method::IfNeeded => ("IF_NEEDED", ""),
        Method::IfAuthenticated => ("IF_AUTHEN", ""),
    }
}

const fn action(service: LoginService) -> &'static str {
    match service {
        LoginService::Login => "LOGIN",
        LoginService::Enable(_) => "ENABLE",
    }
}

impl DebugText for AaaDebug<'_> {
    fn switch(&self) -> Switch {
        match self {
            AaaDebug::AuthenStatus(..)
            | AaaDebug::AuthenMethod(..)
            | AaaDebug::UserNotFound(_)
            | AaaDebug::LoginStart(..)
            | AaaDebug::LoginList(..)
            | AaaDebug::PickLogin(..)
            | AaaDebug::Bind(..)
            | AaaDebug::PickList(..) => Switch::AaaAuthentication,
            AaaDebug::AuthorData
            | AaaDebug::AllowNegotiated(_)
            | AaaDebug::NasDefault
            | AaaDebug::WrongService
            | AaaDebug::AuthorizeAddress(_) => Switch::Radius,
            AaaDebug::AuthorizeLcp(_)
            | AaaDebug::CanWeStart(_)
            | AaaDebug::WeCanStart(_)
            | AaaDebug::Port(..)
            | AaaDebug::User(..)
            | AaaDebug::Send(..)
            | AaaDebug::FoundList(..)
            | AaaDebug::NoList(..)
            | AaaDebug::Method(..)
            | AaaDebug::PostStatus(..)
            | AaaDebug::Processing(..)
            | AaaDebug::Unusable(..)
            | AaaDebug::Start(..)
            | AaaDebug::Reject(..)
            | AaaDebug::Succeeded(_)
            | AaaDebug::Done(..)
            | AaaDebug::Exec(..)
            | AaaDebug::PickExec(..)
            | AaaDebug::ExecPair(..)
            | AaaDebug::Denied(..) => Switch::AaaAuthorization,
            AaaDebug::NegotiationStart(..) | AaaDebug::NegotiationDone(..) => Switch::PppNegotiation,
        }
    }

    fn exists_in(&self, dialect: Dialect) -> bool {
        let late = dialect == Dialect::V15;
        match self {
            AaaDebug::Bind(..)
            | AaaDebug::PickList(..)
            | AaaDebug::PickLogin(..)
            | AaaDebug::PickExec(..)
            | AaaDebug::ExecPair(..)
            | AaaDebug::NegotiationStart(..)
            | AaaDebug::NegotiationDone(..)
            | AaaDebug::Denied(_, Family::Vpdn) => late,
            AaaDebug::AuthenStatus(_, AuthenStatus::Fail | AuthenStatus::Error)
            | AaaDebug::UserNotFound(_)
            | AaaDebug::NoList(..)
            | AaaDebug::WrongService
            | AaaDebug::Unusable(..)
            | AaaDebug::Exec(..)
            | AaaDebug::Denied(..) => true,
            AaaDebug::AuthenStatus(_, AuthenStatus::Pass)
            | AaaDebug::AuthenMethod(..)
            | AaaDebug::LoginStart(..)
            | AaaDebug::LoginList(..)
            | AaaDebug::AuthorizeLcp(_)
            | AaaDebug::CanWeStart(_)
            | AaaDebug::WeCanStart(_)
            | AaaDebug::Port(..)
            | AaaDebug::User(..)
            | AaaDebug::Send(..)
            | AaaDebug::FoundList(..)
            | AaaDebug::Method(..)
            | AaaDebug::AuthorData
            | AaaDebug::AllowNegotiated(_)
            | AaaDebug::NasDefault
            | AaaDebug::AuthorizeAddress(_)
            | AaaDebug::PostStatus(..)
            | AaaDebug::Processing(..)
            | AaaDebug::Start(..)
            | AaaDebug::Reject(..)
            | AaaDebug::Succeeded(_)
            | AaaDebug::Done(..) => !late,
        }
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let f: &mut dyn fmt::Write = &mut OneLine(f);
        match self {
            AaaDebug::Exec(_, unique, passed) if dialect == Dialect::V15 => {
                let outcome = if *passed { "successful" } else { "FAILED" };
                write!(f, "AAA/AUTHOR/EXEC({unique:08X}): Authorization {outcome}")
            }
            AaaDebug::PickExec(unique, list) => {
                write!(f, "AAA/AUTHOR ({unique:#X}): Pick method list '{list}'")
            }
            AaaDebug::ExecPair(unique, pair) => {
                write!(f, "AAA/AUTHOR/EXEC({unique:08X}): processing AV {pair}")
            }
            AaaDebug::Bind(unique, interface) => write!(f, "AAA/BIND({unique:08X}): Bind i/f {interface} "),
            AaaDebug::AuthenStatus(id, status) => {
                let id = Id(dialect, *id);
                let status = match status {
                    AuthenStatus::Pass => "PASS",
                    AuthenStatus::Fail => "FAIL",
                    AuthenStatus::Error => "ERROR",
                };
                write!(f, "AAA/AUTHEN ({id}): status = {status}")
            }
            AaaDebug::AuthenMethod(id, method) => {
                let (name, kind) = method_name(method);
                write!(f, "AAA/AUTHEN ({id}): Method={name}{kind}")
            }
            AaaDebug::UserNotFound(id) => {
                let id = Id(dialect, *id);
                write!(f, "AAA/AUTHEN ({id}): User not found, end of method list")
            }
            AaaDebug::PickList(unique, list) => {
                write!(f, "AAA/AUTHEN/PPP ({unique:08X}): Pick method list '{list}' ")
            }
            AaaDebug::LoginStart(id, port, list, service) => {
                let action = action(*service);
                write!(
                    f,
                    "AAA/AUTHEN/START ({id}): port='{port}' list='{list}' action=LOGIN service={action}"
                )
            }
            AaaDebug::LoginList(id, list) => write!(f, "AAA/AUTHEN/START ({id}): using \"{list}\" list"),
            AaaDebug::PickLogin(unique, service, list) => {
                let action = action(*service);
                write!(f, "AAA/AUTHEN/{action} ({unique:08X}): Pick method list '{list}' ")
            }
            AaaDebug::AuthorData => f.write_str("RADIUS: authenticating to get author data"),
            AaaDebug::AllowNegotiated(None) => f.write_str("RADIUS: allowing negotiated framed address"),
            AaaDebug::AllowNegotiated(Some(address)) => {
                write!(f, "RADIUS: allowing negotiated framed address {address}")
            }
            AaaDebug::WrongService => f.write_str("RADIUS: no appropriate authorization type for user."),
            AaaDebug::NasDefault => f.write_str("RADIUS: Using NAS default peer"),
            AaaDebug::AuthorizeAddress(address) => write!(f, "RADIUS: Authorize IP address {address}"),
            AaaDebug::NegotiationStart(..)
            | AaaDebug::NegotiationDone(..)
            | AaaDebug::AuthorizeLcp(_)
            | AaaDebug::CanWeStart(_)
            | AaaDebug::WeCanStart(_)
            | AaaDebug::Port(..)
            | AaaDebug::User(..)
            | AaaDebug::Send(..)
            | AaaDebug::FoundList(..)
            | AaaDebug::NoList(..)
            | AaaDebug::Method(..)
            | AaaDebug::PostStatus(..)
            | AaaDebug::Processing(..)
            | AaaDebug::Unusable(..)
            | AaaDebug::Start(..)
            | AaaDebug::Reject(..)
            | AaaDebug::Succeeded(_)
            | AaaDebug::Done(..)
            | AaaDebug::Exec(..)
            | AaaDebug::Denied(..) => self.write_author(dialect, f),
        }
    }
}

impl AaaDebug<'_> {
    fn write_author(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            AaaDebug::AuthorizeLcp(port) => write!(f, "{port} AAA/AUTHOR/LCP: Authorize LCP"),
            AaaDebug::CanWeStart(port) => write!(f, "{port} AAA/AUTHOR/FSM: (0): Can we start IPCP?"),
            AaaDebug::WeCanStart(port) => write!(f, "{port} AAA/AUTHOR/FSM: We can start IPCP"),
            AaaDebug::Port(port, family, id, long, list) => {
                let (family, service) = (family.name(), family.service());
                write!(f, "{port} AAA/AUTHOR/{family} ({id}): Port='{long}' list='{list}' service={service}")
            }
            AaaDebug::User(port, family, id, user) => {
                write!(f, "AAA/AUTHOR/{}: {port} ({id}) user='{user}'", family.name())
            }
            AaaDebug::Send(port, family, id, pair) => {
                write!(f, "{port} AAA/AUTHOR/{} ({id}): send AV {pair}", family.name())
            }
            AaaDebug::FoundList(port, family, id, list) => {
                write!(f, "{port} AAA/AUTHOR/{} ({id}): found list \"{list}\"", family.name())
            }
            AaaDebug::NoList(port, family, id, list) => {
                let id = Id(dialect, *id);
                write!(f, "{port} AAA/AUTHOR/{} ({id}): no list \"{list}\"", family.name())
            }
            AaaDebug::Method(port, family, id, method) => {
                let (name, kind) = method_name(method);
                write!(f, "{port} AAA/AUTHOR/{} ({id}): Method={name}{kind}", family.name())
            }
            AaaDebug::PostStatus(port, id, status) => {
                let status = match status {
                    AuthorStatus::PassReplace => "PASS_REPLACE",
                    AuthorStatus::PassAdd => "PASS_ADD",
                    AuthorStatus::Fail => "FAIL",
                    AuthorStatus::Error => "ERROR",
                };
                write!(f, "{port} AAA/AUTHOR ({id}): Post authorization status = {status}")
            }
            AaaDebug::Processing(port, family, pair) => {
                write!(f, "{port} AAA/AUTHOR/{}: Processing AV {pair}", family.name())
            }
            AaaDebug::Unusable(port, family, what) => {
                write!(f, "{port} AAA/AUTHOR/{}: {what}", family.name())
            }
            AaaDebug::Start(port, her, want) => {
                write!(f, "{port} AAA/AUTHOR/IPCP: Start. Her address {her}, we want {want}")
            }
            AaaDebug::Reject(port, her, want) => {
                write!(f, "{port} AAA/AUTHOR/IPCP: Reject {her}, using {want}")
            }
            AaaDebug::Succeeded(port) => write!(f, "{port} AAA/AUTHOR/IPCP: Authorization succeeded"),
            AaaDebug::Done(port, her, want) => {
                write!(f, "{port} AAA/AUTHOR/IPCP: Done. Her address {her}, we want {want}")
            }
            AaaDebug::NegotiationStart(port, her, want) => {
                write!(f, "{port} IPCP AUTHOR: Start.  Her address {her}, we want {want}")
            }
            AaaDebug::NegotiationDone(port, her, want) => {
                write!(f, "{port} IPCP AUTHOR: Done.  Her address {her}, we want {want}")
            }
            AaaDebug::Exec(port, _, passed) => {
                let outcome = if *passed { "successful" } else { "FAILED" };
                write!(f, "{port} AAA/AUTHOR/EXEC: Authorization {outcome}")
            }
            AaaDebug::Denied(port, family) => write!(f, "{port} AAA/AUTHOR/{}: Denied", family.name()),
            AaaDebug::AuthenStatus(..)
            | AaaDebug::AuthenMethod(..)
            | AaaDebug::UserNotFound(_)
            | AaaDebug::Bind(..)
            | AaaDebug::PickList(..)
            | AaaDebug::LoginStart(..)
            | AaaDebug::LoginList(..)
            | AaaDebug::PickLogin(..)
            | AaaDebug::PickExec(..)
            | AaaDebug::ExecPair(..)
            | AaaDebug::AuthorData
            | AaaDebug::AllowNegotiated(_)
            | AaaDebug::NasDefault
            | AaaDebug::WrongService
            | AaaDebug::AuthorizeAddress(_) => Ok(()),
        }
    }
}
