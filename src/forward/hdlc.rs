//! Octet-stuffed framing of RFC 1662 section 4 for B channels.

const FLAG: u8 = 0x7e;
const ESCAPE: u8 = 0x7d;
const GOOD: u16 = 0xf0b8;

fn fcs(mut fcs: u16, octet: u8) -> u16 {
    fcs ^= u16::from(octet);
    for _ in 0..8 {
        fcs = if fcs & 1 == 1 { (fcs >> 1) ^ 0x8408 } else { fcs >> 1 };
    }
    fcs
}

#[derive(Default)]
pub struct Decoder {
    frame: Vec<u8>,
    escaped: bool,
    bad: bool,
}

pub struct Bad;

impl Decoder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, octets: &[u8], each: &mut dyn FnMut(Result<&[u8], Bad>)) {
        for &octet in octets {
            match octet {
                FLAG => self.end(each),
                ESCAPE => self.escaped = true,
                _ => {
                    let octet = if std::mem::take(&mut self.escaped) { octet ^ 0x20 } else { octet };
                    if self.frame.len() < 4096 { self.frame.push(octet) } else { self.bad = true }
                }
            }
        }
    }

    fn end(&mut self, each: &mut dyn FnMut(Result<&[u8], Bad>)) {
        let bad = std::mem::take(&mut self.bad) | std::mem::take(&mut self.escaped);
        if !self.frame.is_empty() {
            let sum = self.frame.iter().fold(0xffff, |sum, &octet| fcs(sum, octet));
            let body = self.frame.len().saturating_sub(2);
            each(if !bad && sum == GOOD { self.frame.get(..body).ok_or(Bad) } else { Err(Bad) });
        }
        self.frame.clear();
    }
}

pub fn encode_pieces(pieces: &[&[u8]], accm: u32, out: &mut Vec<u8>) {
    let mut sum = 0xffff;
    out.push(FLAG);
    for &octet in pieces.iter().copied().flatten() {
        sum = fcs(sum, octet);
        put(octet, accm, out);
    }
    for octet in (!sum).to_le_bytes() {
        put(octet, accm, out);
    }
    out.push(FLAG);
}

fn put(octet: u8, accm: u32, out: &mut Vec<u8>) {
    if octet == FLAG || octet == ESCAPE || (octet < 0x20 && accm & (1 << octet) != 0) {
        out.extend_from_slice(&[ESCAPE, octet ^ 0x20]);
    } else {
        out.push(octet);
    }
}
