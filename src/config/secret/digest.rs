//! Secrets that are kept as digests: types 5, 8 and 9, and how a typed password is held against them.

use crate::grammar::value::{Scheme, Secret};
use md5::{Digest, Md5};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Rounds of PBKDF2 in type 8.
const PBKDF2_ROUNDS: u32 = 20_000;
/// Cost of scrypt in type 9: N = 2^14, r = 1, p = 1.
const SCRYPT_COST: (u8, u32, u32) = (14, 1, 1);
/// Characters of a type 5 salt as IOS draws it; up to 8 are read.
const MD5_SALT: usize = 4;
/// Characters of a type 8 or 9 salt.
const LONG_SALT: usize = 14;

const ITOA64: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `algorithm-type`: how a secret in clear is digested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Type 5, MD5 crypt: what IOS takes unless it is told otherwise.
    #[default]
    Md5,
    /// Type 8, PBKDF2 with HMAC-SHA-256.
    Sha256,
    /// Type 9, scrypt.
    Scrypt,
}

impl Algorithm {
    /// Its keyword.
    pub fn of(keyword: &str) -> Option<Self> {
        match keyword {
            "md5" => Some(Algorithm::Md5),
            "sha256" => Some(Algorithm::Sha256),
            "scrypt" => Some(Algorithm::Scrypt),
            _ => None,
        }
    }

    /// The type of a digest in the configuration.
    const fn number(self) -> u8 {
        match self {
            Algorithm::Md5 => 5,
            Algorithm::Sha256 => 8,
            Algorithm::Scrypt => 9,
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        [Algorithm::Md5, Algorithm::Sha256, Algorithm::Scrypt].into_iter().find(|a| a.number() == number)
    }

    fn compute(self, password: &str, salt: &str) -> Option<String> {
        match self {
            Algorithm::Md5 => Some(md5_crypt(password, salt)),
            Algorithm::Sha256 => Some(sha256(password, salt)),
            Algorithm::Scrypt => scrypt(password, salt),
        }
    }
}

/// Where salts come from: a seed that the router draws, and a count of those that were used. A store that was not
/// given a seed salts alike every time, which is enough to check a file and not for a router.
#[derive(Clone, Default)]
pub struct Salts {
    seed: Option<[u8; 16]>,
    drawn: u64,
    unseeded: bool,
}

impl std::fmt::Debug for Salts {
    /// Without the seed, from which salts could be told in advance.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Salts(seeded: {}, drawn: {})", self.seed.is_some(), self.drawn)
    }
}

impl Salts {
    /// Takes the seed.
    pub fn seed(&mut self, seed: [u8; 16]) {
        self.seed = Some(seed);
        self.unseeded = false;
    }

    /// Whether a seed was taken.
    pub fn is_seeded(&self) -> bool {
        self.seed.is_some()
    }

    /// A salt was used before there was a seed.
    pub fn missed_seed(&self) -> bool {
        self.unseeded
    }

    fn draw(&mut self, length: usize) -> String {
        self.unseeded |= self.seed.is_none();
        self.drawn += 1;
        let hash = Sha256::new()
            .chain_update(self.seed.unwrap_or_default())
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        hash.iter().take(length).map(|b| letter(u32::from(*b))).collect()
    }
}

fn letter(six: u32) -> char {
    ITOA64.get((six & 0x3f) as usize).copied().map_or('.', char::from)
}

/// Digests a secret in clear; a digest stays.
pub fn digest(secret: &Secret, algorithm: Algorithm, salts: &mut Salts) -> Secret {
    match secret.scheme {
        Scheme::Clear | Scheme::Type7 => {
            let length = if algorithm == Algorithm::Md5 { MD5_SALT } else { LONG_SALT };
            let salt = salts.draw(length);
            let text = algorithm.compute(secret.reveal(), &salt);
            // The parameters of scrypt are constants that it accepts.
            text.map_or_else(|| secret.clone(), |text| Secret::new(Scheme::Digest(algorithm.number()), text))
        }
        Scheme::Digest(_) => secret.clone(),
    }
}

/// Whether a text has the form of a digest of this type: `$1$`, `$8$` or `$9$`, salt, `$` and digest. Its length is not
/// judged: published configurations have some of their digits taken out.
pub fn is_digest(number: u8, text: &str) -> bool {
    let id = match Algorithm::of_number(number) {
        Some(Algorithm::Md5) => "1",
        Some(Algorithm::Sha256) => "8",
        Some(Algorithm::Scrypt) => "9",
        None => return false,
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| ITOA64.contains(&b));
    let parts: Vec<&str> = text.split('$').collect();
    matches!(parts.as_slice(), ["", kind, salt, digest] if *kind == id && digits(salt) && digits(digest))
}

