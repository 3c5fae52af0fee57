//! MS-CHAP (RFC 2433) and MS-CHAPv2 (RFC 2759): the computations of both ends and the failure message.

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use md4::{Digest, Md4};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Octets of a response value, both versions.
pub const RESPONSE_LEN: usize = 49;
/// Octets of a version 1 challenge.
pub const V1_CHALLENGE_LEN: usize = 8;
/// Octets of a version 2 challenge, of either end.
pub const V2_CHALLENGE_LEN: usize = 16;

/// NtPasswordHash: MD4 of the password in UTF-16, little endian (RFC 2759 section 8.3). Octets that are no
/// UTF-8 count as U+FFFD.
pub fn nt_hash(password: &[u8]) -> Zeroizing<[u8; 16]> {
    let text = Zeroizing::new(String::from_utf8_lossy(password).into_owned());
    let unicode = Zeroizing::new(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    Zeroizing::new(Md4::digest(&*unicode).into())
}

/// HashNtPasswordHash: MD4 of [`nt_hash`] (RFC 2759 section 8.4).
pub fn nt_hash_hash(hash: &[u8; 16]) -> Zeroizing<[u8; 16]> {
    Zeroizing::new(Md4::digest(hash).into())
}

/// ChallengeResponse: three DES encryptions of the 8-octet challenge under the 16-octet hash, zero-padded to 21
/// octets (RFC 2759 section 8.5). The NT-Response of version 1 is this over the challenge as sent.
pub fn challenge_response(challenge: &[u8; 8], hash: &[u8; 16]) -> [u8; 24] {
    let mut keys = Zeroizing::new([0_u8; 21]);
    for (to, from) in keys.iter_mut().zip(hash) {
        *to = *from;
    }
    let mut response = [0_u8; 24];
    for (block, key) in response.chunks_exact_mut(8).zip(keys.chunks_exact(7)) {
        block.copy_from_slice(&des_block(challenge, key));
    }
    response
}

/// One DES encryption under 7 octets of raw key; the parity bits, which DES ignores, stay clear.
fn des_block(clear: &[u8; 8], key: &[u8]) -> [u8; 8] {
    let raw = key.iter().take(7).fold(0_u64, |n, octet| n << 8 | u64::from(*octet));
    let mut spread = Zeroizing::new([0_u8; 8]);
    for (octet, shift) in spread.iter_mut().zip([49, 42, 35, 28, 21, 14, 7, 0]) {
        *octet = ((raw >> shift) as u8 & 0x7f) << 1;
    }
    let mut block = (*clear).into();
    Des::new(&(*spread).into()).encrypt_block(&mut block);
    block.into()
}

/// ChallengeHash: the 8 octets that version 2 encrypts (RFC 2759 section 8.2). A domain before the user name
/// (`DOMAIN\user`) does not count.
pub fn challenge_hash(peer: &[u8; 16], authenticator: &[u8; 16], user: &[u8]) -> [u8; 8] {
    let name = user.rsplit(|c| *c == b'\\').next().unwrap_or(user);
    let digest: [u8; 20] =
        Sha1::new().chain_update(peer).chain_update(authenticator).chain_update(name).finalize().into();
    let mut hash = [0; 8];
    for (to, from) in hash.iter_mut().zip(digest) {
        *to = from;
    }
    hash
}

/// GenerateNTResponse of version 2 (RFC 2759 section 8.1).
pub fn nt_response(authenticator: &[u8; 16], peer: &[u8; 16], user: &[u8], hash: &[u8; 16]) -> [u8; 24] {
    challenge_response(&challenge_hash(peer, authenticator, user), hash)
}

/// GenerateAuthenticatorResponse (RFC 2759 section 8.7): the 42 octets `S=` and 40 upper case hexadecimal digits.
pub fn authenticator_response(
    hash: &[u8; 16],
    nt_response: &[u8; 24],
    peer: &[u8; 16],
    authenticator: &[u8; 16],
    user: &[u8],
) -> String {
    let digest = Sha1::new()
        .chain_update(*nt_hash_hash(hash))
        .chain_update(nt_response)
        .chain_update(b"Magic server to client signing constant")
        .finalize();
    let digest = Sha1::new()
        .chain_update(digest)
        .chain_update(challenge_hash(peer, authenticator, user))
        .chain_update(b"Pad to make it do more than one iteration")
        .finalize();
    format!("S={}", upper_hex(&digest))
}

/// The 49-octet version 1 response value: no LAN Manager response, the NT response, flag 1 (RFC 2433 section 7).
/// `None` when the challenge is not 8 octets long.
pub fn v1_respond(challenge: &[u8], password: &[u8]) -> Option<[u8; RESPONSE_LEN]> {
    let response = challenge_response(challenge.try_into().ok()?, &nt_hash(password));
    let mut value = [0; RESPONSE_LEN];
    value[24..48].copy_from_slice(&response);
    value[48] = 1;
    Some(value)
}

/// Whether a version 1 response value proves the password. A LAN Manager response (flag 0) proves nothing.
pub fn v1_verify(challenge: &[u8], response: &[u8], password: &[u8]) -> bool {
    let given = response.get(24..48);
    match (given, response.get(48), v1_respond(challenge, password)) {
        (Some(given), Some(1), Some(expected)) => bool::from(expected[24..48].ct_eq(given)),
        _ => false,
    }
}

/// The 49-octet version 2 response value (RFC 2759 section 4) and the `S=` that a true authenticator returns. `None`
/// when the challenge is not 16 octets long.
pub fn v2_respond(
    challenge: &[u8],
    peer: &[u8; 16],
    user: &[u8],
    password: &[u8],
) -> Option<([u8; RESPONSE_LEN], String)> {
    let challenge: &[u8; 16] = challenge.try_into().ok()?;
    let hash = nt_hash(password);
    let response = nt_response(challenge, peer, user, &hash);
    let mut value = [0; RESPONSE_LEN];
    value[..16].copy_from_slice(peer);
    value[24..48].copy_from_slice(&response);
    Some((value, authenticator_response(&hash, &response, peer, challenge, user)))
}

/// Checks a version 2 response value; the `S=` for the Success packet when it proves the password.
pub fn v2_verify(challenge: &[u8], response: &[u8], user: &[u8], password: &[u8]) -> Option<String> {
    let response: &[u8; RESPONSE_LEN] = response.try_into().ok()?;
    let peer = response.first_chunk::<16>()?;
    let (expected, authenticator) = v2_respond(challenge, peer, user, password)?;
    bool::from(expected[24..48].ct_eq(&response[24..48])).then_some(authenticator)
}

/// Whether the message of a Success packet begins with the expected `S=` (RFC 2759 section 5).
pub fn v2_success(expected: &str, message: &[u8]) -> bool {
    message.get(..expected.len()).is_some_and(|given| bool::from(given.ct_eq(expected.as_bytes())))
}

/// Error of a Failure packet: wrong name or password.
pub const WRONG: u32 = 691;

/// The message of a Failure packet: `E=691 R=0 C=... V=3 M=text` (RFC 2759 section 6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Error: 646 restricted hours, 647 disabled, 648 expired, 649 no dial-in, 691 wrong, 709 change failed.
    pub error: u32,
    /// Whether the peer may try again.
    pub retry: bool,
    /// The challenge for another try.
    pub challenge: Option<Vec<u8>>,
    /// Version of the change-password protocol that is supported.
    pub version: Option<u32>,
    /// Text for humans.
    pub message: String,
}

