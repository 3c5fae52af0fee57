//! Source ports and the identifiers of each: 256 requests can be outstanding on one port.

use super::types::RequestKey;
use crate::proto::{Context, Purpose};

/// The port of socket 0; that of socket 1 is the next one.
pub const FIRST_PORT: u16 = 1645;
/// The port of socket 2; the ports of the others follow. It is the range of `radius-server source-ports extended`.
const EXTENDED_PORT: u16 = 21645;
/// How many sockets there may be: 51,712 requests at once.
pub const MAX_SOCKETS: u16 = 202;

/// One source port.
struct Port {
    number: u16,
    slots: Vec<Option<RequestKey>>,
    used: u16,
    next: u8,
    refused: bool,
}

/// Every source port.
#[derive(Default)]
pub struct Sockets {
    ports: Vec<Port>,
    free: usize,
}

/// A place on a source port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Socket number.
    pub socket: u16,
    /// Identifier.
    pub identifier: u8,
}

impl Sockets {
    /// The local port of a socket.
    pub fn port(socket: u16) -> u16 {
        match socket.checked_sub(2) {
            None => FIRST_PORT + socket,
            Some(extended) => EXTENDED_PORT.saturating_add(extended),
        }
    }

    /// The ports that are open.
    pub fn open_ports(&self) -> Vec<u16> {
        self.ports.iter().filter(|p| !p.refused).map(|p| Self::port(p.number)).collect()
    }

    /// A free identifier for `key`, and the socket to open first when a new one is needed. `None` when
    /// everything is in use.
    pub fn allocate(&mut self, cx: &mut Context, key: RequestKey) -> Option<(Slot, Option<u16>)> {
        let mut opened = None;
        if self.free == 0 {
            opened = Some(self.open(cx)?);
        }
        let port = self.ports.iter_mut().find(|p| !p.refused && p.used < 256)?;
        // The identifiers go round, so that one is not used again soon after its request ended.
        let identifier = (0..=u8::MAX)
            .map(|n| port.next.wrapping_add(n))
            .find(|&id| port.slots.get(usize::from(id)).is_some_and(Option::is_none))?;
        if let Some(slot) = port.slots.get_mut(usize::from(identifier)) {
            *slot = Some(key);
        }
        port.next = identifier.wrapping_add(1);
        port.used += 1;
        self.free -= 1;
        Some((Slot { socket: port.number, identifier }, opened))
    }

    fn open(&mut self, cx: &mut Context) -> Option<u16> {
        let number = u16::try_from(self.ports.len()).ok().filter(|&n| n < MAX_SOCKETS)?;
        let mut first = [0];
        cx.entropy.fill(Purpose::RadiusId, &mut first);
        self.ports.push(Port { number, slots: vec![None; 256], used: 0, next: first[0], refused: false });
        self.free += 256;
        Some(number)
    }

    /// Whether no socket can be had any more: waiting for an identifier is in vain.
    pub fn is_exhausted(&self) -> bool {
        self.ports.len() >= usize::from(MAX_SOCKETS) && self.ports.iter().all(|p| p.refused)
    }

    /// The request that `slot` belongs to.
    pub fn request(&self, slot: Slot) -> Option<RequestKey> {
        *self.ports.get(usize::from(slot.socket))?.slots.get(usize::from(slot.identifier))?
    }

    /// The identifier is free again.
    pub fn release(&mut self, slot: Slot) {
        if let Some(port) = self.ports.get_mut(usize::from(slot.socket))
            && let Some(held) = port.slots.get_mut(usize::from(slot.identifier))
            && held.take().is_some()
        {
            port.used -= 1;
            if !port.refused {
                self.free += 1;
            }
        }
    }

    /// The socket cannot be had: nothing more goes out of it. Its requests, for which new places are needed.
    pub fn refuse(&mut self, socket: u16) -> Vec<RequestKey> {
        let Some(port) = self.ports.get_mut(usize::from(socket)).filter(|p| !p.refused) else {
            return Vec::new();
        };
        port.refused = true;
        self.free -= 256 - usize::from(port.used);
        port.slots.iter().flatten().copied().collect()
    }
}
