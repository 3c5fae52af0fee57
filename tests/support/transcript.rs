//! Holds the console of a router against a documented transcript.
//!
//! What the documented call decides by chance (ids, magic numbers, challenges) is a variable: it is bound where it
//! appears first and must agree wherever it appears again, on the other router too. Everything else is compared
//! as it stands, blanks included. Hex dumps must agree with the packet line above them and, AVP by AVP, with the
//! documented ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use regex::Regex;

/// What the LAC and the LNS of the documented call have printed.
pub const LAC: &str = include_str!("../labs/golden/dial-in-lac.txt");
pub const LNS: &str = include_str!("../labs/golden/dial-in-lns.txt");
/// The lines that the source of the LAC's transcript lost, in the style of their neighbours.
const LOST: &str = include_str!("../labs/golden/dial-in-lac-lost.txt");
/// What followed them: the rest of the dump of the SCCRQ.
const AFTER_LOST: &str = "         00 00 00 01 80 08 00 00 00 02 01 00 80 0A 00 00\n";

/// The whole transcript of the LAC.
pub fn lac() -> String {
    let at = LAC.find(AFTER_LOST).unwrap();
    format!("{}{LOST}{}", &LAC[..at], &LAC[at..])
}

/// How what differs from call to call is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    /// As variables.
    Free,
    /// As documented.
    Documented,
}

const NUMBER: &str = "[0-9]+";
const HEX8: &str = "[0-9A-F]{8}";
const HEX32: &str = "[0-9A-F]{32}";

/// The variables: where the group of the expression stands in the documented text, name, what it may be.
const VARIABLES: &[(&str, &str, &str)] = &[
    (r"\b(17688)\b", "lt", NUMBER),
    (r"\b(55270)\b", "rt", NUMBER),
    (r"17688/(7)\b", "ls", NUMBER),
    (r"\bcl (7)\b", "ls", NUMBER),
    (r"Call ID (7)$", "ls", NUMBER),
    (r"session (7) state", "ls", NUMBER),
    (r"55270/(45)\b", "rs", NUMBER),
    (r"\bcl (45)\b", "rs", NUMBER),
    (r"Call ID (45)$", "rs", NUMBER),
    (r"session (45) state", "rs", NUMBER),
    (r"(6EE4E865)", "magic_peer", HEX8),
    (r"(109D08F2)", "magic_lac", HEX8),
    (r"LCP: .*id (118)\b", "lcp_peer", NUMBER),
    (r"LCP: .*id (11)\b", "lcp_a", NUMBER),
    (r"LCP: .*id (12)\b", "lcp_b", NUMBER),
    (r"(545A2343FBE20EA08BCA7B56E4A7D29E)", "chal_lac", HEX32),
    (r"(98B296C28429E7ADC767237A45F31040)", "chal_lns", HEX32),
    (r"(7C358F7A7BA21957C07801195DCADFA6)", "resp_lns", HEX32),
    (r"(9639531841AC22E3103E208EF7D90989)", "resp_lac", HEX32),
    (r"(5D0D008CB1677CF8BC354556321A7A74)", "chap_chal", HEX32),
    (r"(CA1CC2E4FA6899E8DF1B695C0A80883E)", "chap_resp", HEX32),
    (r"CHAP: .*id (6)\b", "chap_id", NUMBER),
    (r"Auth ID (6)$", "chap_id", NUMBER),
    (r"CHAP: .*id (3)\b", "lns_chal_id", NUMBER),
    (r"Attribute 3 19 (06CA1CC2)", "chap_head", HEX8),
    (r"RADIUS: .*\bid (48)\b", "radius_id", NUMBER),
    (r"\b(3530581085)\b", "authen_id", NUMBER),
    (r"\b(1947215169)\b", "author_lcp", NUMBER),
    (r"\b(536495163)\b", "author_fsm", NUMBER),
    (r"\b(2669954081)\b", "author_ipcp", NUMBER),
    (r"IPCP: .*id (187)\b", "ipcp_a", NUMBER),
    (r"IPCP: .*id (188)\b", "ipcp_b", NUMBER),
    (r"IPCP: .*id (1)\b", "ipcp_own", NUMBER),
    (r"(0030\.94fe\.1bbf)", "hardware", r"0030\.94[0-9a-f]{2}\.[0-9a-f]{4}"),
    (r"Virtual-Access(4)\b", "vi", NUMBER),
    (r"\bVi(4)\b", "vi", NUMBER),
    (r"VACCESS(4)\b", "vi", NUMBER),
    (r"Attribute 5 6 (00000004)", "nas_port", HEX8),
    (r"call lasted (17) seconds", "seconds", NUMBER),
    // Of the lines that the source lost.
    (r"RADIUS: .*\bid (21)\b", "lookup_id", NUMBER),
    (r"\b(1021372159)\b", "author_vpdn", NUMBER),
    (r"Attribute 2 18 (1C27DEA4)", "lookup_password", HEX8),
    (r"Attribute 80 18 (BAB324AF)", "request_authenticator", HEX8),
    (r"Attribute 80 18 (E87EA4F9)", "accept_authenticator", HEX8),
    (r"Attribute 69 21 01(D42C39)", "tunnel_password", "[89A-F][0-9A-F]{5}"),
];

