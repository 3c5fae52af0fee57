//! Who may use a line: its own password, a local user's, or as AAA says.
//!
//! The questions, `% Login invalid`, `% Bad passwords` and `% Authentication failed` are those that published captures
//! show; `% Authorization failed.` is recalled.

use super::commands::enable_secret;
use super::{FULL, Session, State};
use crate::cli::Executor;
use crate::config::secret;
use crate::config::store::Store;
use crate::config::views::Password;
use crate::engine::aaa::{Challenge, LoginOutcome, LoginQuestion, LoginService};
use crate::grammar::command::aaa::{
    AaaCommand, Authentication, AuthenticationList, AuthenticationMethods, AuthenticationService,
};
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::line::{
    AccountingExecList, AuthorizationExecList, LineCommand, LineLine, LoginMethod,
};
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
    /// AAA decides.
    Waiting(String, u8),
    /// What a server asks that user beyond the password.
    Challenged(String, u8, Challenge),
}

/// How a line lets people in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// It does not ask.
    Open,
    /// By the line's password.
    Password,
    /// By user name and password of a local user.
    Local,
    /// As AAA says, by this list or by the default one.
    Aaa {
        /// The list that the line names.
        list: Option<String>,
        /// Whether a user name is asked.
        named: bool,
    },
}

/// What `line con 0` or `line vty 0 4` says.
#[derive(Clone, Debug)]
pub(super) struct LineSettings {
    pub(super) privilege: u8,
    pub(super) length: u16,
    pub(super) width: u16,
    pub(super) history: usize,
    method: Method,
    password: Option<Secret>,
    exec_list: Option<String>,
    accounting_list: Option<String>,
    attempts: u8,
}

/// How often a line asks before it gives up.
const ATTEMPTS: u8 = 3;

impl LineSettings {
    /// Those of the console or of the first network line.
    pub(super) fn of(store: &Store, console: bool) -> Self {
        let new_model = new_model(store);
        let mut s = LineSettings {
            privilege: super::USER,
            length: 24,
            width: 80,
            history: super::HISTORY,
            // A network line asks unless it is told not to; with AAA it asks for a user, and so does the console
            // where there is a default list.
            method: match (console, new_model) {
                (true, false) => Method::Open,
                (false, false) => Method::Password,
                (true, true) if methods(store, AuthenticationService::Login, "default").is_none() => {
                    Method::Open
                }
                (_, true) => by_list(store, None),
            },
            password: None,
            exec_list: None,
            accounting_list: None,
            attempts: ATTEMPTS,
        };
        for command in store.commands() {
            if let Command::Aaa(AaaCommand::AuthenticationAttempts(Op::Set(a))) = command {
                s.attempts = u8::try_from(a.count).unwrap_or(ATTEMPTS);
            }
        }
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
                LineCommand::PrivilegeLevel(Op::Set(p)) => s.privilege = small(p.level),
                LineCommand::Length(Op::Set(l)) => s.length = super::small(l.lines),
                LineCommand::Width(Op::Set(w)) => s.width = super::small(w.columns),
                LineCommand::Password(Op::Set(p)) => s.password = Some(p.password.clone()),
                LineCommand::History(Op::Set(h)) => {
                    s.history = h.size.and_then(|n| usize::try_from(n).ok()).unwrap_or(super::HISTORY);
                }
                LineCommand::History(Op::No(_)) => s.history = 0,
                LineCommand::AuthorizationExec(Op::Set(a)) => {
                    s.exec_list = match &a.list {
                        AuthorizationExecList::Default => None,
                        AuthorizationExecList::Name { name } => Some(name.clone()),
                    };
                }
                LineCommand::AccountingExec(Op::Set(a)) => {
                    s.accounting_list = match &a.list {
                        AccountingExecList::Default => None,
                        AccountingExecList::Name { name } => Some(name.clone()),
                    };
                }
                LineCommand::Login(Op::No(_)) => s.method = Method::Open,
                LineCommand::Login(Op::Set(l)) => {
                    s.method = match &l.method {
                        None => Method::Password,
                        Some(LoginMethod::Local) => Method::Local,
                        Some(LoginMethod::Authentication { list }) if list == "default" => {
                            by_list(store, None)
                        }
                        Some(LoginMethod::Authentication { list }) => by_list(store, Some(list)),
                    }
                }
                _ => {}
            }
        }
        s
    }
}

