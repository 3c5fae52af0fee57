//! `aaa ...`, `radius-server ...`, `username`.

use std::time::Duration;

use super::super::{
    AaaConfig, AccountingConfig, AccountingList, AccountingRecords, AccountingService, AttributeList,
    AuthType, DeadCriteriaConfig, DynamicAuthorConfig, GroupServer, InterfaceName, ListAttribute, Method,
    MethodList, NasPortFormat, Password, RadiusGroup, RadiusServer, User,
};
use crate::config::store::{Line, Store};
use crate::grammar::Command;
use crate::grammar::command::aaa as g;
use crate::grammar::command::aaa::AaaCommand as A;
use crate::grammar::command::global::{GlobalCommand, Username};
use crate::grammar::command::routing::RoutingCommand;
use crate::grammar::table::Op;
use crate::grammar::value::Secret;

/// Reads every AAA line of global configuration.
pub fn read(store: &Store, aaa: &mut AaaConfig) {
    for line in store.lines() {
        match &line.command {
            Command::Aaa(command) => read_line(command, line, aaa),
            Command::Global(GlobalCommand::Username(Op::Set(u))) => user(u, &mut aaa.users),
            _ => {}
        }
    }
    read_groups(store, aaa);
}

fn read_line(command: &A, line: &Line, aaa: &mut AaaConfig) {
    let seconds = |s: u32| Duration::from_secs(u64::from(s));
    match command {
        A::NewModel(op) => aaa.new_model = op.is_set(),
        A::Authentication(Op::Set(a)) => authentication(a, aaa),
        A::AuthenticationAttempts(Op::Set(a)) => aaa.login_attempts = a.count,
        A::Authorization(Op::Set(a)) => authorization(a, aaa),
        A::AuthorizationConsole(op) => aaa.authorization_console = op.is_set(),
        A::AttributeList(Op::Set(l)) => aaa.attribute_lists.push(attribute_list(&l.name, line)),
        A::Accounting(Op::Set(a)) => aaa.accounting.lists.push(accounting(a)),
        A::AccountingUpdate(Op::Set(u)) => update(&u.when, &mut aaa.accounting),
        A::AccountingDelayStart(op) => aaa.accounting.delay_start = op.is_set(),
        A::AccountingGuaranteeFirst(op) => aaa.accounting.on_in_any_place = !op.is_set(),
        A::AccountingSendStopFailure(op) => aaa.accounting.stop_on_failure = op.is_set(),
        A::SessionId(Op::Set(s)) => aaa.accounting.unique_ids = s.kind == g::SessionIdKind::Unique,
        A::RadiusServerUniqueIdent(Op::Set(i)) => {
            aaa.accounting.ident = u8::try_from(i.number).unwrap_or_default();
        }
        A::RadiusServerHost(Op::Set(h)) => aaa.servers.push(RadiusServer {
            address: h.address,
            auth_port: port(h.auth_port, AUTH_PORT),
            acct_port: port(h.acct_port, ACCT_PORT),
            key: h.key.as_ref().map(clear),
            timeout: h.timeout.map(seconds),
            retransmit: h.retransmit,
        }),
        A::RadiusServer(Op::Set(_)) => aaa.servers.extend(named_server(line)),
        A::RadiusServerKey(Op::Set(k)) => aaa.key = Some(clear(&k.key)),
        A::RadiusServerTimeout(Op::Set(t)) => aaa.timeout = seconds(t.seconds),
        A::RadiusServerRetransmit(Op::Set(r)) => aaa.retransmit = r.count,
        A::RadiusServerDeadtime(Op::Set(d)) => aaa.deadtime = seconds(d.minutes.saturating_mul(60)),
        A::DynamicAuthor(Op::Set(())) => aaa.dynamic_author = Some(dynamic_author(line)),
        A::RadiusServerDeadCriteria(Op::Set(d)) => {
            aaa.dead_criteria = Some(DeadCriteriaConfig {
                time: d.time.map_or(CRITERIA_TIME, seconds),
                tries: d.tries.unwrap_or(CRITERIA_TRIES),
            });
        }
        A::RadiusServerAttribute8(op) => aaa.extras.framed_ip = op.is_set(),
        A::RadiusServerAttribute44(op) => aaa.extras.session_id = op.is_set(),
        A::RadiusServerAttribute32(Op::Set(a)) => {
            let format = a.format.clone().unwrap_or_else(|| IDENTIFIER_FORMAT.to_owned());
            aaa.extras.identifier = Some(format);
        }
        A::RadiusServerNasPort(op) => aaa.extras.hides_nas_port = !op.is_set(),
        A::RadiusServerNasPortFormat(Op::Set(f)) => {
            aaa.extras.nas_port_format = Some(match f.format {
                g::RadiusServerNasPortFormatFormat::A => NasPortFormat::Standard,
                g::RadiusServerNasPortFormatFormat::B => NasPortFormat::Extended,
            });
        }
        A::NasPortExtended(op) => aaa.extras.extended_nas_port = op.is_set(),
        A::RadiusServerVsaSend(Op::Set(v)) => vsa_send(v, aaa),
        A::RadiusServerMessageAuthenticator(op) => aaa.message_authenticator = op.is_set(),
        _ => {}
    }
}

