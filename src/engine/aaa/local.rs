//! Local users: `username NAME password P`.

use crate::config::secret::verify_type5;
use crate::config::views::User;
use crate::proto::ppp::{AuthProtocol, Credentials, Proof, mschap};
use crate::proto::radius::crypt::{md5, same};

/// What the local users say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalVerdict {
    /// Right, with the text for the peer.
    Pass(Vec<u8>),
    /// Wrong, with the text for the peer.
    Fail(Vec<u8>),
    /// There is no such user: the next method is asked.
    NotFound,
}

/// The user of this name. Names are the same in any case unless `case` is set (`local-case`).
pub fn find<'a>(users: &'a [User], name: &[u8], case: bool) -> Option<&'a User> {
    users.iter().find(|user| {
        let known = user.name.as_bytes();
        if case { known == name } else { known.eq_ignore_ascii_case(name) }
    })
}

/// Checks a proof against the local users. Of a user with `secret` only a digest is kept, which is enough for PAP and
/// proves nothing by CHAP, as in IOS.
pub fn verify(users: &[User], credentials: &Credentials, case: bool) -> LocalVerdict {
    let Some(user) = find(users, &credentials.name, case) else { return LocalVerdict::NotFound };
    let passed = match (&user.secret, &credentials.proof) {
        (Some(secret), Proof::Pap { password }) => {
            let right = std::str::from_utf8(password).is_ok_and(|given| verify_type5(secret, given));
            right.then(Vec::new)
        }
        (Some(_) | None, _) => user.password.as_deref().and_then(|p| check(p.as_bytes(), credentials)),
    };
    match passed {
        Some(message) => LocalVerdict::Pass(message),
        None => LocalVerdict::Fail(refusal(credentials)),
    }
}

/// The text for the peer when the proof is right.
fn check(password: &[u8], credentials: &Credentials) -> Option<Vec<u8>> {
    match &credentials.proof {
        Proof::Pap { password: given } => same(given, password).then(Vec::new),
        Proof::Chap { protocol, id, challenge, response } => match protocol {
            // RFC 1994 section 4.1.
            AuthProtocol::ChapMd5 => same(response, &md5(&[&[*id], password, challenge])).then(Vec::new),
            AuthProtocol::MsChap => mschap::v1_verify(challenge, response, password).then(Vec::new),
            AuthProtocol::MsChapV2 => {
                mschap::v2_verify(challenge, response, &credentials.name, password).map(String::into_bytes)
            }
            AuthProtocol::Pap => None,
        },
    }
}

/// The text for a peer that is refused: IOS's words, or the form that MS-CHAP demands.
pub fn refusal(credentials: &Credentials) -> Vec<u8> {
    match &credentials.proof {
        Proof::Chap { protocol: AuthProtocol::MsChap | AuthProtocol::MsChapV2, challenge, .. } => {
            mschap::Failure::wrong(challenge).into_bytes()
        }
        Proof::Chap { protocol: AuthProtocol::ChapMd5 | AuthProtocol::Pap, .. } | Proof::Pap { .. } => {
            b"Authentication failure".to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secret::md5_crypt;

    fn pap(name: &str, password: &[u8]) -> Credentials {
        Credentials { name: name.as_bytes().to_vec(), proof: Proof::Pap { password: password.to_vec() } }
    }

    #[test]
    fn a_secret_is_proved_by_pap_and_not_by_chap() {
        let users = [User {
            name: "anna".to_owned(),
            password: None,
            secret: Some(md5_crypt("cisco", "mERr")),
            privilege: 1,
        }];
        assert_eq!(verify(&users, &pap("anna", b"cisco"), false), LocalVerdict::Pass(Vec::new()));
        for wrong in [&b"Cisco"[..], b"", &[0xff, 0xfe]] {
            assert!(matches!(verify(&users, &pap("anna", wrong), false), LocalVerdict::Fail(_)), "{wrong:?}");
        }
        let response = md5(&[&[7], b"cisco", b"challenge"]).to_vec();
        let proof = Proof::Chap {
            protocol: AuthProtocol::ChapMd5,
            id: 7,
            challenge: b"challenge".to_vec(),
            response,
        };
        let credentials = Credentials { name: b"anna".to_vec(), proof };
        assert!(matches!(verify(&users, &credentials, false), LocalVerdict::Fail(_)));
        assert_eq!(verify(&users, &pap("otto", b"cisco"), false), LocalVerdict::NotFound);
    }
}
