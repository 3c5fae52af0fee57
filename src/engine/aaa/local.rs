//! Local users: `username NAME password P`.

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

/// Checks a proof against the local users. A user without a clear password (`secret`) proves nothing by CHAP.
pub fn verify(users: &[User], credentials: &Credentials, case: bool) -> LocalVerdict {
    let Some(user) = find(users, &credentials.name, case) else { return LocalVerdict::NotFound };
    match proven(user, credentials) {
        Some(message) => LocalVerdict::Pass(message),
        None => LocalVerdict::Fail(refusal(credentials)),
    }
}

/// The text for the peer when the proof is right. A password in clear answers for any protocol, a digest for PAP.
fn proven(user: &User, credentials: &Credentials) -> Option<Vec<u8>> {
    if let Proof::Pap { password } = &credentials.proof {
        return user.accepts(&String::from_utf8_lossy(password)).then(Vec::new);
    }
    check(user.password.as_ref()?.clear()?.as_bytes(), credentials)
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
