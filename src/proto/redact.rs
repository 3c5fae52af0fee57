//! Texts as a log may show them: without the secrets in them, and without what would drive a terminal.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::cursor::Reader;

/// PPP's number of PAP, and the code of its Authenticate-Request (RFC 1334 section 2.2).
const PAP: u16 = 0xc023;
const AUTHENTICATE_REQUEST: u8 = 1;
/// Address and control of PPP in HDLC-like framing, which a frame in a tunnel may have.
const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];

/// What a peer wrote, with a dot for each control character.
pub fn plain(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    // Nearly every name is ASCII, and one has been decoded for each call.
    if octets.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        return text.into_owned();
    }
    text.replace(char::is_control, ".")
}

/// A text that is to be one line, with a dot for each control character.
pub fn one_line(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, ".") } else { text }
}

/// A line with names of users and peers, who could drive a terminal or forge another line: it is written on with a dot for
/// each control character.
pub struct OneLine<'a>(pub &'a mut dyn fmt::Write);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.0.write_char(if c.is_control() { '.' } else { c }))
    }
}

/// Lines that may have names of peers and users in them, with a dot for whatever would drive the terminal that shows them.
/// Line ends, tabs and the bell of a banner stay.
pub fn screen(text: &str) -> Cow<'_, str> {
    let drives = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\x07');
    if text.contains(drives) { text.replace(drives, ".").into() } else { text.into() }
}

/// Where the password stands in a PPP frame that is an Authenticate-Request of PAP.
pub fn pap_password(frame: &[u8]) -> Option<Range<usize>> {
    let inner = frame.strip_prefix(&ADDRESS_CONTROL).unwrap_or(frame);
    let mut reader = Reader::new(inner);
    if reader.u16().ok()? != PAP || reader.u8().ok()? != AUTHENTICATE_REQUEST {
        return None;
    }
    reader.take(3).ok()?;
    let name = usize::from(reader.u8().ok()?);
    reader.take(name).ok()?;
    let length = usize::from(reader.u8().ok()?);
    let rest = reader.rest().len();
    let start = frame.len() - rest;
    Some(start..start + length.min(rest))
}

/// Keywords of a line of configuration that announce a secret.
const ANNOUNCE: [&str; 6] = ["password", "passphrase", "pwd", "secret", "key", "key-string"];
/// Those of them that are known when they are misspelt.
const MISSPELT: [&str; 2] = ["password", "secret"];
/// Letters by which a misspelt keyword may differ.
const SLIPS: usize = 2;

/// Stands for a secret in a line of configuration.
const REMOVED: &str = "<removed>";

/// A line of configuration: what follows a keyword that announces a secret is taken out. The keyword may be abbreviated or
/// misspelt. So is what follows the type of a secret in clear or in type 7, whatever stands before it.
pub fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut hiding = false;
    for (at, word) in words.iter().enumerate() {
        let kind = word.len() == 1 && word.bytes().all(|b| b.is_ascii_digit());
        if (hiding && !kind) || is_typed_secret(&words, at) {
            let kept = words.get(..at).unwrap_or_default();
            return [kept, &[REMOVED]].concat().join(" ");
        }
        hiding |= announces(&word.to_ascii_lowercase());
    }
    words.join(" ")
}

/// Whether the last word is a secret behind its type: `0 topsecret`, `7 094F471A1A0A`.
fn is_typed_secret(words: &[&str], at: usize) -> bool {
    let (Some(word), Some(kind)) = (words.get(at), at.checked_sub(1).and_then(|at| words.get(at))) else {
        return false;
    };
    let type_7 = || word.len() >= 4 && word.len() % 2 == 0 && word.bytes().all(|b| b.is_ascii_hexdigit());
    at > 1
        && at + 1 == words.len()
        && match *kind {
            "0" => word.bytes().any(|b| b.is_ascii_alphabetic()),
            "7" => type_7(),
            _ => false,
        }
}

/// Whether a word in lower case announces a secret.
fn announces(word: &str) -> bool {
    // `server-key`, `hex-key`, `tunnel-password`
    let last = word.rsplit('-').next().unwrap_or(word);
    let abbreviated = |known: &str| !word.is_empty() && known.starts_with(word);
    ANNOUNCE.iter().any(|known| abbreviated(known) || *known == last)
        || (word.len() > SLIPS + 2 && MISSPELT.iter().any(|known| distance(word, known) <= SLIPS))
}

/// How many letters must be put in, left out, changed or swapped with their neighbour to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    let cell = |rows: &[Vec<usize>], i: usize, j: usize| {
        rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(usize::MAX / 2)
    };
    for i in 1..=a.len() {
        rows.push(vec![i]);
        for j in 1..=b.len() {
            let same = usize::from(a.get(i - 1) != b.get(j - 1));
            let mut least = (cell(&rows, i - 1, j) + 1)
                .min(cell(&rows, i, j - 1) + 1)
                .min(cell(&rows, i - 1, j - 1) + same);
            if i > 1 && j > 1 && a.get(i - 1) == b.get(j - 2) && a.get(i - 2) == b.get(j - 1) {
                least = least.min(cell(&rows, i - 2, j - 2) + 1);
            }
            if let Some(row) = rows.get_mut(i) {
                row.push(least);
            }
        }
    }
    cell(&rows, a.len(), b.len())
}