static RULES: LazyLock<Vec<(Regex, &str, &str)>> = LazyLock::new(|| {
    VARIABLES.iter().map(|(at, name, class)| (Regex::new(at).unwrap(), *name, *class)).collect()
});

pub type Binds = BTreeMap<String, String>;

#[derive(Debug, PartialEq)]
enum Line {
    Stamped { stamp: String, text: String },
    Plain(String),
    Dump { bytes: Vec<u8>, cut: bool },
}

fn read(text: &str) -> Vec<Line> {
    let stamped = Regex::new(r"^[*.]?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.\d{3}): (.*)$").unwrap();
    let hex = Regex::new(r"^ {9}((?:[0-9A-F]{2} ){0,15}[0-9A-F]{2})( \.\.\.)?$").unwrap();
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if let Some(dump) = hex.captures(line) {
            let more = dump[1].split(' ').map(|octet| u8::from_str_radix(octet, 16).unwrap());
            match lines.last_mut() {
                // Sixteen to a line: a shorter one is the last.
                Some(Line::Dump { bytes, cut }) if bytes.len() % 16 == 0 && !*cut => {
                    bytes.extend(more);
                    *cut = dump.get(2).is_some();
                }
                _ => lines.push(Line::Dump { bytes: more.collect(), cut: dump.get(2).is_some() }),
            }
        } else if let Some(parts) = stamped.captures(line) {
            lines.push(Line::Stamped { stamp: parts[1].to_owned(), text: parts[2].to_owned() });
        } else {
            lines.push(Line::Plain(line.to_owned()));
        }
    }
    lines
}

/// A documented line as an expression, and the variables of its groups in order.
struct Template {
    expression: Regex,
    names: Vec<&'static str>,
}

impl Template {
    fn new(text: &str, chance: Chance) -> Template {
        let mut spans: Vec<(usize, usize, &'static str, &'static str)> = Vec::new();
        if chance == Chance::Free {
            for (at, name, class) in RULES.iter() {
                let found = at.captures_iter(text).filter_map(|captures| captures.get(1));
                spans.extend(found.map(|group| (group.start(), group.end(), *name, *class)));
            }
        }
        spans.sort_unstable();
        let (mut expression, mut names, mut done) = ("^".to_owned(), Vec::new(), 0);
        for (start, end, name, class) in spans {
            expression += &format!("{}({class})", regex::escape(&text[done..start]));
            names.push(name);
            done = end;
        }
        expression += &format!("{}$", regex::escape(&text[done..]));
        Template { expression: Regex::new(&expression).unwrap(), names }
    }

