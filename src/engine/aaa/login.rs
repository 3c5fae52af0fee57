//! Who may sit at a terminal line, and who may have the privileged EXEC: `aaa authentication login` and `enable`, then
//! `aaa authorization exec`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::debug::{AaaDebug, AuthenStatus, AuthorStatus, Family, emit, question_id};
use super::profile::UserProfile;
use super::types::{AaaOutput, Challenge, LoginOutcome, LoginQuestion, LoginService, Port, Ticket, Voucher};
use super::{Aaa, Asked, access, lists, local};
use crate::config::views::Method;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Code, Reply};
use crate::proto::{Context, Purpose};

/// Service-Types of RFC 2865 section 5.6 that may have an EXEC.
const LOGIN: u32 = 1;
const ADMINISTRATIVE: u32 = 6;
const NAS_PROMPT: u32 = 7;

/// Prompt of RFC 2869 section 5.10: the answer may be shown.
const ECHO: u32 = 1;

/// The level of the privileged EXEC.
const PRIVILEGED: u8 = 15;

/// A login on its way through its method list.
pub(super) struct LoginTask {
    pub ticket: Ticket,
    id: u32,
    /// The method that is being asked of a server.
    asked: Option<Method>,
    methods: VecDeque<Method>,
    not_found: bool,
    port: Port,
    question: LoginQuestion,
}

/// What one method says.
enum Said {
    Ask,
    Pass(Arc<UserProfile>),
    Fail,
    NotFound,
    Error,
}

/// How the authorization of an EXEC ended.
struct Exec {
    passed: bool,
    privilege: Option<u8>,
}

impl Aaa {
    /// Asks whether somebody may sit at a line. [`AaaOutput::Login`] of this ticket follows.
    pub fn login(&mut self, cx: &mut Context, port: Port, question: LoginQuestion) -> Ticket {
        let ticket = self.ticket();
        let id = question_id(cx, port.unique);
        let name = question.list.as_deref().unwrap_or(lists::DEFAULT);
        emit(cx, &AaaDebug::PickLogin(port.unique, question.service, name));
        let typed = question.list.as_deref().unwrap_or_default();
        emit(cx, &AaaDebug::LoginStart(id, &port.short, typed, question.service));
        emit(cx, &AaaDebug::LoginList(id, name));
        let methods = self.login_methods(&question);
        self.run_login(cx, LoginTask { ticket, id, asked: None, methods, not_found: false, port, question });
        self.pump(cx);
        ticket
    }

    /// Without a default list the local users are asked; a list that is named must exist.
    fn login_methods(&self, question: &LoginQuestion) -> VecDeque<Method> {
        if let Some(challenge) = &question.challenge {
            return challenge.methods.clone();
        }
        let known = match question.service {
            LoginService::Login => &self.config.authentication_login,
            LoginService::Enable(_) => &self.config.authentication_enable,
        };
        match lists::find(known, question.list.as_deref()) {
            Some(methods) => methods.iter().cloned().collect(),
            None if question.list.is_some() => VecDeque::new(),
            None => VecDeque::from([match question.service {
                LoginService::Login => Method::Local,
                LoginService::Enable(_) => Method::Enable,
            }]),
        }
    }

    fn run_login(&mut self, cx: &mut Context, mut task: LoginTask) {
        while let Some(method) = task.methods.pop_front() {
            task.not_found = false;
            emit(cx, &AaaDebug::AuthenMethod(task.id, &method));
            match self.login_by(&method, &task.question) {
                Said::Ask => {
                    let servers = self.group(&method);
                    let nas_ip = task.port.nas_ip;
                    let mut request = access::login(&task.port, nas_ip, &task.question, servers);
                    access::shape_port(&mut request, &self.config.extras, &task.port);
                    task.asked = Some(method);
                    self.submit(cx, request, Asked::Login(task));
                    return;
                }
                Said::Pass(profile) => return self.passed(cx, &task, profile),
                Said::Fail => return self.refused_login(cx, &task, Vec::new()),
                Said::NotFound => task.not_found = true,
                Said::Error => emit(cx, &AaaDebug::AuthenStatus(task.id, AuthenStatus::Error)),
            }
        }
        if task.not_found {
            emit(cx, &AaaDebug::UserNotFound(task.id));
            return self.refused_login(cx, &task, Vec::new());
        }
        self.outputs.push_back(AaaOutput::Login(task.ticket, LoginOutcome::Error));
    }

