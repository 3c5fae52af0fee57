//! Hiding of AVP values, RFC 2661 section 4.3.

use md5::{Digest, Md5};

use crate::proto::cursor::Reader;

/// Why a hidden value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HiddenError {
    /// There is no secret with this peer.
    #[error("no secret to unhide it")]
    NoSecret,
    /// No Random Vector AVP came before it.
    #[error("no Random Vector before it")]
    NoVector,
    /// It is too short, or says that it is longer than it is (a wrong secret shows like this).
    #[error("its hidden length is wrong")]
    Length,
}

/// Hides `value` of the AVP with this attribute number. The padding octets are random; their number is added
/// to the AVP's length. The result has 2 octets more than value and padding together.
pub fn hide(number: u16, secret: &[u8], vector: &[u8], value: &[u8], padding: &[u8]) -> Vec<u8> {
    // A value beyond 65535 octets does not fit an AVP; it is cut here rather than lie about its length.
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    let value = value.get(..usize::from(length)).unwrap_or(value);
    let mut out = Vec::with_capacity(2 + value.len() + padding.len());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
    out.extend_from_slice(padding);
    let mut pad = first_pad(number, secret, vector);
    for chunk in out.chunks_mut(16) {
        xor(chunk, &pad);
        pad = next_pad(secret, chunk);
    }
    out
}

/// The value that was hidden.
///
/// # Errors
/// [`HiddenError::Length`] when the hidden octets are fewer than 2, or the length inside is more than there is.
pub fn reveal(number: u16, secret: &[u8], vector: &[u8], hidden: &[u8]) -> Result<Vec<u8>, HiddenError> {
    let mut clear = hidden.to_vec();
    let mut pad = first_pad(number, secret, vector);
    for (chunk, cipher) in clear.chunks_mut(16).zip(hidden.chunks(16)) {
        xor(chunk, &pad);
        pad = next_pad(secret, cipher);
    }
    let mut reader = Reader::new(&clear);
    let length = reader.u16().map_err(|_| HiddenError::Length)?;
    let value = reader.take(usize::from(length)).map_err(|_| HiddenError::Length)?;
    Ok(value.to_vec())
}

fn first_pad(number: u16, secret: &[u8], vector: &[u8]) -> [u8; 16] {
    Md5::new().chain_update(number.to_be_bytes()).chain_update(secret).chain_update(vector).finalize().into()
}

fn next_pad(secret: &[u8], cipher: &[u8]) -> [u8; 16] {
    Md5::new().chain_update(secret).chain_update(cipher).finalize().into()
}

fn xor(chunk: &mut [u8], pad: &[u8; 16]) {
    for (octet, mask) in chunk.iter_mut().zip(pad) {
        *octet ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wrong_secret_is_no_value_or_another() {
        let hidden = hide(9, b"hello", &[7; 16], &[0x45, 0x18], &[]);
        assert_eq!(reveal(9, b"hello", &[7; 16], &hidden), Ok(vec![0x45, 0x18]));
        assert_ne!(reveal(9, b"hullo", &[7; 16], &hidden), Ok(vec![0x45, 0x18]));
        assert_ne!(reveal(10, b"hello", &[7; 16], &hidden), Ok(vec![0x45, 0x18]));
    }

    #[test]
    fn the_first_block_by_the_rfc_formula() {
        // c(1) = p1 xor MD5(AV + S + RV), with p1 = length, value.
        let pad: [u8; 16] = Md5::digest(b"\0\x09helloVECTOR").into();
        let hidden = hide(9, b"hello", b"VECTOR", &[0xd7, 0xe6], &[]);
        assert_eq!(hidden, [pad[0], 2 ^ pad[1], 0xd7 ^ pad[2], 0xe6 ^ pad[3]]);
    }

    #[test]
    fn the_second_block_is_chained_to_the_first_cipher_block() {
        let hidden = hide(11, b"hello", b"VECTOR", &[0; 20], &[]);
        let pad: [u8; 16] = Md5::new().chain_update(b"hello").chain_update(&hidden[..16]).finalize().into();
        assert_eq!(&hidden[16..], &pad[..6]);
    }

    #[test]
    fn short_and_lying_values_are_refused() {
        assert_eq!(reveal(9, b"hello", b"v", &[]), Err(HiddenError::Length));
        assert_eq!(reveal(9, b"hello", b"v", &[1]), Err(HiddenError::Length));
        let mut lying = hide(9, b"hello", b"v", &[1, 2, 3, 4], &[]);
        lying.truncate(5);
        assert_eq!(reveal(9, b"hello", b"v", &lying), Err(HiddenError::Length));
    }

    proptest! {
        #[test]
        fn what_is_hidden_is_revealed(
            number: u16,
            secret: Vec<u8>,
            vector: Vec<u8>,
            value in proptest::collection::vec(any::<u8>(), 0..1015),
            padding in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let hidden = hide(number, &secret, &vector, &value, &padding);
            prop_assert_eq!(hidden.len(), 2 + value.len() + padding.len());
            prop_assert_eq!(reveal(number, &secret, &vector, &hidden), Ok(value));
        }

        #[test]
        fn any_octets_give_a_value_within_them_or_none(
            number: u16, secret: Vec<u8>, vector: Vec<u8>, hidden: Vec<u8>,
        ) {
            if let Ok(value) = reveal(number, &secret, &vector, &hidden) {
                prop_assert!(value.len() + 2 <= hidden.len());
            }
        }
    }
}
