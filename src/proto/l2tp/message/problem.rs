//! What can be wrong with a control message, and the codes that answer it.

use std::fmt;

use crate::proto::l2tp::avp::{IETF, Spec};
use crate::proto::l2tp::hidden::HiddenError;
use crate::proto::l2tp::message::MessageType;
use crate::proto::l2tp::result::{STOPCCN_VERSION, error};
use crate::proto::l2tp::types::ResultCode;

/// The Protocol Version AVP of RFC 2661: version 1, revision 0.
pub const PROTOCOL_VERSION: u16 = 0x0100;

/// What is wrong with a control message. `Display` is the text of the debug and of the answer's error message
/// (RFC 2661 section 4.4.2 asks for the attribute in text form).
#[derive(Clone, Copy, Debug)]
pub enum Problem {
    /// The AVPs do not fill the message.
    Broken,
    /// The first AVP is not a Message Type, or it is hidden.
    NotFirst,
    /// A type that the RFC does not define.
    UnknownMessage(u16),
    /// An AVP that is not known, or has a reserved bit set.
    Unknown {
        /// Vendor id.
        vendor: u16,
        /// Attribute type.
        number: u16,
    },
    /// A value of a wrong length.
    Length(&'static Spec),
    /// A value out of range.
    Range(&'static Spec),
    /// Hidden, and must not be.
    MustNotHide(&'static Spec),
    /// Hidden, and not to be read.
    Hidden(&'static Spec, HiddenError),
    /// A protocol version that is not supported.
    Version(u16),
    /// An AVP that a message must have is missing.
    Missing(&'static Spec, MessageType),
    /// An AVP that does not belong into a message; it is ignored.
    Unexpected(&'static Spec, MessageType),
    /// An AVP for the second time; it is ignored.
    Duplicate(&'static Spec),
}

impl Problem {
    /// The Result Code that answers it.
    pub fn result_code(&self) -> ResultCode {
        let code = match self {
            Problem::Broken | Problem::Length(_) => error::LENGTH,
            Problem::NotFirst | Problem::UnknownMessage(_) | Problem::Range(_) | Problem::MustNotHide(_) => {
                error::RANGE
            }
            Problem::Unknown { .. } => error::UNKNOWN_AVP,
            Problem::Hidden(..) | Problem::Missing(..) | Problem::Unexpected(..) | Problem::Duplicate(_) => {
                error::VENDOR
            }
            Problem::Version(_) => {
                return ResultCode {
                    result: STOPCCN_VERSION,
                    error: Some(PROTOCOL_VERSION),
                    message: Some(self.to_string()),
                };
            }
        };
        ResultCode::general(code, self.to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Broken => f.write_str("AVPs do not fit the message"),
            Problem::NotFirst => f.write_str("First AVP is not a Message Type"),
            Problem::UnknownMessage(number) => write!(f, "Unknown message type {number}"),
            Problem::Unknown { vendor: IETF, number } => write!(f, "Unknown AVP {number}"),
            Problem::Unknown { vendor, number } => write!(f, "Unknown AVP {number} of vendor {vendor}"),
            Problem::Length(spec) => write!(f, "Wrong length of {}", Named(spec)),
            Problem::Range(spec) => write!(f, "Value out of range in {}", Named(spec)),
            Problem::MustNotHide(spec) => write!(f, "{} must not be hidden", Named(spec)),
            Problem::Hidden(spec, reason) => write!(f, "Hidden {}: {reason}", Named(spec)),
            Problem::Version(version) => {
                let [version, revision] = version.to_be_bytes();
                write!(f, "Protocol version {version}.{revision} not supported")
            }
            Problem::Missing(spec, message) => write!(f, "Missing {} in {}", Named(spec), message.name()),
            Problem::Unexpected(spec, message) => {
                write!(f, "Ignoring unexpected {} in {}", Named(spec), message.name())
            }
            Problem::Duplicate(spec) => write!(f, "Ignoring second {}", Named(spec)),
        }
    }
}

/// `AVP 7 (Host Name)`.
struct Named<'a>(&'a Spec);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spec { vendor, number, name, .. } = self.0;
        match *vendor {
            IETF => write!(f, "AVP {number} ({name})"),
            vendor => write!(f, "AVP {number} of vendor {vendor} ({name})"),
        }
    }
}
