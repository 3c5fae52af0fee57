//! What hides and what proves RADIUS packets, against an independent implementation: the crate `radius-rust`, and
//! where that has nothing or departs from the RFC, the RFC's own formula written out once more.

use md5::{Digest, Md5};
use proptest::prelude::*;
use radius_rust::client::client::Client as Oracle;
use radius_rust::protocol::dictionary::Dictionary;
use radius_rust::protocol::radius_packet::{RadiusAttribute, RadiusPacket, TypeCode};
use radius_rust::tools::{decrypt_data, encrypt_data, salt_decrypt_data, salt_encrypt_data};
use vpdnsh::proto::radius::crypt::{hide_password, hide_salted, reveal_password, reveal_salted};
use vpdnsh::proto::radius::dictionary::{find, keys};
use vpdnsh::proto::radius::value::{Decoded, Value, decode, encode};
use vpdnsh::proto::radius::{
    Attribute, Code, Packet, VerifyError, seal_reply, seal_request, verify_reply, verify_request,
};

const DICTIONARY: &str = "ATTRIBUTE User-Name 1 string\nATTRIBUTE User-Password 2 string\nATTRIBUTE NAS-Port 5 \
                          integer\nATTRIBUTE Reply-Message 18 string\nATTRIBUTE Class 25 string\nATTRIBUTE \
                          Message-Authenticator 80 string\n";

fn dictionary() -> Dictionary {
    Dictionary::from_str(DICTIONARY).expect("the oracle reads its dictionary")
}

fn oracle(secret: &str) -> Oracle {
    Oracle::with_dictionary(dictionary()).set_secret(secret.to_owned())
}

/// A packet of ours as the oracle reads it.
fn theirs(bytes: &[u8]) -> RadiusPacket {
    RadiusPacket::initialise_packet_from_bytes(&dictionary(), bytes).expect("the oracle reads our packet")
}

fn password() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1u8..=255, 1..=128)
}

fn secret() -> impl Strategy<Value = String> {
    "[ -~]{1,70}"
}

/// User-Name, NAS-Port, Reply-Message and Class in any order and number.
fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    let one =
        (prop_oneof![Just(1u8), Just(5), Just(18), Just(25)], proptest::collection::vec(any::<u8>(), 1..60));
    proptest::collection::vec(one.prop_map(|(kind, value)| Attribute::new(kind, value)), 0..8)
}

/// RFC 2865 section 3 and 2866 section 3: MD5 over code, identifier, length, an authenticator, attributes, secret.
fn rfc_authenticator(bytes: &[u8], authenticator: &[u8; 16], secret: &[u8]) -> Vec<u8> {
    let mut hash = Md5::new();
    hash.update(&bytes[..4]);
    hash.update(authenticator);
    hash.update(&bytes[20..]);
    hash.update(secret);
    hash.finalize().to_vec()
}

