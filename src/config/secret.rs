//! Passwords as the configuration shows them: type 7 both ways, type 5 one way.

use crate::grammar::value::{Scheme, Secret};
use md5::{Digest, Md5};

/// The key of type 7, which hides a password from a glance and no more.
const KEY: &[u8; 53] = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

/// Encodes `clear` as type 7 beginning at `salt` (0 to 15).
pub fn encode7(clear: &str, salt: u8) -> String {
    let salt = usize::from(salt % 16);
    let mut out = format!("{salt:02}");
    for (i, b) in clear.bytes().enumerate() {
        out.push_str(&format!("{:02X}", b ^ KEY[(salt + i) % KEY.len()]));
    }
    out
}

/// Decodes type 7; `None` when `text` is no such encoding.
pub fn decode7(text: &str) -> Option<String> {
    let salt: usize = text.get(..2)?.parse().ok().filter(|s| *s < KEY.len())?;
    let hex = text.get(2..)?;
    if hex.is_empty() || hex.len() % 2 != 0 {
        return None;
    }
    let byte = |i: usize| {
        Some(u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()? ^ KEY[(salt + i) % KEY.len()])
    };
    let clear: Vec<u8> = (0..hex.len() / 2).map(byte).collect::<Option<_>>()?;
    String::from_utf8(clear).ok()
}

/// A salt that depends on the password only, so that a configuration is always shown alike.
fn salt_of(clear: &str) -> u8 {
    clear.bytes().fold(7u8, |a, b| a.wrapping_mul(31).wrapping_add(b)) % 16
}

/// A secret as `show running-config` prints it, its type included.
pub fn shown(secret: &Secret, typed_zero: bool, encrypt: bool) -> String {
    match secret.scheme {
        Scheme::Clear if encrypt => format!("7 {}", encode7(secret.reveal(), salt_of(secret.reveal()))),
        Scheme::Clear if typed_zero => format!("0 {}", secret.reveal()),
        Scheme::Clear => secret.reveal().to_owned(),
        Scheme::Type7 => format!("7 {}", encode7(secret.reveal(), salt_of(secret.reveal()))),
        Scheme::Digest(n) => format!("{n} {}", secret.reveal()),
    }
}

const ITOA64: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The `$1$salt$digest` form of a password: MD5 crypt, which IOS calls type 5. `salt` has at most 8 characters.
pub fn md5_crypt(password: &str, salt: &str) -> String {
    let (pw, salt) = (password.as_bytes(), salt.get(..8).unwrap_or(salt));
    let inner = Md5::new().chain_update(pw).chain_update(salt).chain_update(pw).finalize();
    let mut outer = Md5::new().chain_update(pw).chain_update("$1$").chain_update(salt);
    for chunk in pw.chunks(16) {
        outer.update(&inner[..chunk.len()]);
    }
    let mut n = pw.len();
    while n > 0 {
        let first = pw.first().copied().unwrap_or(0);
        outer.update([if n & 1 == 1 { 0 } else { first }]);
        n >>= 1;
    }
    let mut digest = outer.finalize();
    for round in 0..1000 {
        let mut h = Md5::new();
        if round & 1 == 1 {
            h.update(pw)
        } else {
            h.update(digest)
        }
        if round % 3 != 0 {
            h.update(salt);
        }
        if round % 7 != 0 {
            h.update(pw);
        }
        if round & 1 == 1 {
            h.update(digest)
        } else {
            h.update(pw)
        }
        digest = h.finalize();
    }
    let mut text = String::new();
    let mut put = |v: u32, count: u32| {
        for i in 0..count {
            text.push(char::from(ITOA64[(v >> (6 * i) & 0x3f) as usize]));
        }
    };
    let at = |i: usize| u32::from(digest[i]);
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put(at(a) << 16 | at(b) << 8 | at(c), 4);
    }
    put(at(11), 2);
    format!("$1${salt}${text}")
}

/// Digests a secret in clear; a digest stays.
pub fn digest(secret: &Secret) -> Secret {
    match secret.scheme {
        Scheme::Clear | Scheme::Type7 => {
            let hash = Md5::digest(secret.reveal().as_bytes());
            let salt: String = hash.iter().take(4).map(|b| char::from(ITOA64[usize::from(b % 64)])).collect();
            Secret::new(Scheme::Digest(5), md5_crypt(secret.reveal(), &salt))
        }
        Scheme::Digest(_) => secret.clone(),
    }
}

/// Whether `typed` is the password that `secret` keeps.
pub fn verify(secret: &Secret, typed: &str) -> bool {
    use subtle::ConstantTimeEq;
    let same = |a: &str, b: &str| bool::from(a.as_bytes().ct_eq(b.as_bytes()));
    match secret.scheme {
        Scheme::Clear | Scheme::Type7 => same(secret.reveal(), typed),
        Scheme::Digest(5) => verify_type5(secret.reveal(), typed),
        Scheme::Digest(_) => false,
    }
}

/// Whether `typed` is the password of a type 5 digest.
pub fn verify_type5(digest: &str, typed: &str) -> bool {
    use subtle::ConstantTimeEq;
    let salt = digest.strip_prefix("$1$").and_then(|rest| rest.split('$').next());
    salt.is_some_and(|salt| md5_crypt(typed, salt).as_bytes().ct_eq(digest.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_7_agrees_with_published_pairs() {
        assert_eq!(decode7("094F471A1A0A").as_deref(), Some("cisco"));
        assert_eq!(decode7("13061E010803").as_deref(), Some("cisco"));
        assert_eq!(encode7("cisco", 9), "094F471A1A0A");
        for bad in ["", "0", "09", "094", "09ZZ", "99AA", "0é"] {
            assert_eq!(decode7(bad), None, "{bad}");
        }
    }

    #[test]
    fn type_7_round_trips_for_every_salt() {
        for salt in 0..16 {
            assert_eq!(
                decode7(&encode7("a longer password, with \"quotes\"", salt)).as_deref(),
                Some("a longer password, with \"quotes\"")
            );
        }
    }

    #[test]
    fn type_5_is_md5_crypt() {
        // The example of crypt(5) implementations.
        assert_eq!(md5_crypt("password", "saltsalt"), "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/");
        let kept = digest(&Secret::clear("cisco"));
        assert!(verify(&kept, "cisco") && !verify(&kept, "Cisco"));
        assert_eq!(digest(&kept), kept);
        for no_digest in ["", "cisco", "$1$", "$9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM"]
        {
            assert!(!verify_type5(no_digest, "cisco"), "{no_digest}");
        }
    }
}