/// Default `auth-port`.
const AUTH_PORT: u16 = 1645;
/// Default `acct-port`.
const ACCT_PORT: u16 = 1646;
/// Default `port` of dynamic-author.
const DYNAMIC_PORT: u16 = 1700;
/// `dead-criteria` without `time`: the least that IOS computes when neither is configured.
const CRITERIA_TIME: Duration = Duration::from_secs(10);
/// `dead-criteria` without `tries`: the least that IOS computes when neither is configured.
const CRITERIA_TRIES: u32 = 10;
/// NAS-Identifier without `format`: the fully qualified name.
const IDENTIFIER_FORMAT: &str = "%h.%d";

fn vsa_send(v: &g::RadiusServerVsaSend, aaa: &mut AaaConfig) {
    use g::RadiusServerVsaSendWhat as W;
    aaa.extras.vsa_authentication |= matches!(v.what, None | Some(W::Authentication));
    aaa.extras.vsa_accounting |= matches!(v.what, None | Some(W::Accounting));
}

/// `aaa server radius dynamic-author` with its lines.
fn dynamic_author(line: &Line) -> DynamicAuthorConfig {
    let mut out = DynamicAuthorConfig {
        port: DYNAMIC_PORT,
        clients: Vec::new(),
        key: None,
        auth_type: AuthType::All,
        ignore_session_key: false,
        ignore_server_key: false,
    };
    for command in line.commands() {
        match command {
            Command::Aaa(A::DynamicClient(Op::Set(c))) => {
                out.clients.push((c.address, c.key.as_ref().map(Password::from)));
            }
            Command::Aaa(A::DynamicServerKey(Op::Set(k))) => out.key = Some((&k.key).into()),
            Command::Aaa(A::DynamicPort(Op::Set(p))) => out.port = port(Some(p.port), DYNAMIC_PORT),
            Command::Aaa(A::DynamicAuthType(Op::Set(t))) => {
                out.auth_type = match t.kind {
                    g::DynamicAuthTypeKind::All => AuthType::All,
                    g::DynamicAuthTypeKind::Any => AuthType::Any,
                    g::DynamicAuthTypeKind::SessionKey => AuthType::SessionKey,
                };
            }
            Command::Aaa(A::DynamicIgnore(Op::Set(i))) => match i.what {
                g::DynamicIgnoreWhat::ServerKey => out.ignore_server_key = true,
                g::DynamicIgnoreWhat::SessionKey => out.ignore_session_key = true,
            },
            _ => {}
        }
    }
    out
}

/// Fills the router's names into the format of NAS-Identifier; without a domain its dot goes too.
pub fn name_router(store: &Store, hostname: &str, aaa: &mut AaaConfig) {
    let Some(format) = &mut aaa.extras.identifier else { return };
    let domain = store.commands().find_map(|command| match command {
        Command::Routing(RoutingCommand::IpDomainName(Op::Set(d))) => Some(d.name.as_str()),
        Command::Routing(RoutingCommand::IpDomainNameNew(Op::Set(d))) => Some(d.name.as_str()),
        _ => None,
    });
    *format = match domain {
        Some(domain) => format.replace("%d", domain),
        None => format.replace(".%d", "").replace("%d", ""),
    }
    .replace("%h", hostname);
}

fn clear(secret: &Secret) -> Password {
    secret.into()
}

fn port(port: Option<u32>, default: u16) -> u16 {
    port.and_then(|p| u16::try_from(p).ok()).unwrap_or(default)
}

fn authentication(a: &g::Authentication, aaa: &mut AaaConfig) {
    let name = match &a.list {
        g::AuthenticationList::Default => "default",
        g::AuthenticationList::Name { name } => name,
    };
    let methods = a.methods.iter().map(authentication_method).collect();
    let list = MethodList { name: name.to_owned(), methods };
    match a.service {
        g::AuthenticationService::Ppp => aaa.authentication_ppp.push(list),
        g::AuthenticationService::Login => aaa.authentication_login.push(list),
        g::AuthenticationService::Enable => aaa.authentication_enable.push(list),
    }
}

