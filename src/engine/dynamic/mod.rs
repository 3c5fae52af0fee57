//! `aaa server radius dynamic-author`: the sessions that Disconnect- and CoA-Requests of RFC 5176 mean, and what becomes
//! of them. A request that means several sessions is carried out on all of them or on none.

mod change;
mod debug;
mod sessions;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use self::debug::Dynamic;
use self::sessions::Chosen;
use super::Engine;
use super::aaa::Place;
use super::aaa::accounting::EndCause;
use super::core::{Pending, Work};
use super::io::{Action, HostRequest, Output, Socket};
use super::ports::Side;
use crate::config::views::IpAddress;
use crate::proto::radius::dynamic::{
    Asked, DynamicClient, DynamicConfig, DynamicServer, ErrorCause, Received, Verdict,
};
use crate::proto::radius::{Code, Secret};

/// The server and its port.
#[derive(Default)]
pub(super) struct DynamicAuthor {
    pub server: DynamicServer,
    /// The UDP port that is open.
    pub port: Option<u16>,
}

impl Engine {
    /// Takes the configuration of dynamic authorization: who may ask, and on which port.
    pub(super) fn configure_dynamic(&mut self) {
        let aaa = &self.config.aaa;
        let wanted = aaa.dynamic_author.as_ref().filter(|_| aaa.new_model);
        let clients = wanted.iter().flat_map(|config| {
            config.clients.iter().map(|(address, own)| DynamicClient {
                address: *address,
                secret: own.as_ref().or(config.key.as_ref()).map(|key| Secret::new(key.as_str())),
            })
        });
        let clients = clients.collect();
        let ignore_secret = wanted.is_some_and(|config| config.ignore_server_key);
        let port = wanted.map(|config| config.port);
        self.dynamic.server.configure(DynamicConfig { clients, ignore_secret });
        if self.dynamic.port == port {
            return;
        }
        let (socket, pending) = (Socket::DynamicAuthor, Pending::Socket(Socket::DynamicAuthor));
        if std::mem::replace(&mut self.dynamic.port, port).is_some() {
            self.core.ask(HostRequest::CloseSocket { socket }, pending.clone());
        }
        if let Some(port) = port {
            self.core.ask(HostRequest::OpenSocket { socket, port }, pending);
        }
    }

    /// A datagram has come to the port of dynamic authorization.
    pub(super) fn dynamic_request(&mut self, local: IpAddr, remote: SocketAddr, bytes: &[u8]) {
        let wall = self.core.seconds();
        let received = self.dynamic.server.handle(&mut self.core.cx(), wall, remote, bytes);
        let answer = match received {
            Received::Dropped(why) => {
                let pod = bytes.first() != Some(&Code::CoaRequest.number());
                self.core.debug(&Dynamic::Dropped { pod, remote, why });
                return;
            }
            Received::Repeated(answer) => {
                let pod = bytes.first() != Some(&Code::CoaRequest.number());
                self.core.debug(&Dynamic::Repeated { pod, remote });
                answer
            }
            Received::Asked(asked) => {
                let pod = asked.code == Code::DisconnectRequest;
                self.core.debug(&Dynamic::Queued { pod, client: asked.client });
                let verdict = match self.carry_out(&asked) {
                    Ok(()) => Verdict::Done,
                    Err(cause) => Verdict::Refused(cause),
                };
                self.core.debug(&Dynamic::Sending { pod, remote, verdict });
                self.dynamic.server.answer(&mut self.core.cx(), &asked, verdict)
            }
        };
        self.core.act(Action::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: answer });
    }

    fn carry_out(&mut self, asked: &Asked) -> Result<(), ErrorCause> {
        if let Some(problem) = asked.problem() {
            return Err(problem);
        }
        let chosen = self.chosen_sessions(asked)?;
        if asked.code == Code::DisconnectRequest {
            self.disconnect(&chosen);
            Ok(())
        } else {
            self.change_authorization(asked, &chosen)
        }
    }

    /// Whether NAS-IP-Address and NAS-Identifier, where they are there, are this router's; `lac` is the address that
    /// stands for it in what servers hear of a session (`vpdn aaa attribute nas-ip-address vpdn-nas`).
    fn names_this_router(&self, asked: &Asked, lac: Option<Ipv4Addr>) -> bool {
        let own = |address| {
            let interface = |ip: &IpAddress| matches!(ip, IpAddress::Static(own) if own.addr() == address);
            self.config.interfaces.iter().any(|i| interface(&i.ip))
                || self.config.aaa.source == Some(address)
                || lac == Some(address)
        };
        let format = self.config.aaa.extras.identifier.as_ref();
        let nas = self.nas_address();
        let named = |name: String| {
            let configured =
                |nas: Ipv4Addr| format.is_some_and(|f| f.replace("%i", &nas.to_string()) == name);
            name == self.config.hostname || configured(nas) || lac.is_some_and(configured)
        };
        // No address of IPv6 is this router's.
        asked.nas_address().is_none_or(own) && !asked.names_ipv6() && asked.nas_identifier().is_none_or(named)
    }

    /// Ends every session: a call, a Virtual-Access, or what goes on at a terminal line.
    fn disconnect(&mut self, chosen: &[Chosen]) {
        for (_, place) in chosen {
            let id = match place {
                Place::Port(id) => *id,
                Place::Line(line) => {
                    self.core.push(Output::EndTerminal(*line));
                    continue;
                }
            };
            match self.ports.get(&id).map(|p| &p.side) {
                Some(Side::Access(_)) => {
                    self.note_end(id, EndCause::ServerRequest);
                    self.core.later(Work::DropCall(id));
                }
                Some(Side::Vaccess(_)) => {
                    self.note_end(id, EndCause::ServerRequest);
                    self.clear_vaccess(id);
                }
                None => {}
            }
        }
    }
}
