//! From octets to a [`Message`] or a [`Fault`], with the `Parse AVP` debugs.

use super::{Fault, Message};
use crate::proto::Context;
use crate::proto::l2tp::prefix::Prefix;
use crate::proto::l2tp::types::ResultCode;

/// Reads the AVPs of a control message.
///
/// # Errors
/// A [`Fault`] that says what to answer.
pub fn decode(
    cx: &mut Context,
    prefix: Prefix<'_>,
    body: &[u8],
    secret: Option<&[u8]>,
) -> Result<Message, Fault> {
    let _ = (cx, prefix, body, secret);
    Err(Fault {
        message_type: None,
        assigned_tunnel: None,
        assigned_session: None,
        result: ResultCode { result: 2, error: Some(3), message: None },
        fatal: true,
    })
}
