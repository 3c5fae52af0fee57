//! Authorization of a user on a port: LCP, whether IPCP may start, and the address.
//!
//! Everything is decided at once: authorization by RADIUS uses what came with the Access-Accept.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Aaa;
use super::debug::{AaaDebug, AuthorStatus, Family, emit, question_id};
use super::profile::{AvPair, FramedIp, UserProfile};
use super::types::{Decision, IpcpDecision, UserSession};
use super::{lists, local};
use crate::config::views::Method;
use crate::proto::{Context, redact};

const SERVICE_PPP: &str = "service=ppp";

impl UserSession {
    /// What a server or the local database has said about the user, when the interface is authorized so that it counts.
    pub fn attributes(&self) -> Option<&UserProfile> {
        let said = |profile: &&UserProfile| profile.from_radius || profile.from_list || profile.changed;
        self.list.as_ref().and(self.profile.as_deref()).filter(said)
    }
}

/// How a method list ended.
struct Authorized {
    status: AuthorStatus,
}

impl Authorized {
    fn passed(&self) -> bool {
        match self.status {
            AuthorStatus::PassAdd | AuthorStatus::PassReplace => true,
            AuthorStatus::Fail | AuthorStatus::Error => false,
        }
    }

    fn replaced(&self) -> bool {
        self.status == AuthorStatus::PassReplace
    }
}

impl Aaa {
    /// The profile that counts for a user on an interface that is authorized by `list`: where no server is among the
    /// methods, the local database has the word, whoever authenticated the user.
    pub fn profile_for(
        &self,
        list: Option<&str>,
        user: &str,
        profile: Option<Arc<UserProfile>>,
    ) -> Option<Arc<UserProfile>> {
        let methods = lists::find(&self.config.authorization_network, list).unwrap_or_default();
        let asks = methods.iter().any(|method| matches!(method, Method::Radius | Method::Group(_)));
        let local = methods.iter().find(|method| matches!(method, Method::Local | Method::LocalCase));
        match local {
            Some(local) if !asks && profile.is_some() => {
                self.list_profile(user.as_bytes(), *local == Method::LocalCase).or(profile)
            }
            Some(_) | None => profile,
        }
    }

    /// What the `aaa attribute list` of a local user says.
    pub(super) fn list_profile(&self, user: &[u8], case: bool) -> Option<Arc<UserProfile>> {
        let list = local::find(&self.config.users, user, case)?.attribute_list.as_ref()?;
        self.lists.get(list).cloned()
    }

    /// Whether the user may have LCP, after its authentication. Prints nothing where the interface has no `ppp
    /// authorization`.
    pub fn authorize_lcp(&mut self, cx: &mut Context, session: &UserSession) -> Decision {
        let Some(list) = self.author_list(session) else { return Decision::Permitted };
        let port = session.port.short.as_str();
        emit(cx, &AaaDebug::AuthorizeLcp(port));
        let pairs = [SERVICE_PPP.to_owned(), "protocol=lcp".to_owned()];
        let result = self.author(cx, session, &list, Family::Lcp, &pairs, None);
        if !result.passed() {
            emit(cx, &AaaDebug::Denied(port, Family::Lcp));
            return Decision::Denied;
        }
        emit(cx, &AaaDebug::Processing(port, Family::Lcp, SERVICE_PPP));
        if let Some(profile) = session.attributes().filter(|_| result.replaced()) {
            for pair in lcp_pairs(profile) {
                emit(cx, &AaaDebug::Processing(port, Family::Lcp, &pair));
            }
        }
        Decision::Permitted
    }

    /// Whether IPCP may start.
    pub fn authorize_fsm(&mut self, cx: &mut Context, session: &UserSession) -> Decision {
        let Some(list) = self.author_list(session) else { return Decision::Permitted };
        let port = session.port.short.as_str();
        emit(cx, &AaaDebug::CanWeStart(port));
        let pairs = [SERVICE_PPP.to_owned(), "protocol=ip".to_owned()];
        let result = self.author(cx, session, &list, Family::Fsm, &pairs, Some(Ipv4Addr::UNSPECIFIED));
        if !result.passed() {
            emit(cx, &AaaDebug::Denied(port, Family::Fsm));
            return Decision::Denied;
        }
        emit(cx, &AaaDebug::WeCanStart(port));
        Decision::Permitted
    }