/// RFC 2865 section 5.2 for whole blocks, where the oracle adds one block too many.
fn rfc_password(password: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Vec<u8> {
    let mut clear = password.to_vec();
    while !clear.len().is_multiple_of(16) {
        clear.push(0);
    }
    let mut cipher: Vec<u8> = Vec::new();
    for at in (0..clear.len()).step_by(16) {
        let before = if at == 0 { authenticator.to_vec() } else { cipher[at - 16..].to_vec() };
        let mut hash = Md5::new();
        hash.update(secret);
        hash.update(before);
        let pad = hash.finalize();
        cipher.extend((0..16).map(|i| clear[at + i] ^ pad[i]));
    }
    cipher
}

proptest! {
    #[test]
    fn user_password(password in password(), secret in secret(), authenticator: [u8; 16]) {
        let secret = secret.as_bytes();
        let ours = hide_password(&password, secret, &authenticator).unwrap();
        prop_assert_eq!(&ours, &rfc_password(&password, secret, &authenticator));
        prop_assert_eq!(decrypt_data(&ours, &authenticator, secret), password.clone());
        let theirs = encrypt_data(&password, &authenticator, secret);
        // A password that fills its blocks gets one more from the oracle, which RFC 2865 section 5.2 does not have.
        prop_assert_eq!(&ours[..], &theirs[..ours.len()]);
        if theirs.len() <= 128 {
            prop_assert_eq!(reveal_password(&theirs, secret, &authenticator), Ok(password));
        }
    }

    #[test]
    fn tunnel_password(password in proptest::collection::vec(any::<u8>(), 1..=239), secret in secret(),
                       authenticator: [u8; 16], salt: [u8; 2]) {
        let secret = secret.as_bytes();
        let salt = [salt[0] | 0x80, salt[1]];
        let ours = hide_salted(&password, secret, &authenticator, salt).expect("it fits");
        prop_assert_eq!(&ours, &salt_encrypt_data(&password, &authenticator, &salt, secret));
        prop_assert_eq!(salt_decrypt_data(&ours, &authenticator, secret).expect("the oracle reads it"), password.clone());
        prop_assert_eq!(reveal_salted(&ours, secret, &authenticator), Ok(password));
    }

    /// The whole attribute of RFC 2868 section 3.5: tag, salt, string.
    #[test]
    fn tunnel_password_with_its_tag(password in "[ -~]{1,200}", tag in 0u8..=31, secret in secret(),
                                    authenticator: [u8; 16], salt: [u8; 2]) {
        let definition = find(keys::TUNNEL_PASSWORD).expect("it is in the table");
        let secret = secret.as_bytes();
        let decoded = Decoded { definition, tag, value: Value::Octets(password.clone().into_bytes()) };
        let ours = encode(&decoded, secret, &authenticator, salt).expect("it fits");
        prop_assert_eq!(ours.value[0], tag);
        let clear = salt_decrypt_data(&ours.value[1..], &authenticator, secret).expect("the oracle reads it");
        prop_assert_eq!(clear, password.clone().into_bytes());
        let salt = [salt[0] | 0x80, salt[1]];
        let theirs = [vec![tag], salt_encrypt_data(password.as_bytes(), &authenticator, &salt, secret)].concat();
        prop_assert_eq!(decode(definition, &theirs, secret, &authenticator), Ok(decoded));
    }

    #[test]
    fn message_authenticator_of_a_request(attributes in attributes(), secret in secret(), identifier: u8,
                                          authenticator: [u8; 16], flip in 0usize..1000) {
        let mut packet = Packet { code: Code::AccessRequest, identifier, authenticator, attributes };
        let mut bytes = seal_request(&mut packet, secret.as_bytes(), true).expect("it fits");
        prop_assert!(oracle(&secret).verify_message_authenticator(&bytes).is_ok());
        let generated = {
            let mut theirs = theirs(&bytes);
            theirs.generate_message_authenticator(&secret).expect("it has one");
            theirs.to_bytes()
        };
        prop_assert_eq!(&generated, &bytes);
        prop_assert!(verify_request(&generated, secret.as_bytes(), true).is_ok());
        // Any octet behind the header that changes is found out by both.
        let at = 22 + flip % (bytes.len() - 22);
        bytes[at] ^= 0x10;
        prop_assert!(verify_request(&bytes, secret.as_bytes(), true).is_err());
    }

    /// Their Access-Request, signed by them, is believed.
    #[test]
    fn their_request(user in "[a-z@.]{1,40}", secret in secret()) {
        let dictionary = dictionary();
        let mut packet = RadiusPacket::initialise_packet(TypeCode::AccessRequest);
        let name = RadiusAttribute::create_by_name(&dictionary, "User-Name", user.clone().into_bytes());
        let signature = RadiusAttribute::create_by_name(&dictionary, "Message-Authenticator", vec![0; 16]);
        packet.set_attributes(vec![name.expect("known"), signature.expect("known")]);
        packet.generate_message_authenticator(&secret).expect("it has one");
        let bytes = packet.to_bytes();
        let read = verify_request(&bytes, secret.as_bytes(), true).expect("signed");
        prop_assert_eq!(read.first(1), Some(user.as_bytes()));
        let wrong = verify_request(&bytes, b"\x01another", true);
        prop_assert_eq!(wrong, Err(VerifyError::MessageAuthenticator));
    }

    #[test]
    fn a_reply(attributes in attributes(), secret in secret(), identifier: u8, authenticator: [u8; 16]) {
        let request = Packet { code: Code::AccessRequest, identifier, authenticator, attributes: Vec::new() };
        let mut packet = Packet { code: Code::AccessAccept, identifier, authenticator: [0; 16], attributes };
        let bytes = seal_reply(&mut packet, &authenticator, secret.as_bytes(), true).expect("it fits");
        prop_assert_eq!(rfc_authenticator(&bytes, &authenticator, secret.as_bytes()), &bytes[4..20]);
        // The oracle checks the Response Authenticator against the request ...
        let request = theirs(&request.encode().expect("it fits"));
        prop_assert!(oracle(&secret).verify_reply(&request, &bytes).is_ok());
        // ... and the Message-Authenticator of a reply over the authenticator of the request.
        let mut signed = bytes.clone();
        signed[4..20].copy_from_slice(&authenticator);
        prop_assert!(oracle(&secret).verify_message_authenticator(&signed).is_ok());
        prop_assert!(verify_reply(&bytes, &authenticator, secret.as_bytes(), true).is_ok());
    }

    /// The oracle leaves the authenticator of these random, so that only the RFCs can be asked (2866 section 3, 5176
    /// section 2.3).
    #[test]
    fn computed_authenticators(attributes in attributes(), secret in secret(), identifier: u8,
                               code in prop_oneof![Just(Code::AccountingRequest), Just(Code::DisconnectRequest),
                                                   Just(Code::CoaRequest)]) {
        let mut packet = Packet { code, identifier, authenticator: [7; 16], attributes };
        let bytes = seal_request(&mut packet, secret.as_bytes(), false).expect("it fits");
        prop_assert_eq!(rfc_authenticator(&bytes, &[0; 16], secret.as_bytes()), &bytes[4..20]);
        prop_assert!(verify_request(&bytes, secret.as_bytes(), false).is_ok());
    }
}
