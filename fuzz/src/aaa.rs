//! RADIUS: packets, values, client, server and `users` files.

use std::net::SocketAddr;
use std::time::Duration;

use vpdnsh::lab::radius_node::{ClientEntry, RadiusNode, Users};
use vpdnsh::proto::Instant;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::radius::client::{RequestAttribute, ServerName};
use vpdnsh::proto::radius::dynamic::{DynamicClient, DynamicConfig, DynamicServer, Received, Verdict};
use vpdnsh::proto::radius::{self, Code, Secret};

use super::{LNS, SECRET, Script, with};

/// RADIUS: a packet that was understood survives; nothing in its attributes can be read wrongly.
pub fn radius_packet(octets: &[u8]) {
    let _ = radius::verify_request(octets, SECRET, false);
    let _ = radius::verify_reply(octets, &[7; 16], SECRET, true);
    let Ok(packet) = radius::Packet::decode(octets) else { return };
    let again = packet.encode().expect("what was one packet fits one packet");
    assert_eq!(radius::Packet::decode(&again).as_ref(), Ok(&packet));
    let _ = packet.flattened();
    let (known, bad) = radius::value::decode_all(&packet, SECRET, &packet.authenticator);
    assert!(known.len() + bad <= packet.flattened().len());
    let _ = format!("{packet:?} {known:?}");
}

fn attributes(octets: &[u8]) -> Vec<radius::Attribute> {
    let mut script = Script::new(octets);
    let mut out = Vec::new();
    while let Some(kind) = script.step() {
        let value = script.run();
        out.push(radius::Attribute::new(kind, value.get(..value.len().min(253)).unwrap_or_default()));
    }
    out
}

/// RADIUS client: replies that are no packets, are not signed, or are signed and say anything.
pub fn radius_client(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let server = radius::ServerConfig {
        name: ServerName { address: LNS, auth_port: 1645, acct_port: 1646, private: None },
        secret: Some(Secret::new(SECRET)),
        timeout: Duration::from_secs(5),
        retransmit: 2,
    };
    let mut client = radius::Client::new();
    let config = radius::ClientConfig {
        servers: vec![server],
        message_authenticator: choice & 1 != 0,
        ..radius::ClientConfig::default()
    };
    let mut entropy = Seeded::new(3);
    with(Instant::ZERO, &mut entropy, |cx| client.configure(cx, config));
    let accounting = choice & 2 != 0;
    let request = radius::Request {
        code: if accounting { Code::AccountingRequest } else { Code::AccessRequest },
        attributes: vec![
            RequestAttribute::Plain(radius::Attribute::new(1, *b"2500-1")),
            RequestAttribute::Password(Secret::new(*b"cisco")),
        ],
        authenticator: None,
        servers: None,
        label: "Virtual-Access1".to_owned(),
        unique: 1,
        origin: None,
    };
    with(Instant::ZERO, &mut entropy, |cx| client.submit(cx, request));
    let (mut sent, mut done) = (None, 0);
    let mut drain = |client: &mut radius::Client| {
        while let Some(output) = client.poll() {
            match output {
                radius::ClientOutput::Transmit { socket, remote, bytes, .. } => {
                    sent = Some((socket, remote, bytes))
                }
                radius::ClientOutput::Replied(_, reply) => {
                    let _ = reply.attributes();
                    done += 1;
                }
                radius::ClientOutput::Failed(_) | radius::ClientOutput::Unsendable(_) => done += 1,
                radius::ClientOutput::OpenSocket { .. } | radius::ClientOutput::Syslog { .. } => {}
            }
        }
        (sent.clone(), done)
    };
    let Some((socket, remote, bytes)) = drain(&mut client).0 else { panic!("nothing was sent") };
    let asked = radius::Packet::decode(&bytes).expect("our own request");
    while let Some(op) = script.step() {
        let reply = if op & 1 != 0 {
            let code = Code::from_number(op >> 1 & 0x0f).unwrap_or(Code::AccessAccept);
            let mut packet = radius::Packet {
                code,
                identifier: asked.identifier,
                authenticator: [0; 16],
                attributes: attributes(script.run()),
            };
            let sealed = radius::seal_reply(&mut packet, &asked.authenticator, SECRET, op & 0x80 != 0);
            sealed.unwrap_or_default()
        } else {
            script.run().to_vec()
        };
        with(Instant::ZERO, &mut entropy, |cx| client.handle_datagram(cx, socket, remote, &reply));
        drain(&mut client);
    }
    let mut now = Instant::ZERO;
    while let Some(next) = client.next_timeout().filter(|_| !client.is_quiet()) {
        now = now.max(next);
        with(now, &mut entropy, |cx| client.handle_timeout(cx));
        drain(&mut client);
        assert!(now < Instant::ZERO + Duration::from_secs(3600), "a request that is never over");
    }
    assert!(client.is_quiet());
    assert_eq!(drain(&mut client).1, 1, "a request is answered or fails, once");
}

const USERS: &str = "2500-1 Cleartext-Password := \"cisco\"\n\tFramed-Protocol = PPP,\n\tFramed-IP-Address = 255.255.255.254\n\n\
                     dnis:614629 Cleartext-Password := \"cisco\"\n\tTunnel-Type:0 = L2TP,\n\tTunnel-Password:0 = \"hello\"\n";