impl Failure {
    /// Reads a message. `None` without `E=`; fields that make no sense count as absent.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(message);
        let (fields, human) = match text.split_once("M=") {
            Some((fields, human)) => (fields, human),
            None => (&*text, ""),
        };
        let mut failure = Failure { message: human.to_owned(), ..Failure::default() };
        let mut seen = false;
        for field in fields.split_ascii_whitespace() {
            match field.split_once('=') {
                Some(("E", code)) => {
                    failure.error = code.parse().ok()?;
                    seen = true;
                }
                Some(("R", flag)) => failure.retry = flag == "1",
                Some(("C", digits)) => failure.challenge = from_hex(digits),
                Some(("V", version)) => failure.version = version.parse().ok(),
                _ => {}
            }
        }
        seen.then_some(failure)
    }

    /// A wrong name or password of which `human` says more. The peer may try again, for all that is known here.
    pub fn with_text(human: &[u8]) -> Self {
        let message = String::from_utf8_lossy(human).into_owned();
        Failure { error: WRONG, retry: true, message, ..Failure::default() }
    }

    /// The message for a wrong name or password. Whether the link takes another try, it says itself.
    pub fn wrong(challenge: &[u8]) -> String {
        Failure { challenge: Some(challenge.to_vec()), ..Failure::with_text(b"") }.text()
    }

    /// The message: version 3 of the change-password protocol where none is named, and no `M=` without a text.
    pub fn text(&self) -> String {
        let challenge = upper_hex(self.challenge.as_deref().unwrap_or_default());
        let human = if self.message.is_empty() { String::new() } else { format!(" M={}", self.message) };
        let (retry, version) = (u8::from(self.retry), self.version.unwrap_or(3));
        format!("E={} R={retry} C={challenge} V={version}{human}", self.error)
    }
}

