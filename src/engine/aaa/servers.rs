//! The RADIUS servers and their groups, from the configuration to the client.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::views::{AaaConfig, RadiusServer};
use crate::proto::radius::client::{DeadCriteria, ServerGroup, ServerName};
use crate::proto::radius::{ClientConfig, Secret, ServerConfig};

/// The groups by name, as requests name them.
pub type Groups = HashMap<String, Arc<ServerGroup>>;

fn name(server: &RadiusServer, private: Option<&Arc<str>>) -> ServerName {
    ServerName {
        address: server.address,
        auth_port: server.auth_port,
        acct_port: server.acct_port,
        private: private.cloned(),
    }
}

fn server(config: &AaaConfig, server: &RadiusServer, private: Option<&Arc<str>>) -> ServerConfig {
    ServerConfig {
        name: name(server, private),
        secret: server.key.as_ref().or(config.key.as_ref()).map(|key| Secret::new(key.as_str())),
        timeout: server.timeout.unwrap_or(config.timeout),
        retransmit: server.retransmit.unwrap_or(config.retransmit),
    }
}

/// What the client works with: the servers of the router, then those that belong to one group only.
pub fn client(config: &AaaConfig) -> (ClientConfig, Groups) {
    let mut servers: Vec<ServerConfig> = config.servers.iter().map(|s| server(config, s, None)).collect();
    let mut groups = Groups::new();
    for group in &config.server_groups {
        let private: Arc<str> = group.name.as_str().into();
        let owner = |is_private: bool| is_private.then_some(&private);
        let own = group.servers.iter().filter(|s| s.private);
        servers.extend(own.map(|s| server(config, &s.server, owner(true))));
        let names = group.servers.iter().map(|s| name(&s.server, owner(s.private))).collect();
        groups.insert(group.name.clone(), Arc::new(ServerGroup { servers: names, deadtime: group.deadtime }));
    }
    let client = ClientConfig {
        servers,
        deadtime: config.deadtime,
        dead_criteria: config.dead_criteria.map(|c| DeadCriteria { time: c.time, tries: c.tries }),
        message_authenticator: config.message_authenticator,
        source: config.source,
    };
    (client, groups)
}
