//! The servers: which are alive, which comes next.

use std::time::Duration;

use super::types::{DeadCriteria, ServerConfig, ServerCounters, ServerGroup, ServerView, Service};
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
    /// Transmissions in a row that stayed unanswered.
    silent_tries: u32,
    /// When the first of these transmissions was sent.
    silent_since: Option<Instant>,
    /// Dead or alive since then.
    since: Instant,
    previous: Duration,
    dead_time: Duration,
    deaths: u64,
}

impl Server {
    fn new(id: ServerId, config: ServerConfig, now: Instant) -> Self {
        Server {
            id,
            config,
            dead_until: None,
            last_reply: None,
            counters: ServerCounters::default(),
            silent_tries: 0,
            silent_since: None,
            since: now,
            previous: Duration::ZERO,
            dead_time: Duration::ZERO,
            deaths: 0,
        }
    }

    /// A reply was believed.
    pub fn spoke(&mut self, now: Instant) {
        self.last_reply = Some(now);
        self.silent_tries = 0;
        self.silent_since = None;
    }

    /// A transmission of the moment `sent` stayed unanswered. Whether that makes the server dead by `criteria`.
    pub fn was_silent(&mut self, now: Instant, sent: Instant, criteria: &DeadCriteria) -> bool {
        // What was sent before the last reply says nothing.
        if self.last_reply.is_some_and(|at| at > sent) {
            return false;
        }
        self.silent_tries = self.silent_tries.saturating_add(1);
        let since = *self.silent_since.get_or_insert(sent);
        self.silent_tries >= criteria.tries && now.duration_since(since) >= criteria.time
    }

    /// The other state begins.
    fn turn(&mut self, now: Instant) {
        let lasted = now.duration_since(self.since);
        if self.dead_until.is_some() {
            self.dead_time += lasted;
        }
        self.previous = lasted;
        self.since = now;
    }

    fn view(&self, now: Instant) -> ServerView {
        let duration = now.duration_since(self.since);
        let dead = self.dead_until.is_some();
        ServerView {
            config: self.config.clone(),
            dead,
            duration,
            previous: self.previous,
            dead_time: self.dead_time + if dead { duration } else { Duration::ZERO },
            deaths: self.deaths,
            counters: self.counters,
        }
    }
}

/// Every server, in order of preference.
#[derive(Default)]
pub struct Servers {
    list: Vec<Server>,
    next_id: u32,
}

impl Servers {
    /// Takes a new list; a server that was there before keeps its state.
    pub fn configure(&mut self, now: Instant, configs: &[ServerConfig]) {
        let mut old = std::mem::take(&mut self.list);
        for config in configs {
            let server = match old.iter().position(|s| s.config.name == config.name) {
                Some(at) => Server { config: config.clone(), ..old.swap_remove(at) },
                None => {
                    self.next_id += 1;
                    Server::new(ServerId(self.next_id), config.clone(), now)
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
    /// A server whose port for this service is 0 is not asked: that is how the configuration says so.
    pub fn candidates(&self, only: Option<&ServerGroup>, service: Service) -> Vec<ServerId> {
        let usable: Vec<&Server> = match only {
            None => self.list.iter().filter(|s| s.config.name.private.is_none()).collect(),
            Some(group) => {
                let named = group.servers.iter();
                named.filter_map(|name| self.list.iter().find(|s| s.config.name == *name)).collect()
            }
        };
        let serves = |s: &&&Server| s.config.secret.is_some() && s.config.name.port(service) != 0;
        let keyed = || usable.iter().filter(serves);
        let alive: Vec<ServerId> = keyed().filter(|s| s.dead_until.is_none()).map(|s| s.id).collect();
        if alive.is_empty() { keyed().map(|s| s.id).collect() } else { alive }
    }

    /// Passes the server over from now on. The lines to log: with no dead time it is alive again at once.
    pub fn mark_dead(&mut self, id: ServerId, now: Instant, deadtime: Duration) -> Vec<String> {
        let Some(server) = self.get_mut(id).filter(|s| s.dead_until.is_none()) else { return Vec::new() };
        let mut lines = vec![syslog::dead(&server.config.name)];
        server.deaths += 1;
        // The criteria count from here again.
        server.silent_tries = 0;
        server.silent_since = None;
        if deadtime.is_zero() {
            lines.push(syslog::alive(&server.config.name));
        } else {
            server.turn(now);
            server.dead_until = Some(now + deadtime);
        }
        lines
    }

    /// Uses the server again. The line to log, if it was dead.
    pub fn mark_alive(&mut self, id: ServerId, now: Instant) -> Option<String> {
        let server = self.get_mut(id).filter(|s| s.dead_until.is_some())?;
        server.turn(now);
        server.dead_until = None;
        Some(syslog::alive(&server.config.name))
    }

    /// Uses again every server whose dead time is over. The lines to log.
    pub fn revive(&mut self, now: Instant) -> Vec<String> {
        let due = |s: &&Server| s.dead_until.is_some_and(|until| until <= now);
        let due: Vec<ServerId> = self.list.iter().filter(due).map(|s| s.id).collect();
        due.into_iter().filter_map(|id| self.mark_alive(id, now)).collect()
    }

    /// When the next dead time is over.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.list.iter().fold(None, |first, server| earliest(first, server.dead_until))
    }

    /// `clear radius statistics`: what is under way goes on being counted.
    pub fn clear_counters(&mut self) {
        for server in &mut self.list {
            let old = std::mem::take(&mut server.counters);
            server.counters.authentication.outstanding = old.authentication.outstanding;
            server.counters.authorization.outstanding = old.authorization.outstanding;
            server.counters.accounting.outstanding = old.accounting.outstanding;
        }
    }

    /// For `show` commands.
    pub fn view(&self, now: Instant) -> Vec<ServerView> {
        self.list.iter().map(|server| server.view(now)).collect()
    }
}
