//! The registry of sessions: the numbers by which AAA knows whoever is on a port or a line.
//!
//! A session is opened when a call, a Virtual-Access or somebody's EXEC begins and closed when it ends. Nothing that
//! the port itself knows is kept twice: names, addresses and tunnels are read from it when somebody asks.

use std::collections::{BTreeMap, HashMap};

use crate::engine::io::InterfaceId;
use crate::proto::Instant;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A PPP link end, by its interface.
    Port(InterfaceId),
    /// A terminal line, by its number: 0 is the console.
    Line(u32),
}

/// The number from which Acct-Session-Id is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionNumber(pub u32);

impl std::fmt::Display for SessionNumber {
    /// Eight hexadecimal digits, as IOS writes Acct-Session-Id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

impl std::str::FromStr for SessionNumber {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text, 16).map(SessionNumber)
    }
}

/// What is kept of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub place: Place,
    /// Its Acct-Session-Id.
    pub number: SessionNumber,
    /// When it began.
    pub start: Instant,
}

/// Every session of a router.
#[derive(Debug, Default)]
pub struct Sessions {
    by_unique: BTreeMap<u32, Entry>,
    by_place: HashMap<Place, u32>,
    last_unique: u32,
    last_number: u32,
    /// `radius-server unique-ident`: the top eight bits of every number.
    ident: u8,
    /// The same where there is no such line: how many lives of this router its spool has seen before.
    life: u8,
}

impl Sessions {
    /// Opens a session; one that is at this place already is over. Its unique id.
    pub fn open(&mut self, place: Place, now: Instant) -> u32 {
        self.close(place);
        let number = self.number();
        let unique = self.unique();
        self.by_unique.insert(unique, Entry { place, number, start: now });
        self.by_place.insert(place, unique);
        unique
    }

    /// Closes the session of a place.
    pub fn close(&mut self, place: Place) -> Option<(u32, Entry)> {
        let unique = self.by_place.remove(&place)?;
        self.by_unique.remove(&unique).map(|entry| (unique, entry))
    }

    /// The next number for an Acct-Session-Id. As RFC 2866 section 5.5 suggests, its top eight bits tell the lives of a
    /// router apart, wherever there is something to remember them by: for what a spool has kept of one life is sent in
    /// the next one, beside the records of other sessions. They are 0 in the first one.
    pub fn number(&mut self) -> SessionNumber {
        const OWN: u32 = 0x00FF_FFFF;
        let top = if self.ident == 0 { self.life } else { self.ident };
        let own = if top == 0 { u32::MAX } else { OWN };
        self.last_number = (self.last_number.wrapping_add(1) & own).max(1);
        SessionNumber(self.last_number | u32::from(top) << 24)
    }

    /// How many lives of this router its spool has seen before this one, modulo 256.
    pub fn set_life(&mut self, life: u8) {
        self.life = life;
    }

    /// `radius-server unique-ident`.
    pub fn set_ident(&mut self, ident: u8) {
        self.ident = ident;
    }

    fn unique(&mut self) -> u32 {
        loop {
            self.last_unique = self.last_unique.wrapping_add(1).max(1);
            if !self.by_unique.contains_key(&self.last_unique) {
                return self.last_unique;
            }
        }
    }

    /// The unique id of the session at a place.
    pub fn at(&self, place: Place) -> Option<u32> {
        self.by_place.get(&place).copied()
    }

    /// A session by its unique id.
    pub fn get(&self, unique: u32) -> Option<&Entry> {
        self.by_unique.get(&unique)
    }

    /// Every session, by unique id.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.by_unique.iter().map(|(unique, entry)| (*unique, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Place = Place::Port(InterfaceId(7));

    #[test]
    fn numbers_are_eight_hexadecimal_digits() {
        let mut sessions = Sessions { last_number: 0x19, ..Sessions::default() };
        let unique = sessions.open(PORT, Instant::ZERO);
        let entry = *sessions.get(unique).expect("it is open");
        assert_eq!(entry.number.to_string(), "0000001A");
        assert_eq!("0000001a".parse(), Ok(entry.number));
        assert!("0000001G".parse::<SessionNumber>().is_err());
    }

    #[test]
    fn unique_ident_stands_in_the_top_eight_bits() {
        let mut sessions = Sessions::default();
        sessions.set_ident(0x1F);
        assert_eq!(sessions.number().to_string(), "1F000001");
        sessions.last_number = 0x00FF_FFFF;
        assert_eq!(sessions.number().to_string(), "1F000001");
    }

    #[test]
    fn two_lives_have_no_number_in_common() {
        let mut sessions = Sessions::default();
        sessions.set_life(2);
        assert_eq!(sessions.number().to_string(), "02000001");
        sessions.set_ident(0x1F);
        assert_eq!(sessions.number().to_string(), "1F000002", "what is configured counts");
        sessions.set_ident(0);
        assert_eq!(sessions.number().to_string(), "02000003");
    }

    #[test]
    fn a_place_has_one_session_at_a_time() {
        let mut sessions = Sessions::default();
        let first = sessions.open(PORT, Instant::ZERO);
        let second = sessions.open(PORT, Instant::ZERO);
        assert_ne!(first, second);
        assert_eq!((sessions.get(first), sessions.at(PORT)), (None, Some(second)));
        assert_eq!(sessions.close(PORT).map(|(unique, _)| unique), Some(second));
        assert_eq!((sessions.close(PORT), sessions.iter().count()), (None, 0));
    }
}
