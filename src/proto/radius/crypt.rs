//! What hides attribute values and proves packets: MD5 with the shared secret.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::proto::cursor::Reader;

/// A shared secret or password: wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<Vec<u8>>>);

impl Secret {
    /// Keeps these octets.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Secret(Arc::new(Zeroizing::new(octets.into())))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A hidden value that cannot be what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed hidden value")]
pub struct Malformed;

/// The longest User-Password, RFC 2865 section 5.2.
pub const MAX_PASSWORD: usize = 128;

/// MD5 over the parts in order.
pub fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-MD5 over the parts in order, RFC 2104.
pub fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether two digests are the same, in constant time.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The chained XOR that User-Password and Tunnel-Password share: each block of 16 is XORed with the MD5 of the
/// secret and the cipher block before it; `first` stands before the first block.
fn chain(secret: &[u8], first: &[u8], input: &[u8], hide: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    let mut pad = md5(&[secret, first]);
    for block in input.chunks(16) {
        let mixed: Vec<u8> = block.iter().zip(pad).map(|(a, b)| a ^ b).collect();
        pad = md5(&[secret, if hide { &mixed } else { block }]);
        out.extend(mixed);
    }
    out
}

fn padded(mut octets: Vec<u8>) -> Vec<u8> {
    octets.resize(octets.len().next_multiple_of(16).max(16), 0);
    octets
}

/// Hides a User-Password (RFC 2865 section 5.2): 16 to 128 octets. `None` when the password is longer.
pub fn hide_password(password: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Option<Vec<u8>> {
    if password.len() > MAX_PASSWORD {
        return None;
    }
    let clear = Zeroizing::new(padded(password.to_vec()));
    Some(chain(secret, authenticator, &clear, true))
}

/// Reads a hidden User-Password; the padding of zeros is taken off.
///
/// # Errors
/// [`Malformed`] when the length is no multiple of 16 from 16 to 128.
pub fn reveal_password(hidden: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Result<Vec<u8>, Malformed> {
    if hidden.is_empty() || !hidden.len().is_multiple_of(16) || hidden.len() > MAX_PASSWORD {
        return Err(Malformed);
    }
    let mut clear = chain(secret, authenticator, hidden, false);
    let used = clear.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1);
    clear.truncate(used);
    Ok(clear)
}

/// Hides a Tunnel-Password's string or an MPPE key (RFC 2868 section 3.5, RFC 2548 section 2.4.2): salt, then
/// the hidden length, value and padding. The salt's first bit is set here. `None` when the value is too long
/// for an attribute (239 octets fit).
pub fn hide_salted(value: &[u8], secret: &[u8], authenticator: &[u8; 16], salt: [u8; 2]) -> Option<Vec<u8>> {
    let length = u8::try_from(value.len()).ok().filter(|&n| n <= 239)?;
    let salt = [salt[0] | 0x80, salt[1]];
    let mut clear = Zeroizing::new(vec![length]);
    clear.extend(value);
    let clear = Zeroizing::new(padded(clear.to_vec()));
    let mut out = salt.to_vec();
    out.extend(chain(secret, &[authenticator.as_slice(), &salt].concat(), &clear, true));
    Some(out)
}

/// Reads what [`hide_salted`] wrote.
///
/// # Errors
/// [`Malformed`] when it is too short, not of whole blocks, or its inner length leads beyond its end.
pub fn reveal_salted(hidden: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Result<Vec<u8>, Malformed> {
    let mut reader = Reader::new(hidden);
    let salt: [u8; 2] = reader.array().map_err(|_| Malformed)?;
    let body = reader.rest();
    if body.is_empty() || !body.len().is_multiple_of(16) {
        return Err(Malformed);
    }
    let clear = Zeroizing::new(chain(secret, &[authenticator.as_slice(), &salt].concat(), body, false));
    let mut reader = Reader::new(&clear);
    let length = usize::from(reader.u8().map_err(|_| Malformed)?);
    reader.take(length).map(<[u8]>::to_vec).map_err(|_| Malformed)
}
