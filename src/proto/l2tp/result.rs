//! Result and error codes, RFC 2661 section 4.4.2: the AVP's value and the words for it.

use super::message::MessageType;
use super::types::ResultCode;
use crate::proto::cursor::{Reader, Truncated};
use crate::proto::redact;

/// General error codes.
pub mod error {
    /// No general error.
    pub const NONE: u16 = 0;
    /// No control connection exists yet for this pair.
    pub const NO_CONTROL_CONNECTION: u16 = 1;
    /// Length is wrong.
    pub const LENGTH: u16 = 2;
    /// A field was out of range or a reserved field was not zero.
    pub const RANGE: u16 = 3;
    /// Insufficient resources now.
    pub const RESOURCES: u16 = 4;
    /// The session id is invalid in this context.
    pub const SESSION_ID: u16 = 5;
    /// A vendor-specific error; the message says which.
    pub const VENDOR: u16 = 6;
    /// Try another destination.
    pub const TRY_ANOTHER: u16 = 7;
    /// An unknown AVP with the M bit set.
    pub const UNKNOWN_AVP: u16 = 8;
}

/// Result code 2 of a StopCCN and of a CDN: a general error, given by the error code.
pub const GENERAL_ERROR: u16 = 2;
/// Result code 5 of a StopCCN: the error code is the highest version supported.
pub const STOPCCN_VERSION: u16 = 5;

impl ResultCode {
    /// A code without error code and message.
    pub const fn bare(result: u16) -> Self {
        ResultCode { result, error: None, message: None }
    }

    /// A general error, result code 2.
    pub fn general(error: u16, message: impl Into<String>) -> Self {
        ResultCode { result: GENERAL_ERROR, error: Some(error), message: Some(message.into()) }
    }

    /// The AVP's value: 2 octets, 4 with an error code, more with a message (which needs an error code: 0 then).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.result.to_be_bytes().to_vec();
        let error = self.error.or(self.message.as_ref().map(|_| error::NONE));
        if let Some(error) = error {
            out.extend_from_slice(&error.to_be_bytes());
        }
        if let Some(message) = &self.message {
            out.extend_from_slice(message.as_bytes());
        }
        out
    }

    /// Reads the AVP's value. A message that is not UTF-8 is taken with replacement characters, its control characters are
    /// dots.
    ///
    /// # Errors
    /// [`Truncated`] for fewer than 2 octets, and for half an error code.
    pub fn from_bytes(value: &[u8]) -> Result<Self, Truncated> {
        let mut reader = Reader::new(value);
        let result = reader.u16()?;
        let error = if reader.is_empty() { None } else { Some(reader.u16()?) };
        let message = if reader.is_empty() { None } else { Some(redact::plain(reader.rest())) };
        Ok(ResultCode { result, error, message })
    }
}

/// The words for a result code. `Request to clear control connection` (StopCCN 1) and `Loss of carrier` (CDN 1)
/// stand in the documented call (Cisco tech note 23980); the others are the RFC's, shortened in that manner.
pub fn result_text(message_type: Option<MessageType>, result: u16) -> &'static str {
    if message_type == Some(MessageType::StopCcn) { stop_ccn_text(result) } else { cdn_text(result) }
}

fn stop_ccn_text(result: u16) -> &'static str {
    match result {
        1 => "Request to clear control connection",
        2 => "General error, refer to error code",
        3 => "Control channel already exists",
        4 => "Requester is not authorized to establish a control channel",
        5 => "Protocol version of the requester is not supported",
        6 => "Requester is being shut down",
        7 => "Finite State Machine error",
        _ => "Unknown",
    }
}

fn cdn_text(result: u16) -> &'static str {
    match result {
        1 => "Loss of carrier",
        2 => "Call disconnected, refer to error msg",
        3 => "Administrative reasons",
        4 => "Lack of appropriate facilities, temporary condition",
        5 => "Lack of appropriate facilities, permanent condition",
        6 => "Invalid destination",
        7 => "No carrier detected",
        8 => "Busy signal detected",
        9 => "Lack of a dial tone",
        10 => "Call was not established within time allotted by LAC",
        11 => "No appropriate framing was detected",
        _ => "Unknown",
    }
}

/// The words for an error code. `No error` stands in the documented call; the others are the RFC's, shortened.
/// In a StopCCN with result code 5 the error code is a version.
pub fn error_text(message_type: Option<MessageType>, result: u16, error: u16) -> &'static str {
    if message_type == Some(MessageType::StopCcn) && result == STOPCCN_VERSION && error != error::NONE {
        return "Highest version supported";
    }
    match error {
        error::NONE => "No error",
        error::NO_CONTROL_CONNECTION => "No control connection exists yet",
        error::LENGTH => "Length is wrong",
        error::RANGE => "Field value out of range or reserved field non-zero",
        error::RESOURCES => "Insufficient resources",
        error::SESSION_ID => "Session ID is invalid in this context",
        error::VENDOR => "Vendor specific",
        error::TRY_ANOTHER => "Try another",
        error::UNKNOWN_AVP => "Unknown AVP with the M bit set",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_ten_and_more_octets() {
        let eight = ResultCode::bare(1);
        assert_eq!(eight.to_bytes(), [0, 1]);
        let ten = ResultCode { result: 1, error: Some(0), message: None };
        assert_eq!(ten.to_bytes(), [0, 1, 0, 0]);
        let text = ResultCode::general(8, "AVP 99");
        assert_eq!(text.to_bytes(), b"\0\x02\0\x08AVP 99");
        for code in [eight, ten, text] {
            assert_eq!(ResultCode::from_bytes(&code.to_bytes()), Ok(code));
        }
    }

    #[test]
    fn a_message_brings_an_error_code() {
        let code = ResultCode { result: 3, error: None, message: Some("x".to_owned()) };
        assert_eq!(code.to_bytes(), b"\0\x03\0\0x");
    }

    #[test]
    fn odd_octets_are_no_code() {
        for value in [&b""[..], b"\0", b"\0\x01\0"] {
            assert_eq!(ResultCode::from_bytes(value), Err(Truncated));
        }
    }

    #[test]
    fn every_code_of_the_rfc_has_words() {
        for result in 1..=7 {
            assert_ne!(result_text(Some(MessageType::StopCcn), result), "Unknown");
        }
        for result in 1..=11 {
            assert_ne!(result_text(Some(MessageType::Cdn), result), "Unknown");
        }
        for error in 0..=8 {
            assert_ne!(error_text(Some(MessageType::Cdn), 2, error), "Unknown");
        }
        assert_eq!(result_text(Some(MessageType::Cdn), 12), "Unknown");
        assert_eq!(error_text(Some(MessageType::StopCcn), 5, 0x0100), "Highest version supported");
    }
}
