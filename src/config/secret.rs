//! Passwords as the configuration shows them: type 7 both ways; types 5, 8 and 9 one way.

mod digest;

pub use digest::{Algorithm, Salts, digest, is_digest, md5_crypt, verify};

use crate::grammar::value::{Scheme, Secret};

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

/// Whether a password alone would be read as the type of one.
fn is_like_a_type(clear: &str) -> bool {
    clear.len() == 1 && clear.bytes().all(|b| b.is_ascii_digit())
}

/// A secret as `show running-config` prints it, its type included.
pub fn shown(secret: &Secret, typed_zero: bool, encrypt: bool) -> String {
    match secret.scheme {
        Scheme::Clear if encrypt => format!("7 {}", encode7(secret.reveal(), salt_of(secret.reveal()))),
        Scheme::Clear if typed_zero || is_like_a_type(secret.reveal()) => format!("0 {}", secret.reveal()),
        Scheme::Clear => secret.reveal().to_owned(),
        Scheme::Type7 => format!("7 {}", encode7(secret.reveal(), salt_of(secret.reveal()))),
        Scheme::Digest(n) => format!("{n} {}", secret.reveal()),
    }
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
}