/// The list of `accounting exec` of the console or of the network lines; `None` for the default one.
pub(super) fn accounting_list(store: &Store, console: bool) -> Option<String> {
    LineSettings::of(store, console).accounting_list
}

fn new_model(store: &Store) -> bool {
    store.commands().any(|c| matches!(c, Command::Aaa(AaaCommand::NewModel(Op::Set(())))))
}

/// The methods of an authentication list, if it is configured.
fn methods(store: &Store, service: AuthenticationService, name: &str) -> Option<Vec<AuthenticationMethods>> {
    let of = |a: &Authentication| {
        let known = match &a.list {
            AuthenticationList::Default => "default",
            AuthenticationList::Name { name } => name.as_str(),
        };
        (a.service == service && known == name).then(|| a.methods.clone())
    };
    store.commands().find_map(|c| match c {
        Command::Aaa(AaaCommand::Authentication(Op::Set(a))) => of(a),
        _ => None,
    })
}

/// What the first method of a list needs to know decides what is asked. A list that begins with `none` lets in.
fn by_list(store: &Store, list: Option<&str>) -> Method {
    let found = methods(store, AuthenticationService::Login, list.unwrap_or("default"));
    let named = match found.as_deref() {
        Some([AuthenticationMethods::None, ..]) => return Method::Open,
        Some([AuthenticationMethods::Line | AuthenticationMethods::Enable, ..]) => false,
        Some(_) | None => true,
    };
    Method::Aaa { list: list.map(str::to_owned), named }
}

/// Whether AAA decides about `enable`: there is a list for it.
pub(super) fn asks_enable(store: &Store) -> bool {
    new_model(store) && methods(store, AuthenticationService::Enable, "default").is_some()
}

/// What AAA is asked about the password of `enable`.
pub(super) fn enable_question(console: bool, password: &str, level: u8, store: &Store) -> LoginQuestion {
    let settings = LineSettings::of(store, console);
    LoginQuestion {
        service: LoginService::Enable(level),
        list: None,
        user: String::new(),
        password: password.into(),
        line_password: settings.password.as_ref().map(Password::from),
        enable_password: enable_secret(store, level).as_ref().map(Password::from),
        exec_list: None,
        console,
        challenge: None,
    }
}

/// What somebody has typed for AAA.
struct Typed<'a> {
    user: String,
    text: &'a str,
    challenge: Option<Challenge>,
}

impl Session {
    pub(super) fn begin_login(&mut self, settings: &LineSettings, store: &Store) {
        if settings.method == Method::Open {
            return self.back(store);
        }
        if settings.method == Method::Password && settings.password.is_none() {
            self.text("\n\nPassword required, but none set\n");
            return self.close(store);
        }
        self.text("\n\nUser Access Verification\n\n");
        self.ask_login(settings, 1);
    }

    /// The first question of a login, for the n-th time.
    fn ask_login(&mut self, settings: &LineSettings, tries: u8) {
        match &settings.method {
            Method::Local | Method::Aaa { named: true, .. } => {
                self.ask("Username: ", true);
                self.state = State::Login(Login::Username(tries));
            }
            Method::Open | Method::Password | Method::Aaa { named: false, .. } => {
                self.ask("Password: ", false);
                self.state = State::Login(Login::Password(tries));
            }
        }
    }

    pub(super) fn login(&mut self, login: Login, line: &str, executor: &mut dyn Executor) {
        let settings = LineSettings::of(executor.store(), self.console);
        match (login, &settings.method) {
            (Login::Username(tries), _) if line.trim().is_empty() => self.ask_login(&settings, tries),
            (Login::Username(tries), _) => {
                self.ask("Password: ", false);
                self.state = State::Login(Login::UserPassword(line.trim().to_owned(), tries));
            }
            (Login::Password(tries), Method::Aaa { list, .. }) => {
                let typed = Typed { user: String::new(), text: line, challenge: None };
                self.ask_aaa(typed, tries, list.clone(), &settings, executor);
            }
            (Login::UserPassword(user, tries), Method::Aaa { list, .. }) => {
                let typed = Typed { user, text: line, challenge: None };
                self.ask_aaa(typed, tries, list.clone(), &settings, executor);
            }
            (Login::Challenged(user, tries, challenge), _) => {
                let typed = Typed { user, text: line, challenge: Some(challenge) };
                self.ask_aaa(typed, tries, None, &settings, executor);
            }
            (Login::Password(tries), Method::Open | Method::Password | Method::Local) => {
                if settings.password.is_some_and(|p| secret::verify(&p, line)) {
                    return self.back(executor.store());
                }
                if tries >= ATTEMPTS {
                    self.text("% Bad passwords\n");
                    return self.close(executor.store());
                }
                self.ask("Password: ", false);
                self.state = State::Login(Login::Password(tries + 1));
            }
            (Login::UserPassword(name, tries), Method::Open | Method::Password | Method::Local) => {
                self.local_login(&name, tries, line, &settings, executor.store());
            }
            // Typed ahead of AAA's answer: there is nobody to take it.
            (Login::Waiting(user, tries), _) => self.state = State::Login(Login::Waiting(user, tries)),
        }
    }

