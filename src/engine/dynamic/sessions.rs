//! Which sessions a request means.

use std::sync::Arc;

use super::debug::Dynamic;
use crate::config::views::AuthType;
use crate::engine::Engine;
use crate::engine::aaa::{Place, SessionNumber};
use crate::engine::registry::{AaaSessionView, SessionTunnel};
use crate::proto::radius::dynamic::{Asked, ErrorCause, Identification, Mark};
use crate::proto::radius::{Code, Value};

/// A session that is meant: its unique id, and where it is.
pub type Chosen = (u32, Place);

impl Engine {
    /// The sessions that a request means, of those on this router, by `auth-type` and `ignore session-key`.
    pub(super) fn chosen_sessions(&mut self, asked: &Asked) -> Result<Vec<Chosen>, ErrorCause> {
        let mut sessions = self.aaa_sessions();
        if !self.names_this_router(asked, None) {
            sessions.retain(|view| {
                let lac = self.session_port(view).map(|port| port.nas_ip);
                self.names_this_router(asked, lac)
            });
            if sessions.is_empty() {
                return Err(ErrorCause::NasIdentificationMismatch);
            }
        }
        let config = self.config.aaa.dynamic_author.as_ref();
        let kind = config.map_or(AuthType::All, |c| c.auth_type);
        let ignored = config.is_some_and(|c| c.ignore_session_key);
        let mut wanted = asked.identifications();
        wanted.retain(|id| match kind {
            AuthType::All | AuthType::Any => !(ignored && id.mark == Mark::Session),
            AuthType::SessionKey => id.mark == Mark::Session && !ignored,
        });
        if wanted.is_empty() {
            return Err(ErrorCause::MissingAttribute);
        }
        let meant = |view: &&AaaSessionView| match kind {
            AuthType::All | AuthType::SessionKey => wanted.iter().all(|id| self.is_known_by(view, id)),
            AuthType::Any => wanted.iter().any(|id| self.is_known_by(view, id)),
        };
        let chosen: Vec<Chosen> =
            sessions.iter().filter(meant).filter_map(|view| Some((view.unique, view.place()?))).collect();
        self.print_choice(asked, &sessions, &chosen);
        if chosen.is_empty() { Err(ErrorCause::SessionContextNotFound) } else { Ok(chosen) }
    }

    fn print_choice(&mut self, asked: &Asked, sessions: &[AaaSessionView], chosen: &[Chosen]) {
        let pod = asked.code == Code::DisconnectRequest;
        let marks = asked.identifications();
        self.core.debug(&Dynamic::Wanted { pod, client: asked.client, marks: &marks });
        if !pod {
            return;
        }
        self.core.debug(&Dynamic::Head);
        for session in sessions {
            // Both are in the order of the unique ids.
            let kill = chosen.binary_search_by_key(&session.unique, |(unique, _)| *unique).is_ok();
            self.core.debug(&Dynamic::Session { kill, session });
        }
    }

    /// What the user of a session calls itself, and what its records call it.
    fn names_of(&self, view: &AaaSessionView) -> [Arc<str>; 2] {
        let terminal = || Some(self.terminals.get(&view.line?)?.accounted_user().into());
        let recorded = view.port.map(|port| self.accounted_user(port)).or_else(terminal);
        [view.user.clone(), recorded.unwrap_or_else(|| "".into())]
    }

    fn is_known_by(&self, view: &AaaSessionView, id: &Identification) -> bool {
        let text = |own: &str| id.value.as_octets() == Some(own.as_bytes());
        let port = || self.session_port(view);
        let tunnel = |is: &dyn Fn(&SessionTunnel) -> bool| view.tunnel.as_ref().is_some_and(is);
        match id.mark {
            // The client knows the name in the records, or the one that the user has shown.
            Mark::User => self.names_of(view).iter().any(|name| !name.is_empty() && text(name)),
            Mark::Session => {
                let asked = id.value.as_text().unwrap_or_default();
                let own = |number: SessionNumber| asked.eq_ignore_ascii_case(&number.to_string());
                own(view.number) || view.port.is_some_and(|port| self.port_numbers(port).any(own))
            }
            Mark::MultiSession => {
                let asked = id.value.as_text().unwrap_or_default();
                let own = |number: SessionNumber| asked.eq_ignore_ascii_case(&number.to_string());
                view.port.is_some_and(|port| self.multi_numbers(port).any(own))
            }
            Mark::Address => view.address.is_some() && view.address == id.value.as_address(),
            Mark::Port => port().is_some_and(|p| id.value == Value::Integer(p.number)),
            Mark::PortId => port().is_some_and(|p| text(&p.long) || text(&p.short)),
            Mark::Called => port().is_some_and(|p| p.called.as_deref().is_some_and(text)),
            Mark::Calling => port().is_some_and(|p| p.calling.as_deref().is_some_and(text)),
            Mark::TunnelConnection => {
                let serial = || view.port.map(|port| self.connection(port)).filter(|s| !s.is_empty());
                tunnel(&|t| text(&t.connection()) || serial().is_some_and(|serial| text(&serial)))
            }
            Mark::TunnelClient => tunnel(&|t| text(&t.ends().0.0.to_string())),
            Mark::TunnelServer => tunnel(&|t| text(&t.ends().1.0.to_string())),
            Mark::TunnelClientName => tunnel(&|t| text(t.ends().0.1)),
            Mark::TunnelServerName => tunnel(&|t| text(t.ends().1.1)),
            Mark::Foreign => false,
        }
    }
}