/// Whether `typed` is the password that `secret` keeps, in a time that does not depend on where they differ.
pub fn verify(secret: &Secret, typed: &str) -> bool {
    let same = |a: &str, b: &str| bool::from(a.as_bytes().ct_eq(b.as_bytes()));
    match secret.scheme {
        Scheme::Clear | Scheme::Type7 => same(secret.reveal(), typed),
        Scheme::Digest(number) => {
            let salt = secret.reveal().split('$').nth(2).unwrap_or("");
            Algorithm::of_number(number)
                .and_then(|algorithm| algorithm.compute(typed, salt))
                .is_some_and(|digest| same(&digest, secret.reveal()))
        }
    }
}

/// The `$8$salt$digest` form of a password: PBKDF2 with HMAC-SHA-256, 32 octets.
fn sha256(password: &str, salt: &str) -> String {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt.as_bytes(), PBKDF2_ROUNDS, &mut *key);
    format!("$8${salt}${}", encode64(&*key))
}

/// The `$9$salt$digest` form of a password: scrypt, 32 octets.
fn scrypt(password: &str, salt: &str) -> Option<String> {
    let (log_n, r, p) = SCRYPT_COST;
    let parameters = scrypt::Params::new(log_n, r, p).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &parameters, &mut *key).ok()?;
    Some(format!("$9${salt}${}", encode64(&*key)))
}

/// Base 64 in the alphabet of `crypt`, the first bits first and without padding, as types 8 and 9 have it.
fn encode64(octets: &[u8]) -> String {
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        text.extend((0..=chunk.len()).map(|i| letter(bits >> (18 - 6 * i))));
    }
    text
}

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
    let mut put = |v: u32, count: u32| text.extend((0..count).map(|i| letter(v >> (6 * i))));
    let at = |i: usize| u32::from(digest[i]);
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put(at(a) << 16 | at(b) << 8 | at(c), 4);
    }
    put(at(11), 2);
    format!("$1${salt}${text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A digest of `hashcat`'s list of example hashes, whose password is `hashcat`: modes 500, 9200 and 9300.
    const PUBLISHED: [(u8, &str); 3] = [
        (5, "$1$28772684$iEwNOgGugqO9.bIz5sk8k/"),
        (8, "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk"),
        (9, "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6"),
    ];

    #[test]
    fn published_digests_are_those_of_their_password_and_of_no_other() {
        for (number, text) in PUBLISHED {
            let kept = Secret::new(Scheme::Digest(number), text.to_owned());
            assert!(verify(&kept, "hashcat"), "type {number}");
            assert!(!verify(&kept, "Hashcat") && !verify(&kept, ""), "type {number}");
        }
        // The example of crypt(5) implementations.
        assert_eq!(md5_crypt("password", "saltsalt"), "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/");
    }

    #[test]
    fn a_secret_is_digested_with_a_salt_of_its_own_and_found_again() {
        let mut salts = Salts::default();
        salts.seed([7; 16]);
        for (algorithm, head, salt) in
            [(Algorithm::Md5, "$1$", 4), (Algorithm::Sha256, "$8$", 14), (Algorithm::Scrypt, "$9$", 14)]
        {
            let kept = digest(&Secret::clear("cisco"), algorithm, &mut salts);
            assert!(kept.reveal().starts_with(head), "{}", kept.reveal());
            assert_eq!(kept.reveal().split('$').nth(2).map(str::len), Some(salt));
            assert!(verify(&kept, "cisco") && !verify(&kept, "Cisco"));
            assert_eq!(digest(&kept, algorithm, &mut salts), kept, "a digest stays");
            let again = digest(&Secret::clear("cisco"), algorithm, &mut salts);
            assert_ne!(again, kept, "two users with one password do not show it");
        }
        assert!(!salts.missed_seed());
    }

    #[test]
    fn a_digest_that_is_none_lets_nobody_in() {
        for text in ["", "$9$", "$9$salt", "$8$$", "5", "$1$$$$", "$4$salt$text"] {
            for number in [4, 5, 8, 9] {
                assert!(
                    !verify(&Secret::new(Scheme::Digest(number), text.to_owned()), ""),
                    "{number} {text}"
                );
            }
        }
    }

    #[test]
    fn a_digest_has_the_form_of_its_type() {
        for (number, text) in PUBLISHED {
            assert!(is_digest(number, text));
            assert!(!is_digest(if number == 5 { 8 } else { 5 }, text));
            for wrong in
                [text.replace('$', ""), text.replace('/', ":"), format!("{text}$x"), text[..3].into()]
            {
                assert!(!is_digest(number, &wrong), "{number} {wrong}");
            }
        }
        for (number, wrong) in [(5, "garbage"), (5, "$1$$x"), (9, "$9$salt$"), (4, "$4$salt$text"), (5, "")] {
            assert!(!is_digest(number, wrong), "{number} {wrong}");
        }
        // As published configurations show it.
        assert!(is_digest(5, "$1$Q0Zl$LN7ONybETL5LJZF1"));
    }

    #[test]
    fn salts_without_a_seed_are_noticed() {
        let mut salts = Salts::default();
        assert!(!salts.missed_seed());
        salts.draw(4);
        assert!(salts.missed_seed() && !salts.is_seeded());
    }
}