/// The name of a Cisco-AVPair without its number (`interface-config#2`), in lower case, as the reader of pairs takes it:
/// neither letter case nor blanks nor a tag hide it.
fn pair_name(name: &str) -> String {
    let attribute = name.rsplit(':').next().unwrap_or(name);
    attribute.split('#').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A Cisco-AVPair, `protocol:attribute=value`: a value that is a password is a star, a secret in a line of configuration is
/// taken out.
pub fn pair(text: &str) -> String {
    let Some((name, value)) = text.find(['=', '*']).and_then(|at| text.split_at_checked(at + 1)) else {
        return text.to_owned();
    };
    let attribute = pair_name(name.trim_end_matches(['=', '*']));
    if attribute.ends_with("password") || attribute.ends_with("secret") {
        return format!("{name}*");
    }
    let free = value.split("\\n").map(secret_free).collect::<Vec<_>>().join("\\n");
    format!("{name}{free}")
}

/// [`line`], but as it was written where nothing is taken out.
fn secret_free(text: &str) -> String {
    let free = line(text);
    if free.ends_with(REMOVED) { free } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_secret() {
        for (text, shown) in [
            ("username x password 0 geheim junk", "username x password 0 <removed>"),
            ("enable Secret geheim", "enable Secret <removed>"),
            ("radius-server key geheim", "radius-server key <removed>"),
            ("ppp chap passw 0 geheim", "ppp chap passw 0 <removed>"),
            ("ppp chap p geheim", "ppp chap p <removed>"),
            ("ppp chap pasword geheim", "ppp chap pasword <removed>"),
            ("ppp chap Passwrod 7 094F471A1A0A", "ppp chap Passwrod 7 <removed>"),
            ("enable sercet geheim", "enable sercet <removed>"),
            ("ppp chap parole 0 geheim", "ppp chap parole 0 <removed>"),
            ("ppp chap parole 7 094F471A1A0A", "ppp chap parole 7 <removed>"),
            ("client 10.0.0.3 server-key geheim", "client 10.0.0.3 server-key <removed>"),
            ("interface Ethernet0", "interface Ethernet0"),
            ("password 7", "password 7"),
            ("ip access-group 7 in", "ip access-group 7 in"),
            ("ppp authentication chap vpdn", "ppp authentication chap vpdn"),
            ("no keepalive", "no keepalive"),
            ("radius-server retransmit 3", "radius-server retransmit 3"),
            ("ip tcp select", "ip tcp select"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn a_pair_has_no_secret() {
        for (text, shown) in [
            ("vpdn:l2tp-tunnel-password=geheim", "vpdn:l2tp-tunnel-password=*"),
            ("VPDN:L2TP-Tunnel-Password=geheim", "VPDN:L2TP-Tunnel-Password=*"),
            ("vpdn:l2tp-tunnel-password =geheim", "vpdn:l2tp-tunnel-password =*"),
            (":1:vpdn:l2tp-tunnel-password*geheim", ":1:vpdn:l2tp-tunnel-password**"),
            (
                "lcp:interface-config#1=ip mtu 1400\\nppp chap password 0 geheim",
                "lcp:interface-config#1=ip mtu 1400\\nppp chap password 0 <removed>",
            ),
            ("lcp:interface-config=ppp  mu", "lcp:interface-config=ppp  mu"),
            ("ip:route=10.0.0.0 255.0.0.0", "ip:route=10.0.0.0 255.0.0.0"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(pair(text), shown);
        }
    }

    #[test]
    fn a_password_of_pap_is_found_whole_or_cut() {
        let request =
            |head: &[u8], code: u8| [head, &[0xc0, 0x23, code, 1, 0, 12, 1, b'u', 5], b"cisco"].concat();
        for head in [&[][..], &ADDRESS_CONTROL] {
            let frame = request(head, AUTHENTICATE_REQUEST);
            for cut in 0..=5 {
                let shown = &frame[..frame.len() - cut];
                assert_eq!(&shown[pap_password(shown).unwrap()], &b"cisco"[..5 - cut]);
            }
            assert_eq!(pap_password(&request(head, 2)), None);
            assert_eq!(pap_password(&frame[..head.len() + 8]), None);
        }
        assert_eq!(pap_password(b""), None);
    }

    #[test]
    fn what_drives_a_terminal_is_a_dot() {
        assert_eq!(plain(b"a\x1b[2J\nb\xc2\x9b\xff"), "a.[2J.b.\u{fffd}");
        assert_eq!(plain("K\u{f6}ln".as_bytes()), "K\u{f6}ln");
        assert_eq!(one_line("a\x1b[2J\nb".to_owned()), "a.[2J.b");
        assert_eq!(one_line("K\u{f6}ln".to_owned()), "K\u{f6}ln");
        assert_eq!(screen("a\x1b[2J\n\tb\x07\u{9b}\r"), "a.[2J\n\tb\x07..");
        assert_eq!(screen("K\u{f6}ln\n"), "K\u{f6}ln\n");
    }

    #[test]
    fn letters_apart() {
        for (a, b, slips) in [("", "", 0), ("ab", "ba", 1), ("secret", "sercet", 1), ("server", "secret", 3)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (slips, slips), "{a} {b}");
        }
    }
}
