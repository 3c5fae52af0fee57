//! Tunnel authentication, RFC 2661 sections 4.4.3 and 5.1.1.

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use super::message::MessageType;

/// The value of a Challenge Response AVP: MD5 over the message type (2 for an SCCRP, 3 for an SCCCN), the
/// secret and the challenge.
pub fn challenge_response(message_type: MessageType, secret: &[u8], challenge: &[u8]) -> [u8; 16] {
    // Every message type is below 256: the low octet is the CHAP identifier.
    let id = message_type.number().to_be_bytes()[1];
    Md5::new().chain_update([id]).chain_update(secret).chain_update(challenge).finalize().into()
}

/// Whether `response`, received in a message of `message_type`, answers `challenge`. Takes the same time
/// wherever the octets differ.
pub fn verify(message_type: MessageType, secret: &[u8], challenge: &[u8], response: &[u8; 16]) -> bool {
    challenge_response(message_type, secret, challenge).ct_eq(response).into()
}