    /// The address of the peer, for each of its Configure-Requests: it asks for `her` (0.0.0.0 for "give me one")
    /// and is to have `want` so far (0.0.0.0 for "none yet").
    pub fn authorize_ipcp(
        &mut self,
        cx: &mut Context,
        session: &mut UserSession,
        her: Ipv4Addr,
        want: Ipv4Addr,
    ) -> IpcpDecision {
        emit(cx, &AaaDebug::NegotiationStart(&session.port.short, her, want));
        let decision = self.decide_ipcp(cx, session, her, want);
        if let IpcpDecision::Use(want) = decision {
            emit(cx, &AaaDebug::NegotiationDone(&session.port.short, her, want));
        }
        decision
    }

    fn decide_ipcp(
        &mut self,
        cx: &mut Context,
        session: &mut UserSession,
        her: Ipv4Addr,
        want: Ipv4Addr,
    ) -> IpcpDecision {
        let Some(list) = self.author_list(session) else { return IpcpDecision::Use(want) };
        let port = session.port.short.clone();
        emit(cx, &AaaDebug::Start(&port, her, want));
        // Nothing is asked again for an address that has been authorized, nor before she names one.
        if !her.is_unspecified() && session.ipcp_for != Some(her) {
            let pairs = [SERVICE_PPP.to_owned(), "protocol=ip".to_owned(), format!("addr*{her}")];
            let result = self.author(cx, session, &list, Family::Ipcp, &pairs, Some(her));
            if !result.passed() {
                emit(cx, &AaaDebug::Denied(&port, Family::Ipcp));
                return IpcpDecision::Denied;
            }
            session.ipcp_for = Some(her);
        }
        emit(cx, &AaaDebug::Processing(&port, Family::Ipcp, SERVICE_PPP));
        let (pair, want) = address(session.attributes(), her, want);
        if let Some(pair) = pair {
            emit(cx, &AaaDebug::Processing(&port, Family::Ipcp, &pair));
        }
        for pair in session.attributes().map(ip_pairs).unwrap_or_default() {
            emit(cx, &AaaDebug::Processing(&port, Family::Ipcp, &pair));
        }
        emit(cx, &AaaDebug::Succeeded(&port));
        if !her.is_unspecified() && !want.is_unspecified() && her != want {
            emit(cx, &AaaDebug::Reject(&port, her, want));
        }
        emit(cx, &AaaDebug::Done(&port, her, want));
        IpcpDecision::Use(want)
    }

    /// The peer asks for `her` and was to have an address of a pool that this router does not have.
    pub fn refuse_pool(&self, cx: &mut Context, session: &UserSession, her: Ipv4Addr, pool: &str) {
        if self.author_list(session).is_none() {
            return;
        }
        let port = session.port.short.as_str();
        emit(cx, &AaaDebug::Start(port, her, Ipv4Addr::UNSPECIFIED));
        emit(cx, &AaaDebug::Unusable(port, Family::Ipcp, &format!("there is no address pool {pool}")));
        emit(cx, &AaaDebug::Denied(port, Family::Ipcp));
    }

    /// The list that applies: its name as typed (empty for none), and its methods. `None` when nothing is to be
    /// authorized.
    fn author_list(&self, session: &UserSession) -> Option<List> {
        let named = session.list.as_ref().filter(|_| self.config.new_model)?;
        let methods = lists::find(&self.config.authorization_network, named.as_deref());
        // Without a default list nobody asked for authorization; a list that is named must exist.
        if named.is_none() && methods.is_none() {
            return None;
        }
        Some(List {
            typed: named.clone().unwrap_or_default(),
            name: named.clone().unwrap_or_else(|| lists::DEFAULT.to_owned()),
            methods: methods.map(<[Method]>::to_vec),
        })
    }

    fn author(
        &mut self,
        cx: &mut Context,
        session: &UserSession,
        list: &List,
        family: Family,
        pairs: &[String],
        her: Option<Ipv4Addr>,
    ) -> Authorized {
        let port = session.port.short.as_str();
        let id = question_id(cx, session.port.unique);
        emit(cx, &AaaDebug::Port(port, family, id, &session.port.long, &list.typed));
        emit(cx, &AaaDebug::User(port, family, id, &session.user));
        for pair in pairs {
            emit(cx, &AaaDebug::Send(port, family, id, pair));
        }
        let Some(methods) = &list.methods else {
            emit(cx, &AaaDebug::NoList(port, family, id, &list.name));
            emit(cx, &AaaDebug::PostStatus(port, id, AuthorStatus::Fail));
            return Authorized { status: AuthorStatus::Fail };
        };
        emit(cx, &AaaDebug::FoundList(port, family, id, &list.name));
        let mut status = AuthorStatus::Error;
        for method in methods {
            emit(cx, &AaaDebug::Method(port, family, id, method));
            status = self.author_by(cx, session, method, her);
            emit(cx, &AaaDebug::PostStatus(port, id, status));
            if status != AuthorStatus::Error {
                break;
            }
        }
        Authorized { status }
    }

