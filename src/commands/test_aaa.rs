//! `test aaa group`: what its two forms print.

use super::text::say;
use crate::engine::aaa::TestOutcome;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Decoded, Value, names};
use crate::proto::redact;

/// What the legacy form says before it asks; published captures show it.
pub fn attempting(group: Option<&str>) -> String {
    format!("Attempting authentication test to server-group {} using radius\n", group.unwrap_or("radius"))
}

/// The outcome in the legacy form: three sentences that published captures show.
pub fn legacy(outcome: &TestOutcome) -> String {
    match outcome {
        TestOutcome::Accepted(_) => "User was successfully authenticated.\n\n",
        TestOutcome::Rejected => "User authentication request was rejected by server.\n\n",
        TestOutcome::NoAnswer => "No authoritative response from any server.\n\n",
    }
    .to_owned()
}

/// The outcome in the form of `new-code`. The sentences and the list that begins with `username` are those of
/// published captures; the names of the other attributes and the sentence for silence are recalled.
pub fn new_code(user: &str, outcome: &TestOutcome) -> String {
    let mut f = String::new();
    match outcome {
        TestOutcome::Accepted(attributes) => {
            say!(&mut f, "User successfully authenticated\n");
            say!(&mut f, "USER ATTRIBUTES\n");
            say!(&mut f, "{:<20} 0   \"{user}\"", "username");
            // Message-Authenticator is the packet's own, not the user's.
            let of_user = attributes.iter().filter(|a| a.key() != keys::MESSAGE_AUTHENTICATOR);
            for attribute in of_user {
                say!(&mut f, "{:<20} 0   {}", attribute.definition.name.to_lowercase(), shown(attribute));
            }
        }
        TestOutcome::Rejected => say!(&mut f, "User rejected"),
        TestOutcome::NoAnswer => say!(&mut f, "No authoritative response from any server."),
    }
    f
}

/// A value; secrets as in the debugs.
fn shown(attribute: &Decoded) -> String {
    if attribute.definition.secret {
        return "*".to_owned();
    }
    match &attribute.value {
        Value::Octets(octets) => {
            let text = String::from_utf8_lossy(octets);
            let text: String = text.chars().map(|c| if c.is_control() { '.' } else { c }).collect();
            let text = if attribute.key() == keys::CISCO_AVPAIR { redact::pair(&text) } else { text };
            format!("\"{text}\"")
        }
        Value::Integer(number) => match names::shown(attribute.key(), *number) {
            Some(name) => format!("{number} [{name}]"),
            None => format!("{number} (0x{number:X})"),
        },
        Value::Address(address) => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::radius::dictionary::find;

    fn attribute(key: crate::proto::radius::AttributeKey, value: Value) -> Decoded {
        Decoded { definition: find(key).unwrap(), tag: 0, value }
    }

    #[test]
    fn the_new_code_lists_what_came_and_no_secret() {
        let outcome = TestOutcome::Accepted(vec![
            attribute(keys::MESSAGE_AUTHENTICATOR, Value::Octets(vec![7; 16])),
            attribute(keys::SERVICE_TYPE, Value::Integer(2)),
            attribute(keys::SESSION_TIMEOUT, Value::Integer(60)),
            attribute(keys::FRAMED_IP_ADDRESS, Value::Address([10, 0, 0, 1].into())),
            attribute(keys::REPLY_MESSAGE, Value::Octets(b"hi\nyou".to_vec())),
            attribute(keys::TUNNEL_PASSWORD, Value::Octets(b"hello".to_vec())),
            attribute(keys::CISCO_AVPAIR, Value::Octets(b"vpdn:l2tp-tunnel-password=hello".to_vec())),
        ]);
        assert_eq!(
            new_code("bob", &outcome),
            "User successfully authenticated\n\nUSER ATTRIBUTES\n\nusername             0   \"bob\"\nservice-type         \
             0   2 [Framed]\nsession-timeout      0   60 (0x3C)\nframed-ip-address    0   10.0.0.1\nreply-message        \
             0   \"hi.you\"\ntunnel-password      0   *\ncisco-avpair         0   \"vpdn:l2tp-tunnel-password=*\"\n"
        );
    }

    #[test]
    fn every_outcome_has_its_sentence() {
        assert_eq!(new_code("bob", &TestOutcome::Rejected), "User rejected\n");
        for outcome in [TestOutcome::Accepted(Vec::new()), TestOutcome::Rejected, TestOutcome::NoAnswer] {
            assert_eq!(legacy(&outcome).lines().count(), 2);
        }
        assert!(legacy(&TestOutcome::NoAnswer).starts_with(&new_code("bob", &TestOutcome::NoAnswer)));
    }
}