fn upper_hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = digits.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let nibbles = nibbles?;
    (nibbles.len() % 2 == 0).then(|| nibbles.chunks_exact(2).map(|p| p[0] << 4 | p[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHENTICATOR: &str = "5B5D7C7D7B3F2F3E3C2C602132262628";
    const PEER: &str = "21402324255E262A28295F2B3A337C7E";

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        from_hex(hex).unwrap().try_into().unwrap()
    }

    #[test]
    fn rfc_2759_section_9_2() {
        let (challenge, peer) = (bytes::<16>(AUTHENTICATOR), bytes::<16>(PEER));
        let hash = nt_hash(b"clientPass");
        assert_eq!(challenge_hash(&peer, &challenge, b"User"), bytes("D02E4386BCE91226"));
        assert_eq!(challenge_hash(&peer, &challenge, b"DOMAIN\\User"), bytes("D02E4386BCE91226"));
        assert_eq!(*hash, bytes("44EBBA8D5312B8D611474411F56989AE"));
        assert_eq!(*nt_hash_hash(&hash), bytes("41C00C584BD2D91C4017A2A12FA59F3F"));
        let response = nt_response(&challenge, &peer, b"User", &hash);
        assert_eq!(response, bytes("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"));
        assert_eq!(
            authenticator_response(&hash, &response, &peer, &challenge, b"User"),
            "S=407A5589115FD0D6209F510FE9C04566932CDA56"
        );
    }

    #[test]
    fn rfc_2759_section_9_3_hash() {
        assert_eq!(*nt_hash(b"MyPw"), bytes("FC156AF7EDCD6C0EDDE3337D427F4EAC"));
    }

    #[test]
    fn rfc_2433_appendix_b_response() {
        let response = challenge_response(&bytes("102DB5DF085D3041"), &nt_hash(b"MyPw"));
        assert_eq!(response, bytes("4E9D3C8F9CFD385D5BF4D3246791956CA4C351AB409A3D61"));
    }

    #[test]
    fn responses_prove_the_password_and_nothing_else() {
        let challenge = bytes::<16>(AUTHENTICATOR);
        let (value, success) = v2_respond(&challenge, &bytes(PEER), b"User", b"clientPass").unwrap();
        assert_eq!(v2_verify(&challenge, &value, b"User", b"clientPass"), Some(success.clone()));
        assert_eq!(v2_verify(&challenge, &value, b"User", b"other"), None);
        assert_eq!(v2_verify(&challenge, &value, b"Other", b"clientPass"), None);
        assert_eq!(v2_verify(&challenge, &value[..48], b"User", b"clientPass"), None);
        assert!(v2_success(&success, format!("{success} M=Welcome").as_bytes()));
        assert!(!v2_success(&success, b"S=00"));
        let short = bytes::<8>("102DB5DF085D3041");
        let value = v1_respond(&short, b"MyPw").unwrap();
        assert!(v1_verify(&short, &value, b"MyPw"));
        assert!(!v1_verify(&short, &value, b"MyPW"));
        assert_eq!(v1_respond(&challenge, b"MyPw"), None);
    }

    #[test]
    fn failure_messages_are_read() {
        let failure =
            Failure::parse(b"E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Wrong, again").unwrap();
        assert_eq!(failure.error, 691);
        assert!(failure.retry);
        assert_eq!(failure.challenge.as_ref().map(Vec::len), Some(16));
        assert_eq!((failure.version, failure.message.as_str()), (Some(3), "Wrong, again"));
        assert_eq!(Failure::parse(b"Authentication failed"), None);
        assert_eq!(Failure::parse(b"E=x R=0"), None);
        let wrong = Failure::parse(Failure::wrong(&[0xab; 16]).as_bytes()).unwrap();
        assert_eq!((wrong.error, wrong.retry, wrong.challenge), (691, true, Some(vec![0xab; 16])));
        let told = Failure::with_text(b"Go away");
        assert_eq!(told.text(), "E=691 R=1 C= V=3 M=Go away");
        assert_eq!(Failure::parse(told.text().as_bytes()).map(|f| f.message), Some(told.message));
    }
}