    /// The new variables of a line, when it is the documented one.
    fn bind(&self, text: &str, binds: &Binds) -> Option<Binds> {
        let captures = self.expression.captures(text)?;
        let mut new = Binds::new();
        for (name, group) in self.names.iter().zip(captures.iter().skip(1)) {
            let value = group?.as_str();
            match binds.get(*name).or_else(|| new.get(*name)) {
                Some(known) if known != value => return None,
                Some(_) => {}
                None => {
                    new.insert((*name).to_owned(), value.to_owned());
                }
            }
        }
        Some(new)
    }
}

/// Flags and length, vendor, type and as much of the value as is shown of each AVP.
fn avps(bytes: &[u8]) -> Vec<(u16, u16, u16, &[u8])> {
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let (mut all, mut at) = (Vec::new(), 12);
    while at + 6 <= bytes.len() {
        let length = usize::from(word(at) & 0x3ff).max(6);
        all.push((word(at), word(at + 2), word(at + 4), &bytes[at + 6..bytes.len().min(at + length)]));
        at += length;
    }
    all
}

/// What is wrong with a dump in which chance had its part.
fn dump_errors(documented: &[u8], bytes: &[u8], packet: &str, binds: &Binds) -> Option<String> {
    let header = Regex::new(r"len (\d+), tnl (\d+), cl (\d+), ns (\d+), nr (\d+)").unwrap();
    let Some(above) = header.captures(packet) else {
        return Some(format!("a dump without packet: {packet}"));
    };
    let said: Vec<u16> = above.iter().skip(1).flatten().map(|n| n.as_str().parse().unwrap()).collect();
    let shown: Vec<u16> =
        bytes[2..12].chunks(2).map(|octets| u16::from_be_bytes([octets[0], octets[1]])).collect();
    if bytes[..2] != [0xc8, 2] || said != shown || bytes.len() != documented.len() {
        return Some(format!("the dump does not fit {packet}: {bytes:02X?}"));
    }
    let is = |names: [&str; 2], value: &str| names.iter().any(|n| binds.get(*n).is_some_and(|v| v == value));
    for (wanted, avp) in avps(documented).into_iter().zip(avps(bytes)) {
        let (head, value) = ((avp.0, avp.1, avp.2), avp.3);
        let number = || value.iter().fold(0u32, |n, octet| n << 8 | u32::from(*octet)).to_string();
        let right = match head.2 {
            9 => is(["lt", "rt"], &number()),
            14 => is(["ls", "rs"], &number()),
            13 => is(["resp_lac", "resp_lns"], &value.iter().map(|b| format!("{b:02X}")).collect::<String>()),
            // The serial number is of the LAC's own choice.
            15 => value.len() == 4,
            _ => value == wanted.3,
        };
        if head != (wanted.0, wanted.1, wanted.2) || !right {
            return Some(format!("AVP {avp:02X?} instead of {wanted:02X?} after {packet}"));
        }
    }
    None
}

/// Whether the line may stand in a log beside the documented ones: the prompt, alone or with a command of the play,
/// and what the router says to it.
fn is_of_the_play(line: &Line, hostname: &str, play: &str) -> bool {
    let Line::Plain(text) = line else { return false };
    let prompt = [">", "#"].iter().find_map(|end| text.strip_prefix(hostname)?.strip_prefix(end));
    match prompt {
        Some("") => true,
        Some(typed) => play.lines().any(|step| step.split_once(": ").is_some_and(|(_, text)| text == typed)),
        None => text.ends_with(" debugging is on"),
    }
}

