//! The packet: header and attributes, RFC 2865 section 3 and 5. Nothing in here knows what an attribute means.

use super::dictionary::AttributeKey;
use crate::proto::cursor::{Reader, Truncated};

/// Octets of the header.
pub const HEADER: usize = 20;
/// The longest packet, RFC 2865 section 3.
pub const MAX_PACKET: usize = 4096;
/// The longest value of one attribute.
pub const MAX_VALUE: usize = 253;
/// Type of Vendor-Specific, RFC 2865 section 5.26.
pub const VENDOR_SPECIFIC: u8 = 26;

/// The packet's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// 1
    AccessRequest,
    /// 2
    AccessAccept,
    /// 3
    AccessReject,
    /// 4
    AccountingRequest,
    /// 5
    AccountingResponse,
    /// 11
    AccessChallenge,
    /// 12
    StatusServer,
    /// 40, RFC 5176
    DisconnectRequest,
    /// 41
    DisconnectAck,
    /// 42
    DisconnectNak,
    /// 43
    CoaRequest,
    /// 44
    CoaAck,
    /// 45
    CoaNak,
}

impl Code {
    const TABLE: [(Code, u8, &'static str); 13] = [
        (Code::AccessRequest, 1, "Access-Request"),
        (Code::AccessAccept, 2, "Access-Accept"),
        (Code::AccessReject, 3, "Access-Reject"),
        (Code::AccountingRequest, 4, "Accounting-Request"),
        (Code::AccountingResponse, 5, "Accounting-response"),
        (Code::AccessChallenge, 11, "Access-Challenge"),
        (Code::StatusServer, 12, "Status-Server"),
        (Code::DisconnectRequest, 40, "Disconnect-Request"),
        (Code::DisconnectAck, 41, "Disconnect-ACK"),
        (Code::DisconnectNak, 42, "Disconnect-NAK"),
        (Code::CoaRequest, 43, "CoA-Request"),
        (Code::CoaAck, 44, "CoA-ACK"),
        (Code::CoaNak, 45, "CoA-NAK"),
    ];

    /// The code of this number.
    pub fn from_number(number: u8) -> Option<Code> {
        Self::TABLE.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.row().1
    }

    /// Its name as the debugs print it.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (Code, u8, &'static str) {
        // Every variant is in the table; the fallback keeps this total.
        Self::TABLE.into_iter().find(|row| row.0 == self).unwrap_or(Self::TABLE[0])
    }

    /// Whether a packet of this code answers one of the code `request`.
    pub fn answers(self, request: Code) -> bool {
        match request {
            Code::AccessRequest => {
                matches!(self, Code::AccessAccept | Code::AccessReject | Code::AccessChallenge)
            }
            Code::AccountingRequest => self == Code::AccountingResponse,
            Code::StatusServer => matches!(self, Code::AccessAccept | Code::AccountingResponse),
            Code::DisconnectRequest => matches!(self, Code::DisconnectAck | Code::DisconnectNak),
            Code::CoaRequest => matches!(self, Code::CoaAck | Code::CoaNak),
            Code::AccessAccept
            | Code::AccessReject
            | Code::AccountingResponse
            | Code::AccessChallenge
            | Code::DisconnectAck
            | Code::DisconnectNak
            | Code::CoaAck
            | Code::CoaNak => false,
        }
    }
}

/// Type and value of a sub-attribute of a Vendor-Specific.
pub type VendorPart<'a> = (u8, &'a [u8]);

/// One attribute as it travels: type and value, at most 253 octets.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// Type.
    pub kind: u8,
    /// Value octets.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Attribute {
    /// Type and length only: a value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attribute({}, {} octets)", self.kind, self.value.len())
    }
}

impl Attribute {
    /// An attribute with this value.
    pub fn new(kind: u8, value: impl Into<Vec<u8>>) -> Self {
        Attribute { kind, value: value.into() }
    }

    /// A 32-bit attribute.
    pub fn integer(kind: u8, value: u32) -> Self {
        Attribute::new(kind, value.to_be_bytes())
    }

    /// An attribute of `key` with this value; a vendor's goes into a Vendor-Specific of its own.
    pub fn with_key(key: AttributeKey, value: &[u8]) -> Self {
        match key {
            AttributeKey::Standard(kind) => Attribute::new(kind, value),
            AttributeKey::Vendor(vendor, kind) => {
                let mut out = vendor.to_be_bytes().to_vec();
                // A value that is too long for its length octet is too long for the packet too: `encode` says so.
                out.extend([kind, u8::try_from(value.len() + 2).unwrap_or(u8::MAX)]);
                out.extend(value);
                Attribute::new(VENDOR_SPECIFIC, out)
            }
        }
    }

    /// Octets on the wire: type, length and value.
    pub fn wire_len(&self) -> usize {
        self.value.len() + 2
    }