    /// What a method that needs no server says.
    fn login_by(&self, method: &Method, question: &LoginQuestion) -> Said {
        let password = question.password.as_str();
        let kept = |kept: Option<bool>| match kept {
            Some(true) => Said::Pass(Arc::default()),
            Some(false) => Said::Fail,
            None => Said::Error,
        };
        let of_user = |case| match local::find(&self.config.users, question.user.as_bytes(), case) {
            Some(user) if user.accepts(password) => Said::Pass(Arc::default()),
            Some(_) => Said::Fail,
            None => Said::NotFound,
        };
        match method {
            Method::Radius | Method::Group(_) => Said::Ask,
            Method::Local => of_user(false),
            Method::LocalCase => of_user(true),
            Method::None => Said::Pass(Arc::default()),
            Method::Enable => kept(question.enable_password.as_ref().map(|p| p.matches(password))),
            Method::Line => kept(question.line_password.as_ref().map(|p| p.matches(password))),
            // Not methods of a login, or nobody to ask.
            Method::Tacacs | Method::IfNeeded | Method::IfAuthenticated => Said::Error,
        }
    }

    /// A server has answered a login.
    pub(super) fn login_replied(&mut self, cx: &mut Context, task: LoginTask, reply: &Reply) {
        let (attributes, unreadable) = reply.attributes();
        let profile = UserProfile::from_attributes(&attributes, unreadable);
        match reply.packet.code {
            Code::AccessAccept if profile.is_for_terminal() => self.passed(cx, &task, Arc::new(profile)),
            // RFC 2865 section 5.6: what is not served here counts as a reject.
            Code::AccessAccept => {
                emit(cx, &AaaDebug::WrongService);
                self.refused_login(cx, &task, Vec::new());
            }
            Code::AccessChallenge => {
                let first = |key| attributes.iter().find(|a| a.key() == key).map(|a| &a.value);
                let state = first(keys::STATE).and_then(|v| v.as_octets()).map(<[u8]>::to_vec);
                let echo = first(keys::PROMPT).and_then(|v| v.as_integer()) == Some(ECHO);
                let methods = task.asked.into_iter().chain(task.methods).collect();
                let challenge = Challenge { state, methods };
                let outcome = LoginOutcome::Challenge { message: profile.reply_message, echo, challenge };
                self.outputs.push_back(AaaOutput::Login(task.ticket, outcome));
            }
            _reject => self.refused_login(cx, &task, profile.reply_message),
        }
    }

    /// No server has answered a login: on to the next method.
    pub(super) fn login_failed(&mut self, cx: &mut Context, task: LoginTask) {
        emit(cx, &AaaDebug::AuthenStatus(task.id, AuthenStatus::Error));
        self.run_login(cx, task);
    }

    pub(super) fn refused_login(&mut self, cx: &mut Context, task: &LoginTask, message: Vec<u8>) {
        emit(cx, &AaaDebug::AuthenStatus(task.id, AuthenStatus::Fail));
        self.outputs.push_back(AaaOutput::Login(task.ticket, LoginOutcome::Fail { message }));
    }

    fn passed(&mut self, cx: &mut Context, task: &LoginTask, profile: Arc<UserProfile>) {
        emit(cx, &AaaDebug::AuthenStatus(task.id, AuthenStatus::Pass));
        let message = profile.reply_message.clone();
        let exec = match task.question.service {
            LoginService::Enable(_) => Exec { passed: true, privilege: None },
            LoginService::Login => self.authorize_exec(cx, task, &profile),
        };
        let outcome = match exec {
            Exec { passed: true, privilege } => {
                let voucher = Voucher {
                    radius: profile.from_radius,
                    user_name: profile.user_name.clone(),
                    class: profile.class.clone(),
                };
                LoginOutcome::Pass { message, privilege, voucher }
            }
            Exec { passed: false, .. } => LoginOutcome::Unauthorized { message },
        };
        self.outputs.push_back(AaaOutput::Login(task.ticket, outcome));
    }

