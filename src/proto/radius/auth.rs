//! Whole packets sealed and verified: authenticators of RFC 2865 section 3 and 2866 section 3, and the
//! Message-Authenticator of RFC 3579 section 3.2.

use super::crypt::{hmac_md5, md5, same};
use super::packet::{Attribute, Code, DecodeError, EncodeError, HEADER, Packet};

/// Type of Message-Authenticator.
pub const MESSAGE_AUTHENTICATOR: u8 = 80;

/// Why a packet is not to be believed; it is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum VerifyError {
    /// It is no packet at all.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The Request or Response Authenticator is wrong.
    #[error("wrong authenticator")]
    Authenticator,
    /// Message-Authenticator is wrong, has a wrong length or is there twice.
    #[error("wrong Message-Authenticator")]
    MessageAuthenticator,
    /// Message-Authenticator is required and not there.
    #[error("no Message-Authenticator")]
    Unsigned,
}

/// Where the 16 octets of the only Message-Authenticator start, if there is one.
fn signature_at(packet: &Packet) -> Result<Option<usize>, VerifyError> {
    let mut at = HEADER;
    let mut found = None;
    for attribute in &packet.attributes {
        if attribute.kind == MESSAGE_AUTHENTICATOR {
            if found.is_some() || attribute.value.len() != 16 {
                return Err(VerifyError::MessageAuthenticator);
            }
            found = Some(at + 2);
        }
        at += attribute.wire_len();
    }
    Ok(found)
}

fn replace(bytes: &mut [u8], at: usize, with: &[u8; 16]) {
    if let Some(field) = bytes.get_mut(at..at + 16) {
        field.copy_from_slice(with);
    }
}

/// Signs `bytes`, which hold `authenticator` in their header for the computation.
fn sign(bytes: &mut [u8], at: Option<usize>, authenticator: &[u8; 16], secret: &[u8]) {
    if let Some(at) = at {
        replace(bytes, 4, authenticator);
        replace(bytes, at, &[0; 16]);
        let signature = hmac_md5(secret, &[bytes]);
        replace(bytes, at, &signature);
    }
}

/// Writes the signature of `bytes` into the packet as well, so that both say the same.
fn keep_signature(packet: &mut Packet, bytes: &[u8], at: Option<usize>) {
    let signature = at.and_then(|at| bytes.get(at..at + 16));
    let attribute = packet.attributes.iter_mut().find(|a| a.kind == MESSAGE_AUTHENTICATOR);
    if let (Some(signature), Some(attribute)) = (signature, attribute) {
        attribute.value = signature.into();
    }
}

/// Puts an empty Message-Authenticator in front of the attributes, when there is none yet.
fn add_signature(packet: &mut Packet) {
    if packet.first(MESSAGE_AUTHENTICATOR).is_none() {
        packet.attributes.insert(0, Attribute::new(MESSAGE_AUTHENTICATOR, [0; 16]));
    }
}

/// Writes a request. An Access-Request (or Status-Server) keeps the authenticator that it holds; that of every
/// other code is computed (RFC 2866 section 3, RFC 5176 section 2.3). With `signed` the first attribute is a
/// Message-Authenticator. What is computed is written into `packet` too.
///
/// # Errors
/// [`EncodeError`] when it does not fit.
pub fn seal_request(packet: &mut Packet, secret: &[u8], signed: bool) -> Result<Vec<u8>, EncodeError> {
    if signed {
        add_signature(packet);
    }
    let at = signature_at(packet).unwrap_or(None);
    let random = matches!(packet.code, Code::AccessRequest | Code::StatusServer);
    if !random {
        packet.authenticator = [0; 16];
    }
    let mut bytes = packet.encode()?;
    let authenticator = packet.authenticator;
    sign(&mut bytes, at, &authenticator, secret);
    keep_signature(packet, &bytes, at);
    if !random {
        packet.authenticator = md5(&[&bytes, secret]);
        replace(&mut bytes, 4, &packet.authenticator);
    }
    Ok(bytes)
}

/// Writes a reply to the request that had the authenticator `request`. With `signed` the first attribute is a
/// Message-Authenticator. What is computed is written into `packet` too.
///
/// # Errors
/// [`EncodeError`] when it does not fit.
pub fn seal_reply(
    packet: &mut Packet,
    request: &[u8; 16],
    secret: &[u8],
    signed: bool,
) -> Result<Vec<u8>, EncodeError> {
    if signed {
        add_signature(packet);
    }
    let at = signature_at(packet).unwrap_or(None);
    packet.authenticator = *request;
    let mut bytes = packet.encode()?;
    sign(&mut bytes, at, request, secret);
    keep_signature(packet, &bytes, at);
    packet.authenticator = md5(&[&bytes, secret]);
    replace(&mut bytes, 4, &packet.authenticator);
    Ok(bytes)
}

/// The octets of the packet itself, without the padding behind its Length.
fn body(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.get(2..4).map_or(0, |l| l.iter().fold(0, |n, &o| n << 8 | usize::from(o)));
    bytes.get(..length).unwrap_or(bytes).to_vec()
}

fn check_signature(
    packet: &Packet,
    bytes: &[u8],
    authenticator: &[u8; 16],
    secret: &[u8],
    required: bool,
) -> Result<(), VerifyError> {
    let Some(at) = signature_at(packet)? else {
        return if required { Err(VerifyError::Unsigned) } else { Ok(()) };
    };
    let mut copy = bytes.to_vec();
    sign(&mut copy, Some(at), authenticator, secret);
    if same(copy.get(at..at + 16).unwrap_or(&[]), bytes.get(at..at + 16).unwrap_or(&[])) {
        Ok(())
    } else {
        Err(VerifyError::MessageAuthenticator)
    }
}

/// Reads and verifies a reply to the request that had the authenticator `request`. A Message-Authenticator is
/// verified whenever it is there; `required` makes its absence an error.
///
/// # Errors
/// [`VerifyError`]: the reply is to be dropped.
pub fn verify_reply(
    bytes: &[u8],
    request: &[u8; 16],
    secret: &[u8],
    required: bool,
) -> Result<Packet, VerifyError> {
    let packet = Packet::decode(bytes)?;
    let mut whole = body(bytes);
    check_signature(&packet, &whole, request, secret, required)?;
    replace(&mut whole, 4, request);
    if same(&md5(&[&whole, secret]), &packet.authenticator) {
        Ok(packet)
    } else {
        Err(VerifyError::Authenticator)
    }
}

/// Reads and verifies a request, on a server (or on a NAS, for RFC 5176). The authenticator of an
/// Access-Request is random and proves nothing; `required` asks for a Message-Authenticator.
///
/// # Errors
/// [`VerifyError`]: the request is to be dropped.
pub fn verify_request(bytes: &[u8], secret: &[u8], required: bool) -> Result<Packet, VerifyError> {
    let packet = Packet::decode(bytes)?;
    let mut whole = body(bytes);
    if matches!(packet.code, Code::AccessRequest | Code::StatusServer) {
        check_signature(&packet, &whole, &packet.authenticator, secret, required)?;
        return Ok(packet);
    }
    check_signature(&packet, &whole, &[0; 16], secret, required)?;
    replace(&mut whole, 4, &[0; 16]);
    if same(&md5(&[&whole, secret]), &packet.authenticator) {
        Ok(packet)
    } else {
        Err(VerifyError::Authenticator)
    }
}
