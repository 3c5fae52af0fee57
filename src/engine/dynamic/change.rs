//! What a CoA-Request changes of a session that is up.
//!
//! Where PPP ends here that is what AAA says of the user. A call that this router forwards has its user elsewhere; what
//! a LAC can do about it is to end it in time. RFC 5176 says nothing of tunnels; that a LAC takes Session-Timeout and
//! Idle-Timeout, and calls everything else an unsupported attribute, is this project's choice.

use std::sync::Arc;
use std::time::Duration;

use super::sessions::Chosen;
use crate::engine::Engine;
use crate::engine::aaa::{AvPair, Place};
use crate::engine::io::InterfaceId;
use crate::engine::vpdn::lac::Access;
use crate::proto::radius::Decoded;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::dynamic::{Asked, ErrorCause};

/// A session whose authorization can be changed.
enum Target {
    /// PPP ends here.
    User(InterfaceId),
    /// LAC: its frames go on into a tunnel.
    Forwarded(InterfaceId),
}

impl Target {
    /// Whether it has any use for an attribute that can be changed.
    fn takes(&self, attribute: &Decoded) -> bool {
        match self {
            Target::User(_) => true,
            Target::Forwarded(_) => matches!(attribute.key(), keys::SESSION_TIMEOUT | keys::IDLE_TIMEOUT),
        }
    }
}

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
        let mut targets = Vec::new();
        for (_, place) in chosen {
            let target = self.changeable(*place)?;
            if !changes.iter().all(|change| target.takes(change)) {
                return Err(ErrorCause::UnsupportedAttribute);
            }
            targets.push(target);
        }
        let users = targets.iter().filter_map(|target| match target {
            Target::User(id) => Some(*id),
            Target::Forwarded(_) => None,
        });
        self.change_users(users, &changes)?;
        let time = |key| {
            let change = changes.iter().rev().find(|change| change.key() == key)?;
            change.value.as_integer().map(|seconds| Duration::from_secs(seconds.into()))
        };
        let (session, idle) = (time(keys::SESSION_TIMEOUT), time(keys::IDLE_TIMEOUT));
        for target in targets {
            match target {
                Target::Forwarded(id) => self.limit_forwarded(id, session, idle),
                Target::User(id) => {
                    if session.is_some() {
                        self.start_session_time(id);
                    }
                    if idle.is_some() {
                        self.restart_user_idle(id);
                    }
                }
            }
        }
        Ok(())
    }

    /// Changes the profiles of users, or none. All is planned before anything is done: a user who cannot have it leaves
    /// the others as they are.
    fn change_users(
        &mut self,
        ids: impl Iterator<Item = InterfaceId>,
        changes: &[Decoded],
    ) -> Result<(), ErrorCause> {
        let mut plans = Vec::new();
        for id in ids {
            let mut profile = self.user_profile(id).as_deref().cloned().unwrap_or_default();
            profile.change(changes);
            let plan = self.plan_per_user(id, &profile).ok_or(ErrorCause::ResourcesUnavailable)?;
            plans.push((id, profile, plan));
        }
        for (id, profile, plan) in plans {
            let profile = Arc::new(profile);
            self.set_user_profile(id, Some(profile.clone()));
            self.take_plan(id, &profile, plan);
        }
        Ok(())
    }

    /// What can be changed of a session: its call, when that is forwarded; else what AAA says of its user, where that
    /// counts and PPP is up. Of a session on a terminal line nothing can.
    fn changeable(&self, place: Place) -> Result<Target, ErrorCause> {
        let Place::Port(id) = place else { return Err(ErrorCause::UnsupportedAttribute) };
        let port = self.ports.get(&id).ok_or(ErrorCause::SessionContextNotFound)?;
        if port.access().is_some_and(Access::is_forwarded) {
            return Ok(Target::Forwarded(id));
        }
        if port.network.is_none() {
            return Err(ErrorCause::SessionContextNotFound);
        }
        match port.session.user() {
            Some(session) if session.list.is_some() => Ok(Target::User(id)),
            Some(_) | None => Err(ErrorCause::AdministrativelyProhibited),
        }
    }
}
