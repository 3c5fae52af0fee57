//! What a CoA-Request changes of a session that is up.

use std::sync::Arc;

use super::sessions::Chosen;
use crate::engine::Engine;
use crate::engine::aaa::{AvPair, Place};
use crate::engine::io::InterfaceId;
use crate::proto::radius::Decoded;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::dynamic::{Asked, ErrorCause};

/// Whether an attribute can be changed while the session is up. Filter-Id counts, as it does in an Access-Accept: what it
/// names is shown with the interface, and the debug says that it filters nothing.
fn can_change(attribute: &Decoded) -> bool {
    match attribute.key() {
        keys::SESSION_TIMEOUT | keys::IDLE_TIMEOUT | keys::FILTER_ID => true,
        keys::CISCO_AVPAIR => {
            let pair = attribute.value.as_text().and_then(|text| AvPair::parse(&text));
            pair.is_some_and(|pair| {
                let name = pair.attribute.split('#').next().unwrap_or_default();
                matches!(
                    (pair.protocol.as_str(), name),
                    ("lcp", "interface-config") | ("ip", "inacl" | "outacl")
                )
            })
        }
        _ => false,
    }
}

impl Engine {
    /// Changes what the request says on every session, or on none.
    pub(super) fn change_authorization(
        &mut self,
        asked: &Asked,
        chosen: &[Chosen],
    ) -> Result<(), ErrorCause> {
        let (changes, more) = asked.changes();
        if more || !changes.iter().all(can_change) {
            return Err(ErrorCause::UnsupportedAttribute);
        }
        let mut ports = Vec::new();
        for (_, place) in chosen {
            ports.push(self.changeable(*place)?);
        }
        // All is planned before anything is done: a session that cannot have it leaves the others as they are.
        let mut plans = Vec::new();
        for id in ports {
            let mut profile = self.user_profile(id).as_deref().cloned().unwrap_or_default();
            profile.from_radius = true;
            profile.change(&changes);
            let plan = self.plan_per_user(id, &profile).ok_or(ErrorCause::ResourcesUnavailable)?;
            plans.push((id, profile, plan));
        }
        let has = |key| changes.iter().any(|change| change.key() == key);
        for (id, profile, plan) in plans {
            let profile = Arc::new(profile);
            self.set_user_profile(id, Some(profile.clone()));
            self.take_plan(id, &profile, plan);
            if has(keys::SESSION_TIMEOUT) {
                self.start_session_time(id);
            }
            if has(keys::IDLE_TIMEOUT) {
                self.restart_user_idle(id);
            }
        }
        Ok(())
    }

    /// The port of a session whose authorization can be changed: PPP ends here, and what AAA says of its user counts.
    fn changeable(&self, place: Place) -> Result<InterfaceId, ErrorCause> {
        let Place::Port(id) = place else { return Err(ErrorCause::UnsupportedService) };
        let port = self.ports.get(&id).ok_or(ErrorCause::SessionContextNotFound)?;
        let forwarded = port.access().is_some() && crate::engine::views::session_of(port).is_some();
        if forwarded || port.network.is_none() {
            return Err(ErrorCause::UnsupportedService);
        }
        match port.session.user() {
            Some(session) if session.list.is_some() => Ok(id),
            Some(_) | None => Err(ErrorCause::AdministrativelyProhibited),
        }
    }
}
