//! A RADIUS server for tests: tunnels by key, users by password.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::lab::radius_node::{ClientEntry, RadiusNode, Users};
use crate::proto::entropy::Seeded;
use crate::proto::radius::crypt::{hide_salted, md5};
use crate::proto::radius::{Attribute, Code, Packet, Secret, seal_reply, verify_request};

pub const SECRET: &[u8] = b"lab";

/// What the server knows.
#[derive(Default)]
pub struct Server {
    /// Key to local name, password and LNSs in the order of their preference.
    pub tunnels: HashMap<String, (String, String, Vec<Ipv4Addr>)>,
    /// User to password and Framed-IP-Address.
    pub users: HashMap<String, (String, Ipv4Addr)>,
    /// Does not answer.
    pub dead: bool,
    /// Requests so far: code by user name.
    pub requests: Vec<String>,
    /// The same, whole.
    pub packets: Vec<Packet>,
    /// Answers in place of `tunnels` and `users`: a `users` file as a lab has it.
    pub file: Option<RadiusNode>,
}

/// What answers by this `users` file, whoever asks.
pub fn file(users: &str) -> Option<RadiusNode> {
    let client = ClientEntry {
        network: "0.0.0.0/0".parse().unwrap(),
        secret: Secret::new(SECRET),
        require_message_authenticator: false,
    };
    Some(RadiusNode::new(Users::parse(users).unwrap(), vec![client]))
}

impl Server {
    pub fn answer(&mut self, from: IpAddr, bytes: &[u8]) -> Option<Vec<u8>> {
        let request = verify_request(bytes, SECRET, false).expect("our own client's request");
        let name = String::from_utf8_lossy(request.first(1)?).into_owned();
        self.requests.push(name.clone());
        self.packets.push(request.clone());
        if self.dead {
            return None;
        }
        if let Some(node) = &mut self.file {
            return node.handle(&mut Seeded::new(7), (from, 1645).into(), bytes);
        }
        let found = self.tunnel(&name, &request).or_else(|| self.user(&name, &request));
        let (code, attributes) = match found {
            Some(attributes) => (Code::AccessAccept, attributes),
            None => (Code::AccessReject, Vec::new()),
        };
        let mut reply = Packet { code, identifier: request.identifier, authenticator: [0; 16], attributes };
        seal_reply(&mut reply, &request.authenticator, SECRET, false).ok()
    }

    fn tunnel(&self, name: &str, request: &Packet) -> Option<Vec<Attribute>> {
        let (local, password, servers) = self.tunnels.get(name)?;
        let mut out = Vec::new();
        for (tag, server) in (1u8..).zip(servers) {
            let tagged = |value: &[u8]| [&[tag], value].concat();
            let salt = [0x80, tag];
            let hidden = hide_salted(password.as_bytes(), SECRET, &request.authenticator, salt)?;
            out.push(Attribute::new(64, [tag, 0, 0, 3]));
            out.push(Attribute::new(65, [tag, 0, 0, 1]));
            out.push(Attribute::new(67, tagged(server.to_string().as_bytes())));
            out.push(Attribute::new(90, tagged(local.as_bytes())));
            out.push(Attribute::new(69, tagged(&hidden)));
            out.push(Attribute::new(83, [tag, 0, 0, tag]));
        }
        Some(out)
    }

    fn user(&self, name: &str, request: &Packet) -> Option<Vec<Attribute>> {
        let (password, address) = self.users.get(name)?;
        let (id, response) = request.first(3)?.split_first()?;
        let challenge = request.first(60).unwrap_or(&request.authenticator);
        if md5(&[&[*id], password.as_bytes(), challenge]) != response {
            return None;
        }
        Some(vec![Attribute::integer(6, 2), Attribute::integer(7, 1), Attribute::new(8, address.octets())])
    }
}
