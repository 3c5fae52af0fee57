//! Accounting for `show accounting` and `show aaa user`.

use std::sync::Arc;
use std::time::Duration;

use super::{Open, Start};
use crate::engine::Engine;
use crate::engine::aaa::SessionNumber;
use crate::engine::aaa::accounting::Class;
use crate::engine::io::InterfaceId;
use crate::engine::ports::Port;

/// Something that is being recorded.
#[derive(Clone, Debug)]
pub struct ActionView {
    /// What.
    pub class: Class,
    /// On this interface or line.
    pub place: String,
    /// The user, as its records name it.
    pub user: Arc<str>,
    /// The privilege level of an EXEC; 1 of whoever has none.
    pub privilege: u8,
    /// Acct-Session-Id.
    pub number: SessionNumber,
    /// How long.
    pub elapsed: Duration,
    /// The user's address.
    pub address: Option<std::net::Ipv4Addr>,
}

/// The network accounting of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The list.
    pub list: Arc<str>,
    /// Acct-Session-Id.
    pub number: SessionNumber,
    /// The start was sent.
    pub start_sent: bool,
    /// The list is `stop-only`.
    pub stop_only: bool,
    /// Updates that were sent.
    pub updates: u32,
    /// How often updates are sent.
    pub period: Option<Duration>,
}

/// The level of whoever has no EXEC.
const UNPRIVILEGED: u8 = 1;

impl Engine {
    /// Everything that is being recorded: ports, tunnels, terminals.
    pub fn accounted(&self) -> Vec<ActionView> {
        let now = self.core.now;
        let mut all = Vec::new();
        for (id, account) in &self.accounts.ports {
            let place = self.interfaces.get(*id).map(|i| i.name.to_string()).unwrap_or_default();
            let user = self.accounted_user(*id);
            let open = account.network.as_ref().map(|o| (Class::Network, o.number, o.since, o.address));
            let link = account.link.as_ref().map(|l| (Class::Link, l.number, l.since, None));
            for (class, number, since, address) in open.into_iter().chain(link) {
                let (place, user) = (place.clone(), user.clone());
                let elapsed = now.duration_since(since);
                let privilege = UNPRIVILEGED;
                all.push(ActionView { class, place, user, privilege, number, elapsed, address });
            }
        }
        for (id, tunnel) in self.accounts.tunnels.iter().filter(|(_, tunnel)| tunnel.plan.is_some()) {
            all.push(ActionView {
                class: Class::Tunnel,
                place: format!("Tunnel {}", id.0),
                user: tunnel.tunnel.remote_name.as_str().into(),
                privilege: UNPRIVILEGED,
                number: tunnel.number,
                elapsed: now.duration_since(tunnel.since),
                address: None,
            });
        }
        for exec in self.accounts.execs.values() {
            all.push(ActionView {
                class: Class::Exec,
                place: exec.who.name.clone(),
                user: exec.who.accounted_user().into(),
                privilege: exec.who.privilege,
                number: exec.number,
                elapsed: now.duration_since(exec.since),
                address: None,
            });
        }
        all.sort_by_key(|a| (a.class, a.number));
        all
    }

    /// The user of a port as its records name it.
    pub(in crate::engine) fn accounted_user(&self, id: InterfaceId) -> Arc<str> {
        self.ports.get(&id).map_or_else(|| "".into(), Port::accounted_user)
    }

    /// Every Acct-Session-Id in the records of a port; under `aaa session-id unique` there are several.
    pub(in crate::engine) fn port_numbers(&self, id: InterfaceId) -> impl Iterator<Item = SessionNumber> {
        let account = self.accounts.ports.get(&id);
        let network = account.and_then(|a| a.network.as_ref()).map(|open| open.number);
        let link = account.and_then(|a| a.link.as_ref()).map(|link| link.number);
        network.into_iter().chain(link)
    }

    /// Every Acct-Multi-Session-Id in the records of a port.
    pub(in crate::engine) fn multi_numbers(&self, id: InterfaceId) -> impl Iterator<Item = SessionNumber> {
        let account = self.accounts.ports.get(&id);
        let bundle = self.port_config(id).is_some_and(|config| config.ppp.multilink);
        let network = account.and_then(|a| a.network.as_ref()).filter(|_| bundle).map(|open| open.number);
        let tunnel =
            account.and_then(|a| a.link.as_ref()).and_then(|link| link.multi).map(|(number, _)| number);
        network.into_iter().chain(tunnel)
    }

    /// The network accounting of the user on a port.
    pub fn account(&self, id: InterfaceId) -> Option<AccountView> {
        let Open { plan, number, start, updates, .. } = self.accounts.ports.get(&id)?.network.as_ref()?;
        Some(AccountView {
            list: plan.list.clone(),
            number: *number,
            start_sent: matches!(start, Start::Sent | Start::Awaited(_)),
            stop_only: *start == Start::None,
            updates: *updates,
            period: self.update_period(id),
        })
    }
}