    /// Whether an authenticated user may have an EXEC, and at which level. The console is not asked about unless
    /// `aaa authorization console` says so, nor a line for which there is no list.
    fn authorize_exec(&self, cx: &mut Context, task: &LoginTask, profile: &UserProfile) -> Exec {
        let question = &task.question;
        let exempt = question.console && !self.config.authorization_console;
        let methods = lists::find(&self.config.authorization_exec, question.exec_list.as_deref());
        let Some(methods) = methods.filter(|_| !exempt) else {
            let passed = exempt || question.exec_list.is_none();
            return Exec { passed, privilege: None };
        };
        let (port, id) = (task.port.short.as_str(), cx.entropy.u32(Purpose::AaaId));
        let name = question.exec_list.as_deref().unwrap_or(lists::DEFAULT);
        let unique = task.port.unique;
        emit(cx, &AaaDebug::PickExec(unique, name));
        emit(
            cx,
            &AaaDebug::Port(port, Family::Exec, id, port, question.exec_list.as_deref().unwrap_or_default()),
        );
        emit(cx, &AaaDebug::User(port, Family::Exec, id, &question.user));
        emit(cx, &AaaDebug::Send(port, Family::Exec, id, "service=shell"));
        emit(cx, &AaaDebug::Send(port, Family::Exec, id, "cmd*"));
        emit(cx, &AaaDebug::FoundList(port, Family::Exec, id, name));
        let mut status = AuthorStatus::Error;
        let mut privilege = None;
        for method in methods {
            emit(cx, &AaaDebug::Method(port, Family::Exec, id, method));
            (status, privilege) = self.exec_by(cx, method, question, profile);
            emit(cx, &AaaDebug::PostStatus(port, id, status));
            if status != AuthorStatus::Error {
                break;
            }
        }
        let passed = matches!(status, AuthorStatus::PassAdd | AuthorStatus::PassReplace);
        if passed {
            emit(cx, &AaaDebug::Processing(port, Family::Exec, "service=shell"));
            emit(cx, &AaaDebug::Processing(port, Family::Exec, "cmd*"));
            if let Some(privilege) = privilege {
                let pair = format!("priv-lvl={privilege}");
                emit(cx, &AaaDebug::Processing(port, Family::Exec, &pair));
                emit(cx, &AaaDebug::ExecPair(unique, &pair));
            }
        }
        emit(cx, &AaaDebug::Exec(port, unique, passed));
        Exec { passed, privilege }
    }

    fn exec_by(
        &self,
        cx: &mut Context,
        method: &Method,
        question: &LoginQuestion,
        profile: &UserProfile,
    ) -> (AuthorStatus, Option<u8>) {
        let of_user = |case| match local::find(&self.config.users, question.user.as_bytes(), case) {
            Some(user) => (AuthorStatus::PassAdd, Some(user.privilege)),
            None => (AuthorStatus::Error, None),
        };
        match method {
            // Somebody whom no server authenticated is unknown to it.
            Method::Radius | Method::Group(_) if !profile.from_radius => (AuthorStatus::Error, None),
            Method::Radius | Method::Group(_) => match profile.service_type {
                None | Some(LOGIN | NAS_PROMPT) => (AuthorStatus::PassAdd, profile.privilege()),
                Some(ADMINISTRATIVE) => (AuthorStatus::PassAdd, profile.privilege().or(Some(PRIVILEGED))),
                Some(_) => {
                    emit(cx, &AaaDebug::WrongService);
                    (AuthorStatus::Fail, None)
                }
            },
            Method::Local => of_user(false),
            Method::LocalCase => of_user(true),
            // Whoever is here is authenticated.
            Method::None | Method::IfAuthenticated => (AuthorStatus::PassAdd, None),
            // Not methods of authorization, or nobody to ask.
            Method::Tacacs | Method::Enable | Method::Line | Method::IfNeeded => (AuthorStatus::Error, None),
        }
    }
}

impl UserProfile {
    /// `shell:priv-lvl`, 0 to 15.
    pub fn privilege(&self) -> Option<u8> {
        let named = |pair: &&super::AvPair| pair.protocol == "shell" && pair.attribute == "priv-lvl";
        self.av_pairs.iter().find(named)?.value.parse().ok().filter(|level| *level <= PRIVILEGED)
    }
}

#[cfg(test)]
mod tests;