/// The list of an `aaa authorization network` or `exec` line.
fn authorization(a: &g::Authorization, aaa: &mut AaaConfig) {
    let name = match &a.list {
        g::AuthorizationList::Default => "default",
        g::AuthorizationList::Name { name } => name,
    };
    let methods = a.methods.iter().map(authorization_method).collect();
    let list = MethodList { name: name.to_owned(), methods };
    match a.service {
        g::AuthorizationService::Network => aaa.authorization_network.push(list),
        g::AuthorizationService::Exec => aaa.authorization_exec.push(list),
    }
}

/// `aaa attribute list NAME` with its attributes.
fn attribute_list(name: &str, line: &Line) -> AttributeList {
    let attributes = line.commands().filter_map(|command| match command {
        Command::Aaa(A::AttributeType(Op::Set(a))) => Some(list_attribute(&a.name, &a.value)),
        _ => None,
    });
    AttributeList { name: name.to_owned(), attributes: attributes.collect() }
}

/// A value, in quotes or one word, and the options behind it.
fn list_attribute(name: &str, text: &str) -> ListAttribute {
    let text = text.trim();
    let (value, options) = match text.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        Some(quoted) => quoted,
        None => text.split_once(' ').unwrap_or((text, "")),
    };
    let mut attribute = ListAttribute {
        name: name.to_ascii_lowercase(),
        value: value.to_owned(),
        service: None,
        protocol: None,
        mandatory: false,
    };
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "service" => attribute.service = words.next().map(str::to_owned),
            "protocol" => attribute.protocol = words.next().map(str::to_owned),
            "mandatory" => attribute.mandatory = true,
            // A tag, or what IOS of another release knows.
            _ => {}
        }
    }
    attribute
}

/// The list of an `aaa accounting` line.
fn accounting(a: &g::Accounting) -> AccountingList {
    let name = match &a.list {
        g::AccountingList::Default => "default",
        g::AccountingList::Name { name } => name,
    };
    AccountingList {
        service: match a.service {
            g::AccountingService::Network => AccountingService::Network,
            g::AccountingService::Exec => AccountingService::Exec,
            g::AccountingService::System => AccountingService::System,
        },
        name: name.to_owned(),
        records: match a.records {
            g::AccountingRecords::StartStop => AccountingRecords::StartStop,
            g::AccountingRecords::StopOnly => AccountingRecords::StopOnly,
            g::AccountingRecords::WaitStart => AccountingRecords::WaitStart,
            g::AccountingRecords::None => AccountingRecords::None,
        },
        methods: a.methods.iter().map(accounting_method).collect(),
    }
}

/// `aaa accounting update`.
fn update(when: &g::AccountingUpdateWhen, accounting: &mut AccountingConfig) {
    let minutes = |m: u32| Duration::from_secs(60 * u64::from(m));
    match when {
        g::AccountingUpdateWhen::Newinfo { newinfo_minutes } => {
            accounting.newinfo = true;
            accounting.periodic = newinfo_minutes.map(minutes);
        }
        g::AccountingUpdateWhen::Periodic { minutes: m } => accounting.periodic = Some(minutes(*m)),
    }
}

fn authentication_method(method: &g::AuthenticationMethods) -> Method {
    use g::AuthenticationMethods as M;
    match method {
        M::IfNeeded => Method::IfNeeded,
        M::Local => Method::Local,
        M::LocalCase => Method::LocalCase,
        M::Radius | M::Group { group: g::AuthenticationGroup::Radius } => Method::Radius,
        M::Group { group: g::AuthenticationGroup::Group { group } } => Method::Group(group.clone()),
        M::Group { group: g::AuthenticationGroup::Tacacs } => Method::Tacacs,
        M::Enable => Method::Enable,
        M::Line => Method::Line,
        M::None => Method::None,
    }
}

fn authorization_method(method: &g::AuthorizationMethods) -> Method {
    use g::AuthorizationMethods as M;
    match method {
        M::Local => Method::Local,
        M::Radius | M::Group { group: g::AuthorizationGroup::Radius } => Method::Radius,
        M::Group { group: g::AuthorizationGroup::Group { group } } => Method::Group(group.clone()),
        M::Group { group: g::AuthorizationGroup::Tacacs } => Method::Tacacs,
        M::IfAuthenticated => Method::IfAuthenticated,
        M::None => Method::None,
    }
}

fn accounting_method(method: &g::AccountingMethods) -> Method {
    use g::AccountingMethods as M;
    match method {
        M::Radius | M::Group { group: g::AccountingGroup::Radius } => Method::Radius,
        M::Group { group: g::AccountingGroup::Group { group } } => Method::Group(group.clone()),
        M::Group { group: g::AccountingGroup::Tacacs } => Method::Tacacs,
    }
}

