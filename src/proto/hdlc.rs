//! HDLC-like framing with FCS-16 (RFC 1662), as the emulated B channel carries it.
//!
//! Frames between flags, octet-stuffed. The content starts with address and control (or, compressed, with the
//! protocol field) and ends before the FCS.

/// Flag sequence.
const FLAG: u8 = 0x7e;
/// Control escape.
const ESCAPE: u8 = 0x7d;
/// What an escaped octet is combined with.
const COMPLEMENT: u8 = 0x20;
/// PPPINITFCS16.
const INITIAL_FCS: u16 = 0xffff;
/// PPPGOODFCS16: what remains after content and FCS.
const GOOD_FCS: u16 = 0xf0b8;

/// RFC 1662 appendix C.1.
const FCS_TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u16;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0x8408 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

/// Carries the running FCS-16 on over `octets` (RFC 1662 appendix C.2); starts at 0xFFFF, sent complemented and
/// low octet first.
pub fn fcs16(fcs: u16, octets: &[u8]) -> u16 {
    octets.iter().fold(fcs, |fcs, octet| fcs >> 8 ^ FCS_TABLE[usize::from((fcs ^ u16::from(*octet)) & 0xff)])
}

/// Appends one frame to `out`: flag, stuffed `content` and FCS, flag. `accm` are the control characters below
/// 0x20 that are escaped besides flag and escape, bit n for octet n; 0 on a synchronous line.
pub fn encode(content: &[u8], accm: u32, out: &mut Vec<u8>) {
    let fcs = !fcs16(INITIAL_FCS, content);
    out.reserve(content.len() + 4);
    out.push(FLAG);
    for octet in content.iter().copied().chain(fcs.to_le_bytes()) {
        let control = octet < 0x20 && accm >> octet & 1 == 1;
        if control || octet == FLAG || octet == ESCAPE {
            out.extend_from_slice(&[ESCAPE, octet ^ COMPLEMENT]);
        } else {
            out.push(octet);
        }
    }
    out.push(FLAG);
}

/// What a decoder has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Good frames.
    pub frames: u64,
    /// Frames with a wrong FCS.
    pub bad_fcs: u64,
    /// Frames of fewer than four octets, FCS included.
    pub runts: u64,
    /// Frames longer than the limit.
    pub giants: u64,
    /// Frames that ended with an escape and a flag.
    pub aborts: u64,
}

/// An incremental decoder.
#[derive(Clone, Debug)]
pub struct Decoder {
    frame: Vec<u8>,
    fcs: u16,
    limit: usize,
    accm: u32,
    escaped: bool,
    /// The frame is too long; octets are thrown away until the next flag.
    oversize: bool,
    /// No flag has been seen yet: what comes is the rest of a frame that began before us.
    lost: bool,
    counters: Counters,
}

impl Decoder {
    /// A decoder for contents of at most `limit` octets, without the FCS. Control characters of `accm` that come
    /// unescaped were put in by the line and are dropped (RFC 1662 section 4.2); 0 on a synchronous line.
    pub fn new(limit: usize, accm: u32) -> Self {
        Decoder {
            frame: Vec::new(),
            fcs: INITIAL_FCS,
            limit,
            accm,
            escaped: false,
            oversize: false,
            lost: true,
            counters: Counters::default(),
        }
    }

    /// Takes octets from the line and calls `sink` with the content of every good frame that ends in them.
    pub fn feed(&mut self, octets: &[u8], mut sink: impl FnMut(&[u8])) {
        for &octet in octets {
            match octet {
                FLAG => self.end(&mut sink),
                _ if self.lost => {}
                ESCAPE => self.escaped = true,
                _ if octet < 0x20 && self.accm >> octet & 1 == 1 => {}
                _ => self.push(octet),
            }
        }
    }