/// Holds a log against its transcript, adding to `binds`. The result is what is wrong.
pub fn differences(
    documented: &str,
    log: &str,
    hostname: &str,
    play: &str,
    chance: Chance,
    binds: &mut Binds,
) -> Vec<String> {
    let mut errors = Vec::new();
    let mut log = read(log);
    log.retain(|line| !is_of_the_play(line, hostname, play));
    let stamps: Vec<&str> = log
        .iter()
        .filter_map(|line| match line {
            Line::Stamped { stamp, .. } => Some(stamp.as_str()),
            Line::Plain(_) | Line::Dump { .. } => None,
        })
        .collect();
    if let Some(back) = stamps.windows(2).find(|pair| pair[0] > pair[1]) {
        errors.push(format!("time runs backwards from {} to {}", back[0], back[1]));
    }
    let (mut at, mut packet) = (0, String::new());
    for wanted in read(documented) {
        let template = match &wanted {
            Line::Stamped { text, .. } | Line::Plain(text) => Some(Template::new(text, chance)),
            Line::Dump { .. } => None,
        };
        let found = log[at..].iter().position(|line| match (&wanted, line) {
            (Line::Stamped { .. }, Line::Stamped { text, .. }) | (Line::Plain(_), Line::Plain(text)) => {
                let new = template.as_ref().and_then(|template| template.bind(text, binds));
                binds.extend(new.clone().unwrap_or_default());
                new.is_some()
            }
            (Line::Dump { .. }, Line::Dump { .. }) => true,
            (Line::Stamped { .. } | Line::Plain(_) | Line::Dump { .. }, _) => false,
        });
        let Some(skipped) = found else {
            errors.push(format!("missing: {wanted:?}"));
            continue;
        };
        errors.extend(log[at..at + skipped].iter().map(|line| format!("extra: {line:?}")));
        let line = &log[at + skipped];
        match (&wanted, line) {
            (Line::Dump { .. }, Line::Dump { .. }) if chance == Chance::Documented => {
                errors.extend((*line != wanted).then(|| format!("{line:02X?} instead of {wanted:02X?}")));
            }
            (Line::Dump { bytes: wanted, cut: wanted_cut }, Line::Dump { bytes, cut }) => {
                errors.extend(dump_errors(wanted, bytes, &packet, binds));
                if cut != wanted_cut {
                    errors.push(format!("a dump is cut off, or is not: {packet}"));
                }
            }
            (_, Line::Stamped { text, .. }) if text.contains(", nr ") => packet.clone_from(text),
            _ => {}
        }
        at += skipped + 1;
    }
    errors.extend(log[at.min(log.len())..].iter().map(|line| format!("extra: {line:?}")));
    errors
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// MD5(identifier | secret | challenge), as RFC 1994 and RFC 2661 4.4.3 want it.
fn digest(identifier: u8, secret: &str, challenge: &str) -> String {
    let input = [&[identifier][..], secret.as_bytes(), &octets(challenge)].concat();
    Md5::digest(input).iter().map(|octet| format!("{octet:02X}")).collect()
}

/// What is wrong between the variables of a call: digests that its secrets do not give, ids that do not follow.
pub fn contradictions(binds: &Binds) -> Vec<String> {
    let value = |name: &str| binds.get(name).map_or("", String::as_str);
    let number = |name: &str| value(name).parse::<u8>().unwrap_or_default();
    let chap_id = number("chap_id");
    let follows = |name: &str| number(name).wrapping_add(1).to_string();
    let expected = [
        ("resp_lns", digest(2, "hello", value("chal_lac"))),
        ("resp_lac", digest(3, "hello", value("chal_lns"))),
        ("chap_resp", digest(chap_id, "cisco", value("chap_chal"))),
        ("chap_head", format!("{chap_id:02X}{}", value("chap_resp").get(..6).unwrap_or_default())),
        ("nas_port", format!("{:08X}", number("vi"))),
        ("lcp_b", follows("lcp_a")),
        ("ipcp_b", follows("ipcp_a")),
    ];
    expected
        .into_iter()
        .filter(|(name, expected)| value(name) != expected)
        .map(|(name, expected)| format!("{name} is {:?}, not {expected}", value(name)))
        .collect()
}

/// Holds the logs of LAC and LNS against the transcripts and against each other.
pub fn call_differences(lac_log: &str, lns_log: &str, play: &str, chance: Chance) -> Vec<String> {
    let mut binds = Binds::new();
    let mut errors = differences(LNS, lns_log, "1600-3", play, chance, &mut binds);
    errors.extend(differences(&lac(), lac_log, "5300-1", play, chance, &mut binds));
    if chance == Chance::Free {
        errors.extend(contradictions(&binds));
    }
    errors
}
