//! People at terminal lines, as far as AAA decides about them.

use super::Engine;
use super::aaa::{LoginQuestion, Place, Port, PortType, Ticket};
use super::registry::AaaSessionView;
use crate::proto::Instant;
use crate::proto::radius::client::{Component, SessionOrigin};

impl Engine {
    /// Asks whether somebody may sit at the terminal line with this number (0 is the console); `Output::Login` of this
    /// ticket tells.
    pub fn login(&mut self, now: Instant, line: u32, question: LoginQuestion) -> Ticket {
        self.advance(now);
        let port = self.line_port(line, question.console, None);
        let ticket = self.aaa.login(&mut self.core.cx(), port, question);
        self.pump();
        ticket
    }

    /// The port or terminal line of a session, as RADIUS sees it.
    pub(super) fn session_port(&self, view: &AaaSessionView) -> Option<Port> {
        if let Some(id) = view.port {
            return self.aaa_port(id);
        }
        let who = self.terminals.get(&view.line?)?;
        let from = who.from.map(|address| address.to_string());
        Some(self.line_port(who.line, who.console, from))
    }

    /// A terminal line as RADIUS sees it: the console is an asynchronous line, every other one is virtual.
    pub(super) fn line_port(&self, line: u32, console: bool, calling: Option<String>) -> Port {
        let name = format!("tty{line}");
        let unique = self.registry.at(Place::Line(line)).unwrap_or(0);
        let session = self.registry.get(unique).map(|entry| entry.number.0);
        Port {
            long: name.clone(),
            short: name,
            number: line,
            kind: if console { PortType::Async } else { PortType::Virtual },
            nas_ip: self.nas_address(),
            called: None,
            calling,
            unique,
            origin: Some(SessionOrigin { component: Component::Exec, session }),
        }
    }

    /// Nobody waits for a login any more.
    pub fn cancel_login(&mut self, ticket: Ticket) {
        self.aaa.cancel(&mut self.core.cx(), ticket);
        self.pump();
    }
}