    /// What has been seen so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn push(&mut self, octet: u8) {
        let octet = if std::mem::take(&mut self.escaped) { octet ^ COMPLEMENT } else { octet };
        if self.frame.len() >= self.limit.saturating_add(2) {
            self.oversize = true;
        } else {
            self.frame.push(octet);
            self.fcs = fcs16(self.fcs, &[octet]);
        }
    }

    fn end(&mut self, sink: &mut impl FnMut(&[u8])) {
        let counters = &mut self.counters;
        if self.escaped {
            counters.aborts += 1;
        } else if self.oversize {
            counters.giants += 1;
        } else if self.frame.is_empty() {
            // Flags between frames.
        } else if self.frame.len() < 4 {
            counters.runts += 1;
        } else if self.fcs != GOOD_FCS {
            counters.bad_fcs += 1;
        } else {
            counters.frames += 1;
            let content = self.frame.len() - 2;
            sink(self.frame.get(..content).unwrap_or_default());
        }
        self.frame.clear();
        self.fcs = INITIAL_FCS;
        self.escaped = false;
        self.oversize = false;
        self.lost = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(decoder: &mut Decoder, octets: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        decoder.feed(octets, |frame| frames.push(frame.to_vec()));
        frames
    }

    #[test]
    fn the_table_is_the_rfcs() {
        assert_eq!(FCS_TABLE[..4], [0x0000, 0x1189, 0x2312, 0x329b]);
        assert_eq!(FCS_TABLE[128..130], [0x8408, 0x9581]);
        assert_eq!(FCS_TABLE[252..], [0x3de3, 0x2c6a, 0x1ef1, 0x0f78]);
    }

    #[test]
    fn the_check_value_of_the_polynomial() {
        assert_eq!(!fcs16(INITIAL_FCS, b"123456789"), 0x906e);
    }

    /// A Configure-Request as RFC 1662 appendix A hints and every modem trace shows: all controls escaped.
    #[test]
    fn a_frame_of_an_asynchronous_line() {
        let content = [0xff, 3, 0xc0, 0x21, 1, 1, 0, 4];
        let mut line = Vec::new();
        encode(&content, u32::MAX, &mut line);
        assert_eq!(line[..9], [0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d, 0x21, 0x7d]);
        assert!(line[1..line.len() - 1].iter().all(|o| *o >= 0x20 && *o != FLAG));
        assert_eq!(decode(&mut Decoder::new(1504, u32::MAX), &line), [content]);
    }

    #[test]
    fn trouble_is_counted_and_the_next_frame_is_found() {
        let mut decoder = Decoder::new(8, 0);
        let mut good = Vec::new();
        encode(b"right", 0, &mut good);
        assert!(decode(&mut decoder, b"the rest of something").is_empty());
        assert!(decode(&mut decoder, &[FLAG, 1, 2, FLAG]).is_empty());
        assert!(decode(&mut decoder, &[1, 2, 3, 4, 5, FLAG]).is_empty());
        assert!(decode(&mut decoder, &[7; 11]).is_empty());
        assert!(decode(&mut decoder, &[FLAG, 9, 9, 9, ESCAPE, FLAG]).is_empty());
        assert_eq!(decode(&mut decoder, &good), [b"right"]);
        let expected = Counters { frames: 1, bad_fcs: 1, runts: 1, giants: 1, aborts: 1 };
        assert_eq!(decoder.counters(), expected);
    }

    #[test]
    fn controls_that_the_line_put_in_are_dropped() {
        let mut line = Vec::new();
        encode(b"right", 1 << 0x11, &mut line);
        line.insert(3, 0x11);
        assert_eq!(decode(&mut Decoder::new(8, 1 << 0x11), &line), [b"right"]);
        assert!(decode(&mut Decoder::new(8, 0), &line).is_empty());
    }

    proptest! {
        #[test]
        fn frames_survive_in_any_pieces(
            contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 2..64), 0..6),
            accm: u32,
            piece in 1_usize..40,
        ) {
            let mut line = Vec::new();
            for content in &contents {
                encode(content, accm, &mut line);
            }
            let mut decoder = Decoder::new(64, accm);
            let mut frames = Vec::new();
            for octets in line.chunks(piece) {
                frames.extend(decode(&mut decoder, octets));
            }
            prop_assert_eq!(frames, contents);
        }

        #[test]
        fn garbage_is_survived(noise: Vec<u8>, accm: u32) {
            let mut decoder = Decoder::new(16, accm);
            for frame in decode(&mut decoder, &noise) {
                prop_assert!(frame.len() <= 16);
            }
            let mut good = vec![FLAG];
            encode(b"right", u32::MAX, &mut good);
            let frames = decode(&mut decoder, &good);
            prop_assert_eq!(frames.last().map(Vec::as_slice), Some(&b"right"[..]));
        }
    }
}
