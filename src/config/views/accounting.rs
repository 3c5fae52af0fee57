//! `aaa accounting ...`.

use std::time::Duration;

use super::Method;

/// What is accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountingService {
    /// `network`: PPP users, tunnels and their links.
    Network,
    /// `exec`: terminal sessions.
    Exec,
    /// `system`: the router itself.
    System,
}

/// Which records a list makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountingRecords {
    /// `start-stop`.
    StartStop,
    /// `stop-only`.
    StopOnly,
    /// `wait-start`: the service begins when the start is answered.
    WaitStart,
    /// `none`.
    None,
}

impl AccountingRecords {
    /// Whether the beginning is recorded.
    pub fn starts(self) -> bool {
        match self {
            AccountingRecords::StartStop | AccountingRecords::WaitStart => true,
            AccountingRecords::StopOnly | AccountingRecords::None => false,
        }
    }
}

/// An `aaa accounting SERVICE LIST` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountingList {
    /// Of this service.
    pub service: AccountingService,
    /// `default` or its name.
    pub name: String,
    /// What is recorded.
    pub records: AccountingRecords,
    /// In order.
    pub methods: Vec<Method>,
}

/// Accounting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountingConfig {
    /// In configured order.
    pub lists: Vec<AccountingList>,
    /// `aaa accounting update newinfo`.
    pub newinfo: bool,
    /// `aaa accounting update ... periodic`.
    pub periodic: Option<Duration>,
    /// `aaa accounting delay-start`.
    pub delay_start: bool,
    /// `aaa accounting send stop-record authentication failure`.
    pub stop_on_failure: bool,
    /// `no aaa accounting system guarantee-first`: nothing waits for the answer to Accounting-On.
    pub on_in_any_place: bool,
    /// `aaa session-id unique`.
    pub unique_ids: bool,
    /// `radius-server unique-ident`.
    pub ident: u8,
}

impl AccountingConfig {
    /// The list of a service that records anything; `default` without a name.
    pub fn find(&self, service: AccountingService, name: Option<&str>) -> Option<&AccountingList> {
        let name = name.unwrap_or("default");
        let of = |l: &&AccountingList| l.service == service && l.name == name;
        self.lists.iter().find(of).filter(|l| l.records != AccountingRecords::None && !l.methods.is_empty())
    }
}
