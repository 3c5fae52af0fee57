//! What a user was given and cannot have here: nothing of it goes without a line in the log.

use crate::proto::radius::dictionary::{CISCO, MICROSOFT, find, keys};
use crate::proto::radius::{AttributeKey, Value};

/// Something that cannot be honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What, for the log; no secret is in it.
    pub what: String,
    /// `mandatory` in a list: who cannot have it gets nothing. What RADIUS sends is ignored, as IOS does.
    pub must: bool,
}

impl Problem {
    /// `what`, without characters that drive a terminal.
    pub fn new(what: &str, must: bool) -> Self {
        Problem { what: what.replace(char::is_control, "."), must }
    }
}

const FRAMED_ROUTING: AttributeKey = AttributeKey::Standard(10);
const FRAMED_COMPRESSION: AttributeKey = AttributeKey::Standard(13);
const VENDOR_SPECIFIC: AttributeKey = AttributeKey::Standard(26);
const TERMINATION_ACTION: AttributeKey = AttributeKey::Standard(29);

/// What says nothing about the session of a user: it belongs to the exchange, to the proof, or to a tunnel, or tells the
/// NAS what it has told itself.
const OF_NO_CONCERN: [AttributeKey; 28] = [
    keys::NAS_IP_ADDRESS,
    keys::NAS_PORT,
    keys::STATE,
    VENDOR_SPECIFIC,
    keys::CALLED_STATION_ID,
    keys::CALLING_STATION_ID,
    AttributeKey::Standard(32),
    keys::PROXY_STATE,
    keys::NAS_PORT_TYPE,
    keys::TUNNEL_TYPE,
    keys::TUNNEL_MEDIUM_TYPE,
    keys::TUNNEL_CLIENT_ENDPOINT,
    keys::TUNNEL_SERVER_ENDPOINT,
    keys::TUNNEL_PASSWORD,
    keys::PASSWORD_RETRY,
    keys::PROMPT,
    keys::CONNECT_INFO,
    keys::MESSAGE_AUTHENTICATOR,
    keys::TUNNEL_PRIVATE_GROUP_ID,
    keys::TUNNEL_ASSIGNMENT_ID,
    keys::TUNNEL_PREFERENCE,
    keys::TUNNEL_CLIENT_AUTH_ID,
    keys::TUNNEL_SERVER_AUTH_ID,
    AttributeKey::Vendor(CISCO, 2),
    keys::MS_CHAP_ERROR,
    AttributeKey::Vendor(MICROSOFT, 10),
    AttributeKey::Vendor(MICROSOFT, 12),
    keys::MS_CHAP2_SUCCESS,
];

/// The problem with an attribute that has no effect here; `None` where it asks for none.
pub fn without_effect(key: AttributeKey, value: &Value) -> Option<Problem> {
    // "None", and "Default": so it is done anyway.
    let nothing = [FRAMED_ROUTING, FRAMED_COMPRESSION, TERMINATION_ACTION].contains(&key)
        && value.as_integer() == Some(0);
    if nothing || OF_NO_CONCERN.contains(&key) {
        return None;
    }
    find(key).map(|definition| Problem::new(definition.name, false))
}