    /// The vendor and the sub-attributes of a Vendor-Specific in the form that RFC 2865 section 5.26 recommends;
    /// `None` for other types and other forms.
    pub fn vendor(&self) -> Option<(u32, Vec<VendorPart<'_>>)> {
        if self.kind != VENDOR_SPECIFIC {
            return None;
        }
        let mut reader = Reader::new(&self.value);
        let vendor = reader.u32().ok()?;
        let mut parts = Vec::new();
        while !reader.is_empty() {
            parts.push(type_length_value(&mut reader).ok()?);
        }
        (!parts.is_empty()).then_some((vendor, parts))
    }
}

/// Why octets are no RADIUS packet. Such packets are silently discarded (RFC 2865 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DecodeError {
    /// Shorter than its header or than its Length field says.
    #[error("truncated packet")]
    Truncated,
    /// The Length field is below 20 or above 4096.
    #[error("invalid length {0}")]
    Length(u16),
    /// Unknown code.
    #[error("unknown code {0}")]
    Code(u8),
    /// An attribute whose length is below 2 or leads beyond the packet.
    #[error("malformed attribute {0}")]
    Attribute(u8),
}

impl From<Truncated> for DecodeError {
    fn from(_: Truncated) -> Self {
        DecodeError::Truncated
    }
}

/// Why a packet cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EncodeError {
    /// A value is longer than 253 octets.
    #[error("attribute {0} is too long")]
    AttributeTooLong(u8),
    /// More than 4096 octets.
    #[error("the packet is too long")]
    PacketTooLong,
}

/// A packet: RFC 2865 section 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Code.
    pub code: Code,
    /// Identifier.
    pub identifier: u8,
    /// Request Authenticator or Response Authenticator.
    pub authenticator: [u8; 16],
    /// Attributes in the order of the wire.
    pub attributes: Vec<Attribute>,
}

/// One TLV whose length counts type and length; the error is the type.
fn type_length_value<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), u8> {
    let kind = reader.u8().map_err(|_| 0)?;
    let length = usize::from(reader.u8().map_err(|_| kind)?);
    let value = length.checked_sub(2).and_then(|n| reader.take(n).ok()).ok_or(kind)?;
    Ok((kind, value))
}

impl Packet {
    /// Reads a datagram. Octets behind the Length field are padding and ignored.
    ///
    /// # Errors
    /// [`DecodeError`]: the datagram is to be dropped.
    pub fn decode(bytes: &[u8]) -> Result<Packet, DecodeError> {
        let mut header = Reader::new(bytes);
        let code = header.u8()?;
        let identifier = header.u8()?;
        let length = header.u16()?;
        if !(HEADER..=MAX_PACKET).contains(&usize::from(length)) {
            return Err(DecodeError::Length(length));
        }
        let authenticator = header.array()?;
        let mut body = Reader::new(header.take(usize::from(length) - HEADER)?);
        let code = Code::from_number(code).ok_or(DecodeError::Code(code))?;
        let mut attributes = Vec::new();
        while !body.is_empty() {
            let (kind, value) = type_length_value(&mut body).map_err(DecodeError::Attribute)?;
            attributes.push(Attribute::new(kind, value));
        }
        Ok(Packet { code, identifier, authenticator, attributes })
    }

    /// Writes the packet with the authenticator that it holds.
    ///
    /// # Errors
    /// [`EncodeError`] when it does not fit.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let length = HEADER + self.attributes.iter().map(Attribute::wire_len).sum::<usize>();
        if length > MAX_PACKET {
            return Err(EncodeError::PacketTooLong);
        }
        let mut out = Vec::with_capacity(length);
        out.extend([self.code.number(), self.identifier]);
        out.extend(u16::try_from(length).map_err(|_| EncodeError::PacketTooLong)?.to_be_bytes());
        out.extend(self.authenticator);
        for attribute in &self.attributes {
            let length = u8::try_from(attribute.wire_len())
                .map_err(|_| EncodeError::AttributeTooLong(attribute.kind))?;
            out.extend([attribute.kind, length]);
            out.extend(&attribute.value);
        }
        Ok(out)
    }

    /// The value of the first attribute of this type.
    pub fn first(&self, kind: u8) -> Option<&[u8]> {
        self.attributes.iter().find(|a| a.kind == kind).map(|a| a.value.as_slice())
    }

    /// Every attribute with its key, vendor attributes taken out of their Vendor-Specific.
    pub fn flattened(&self) -> Vec<(AttributeKey, &[u8])> {
        let mut out = Vec::with_capacity(self.attributes.len());
        for attribute in &self.attributes {
            match attribute.vendor() {
                Some((vendor, parts)) => {
                    out.extend(parts.into_iter().map(|(kind, v)| (AttributeKey::Vendor(vendor, kind), v)));
                }
                None => out.push((AttributeKey::Standard(attribute.kind), attribute.value.as_slice())),
            }
        }
        out
    }

    /// The first value of this key, vendor attributes included.
    pub fn value_of(&self, key: AttributeKey) -> Option<&[u8]> {
        self.flattened().into_iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }
}