    /// What one method says.
    fn author_by(
        &self,
        cx: &mut Context,
        session: &UserSession,
        method: &Method,
        her: Option<Ipv4Addr>,
    ) -> AuthorStatus {
        match method {
            Method::Radius | Method::Group(_) => {
                by_radius(cx, session.attributes().filter(|profile| profile.from_radius), her)
            }
            Method::Local => self.by_users(cx, session, false),
            Method::LocalCase => self.by_users(cx, session, true),
            Method::None => AuthorStatus::PassAdd,
            Method::IfAuthenticated if session.proof.is_some() => AuthorStatus::PassAdd,
            Method::IfAuthenticated => AuthorStatus::Fail,
            // Not methods of network authorization, or nobody to ask.
            Method::Tacacs | Method::Enable | Method::Line | Method::IfNeeded => AuthorStatus::Error,
        }
    }

    fn by_users(&self, cx: &mut Context, session: &UserSession, case: bool) -> AuthorStatus {
        match local::find(&self.config.users, session.user.as_bytes(), case) {
            Some(_) if session.attributes().is_some_and(|p| p.from_list && !p.is_for_ppp()) => {
                emit(cx, &AaaDebug::WrongService);
                AuthorStatus::Fail
            }
            Some(user) if user.attribute_list.is_some() => AuthorStatus::PassReplace,
            Some(_) => AuthorStatus::PassAdd,
            None => AuthorStatus::Error,
        }
    }
}

/// A list as it applies to a session.
struct List {
    typed: String,
    name: String,
    methods: Option<Vec<Method>>,
}

/// The Access-Accept that is already here decides. Somebody whom no RADIUS server authenticated is unknown to
/// it.
fn by_radius(cx: &mut Context, profile: Option<&UserProfile>, her: Option<Ipv4Addr>) -> AuthorStatus {
    let Some(profile) = profile else { return AuthorStatus::Error };
    if !profile.is_for_ppp() {
        emit(cx, &AaaDebug::WrongService);
        return AuthorStatus::Fail;
    }
    if let Some(her) = her {
        match profile.framed_ip {
            Some(FramedIp::UserChooses) => {
                let named = Some(her).filter(|her| !her.is_unspecified());
                emit(cx, &AaaDebug::AllowNegotiated(named));
            }
            Some(FramedIp::Address(address)) => emit(cx, &AaaDebug::AuthorizeAddress(address)),
            Some(FramedIp::NasAssigns) | None => emit(cx, &AaaDebug::NasDefault),
        }
    }
    AuthorStatus::PassReplace
}

/// The pair that says which address, and the address that the peer is to have.
fn address(profile: Option<&UserProfile>, her: Ipv4Addr, want: Ipv4Addr) -> (Option<String>, Ipv4Addr) {
    let hers = Some(her).filter(|her| !her.is_unspecified());
    match profile {
        None => (hers.map(|her| format!("addr*{her}")), want),
        Some(profile) => match profile.framed_ip {
            Some(FramedIp::UserChooses) => (hers.map(|her| format!("addr={her}")), hers.unwrap_or(want)),
            Some(FramedIp::Address(address)) => (Some(format!("addr={address}")), address),
            Some(FramedIp::NasAssigns) => (Some("addr=0.0.0.0".to_owned()), want),
            None => (None, want),
        },
    }
}

fn lcp_pairs(profile: &UserProfile) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(profile.session_timeout.map(|t| format!("timeout={}", t.as_secs())));
    out.extend(profile.idle_timeout.map(|t| format!("idletime={}", t.as_secs())));
    let own = |pair: &&AvPair| (pair.protocol.as_str(), pair.name()) == ("lcp", "interface-config");
    let shown = |pair: &AvPair| redact::pair(&format!("interface-config={}", pair.value));
    out.extend(profile.av_pairs.iter().filter(own).map(shown));
    out
}

fn ip_pairs(profile: &UserProfile) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(profile.pool.iter().map(|pool| format!("addr-pool={pool}")));
    out.extend(profile.routes.iter().map(|route| format!("route={route}")));
    out.extend(profile.filters.iter().map(|filter| format!("inacl={filter}")));
    out
}
