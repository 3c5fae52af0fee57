//! Terminals: `aaa accounting exec`.

use std::net::Ipv4Addr;

use super::Plan;
use crate::config::views::{AccountingRecords, AccountingService};
use crate::engine::Engine;
use crate::engine::aaa::accounting::{Authentic, Class, EndCause, Service, Status, Subject};
use crate::engine::aaa::{Place, SessionNumber, Voucher};
use crate::proto::Instant;

/// Somebody at a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecUser {
    /// The terminal line: 0 is the console.
    pub line: u32,
    /// It is the console.
    pub console: bool,
    /// How IOS names it: `tty0`, `tty2`.
    pub name: String,
    /// The user, empty when nobody was asked.
    pub user: String,
    /// Who has said so.
    pub voucher: Voucher,
    /// Where it comes from.
    pub from: Option<Ipv4Addr>,
    /// The privilege level with which it began.
    pub privilege: u8,
    /// The list by which the line is recorded; `None` for the default one.
    pub list: Option<String>,
}

impl ExecUser {
    /// The user as accounting names it: as a server did (RFC 2865 section 5.1), else as it named itself.
    pub(in crate::engine) fn accounted_user(&self) -> &str {
        self.voucher.user_name.as_deref().unwrap_or(&self.user)
    }
}

/// An EXEC that is being recorded.
#[derive(Clone, Debug)]
pub(super) struct ExecAccount {
    pub who: ExecUser,
    pub plan: Plan,
    pub number: SessionNumber,
    pub since: Instant,
    unique: u32,
}

impl Engine {
    /// Somebody has logged in.
    pub fn exec_started(&mut self, now: Instant, who: ExecUser) {
        self.advance(now);
        let place = Place::Line(who.line);
        let unique = self.registry.open(place, self.core.now);
        self.terminals.insert(who.line, who.clone());
        if let Some(mut plan) = self.plan(AccountingService::Exec, who.list.as_deref(), unique, &who.name)
            && let Some(number) = self.registry.get(unique).map(|e| e.number)
        {
            let line = who.line;
            // `wait-start` is `start-stop` here: nobody is kept from the terminal by a server that is dead, for it is
            // from there that the server's place in the configuration is mended.
            if plan.records == AccountingRecords::WaitStart {
                plan.records = AccountingRecords::StartStop;
            }
            let account = ExecAccount { who, plan, number, since: self.core.now, unique };
            if account.plan.records.starts() {
                self.exec_record(&account, Status::Start, None);
            }
            self.accounts.execs.insert(line, Box::new(account));
        }
        self.pump();
    }

    /// It has left, or was made to.
    pub fn exec_stopped(&mut self, now: Instant, line: u32, cause: EndCause) {
        self.advance(now);
        self.exec_stop(line, cause);
        self.registry.close(Place::Line(line));
        self.terminals.remove(&line);
        self.pump();
    }

    pub(super) fn exec_stop(&mut self, line: u32, cause: EndCause) {
        if let Some(account) = self.accounts.execs.remove(&line) {
            self.exec_record(&account, Status::Stop, Some(cause));
        }
    }

    fn exec_record(&mut self, account: &ExecAccount, status: Status, cause: Option<EndCause>) {
        let who = &account.who;
        let nas = self.nas_address();
        let from = who.from.map(|a| a.to_string());
        let port = self.line_port(who.line, who.console, from);
        let authentic = match who.voucher.radius {
            true => Some(Authentic::Radius),
            false => (!who.user.is_empty()).then_some(Authentic::Local),
        };
        let subject = Subject {
            port: Some(&port),
            authentic,
            class: &who.voucher.class,
            service: Some(Service::Prompt),
            // What goes over a terminal line is counted by nobody.
            time: cause.map(|_| self.core.now.duration_since(account.since)),
            end: cause.map(|cause| self.end(cause)),
            ..Subject::new(nas, who.accounted_user(), account.number)
        };
        self.submit(&account.plan, status, Class::Exec, subject, account.unique);
    }
}
