//! AVPs as octets, RFC 2661 section 4.1.

use super::{AVP_HEADER_LEN, Attribute, HIDDEN, Kind, MANDATORY, MAX_AVP_LEN, RESERVED, Spec};
use crate::proto::Purpose;
use crate::proto::cursor::{Reader, Truncated};
use crate::proto::l2tp::hidden;
use crate::proto::l2tp::message::Hiding;

/// Octets of our random vectors; the RFC recommends at least this many.
const VECTOR_LEN: usize = 16;
/// Octets that hiding adds in front of a value.
const HIDDEN_LENGTH_LEN: usize = 2;
/// Hidden values are padded to a multiple of this, so that their length tells little.
const HIDDEN_BLOCK: usize = 16;

/// An AVP as it stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAvp<'a> {
    /// The first six bits in place: [`MANDATORY`], [`HIDDEN`], [`RESERVED`].
    pub flags: u16,
    /// Octets, header included.
    pub len: u16,
    /// Vendor id.
    pub vendor: u16,
    /// Attribute type.
    pub number: u16,
    /// The value, still hidden if it is.
    pub value: &'a [u8],
}

impl RawAvp<'_> {
    /// The M bit.
    pub const fn mandatory(&self) -> bool {
        self.flags & MANDATORY != 0
    }

    /// The H bit.
    pub const fn hidden(&self) -> bool {
        self.flags & HIDDEN != 0
    }

    /// A reserved bit is set, which makes it an unknown AVP.
    pub const fn reserved(&self) -> bool {
        self.flags & RESERVED != 0
    }
}

/// The AVPs do not fill their message: a length below 6, or beyond the message's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenAvps;

/// The AVPs of a message's body, one after the other. After [`BrokenAvps`] nothing follows.
#[derive(Clone, Debug)]
pub struct RawAvps<'a>(Reader<'a>);

impl<'a> RawAvps<'a> {
    /// The AVPs of `body`.
    pub const fn new(body: &'a [u8]) -> Self {
        RawAvps(Reader::new(body))
    }

    fn one(&mut self) -> Result<RawAvp<'a>, Truncated> {
        let word = self.0.u16()?;
        let (flags, len) = (word & !(MAX_AVP_LEN as u16), word & MAX_AVP_LEN as u16);
        let vendor = self.0.u16()?;
        let number = self.0.u16()?;
        let value = usize::from(len).checked_sub(AVP_HEADER_LEN).ok_or(Truncated)?;
        Ok(RawAvp { flags, len, vendor, number, value: self.0.take(value)? })
    }
}

impl<'a> Iterator for RawAvps<'a> {
    type Item = Result<RawAvp<'a>, BrokenAvps>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        Some(self.one().map_err(|Truncated| {
            self.0 = Reader::new(&[]);
            BrokenAvps
        }))
    }
}

/// AVPs as octets, in the order given. With `hiding`, every AVP that may be hidden is, and a Random Vector AVP
/// follows the first AVP (the Message Type) if any is. A text that does not fit an AVP is cut, other values that
/// do not fit are left out.
pub fn encode(avps: &[(Attribute, Vec<u8>)], hiding: Option<&mut Hiding<'_>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(avps.iter().map(|(_, value)| AVP_HEADER_LEN + value.len()).sum());
    let hides = avps.iter().any(|(attribute, _)| attribute.spec().hideable);
    let mut mask = hiding.filter(|_| hides).map(|hiding| {
        let mut vector = [0; VECTOR_LEN];
        hiding.entropy.fill(Purpose::RandomVector, &mut vector);
        (hiding, vector)
    });
    for (i, (attribute, value)) in avps.iter().enumerate() {
        if let (1, Some((_, vector))) = (i, &mask) {
            put(&mut out, Attribute::RandomVector.spec(), 0, vector);
        }
        let spec = attribute.spec();
        match &mut mask {
            Some((hiding, vector)) if spec.hideable => put_hidden(&mut out, spec, hiding, vector, value),
            Some(_) | None => {
                if let Some(value) = fit(spec, value, MAX_AVP_LEN - AVP_HEADER_LEN) {
                    put(&mut out, spec, 0, value);
                }
            }
        }
    }
    out
}

fn put_hidden(
    out: &mut Vec<u8>,
    spec: &Spec,
    hiding: &mut Hiding<'_>,
    vector: &[u8; VECTOR_LEN],
    value: &[u8],
) {
    let room = MAX_AVP_LEN - AVP_HEADER_LEN;
    let Some(value) = fit(spec, value, room - HIDDEN_LENGTH_LEN) else { return };
    let len = HIDDEN_LENGTH_LEN + value.len();
    let padded = len.next_multiple_of(HIDDEN_BLOCK).min(room);
    let mut padding = vec![0; padded - len];
    hiding.entropy.fill(Purpose::HiddenPadding, &mut padding);
    put(out, spec, HIDDEN, &hidden::hide(spec.number, hiding.secret, vector, value, &padding));
}

/// As much of `value` as fits `room` octets, if part of it is of use.
fn fit<'v>(spec: &Spec, value: &'v [u8], room: usize) -> Option<&'v [u8]> {
    match (value.get(..room), spec.kind) {
        (None, _) => Some(value),
        (Some(whole), _) if whole.len() == value.len() => Some(value),
        (Some(cut), Kind::Text | Kind::Result | Kind::Cause) => Some(utf8_floor(cut)),
        (Some(_), _) => None,
    }
}

/// `cut` without the beginning of a character at its end.
fn utf8_floor(cut: &[u8]) -> &[u8] {
    match cut.utf8_chunks().last() {
        Some(last) => {
            let broken = last.invalid().len();
            cut.get(..cut.len() - broken).unwrap_or(cut)
        }
        None => cut,
    }
}

fn put(out: &mut Vec<u8>, spec: &Spec, hidden: u16, value: &[u8]) {
    let mandatory = if spec.mandatory { MANDATORY } else { 0 };
    // The callers keep the length below 1024.
    let len = (AVP_HEADER_LEN + value.len()) as u16;
    for word in [mandatory | hidden | len, spec.vendor, spec.number] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(value);
}
