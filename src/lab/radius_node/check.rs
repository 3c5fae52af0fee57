//! Whether a request proves what it says: PAP, CHAP, MS-CHAP and MS-CHAPv2 against a clear password.

use super::first;
use super::users::{AuthType, Evaluation};
use crate::proto::ppp::mschap;
use crate::proto::radius::crypt::{md5, same};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, AttributeKey, Decoded, Packet};

/// Accepted or not, and what is to be said beyond what the file says.
pub struct CheckVerdict {
    /// Access-Accept.
    pub accepted: bool,
    /// MS-CHAP2-Success or MS-CHAP-Error.
    pub extra: Vec<Attribute>,
}

impl CheckVerdict {
    fn of(accepted: bool) -> Self {
        CheckVerdict { accepted, extra: Vec::new() }
    }
}

/// Checks the proof of a request for what the file says of its user.
pub fn check(found: Option<&Evaluation>, request: &Packet, name: &[u8], asked: &[Decoded]) -> CheckVerdict {
    let Some(found) = found else { return refused(request) };
    match found.auth_type {
        Some(AuthType::Accept) => return CheckVerdict::of(true),
        Some(AuthType::Reject) => return refused(request),
        Some(AuthType::Password) | None => {}
    }
    let Some(password) = found.password.as_deref() else { return refused(request) };
    let challenge = request.value_of(keys::MS_CHAP_CHALLENGE);
    if let (Some(challenge), Some(response)) = (challenge, request.value_of(keys::MS_CHAP2_RESPONSE)) {
        return ms_chap2(challenge, response, name, password).unwrap_or_else(|| refused(request));
    }
    let right =
        if let (Some(challenge), Some(response)) = (challenge, request.value_of(keys::MS_CHAP_RESPONSE)) {
            ms_chap(challenge, response, password)
        } else if let Some(response) = request.value_of(keys::CHAP_PASSWORD) {
            chap(request, response, password)
        } else {
            let given = first(asked, keys::USER_PASSWORD).and_then(|a| a.value.as_octets());
            given.is_some_and(|given| same(given, password))
        };
    if right { CheckVerdict::of(true) } else { refused(request) }
}

/// RFC 2865 section 5.3: the identifier, then MD5 of identifier, password and challenge; the challenge is the
/// Request Authenticator when there is no CHAP-Challenge.
fn chap(request: &Packet, response: &[u8], password: &[u8]) -> bool {
    let challenge = request.value_of(keys::CHAP_CHALLENGE).unwrap_or(&request.authenticator);
    response.split_first().is_some_and(|(id, digest)| same(digest, &md5(&[&[*id], password, challenge])))
}

/// Ident, Flags and 48 octets (RFC 2548 sections 2.1.3 and 2.3.2) as the 49 octets that PPP carries.
fn ppp_response(response: &[u8]) -> Option<(u8, Vec<u8>)> {
    match response {
        [id, flags, body @ ..] if body.len() == 48 => Some((*id, [body, &[*flags]].concat())),
        _ => None,
    }
}

fn ms_chap(challenge: &[u8], response: &[u8], password: &[u8]) -> bool {
    ppp_response(response).is_some_and(|(_, response)| mschap::v1_verify(challenge, &response, password))
}

fn ms_chap2(challenge: &[u8], response: &[u8], name: &[u8], password: &[u8]) -> Option<CheckVerdict> {
    let (id, response) = ppp_response(response)?;
    let success = mschap::v2_verify(challenge, &response, name, password)?;
    let extra = vec![with_identifier(keys::MS_CHAP2_SUCCESS, id, &success)];
    Some(CheckVerdict { accepted: true, extra })
}

/// No, with MS-CHAP-Error where MS-CHAP was used (RFC 2548 section 2.1.5).
fn refused(request: &Packet) -> CheckVerdict {
    let response =
        request.value_of(keys::MS_CHAP2_RESPONSE).or_else(|| request.value_of(keys::MS_CHAP_RESPONSE));
    let challenge = request.value_of(keys::MS_CHAP_CHALLENGE);
    let extra = match (response.and_then(<[u8]>::first), challenge) {
        (Some(&id), Some(challenge)) => {
            vec![with_identifier(keys::MS_CHAP_ERROR, id, &mschap::Failure::wrong(challenge))]
        }
        _ => Vec::new(),
    };
    CheckVerdict { accepted: false, extra }
}

fn with_identifier(key: AttributeKey, id: u8, text: &str) -> Attribute {
    Attribute::with_key(key, &[&[id], text.as_bytes()].concat())
}