    fn local_login(&mut self, name: &str, tries: u8, line: &str, settings: &LineSettings, store: &Store) {
        match user(store, name, line) {
            Some(privilege) => {
                self.level = privilege.unwrap_or(settings.privilege);
                name.clone_into(&mut self.user);
                self.back(store);
            }
            None => {
                self.text("% Login invalid\n\n");
                if tries >= ATTEMPTS {
                    return self.close(store);
                }
                self.ask_login(settings, tries + 1);
            }
        }
    }

    fn ask_aaa(
        &mut self,
        Typed { user, text, challenge }: Typed,
        tries: u8,
        list: Option<String>,
        settings: &LineSettings,
        executor: &mut dyn Executor,
    ) {
        self.state = State::Login(Login::Waiting(user.clone(), tries));
        let question = LoginQuestion {
            service: LoginService::Login,
            list,
            user,
            password: text.into(),
            line_password: settings.password.as_ref().map(Password::from),
            enable_password: enable_secret(executor.store(), FULL).as_ref().map(Password::from),
            exec_list: settings.exec_list.clone(),
            console: self.console,
            challenge,
        };
        executor.login(self.line, question);
    }

    /// AAA has decided about who sits here.
    pub fn logged_in(&mut self, outcome: LoginOutcome, executor: &dyn Executor) {
        let store = executor.store();
        if let State::Enabling(enabling) = self.state {
            return self.enabled(enabling, &outcome, store);
        }
        // In any other state whoever asked is gone.
        let State::Login(Login::Waiting(user, tries)) = &self.state else { return };
        let (user, tries) = (user.clone(), *tries);
        match outcome {
            LoginOutcome::Pass { message, privilege, voucher } => {
                self.reply_message(&message);
                self.level = privilege.unwrap_or(self.level);
                (self.user, self.voucher) = (user, voucher);
                self.back(store);
            }
            LoginOutcome::Unauthorized { message } => {
                self.reply_message(&message);
                self.text("% Authorization failed.\n\n");
                self.close(store);
            }
            LoginOutcome::Fail { message } => {
                self.reply_message(&message);
                self.refuse_login(tries, store);
            }
            LoginOutcome::Challenge { message, echo, challenge } => {
                let prompt = printable(&message);
                self.ask(&prompt, echo);
                self.state = State::Login(Login::Challenged(user, tries, challenge));
            }
            LoginOutcome::Error => self.refuse_login(tries, store),
        }
    }

    fn refuse_login(&mut self, tries: u8, store: &Store) {
        let settings = LineSettings::of(store, self.console);
        self.text("% Authentication failed\n\n");
        if tries >= settings.attempts {
            return self.close(store);
        }
        self.ask_login(&settings, tries + 1);
    }

    /// Reply-Message.
    fn reply_message(&mut self, message: &[u8]) {
        let shown = printable(message);
        if !shown.trim().is_empty() {
            self.text(&format!("{}\n", shown.trim_end()));
        }
    }
}

/// What a server says, without what would move the cursor.
fn printable(message: &[u8]) -> String {
    String::from_utf8_lossy(message).chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// A privilege level as the grammar reads it.
pub(super) fn small(level: u32) -> u8 {
    u8::try_from(level).unwrap_or(FULL)
}

/// A local user whose password this is: its privilege, where it has one of its own.
fn user(store: &Store, name: &str, password: &str) -> Option<Option<u8>> {
    store.commands().find_map(|c| match c {
        Command::Global(GlobalCommand::Username(Op::Set(u))) if u.name == name => {
            let kept = u.secret.as_ref().or(u.password.as_ref());
            let right = u.nopassword || kept.is_some_and(|k| secret::verify(k, password));
            right.then_some(u.privilege.map(small))
        }
        _ => None,
    })
}