/// `radius server NAME` with its `address ipv4` and `key` lines.
fn named_server(line: &Line) -> Option<RadiusServer> {
    let mut server: Option<RadiusServer> = None;
    let (mut key, mut timeout, mut retransmit) = (None, None, None);
    for command in line.commands() {
        match command {
            Command::Aaa(A::ServerAddress(Op::Set(a))) => {
                server = Some(RadiusServer {
                    address: a.address,
                    auth_port: port(a.auth_port, AUTH_PORT),
                    acct_port: port(a.acct_port, ACCT_PORT),
                    key: None,
                    timeout: None,
                    retransmit: None,
                });
            }
            Command::Aaa(A::ServerKey(Op::Set(k))) => key = Some(clear(&k.key)),
            Command::Aaa(A::ServerTimeout(Op::Set(t))) => {
                timeout = Some(Duration::from_secs(t.seconds.into()))
            }
            Command::Aaa(A::ServerRetransmit(Op::Set(r))) => retransmit = Some(r.count),
            _ => {}
        }
    }
    server.map(|s| RadiusServer { key, timeout, retransmit, ..s })
}

/// `aaa group server radius NAME`: its servers by address and ports, or by the names of `radius server` blocks.
fn read_groups(store: &Store, aaa: &mut AaaConfig) {
    for line in store.lines() {
        let Command::Aaa(A::GroupServerRadius(Op::Set(group))) = &line.command else { continue };
        let (mut servers, mut deadtime) = (Vec::new(), None);
        for command in line.commands() {
            match command {
                Command::Aaa(A::GroupServer(Op::Set(s))) => servers.extend(member(aaa, s)),
                Command::Aaa(A::GroupServerName(Op::Set(n))) => {
                    let server = named(store, &n.name);
                    servers.extend(server.map(|server| GroupServer { server, private: false }));
                }
                Command::Aaa(A::GroupServerPrivate(Op::Set(p))) => servers.push(private(p)),
                Command::Aaa(A::GroupDeadtime(Op::Set(d))) => {
                    deadtime = Some(Duration::from_secs(u64::from(d.minutes) * 60));
                }
                _ => {}
            }
        }
        aaa.server_groups.push(RadiusGroup { name: group.name.clone(), servers, deadtime });
    }
}

/// The configured server that a `server A.B.C.D` line means: that of its ports, or, when it names none, any of
/// its address.
fn member(aaa: &AaaConfig, line: &g::GroupServer) -> Option<GroupServer> {
    let ports = (port(line.auth_port, AUTH_PORT), port(line.acct_port, ACCT_PORT));
    let of_address = || aaa.servers.iter().filter(|s| s.address == line.address);
    let any = line.auth_port.is_none() && line.acct_port.is_none();
    let server = of_address()
        .find(|s| (s.auth_port, s.acct_port) == ports)
        .or_else(|| of_address().next().filter(|_| any))?;
    Some(GroupServer { server: server.clone(), private: false })
}

fn private(p: &g::GroupServerPrivate) -> GroupServer {
    let server = RadiusServer {
        address: p.address,
        auth_port: port(p.auth_port, AUTH_PORT),
        acct_port: port(p.acct_port, ACCT_PORT),
        key: p.key.as_ref().map(clear),
        timeout: p.timeout.map(|s| Duration::from_secs(s.into())),
        retransmit: p.retransmit,
    };
    GroupServer { server, private: true }
}

fn named(store: &Store, name: &str) -> Option<RadiusServer> {
    let block = store
        .lines()
        .iter()
        .find(|l| matches!(&l.command, Command::Aaa(A::RadiusServer(Op::Set(s))) if s.name == name))?;
    named_server(block)
}

/// Several `username` lines add up to one user.
fn user(u: &Username, users: &mut Vec<User>) {
    let at = users.iter().position(|known| known.name == u.name).unwrap_or_else(|| {
        users.push(User::new(&u.name));
        users.len() - 1
    });
    let Some(user) = users.get_mut(at) else { return };
    if let Some(password) = &u.password {
        user.password = Some(clear(password));
    }
    if let Some(secret) = &u.secret {
        user.secret = Some(clear(secret));
    }
    user.nopassword |= u.nopassword;
    if let Some(list) = &u.attribute_list {
        user.attribute_list = Some(list.clone());
    }
    if let Some(privilege) = u.privilege {
        user.privilege = u8::try_from(privilege).unwrap_or(1);
    }
}

/// `ip radius source-interface`.
pub fn source_interface(store: &Store) -> Option<InterfaceName> {
    store.commands().find_map(|command| match command {
        Command::Aaa(A::IpRadiusSourceInterface(Op::Set(s))) => Some(s.interface.clone()),
        _ => None,
    })
}
