//! Why the session of a port ends, noted before it does.

use crate::engine::Engine;
use crate::engine::aaa::accounting::EndCause;
use crate::engine::io::InterfaceId;
use crate::proto::ppp::{AuthProtocol, FinishCause};

impl Engine {
    /// Notes why the session of a port is about to end. What is noted first counts, and before that what has begun to
    /// end PPP: the peer's Terminate-Request is followed by the end of its call.
    pub(in crate::engine) fn note_end(&mut self, id: InterfaceId, cause: EndCause) {
        self.note_ending(id);
        if let Some(port) = self.ports.get_mut(&id) {
            port.ended.get_or_insert(cause);
        }
    }

    /// Notes what has begun to end the link of a port.
    pub(in crate::engine) fn note_ending(&mut self, id: InterfaceId) {
        if let Some(cause) = self.ports.get(&id).and_then(|port| port.link.ending()) {
            self.note_finish(id, cause);
        }
    }

    /// Notes why PPP ends on a port.
    pub(in crate::engine) fn note_finish(&mut self, id: InterfaceId, cause: FinishCause) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let end = match (cause, port.refused) {
            (FinishCause::Peer, _) => EndCause::UserRequest,
            (FinishCause::Local, _) => EndCause::AdminReset,
            (FinishCause::Authentication, None) => EndCause::Authentication,
            (FinishCause::Authentication, Some(AuthProtocol::Pap)) => EndCause::Pap,
            (
                FinishCause::Authentication,
                Some(AuthProtocol::ChapMd5 | AuthProtocol::MsChap | AuthProtocol::MsChapV2),
            ) => EndCause::Chap,
            (FinishCause::Negotiation, _) => EndCause::Negotiation,
            (FinishCause::Keepalive, _) => EndCause::LostCarrier,
            (FinishCause::Loopback, _) => EndCause::PortError,
        };
        let refused = cause == FinishCause::Authentication && port.refused.is_some();
        port.ended.get_or_insert(end);
        if refused {
            self.account_refused(id);
        }
    }
}