/// RADIUS server: a request that is no packet, or is signed and says anything; what it answers is a reply.
pub fn radius_server(octets: &[u8]) {
    let mut script = Script::new(octets);
    let users = Users::parse(USERS).expect("a users file");
    let network = "10.51.6.0/24".parse().expect("a network");
    let secret = Secret::new(SECRET);
    let client = ClientEntry { network, secret, require_message_authenticator: script.octet() & 1 != 0 };
    let mut node = RadiusNode::new(users, vec![client]);
    let from = SocketAddr::from((LNS, 1645));
    let mut entropy = Seeded::new(4);
    let _ = node.handle(&mut entropy, from, octets);
    while let Some(op) = script.step() {
        let code = Code::from_number(op >> 1 & 0x3f).unwrap_or(Code::AccessRequest);
        let mut request = radius::Packet {
            code,
            identifier: op,
            authenticator: [9; 16],
            attributes: attributes(script.run()),
        };
        let Ok(bytes) = radius::seal_request(&mut request, SECRET, op & 0x80 != 0) else { continue };
        if let Some(answer) = node.handle(&mut entropy, from, &bytes) {
            let asked = radius::Packet::decode(&bytes).expect("our own request");
            let reply = radius::verify_reply(&answer, &asked.authenticator, SECRET, false).expect("a reply");
            assert!(reply.code.answers(asked.code) && reply.identifier == asked.identifier);
        }
    }
}

/// RADIUS server: any `users` file is read or refused with a line of it.
pub fn radius_users(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    match Users::parse(&text) {
        Ok(users) => {
            for name in [&b"2500-1"[..], b"DEFAULT", b""] {
                let _ = users.evaluate(name, &[]);
            }
        }
        Err(error) => assert!((1..=text.lines().count()).contains(&error.line), "{error}"),
    }
}

/// RADIUS: any octets as each hidden or tagged value; what is read is written back and read alike.
pub fn radius_value(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (row, authenticator) = (usize::from(script.octet()), [script.octet(); 16]);
    let Some(definition) = radius::dictionary::TABLE.get(row % radius::dictionary::TABLE.len()) else {
        return;
    };
    let raw = script.0.rest();
    let _ = radius::crypt::reveal_password(raw, SECRET, &authenticator);
    let _ = radius::crypt::reveal_salted(raw, SECRET, &authenticator);
    let Ok(read) = radius::value::decode(definition, raw, SECRET, &authenticator) else { return };
    let Ok(written) = radius::value::encode(&read, SECRET, &authenticator, [1, 2]) else { return };
    let packet =
        radius::Packet { code: Code::AccessAccept, identifier: 0, authenticator, attributes: vec![written] };
    if definition.key == radius::AttributeKey::Standard(radius::packet::VENDOR_SPECIFIC) {
        return;
    }
    let (again, bad) = radius::value::decode_all(&packet, SECRET, &authenticator);
    assert_eq!(bad, 0);
    // Text that begins like a tag loses it to the tag field the second time; nothing else changes.
    assert_eq!(again.len(), 1);
}

/// RADIUS: Disconnect- and CoA-Requests that are no packets, are not signed, or are signed and say anything. What is
/// answered proves itself, and a repeat gets the same octets.
pub fn radius_dynamic(octets: &[u8]) {
    let mut script = Script::new(octets);
    let wall = (script.octet() & 1 != 0).then_some(1_000);
    let mut server = DynamicServer::default();
    let client = DynamicClient { address: LNS, secret: Some(Secret::new(SECRET)) };
    server.configure(DynamicConfig { clients: vec![client], ignore_secret: script.octet() & 1 != 0 });
    let remote = SocketAddr::from((LNS, 3799));
    let mut entropy = Seeded::new(5);
    let _ = with(Instant::ZERO, &mut entropy, |cx| server.handle(cx, wall, remote, octets));
    while let Some(op) = script.step() {
        let code = if op & 1 != 0 { Code::CoaRequest } else { Code::DisconnectRequest };
        let attributes = attributes(script.run());
        let mut request = radius::Packet { code, identifier: op, authenticator: [0; 16], attributes };
        let Ok(bytes) = radius::seal_request(&mut request, SECRET, op & 0x80 != 0) else { continue };
        let received = with(Instant::ZERO, &mut entropy, |cx| server.handle(cx, wall, remote, &bytes));
        let Received::Asked(asked) = received else { continue };
        let _ = (asked.identifications(), asked.changes(), asked.nas_address(), asked.nas_identifier());
        let verdict = asked.problem().map_or(Verdict::Done, Verdict::Refused);
        let answer = with(Instant::ZERO, &mut entropy, |cx| server.answer(cx, &asked, verdict));
        let read = radius::verify_reply(&answer, &asked.authenticator, SECRET, asked.signed);
        assert!(read.expect("an answer").code.answers(code));
        let again = with(Instant::ZERO, &mut entropy, |cx| server.handle(cx, wall, remote, &bytes));
        assert!(matches!(again, Received::Repeated(same) if same == answer));
    }
}
