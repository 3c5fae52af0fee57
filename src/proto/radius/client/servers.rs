//! The servers: which are alive, which comes next.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::types::{ServerConfig, ServerCounters, ServerView};
use crate::proto::radius::syslog;
use crate::proto::{Instant, time::earliest};

/// Names a server; kept over changes of the configuration that leave its address and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(u32);

/// One server.
pub struct Server {
    /// Its name in here.
    pub id: ServerId,
    /// As configured.
    pub config: ServerConfig,
    /// Passed over until then.
    pub dead_until: Option<Instant>,
    /// When its last believed reply came.
    pub last_reply: Option<Instant>,
    /// What it has done.
    pub counters: ServerCounters,
}

/// Every server, in order of preference.
#[derive(Default)]
pub struct Servers {
    list: Vec<Server>,
    next_id: u32,
}

impl Servers {
    /// Takes a new list; a server that was there before keeps its state.
    pub fn configure(&mut self, configs: &[ServerConfig]) {
        let mut old = std::mem::take(&mut self.list);
        for config in configs {
            let same = |s: &Server| {
                s.config.address == config.address
                    && s.config.auth_port == config.auth_port
                    && s.config.acct_port == config.acct_port
            };
            let server = match old.iter().position(same) {
                Some(at) => Server { config: config.clone(), ..old.swap_remove(at) },
                None => {
                    self.next_id += 1;
                    Server {
                        id: ServerId(self.next_id),
                        config: config.clone(),
                        dead_until: None,
                        last_reply: None,
                        counters: ServerCounters::default(),
                    }
                }
            };
            self.list.push(server);
        }
    }

    /// The server, if it is still configured.
    pub fn get(&self, id: ServerId) -> Option<&Server> {
        self.list.iter().find(|s| s.id == id)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, id: ServerId) -> Option<&mut Server> {
        self.list.iter_mut().find(|s| s.id == id)
    }

    /// Those that a request may be sent to, in order: the ones that are alive, or, when none is, all of them.
    pub fn candidates(&self, only: Option<&[Ipv4Addr]>) -> Vec<ServerId> {
        let usable: Vec<&Server> = self
            .list
            .iter()
            .filter(|s| s.config.secret.is_some())
            .filter(|s| only.is_none_or(|only| only.contains(&s.config.address)))
            .collect();
        let alive: Vec<ServerId> = usable.iter().filter(|s| s.dead_until.is_none()).map(|s| s.id).collect();
        if alive.is_empty() { usable.iter().map(|s| s.id).collect() } else { alive }
    }

    /// Passes the server over from now on. The lines to log: with no dead time it is alive again at once.
    pub fn mark_dead(&mut self, id: ServerId, now: Instant, deadtime: Duration) -> Vec<String> {
        let Some(server) = self.get_mut(id).filter(|s| s.dead_until.is_none()) else { return Vec::new() };
        let mut lines = vec![syslog::dead(&server.config)];
        if deadtime.is_zero() {
            lines.push(syslog::alive(&server.config));
        } else {
            server.dead_until = Some(now + deadtime);
        }
        lines
    }

    /// Uses the server again. The line to log, if it was dead.
    pub fn mark_alive(&mut self, id: ServerId) -> Option<String> {
        let server = self.get_mut(id)?;
        server.dead_until.take().map(|_| syslog::alive(&server.config))
    }

    /// Uses again every server whose dead time is over. The lines to log.
    pub fn revive(&mut self, now: Instant) -> Vec<String> {
        let due = |s: &&mut Server| s.dead_until.is_some_and(|until| until <= now);
        self.list
            .iter_mut()
            .filter(due)
            .map(|server| {
                server.dead_until = None;
                syslog::alive(&server.config)
            })
            .collect()
    }

    /// When the next dead time is over.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.list.iter().fold(None, |first, server| earliest(first, server.dead_until))
    }

    /// `clear radius statistics`.
    pub fn clear_counters(&mut self) {
        self.list.iter_mut().for_each(|s| s.counters = ServerCounters::default());
    }

    /// For `show` commands.
    pub fn view(&self) -> Vec<ServerView> {
        let view = |s: &Server| ServerView {
            config: s.config.clone(),
            dead: s.dead_until.is_some(),
            counters: s.counters,
        };
        self.list.iter().map(view).collect()
    }
}
