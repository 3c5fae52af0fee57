//! IPCP's options (RFC 1332, RFC 1877): addresses, name servers, and the compression that is offered or refused.

use super::machine::{Io, Opinion, Policy};
use super::option::{self, Opt, Value, ipcp as kind};
use super::packet::IPCP;
use super::types::{AddressDecision, Event, FinishCause, IpcpConfig, NetworkInfo};
use crate::proto::Purpose;
use std::net::Ipv4Addr;

/// A Configure-Request that waits for the owner's word about the address in it.
#[derive(Debug)]
pub struct Pending {
    /// Its identifier.
    pub id: u8,
    /// Its options.
    pub options: Vec<u8>,
}

/// IPCP's side of a negotiation.
#[derive(Debug)]
pub struct Ipcp {
    local: Ipv4Addr,
    /// Whether the address option is still sent.
    address: bool,
    vj_slots: Option<u8>,
    /// The name servers that we ask for; `None` once refused.
    dns: [Option<Ipv4Addr>; 2],
    give: IpcpConfig,
    decision: Option<AddressDecision>,
    peer_address: Ipv4Addr,
    pending: Option<Pending>,
    prompted: bool,
    hopeless: Option<FinishCause>,
}

impl Ipcp {
    /// What `config` wants and gives.
    pub fn new(config: IpcpConfig) -> Self {
        let ask = config.request_dns.then_some(Ipv4Addr::UNSPECIFIED);
        Ipcp {
            local: config.local,
            address: true,
            vj_slots: config.vj_slots,
            dns: [ask, ask],
            give: config,
            decision: None,
            peer_address: Ipv4Addr::UNSPECIFIED,
            pending: None,
            prompted: false,
            hopeless: None,
        }
    }

    /// The owner's word; gives back the request that waited for it.
    pub fn decide(&mut self, decision: AddressDecision) -> Option<Pending> {
        let pending = self.pending.take()?;
        self.decision = Some(decision);
        Some(pending)
    }

    /// What came out.
    pub fn info(&self) -> NetworkInfo {
        NetworkInfo {
            local: self.local,
            peer: self.peer_address,
            dns: self.dns.into_iter().flatten().filter(|a| !a.is_unspecified()).collect(),
        }
    }

    /// What the peer should have as the name server of this option type.
    fn server(&self, kind: u8) -> Option<Ipv4Addr> {
        match kind {
            kind::DNS1 => self.give.dns.first(),
            kind::DNS2 => self.give.dns.get(1),
            kind::WINS1 => self.give.wins.first(),
            kind::WINS2 => self.give.wins.get(1),
            _ => None,
        }
        .copied()
    }

    fn examine_address(&mut self, asked: Ipv4Addr) -> Opinion {
        match self.decision {
            Some(AddressDecision::Accept) if !asked.is_unspecified() => Opinion::Ack,
            Some(AddressDecision::Assign(given)) if given == asked && !given.is_unspecified() => Opinion::Ack,
            Some(AddressDecision::Assign(given)) if !given.is_unspecified() => {
                let mut better = Vec::with_capacity(6);
                option::encode(&mut better, kind::ADDRESS, &Value::Address(given));
                Opinion::Nak(better)
            }
            Some(AddressDecision::Accept | AddressDecision::Assign(_) | AddressDecision::Refuse) | None => {
                Opinion::Reject
            }
        }
    }
}

impl Policy for Ipcp {
    const PROTOCOL: u16 = IPCP;
    const ID: Purpose = Purpose::NcpId;

    fn request(&self, _: &Io) -> Vec<u8> {
        let mut options = Vec::new();
        let wanted = [
            (kind::COMPRESSION, self.vj_slots.map(|slots| Value::VanJacobson(slots, false))),
            (kind::ADDRESS, self.address.then_some(Value::Address(self.local))),
            (kind::DNS1, self.dns[0].map(Value::Address)),
            (kind::DNS2, self.dns[1].map(Value::Address)),
        ];
        for (kind, value) in wanted {
            if let Some(value) = value {
                option::encode(&mut options, kind, &value);
            }
        }
        options
    }

    fn announce(&mut self, _: &mut Io) {}

    fn consider(&mut self, io: &mut Io, id: u8, options: &[u8]) -> bool {
        let asked = match option::value(IPCP, options, kind::ADDRESS) {
            Some(Value::Address(address)) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        self.pending = Some(Pending { id, options: options.to_vec() });
        self.peer_address = asked;
        io.event(Event::PeerAddress(asked));
        false
    }

    fn examine(&mut self, _: &mut Io, option: &Opt) -> Opinion {
        match (option.kind, option::decode(IPCP, option)) {
            (kind::ADDRESS, Some(Value::Address(asked))) => self.examine_address(asked),
            (kind::DNS1 | kind::DNS2 | kind::WINS1 | kind::WINS2, Some(Value::Address(asked))) => {
                match self.server(option.kind) {
                    Some(server) if server == asked => Opinion::Ack,
                    Some(server) => {
                        let mut better = Vec::with_capacity(6);
                        option::encode(&mut better, option.kind, &Value::Address(server));
                        Opinion::Nak(better)
                    }
                    None => Opinion::Reject,
                }
            }
            // The old Addresses, every compression, what is unknown and what has a wrong length.
            _ => Opinion::Reject,
        }
    }

    fn missing(&mut self, _: &mut Io, options: &[u8]) -> Vec<u8> {
        let mut nak = Vec::new();
        if option::find(options, kind::ADDRESS).is_none() {
            match self.decision {
                // RFC 1332 section 3.3: the option is appended to a Nak. Once is enough: a peer that does
                // not want an address is left without.
                Some(AddressDecision::Assign(given)) if !self.prompted => {
                    self.prompted = true;
                    option::encode(&mut nak, kind::ADDRESS, &Value::Address(given));
                }
                Some(AddressDecision::Refuse) => {
                    self.hopeless.get_or_insert(FinishCause::Negotiation);
                }
                Some(AddressDecision::Accept | AddressDecision::Assign(_)) | None => {}
            }
        }
        nak
    }

    /// The address has been noted when it was examined; nothing else of the peer's matters here.
    fn agreed(&mut self, _: &[u8]) {}

    fn acknowledged(&mut self) -> bool {
        // Offered as the documented client does, but nobody here expands compressed headers: a peer that
        // accepts the offer would send what is lost.
        self.vj_slots.take().is_none()
    }

    fn naked(&mut self, _: &mut Io, option: &Opt) {
        let Some(Value::Address(given)) = option::decode(IPCP, option) else {
            // We offer one kind of compression and take no other.
            if option.kind == kind::COMPRESSION {
                self.vj_slots = None;
            }
            return;
        };
        match option.kind {
            // An address of our own configuration is not given up: the peer may come round.
            kind::ADDRESS if self.give.local.is_unspecified() => self.local = given,
            kind::DNS1 => self.dns[0] = self.dns[0].map(|_| given),
            kind::DNS2 => self.dns[1] = self.dns[1].map(|_| given),
            _ => {}
        }
    }

    fn rejected(&mut self, _: &mut Io, option: &Opt) {
        match option.kind {
            kind::COMPRESSION => self.vj_slots = None,
            kind::ADDRESS => {
                self.address = false;
                if self.local.is_unspecified() {
                    self.hopeless.get_or_insert(FinishCause::Negotiation);
                }
            }
            kind::DNS1 => self.dns[0] = None,
            kind::DNS2 => self.dns[1] = None,
            _ => {}
        }
    }

    fn hopeless(&mut self) -> &mut Option<FinishCause> {
        &mut self.hopeless
    }
}
