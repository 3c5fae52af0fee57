//! Accounting-Requests as FreeRADIUS's `detail` module writes them, so that the same tools read both.
//!
//! A record is a line with the date, a line `Attribute = value` for each attribute behind a tab, and an empty line.

use std::fmt::Write;

use chrono::DateTime;

use crate::proto::radius::dictionary::{AttributeKey, Definition, Kind};
use crate::proto::radius::names::VALUES;
use crate::proto::radius::value::decode_all;
use crate::proto::radius::{Packet, Value};

/// The text of a record that came at `seconds` since 1970, from the client with this secret.
pub fn detail(request: &Packet, secret: &[u8], seconds: i64) -> String {
    let date = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let mut out = format!("{}\n", date.format("%a %b %e %H:%M:%S %Y"));
    let (attributes, _) = decode_all(request, secret, &request.authenticator);
    for attribute in &attributes {
        let name = attribute.definition.name;
        let tag = if attribute.tag > 0 { format!(":{}", attribute.tag) } else { String::new() };
        let value = shown(attribute.definition, &attribute.value);
        // To write into a `String` cannot fail.
        let _ = writeln!(out, "\t{name}{tag} = {value}");
    }
    let _ = writeln!(out, "\tTimestamp = {seconds}\n");
    out
}

fn shown(definition: &Definition, value: &Value) -> String {
    match value {
        Value::Address(address) => address.to_string(),
        Value::Integer(number) if definition.kind == Kind::Date => {
            let date = DateTime::from_timestamp(i64::from(*number), 0).unwrap_or_default();
            format!("\"{} UTC\"", date.format("%b %e %Y %H:%M:%S"))
        }
        Value::Integer(number) => {
            named(definition.key, *number).map_or_else(|| number.to_string(), str::to_owned)
        }
        Value::Octets(octets) if definition.kind == Kind::Text => quoted(&String::from_utf8_lossy(octets)),
        Value::Octets(octets) => octets.iter().fold("0x".to_owned(), |mut hex, octet| {
            let _ = write!(hex, "{octet:02x}");
            hex
        }),
    }
}

/// The name of a number, as FreeRADIUS's dictionary has it.
fn named(key: AttributeKey, number: u32) -> Option<&'static str> {
    VALUES.iter().find(|v| v.key == key && v.number == number).map(|v| v.name)
}

/// Text with control characters escaped as FreeRADIUS does, so that a name is no line of its own.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        '"' => "\\\"".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() => format!("\\{:03o}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::radius::{Attribute, Code};

    #[test]
    fn a_record_is_written_as_freeradius_does() {
        let attributes = vec![
            Attribute::integer(40, 2),
            Attribute::new(44, *b"0000001A"),
            Attribute::new(8, [10, 10, 53, 2]),
            Attribute::new(25, [0xca, 0xfe]),
            Attribute::integer(64, 3),
            Attribute::new(67, *b"\x0110.51.6.82"),
            Attribute::integer(55, 946_684_800),
            Attribute::integer(42, 4_000_000_000),
            Attribute::new(26, *b"\x00\x00\x00\x09\x01\x09a=\"b\"\\x"),
        ];
        let packet =
            Packet { code: Code::AccountingRequest, identifier: 1, authenticator: [0; 16], attributes };
        assert_eq!(
            detail(&packet, b"cisco", 946_684_803),
            "Sat Jan  1 00:00:03 2000\n\
             \tAcct-Status-Type = Stop\n\
             \tAcct-Session-Id = \"0000001A\"\n\
             \tFramed-IP-Address = 10.10.53.2\n\
             \tClass = 0xcafe\n\
             \tTunnel-Type = L2TP\n\
             \tTunnel-Server-Endpoint:1 = \"10.51.6.82\"\n\
             \tEvent-Timestamp = \"Jan  1 2000 00:00:00 UTC\"\n\
             \tAcct-Input-Octets = 4000000000\n\
             \tCisco-AVPair = \"a=\\\"b\\\"\\\\x\"\n\
             \tTimestamp = 946684803\n\n"
        );
    }

    #[test]
    fn a_name_forges_no_line_of_a_record() {
        let attributes = vec![Attribute::new(1, *b"bob\n\tClass = 0x00\x1b\r\xff")];
        let packet =
            Packet { code: Code::AccountingRequest, identifier: 1, authenticator: [0; 16], attributes };
        let text = detail(&packet, b"cisco", 0);
        assert!(text.contains("\tUser-Name = \"bob\\n\\tClass = 0x00\\033\\r\u{fffd}\"\n"), "{text:?}");
        assert_eq!(text.lines().count(), 4);
    }
}
