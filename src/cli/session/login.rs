//! Who may use a line: its own password, or a local user's.

use super::{Session, State};
use crate::config::secret;
use crate::config::store::Store;
use crate::grammar::command::aaa::AaaCommand;
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::line::{LineCommand, LineLine, LoginMethod};
use crate::grammar::table::Op;
use crate::grammar::value::Secret;
use crate::grammar::{Command, Mode};

/// A login under way.
#[derive(Clone, Debug)]
pub(super) enum Login {
    /// The line's password, asked for the n-th time.
    Password(u8),
    /// A user name, asked for the n-th time.
    Username(u8),
    /// That user's password.
    UserPassword(String, u8),
}

/// How a line lets people in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// It does not ask.
    Open,
    /// By the line's password.
    Password,
    /// By user name and password.
    Local,
}

/// What `line con 0` or `line vty 0 4` says.
#[derive(Clone, Debug)]
pub(super) struct LineSettings {
    pub(super) privilege: u32,
    pub(super) length: u16,
    pub(super) width: u16,
    pub(super) history: usize,
    method: Method,
    password: Option<Secret>,
}

impl LineSettings {
    /// Those of the console or of the first network line.
    pub(super) fn of(store: &Store, console: bool) -> Self {
        let new_model =
            store.commands().any(|c| matches!(c, Command::Aaa(AaaCommand::NewModel(Op::Set(())))));
        let mut s = LineSettings {
            privilege: 1,
            length: 24,
            width: 80,
            history: super::HISTORY,
            // A network line asks unless it is told not to; with AAA it asks for a user.
            method: match (console, new_model) {
                (true, _) => Method::Open,
                (false, false) => Method::Password,
                (false, true) => Method::Local,
            },
            password: None,
        };
        let ours = |c: &Command| match c {
            Command::Line(LineCommand::Line(Op::Set(l))) => match l.line {
                LineLine::Console { .. } => console,
                LineLine::Vty { .. } => !console,
                LineLine::Aux { .. } | LineLine::First { .. } => false,
            },
            _ => false,
        };
        let Some(line) = store.instances(Mode::Line).find(|l| ours(&l.command)) else { return s };
        for command in line.commands() {
            let Command::Line(command) = command else { continue };
            match command {
                LineCommand::PrivilegeLevel(Op::Set(p)) => s.privilege = p.level,
                LineCommand::Length(Op::Set(l)) => s.length = super::small(l.lines),
                LineCommand::Width(Op::Set(w)) => s.width = super::small(w.columns),
                LineCommand::Password(Op::Set(p)) => s.password = Some(p.password.clone()),
                LineCommand::History(Op::Set(h)) => {
                    s.history = h.size.and_then(|n| usize::try_from(n).ok()).unwrap_or(super::HISTORY);
                }
                LineCommand::History(Op::No(_)) => s.history = 0,
                LineCommand::Login(Op::No(_)) => s.method = Method::Open,
                LineCommand::Login(Op::Set(l)) => {
                    s.method = match &l.method {
                        None => Method::Password,
                        Some(LoginMethod::Local) => Method::Local,
                        Some(LoginMethod::Authentication { list }) => by_list(store, list),
                    }
                }
                _ => {}
            }
        }
        s
    }
}

/// The first local method of an authentication list; a list that is nothing but `none` lets in.
fn by_list(store: &Store, list: &str) -> Method {
    use crate::grammar::command::aaa::{AuthenticationList, AuthenticationMethods, AuthenticationService};
    let found = store.commands().find_map(|c| match c {
        Command::Aaa(AaaCommand::Authentication(Op::Set(a))) if a.service == AuthenticationService::Login => {
            let name = match &a.list {
                AuthenticationList::Default => "default",
                AuthenticationList::Name { name } => name.as_str(),
            };
            (name == list).then(|| a.methods.clone())
        }
        _ => None,
    });
    match found.as_deref() {
        Some([AuthenticationMethods::None]) => Method::Open,
        Some([AuthenticationMethods::Line, ..]) => Method::Password,
        Some(_) | None => Method::Local,
    }
}

impl Session {
    pub(super) fn begin_login(&mut self, settings: &LineSettings, store: &Store) {
        match settings.method {
            Method::Open => self.back(store),
            Method::Password if settings.password.is_none() => {
                self.text("\n\nPassword required, but none set\n");
                self.close(store);
            }
            Method::Password => {
                self.text("\n\nUser Access Verification\n\n");
                self.ask("Password: ", false);
                self.state = State::Login(Login::Password(1));
            }
            Method::Local => {
                self.text("\n\nUser Access Verification\n\n");
                self.ask("Username: ", true);
                self.state = State::Login(Login::Username(1));
            }
        }
    }

    pub(super) fn login(&mut self, login: Login, line: &str, store: &Store) {
        match login {
            Login::Password(tries) => {
                let settings = LineSettings::of(store, self.console);
                if settings.password.is_some_and(|p| secret::verify(&p, line)) {
                    return self.back(store);
                }
                if tries >= 3 {
                    self.text("% Bad passwords\n");
                    return self.close(store);
                }
                self.ask("Password: ", false);
                self.state = State::Login(Login::Password(tries + 1));
            }
            Login::Username(tries) => {
                self.ask("Password: ", false);
                self.state = State::Login(Login::UserPassword(line.trim().to_owned(), tries));
            }
            Login::UserPassword(name, tries) => match user(store, &name, line) {
                Some(privilege) => {
                    self.privileged |= privilege == 15;
                    self.user = name;
                    self.back(store);
                }
                None => {
                    self.text("% Login invalid\n\n");
                    if tries >= 3 {
                        return self.close(store);
                    }
                    self.ask("Username: ", true);
                    self.state = State::Login(Login::Username(tries + 1));
                }
            },
        }
    }
}

/// The privilege of a local user whose password this is.
fn user(store: &Store, name: &str, password: &str) -> Option<u32> {
    store.commands().find_map(|c| match c {
        Command::Global(GlobalCommand::Username(Op::Set(u))) if u.name == name => {
            let kept = u.secret.as_ref().or(u.password.as_ref());
            let right = u.nopassword || kept.is_some_and(|k| secret::verify(k, password));
            right.then_some(u.privilege.unwrap_or(1))
        }
        _ => None,
    })
}
