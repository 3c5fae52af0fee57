//! Randomness of nodes in virtual time: seeded, or scripted first to replay a documented call.

use std::collections::{HashMap, VecDeque};

use crate::proto::entropy::Seeded;
use crate::proto::{Entropy, Purpose};

/// Gives the scripted values of each purpose in their order, then seeded ones.
#[derive(Clone, Debug)]
pub struct Scripted {
    values: HashMap<Purpose, VecDeque<Vec<u8>>>,
    then: Seeded,
}

impl Scripted {
    /// Nothing scripted.
    pub fn seeded(seed: u64) -> Self {
        Scripted { values: HashMap::new(), then: Seeded::new(seed) }
    }

    /// Adds the next value of a purpose. A value that is longer or shorter than what is drawn is taken as a
    /// number: cut or filled with zeros on its left.
    pub fn push(&mut self, purpose: Purpose, value: &[u8]) -> &mut Self {
        self.values.entry(purpose).or_default().push_back(value.to_vec());
        self
    }

    /// Scripted values that nobody has drawn yet.
    pub fn left(&self) -> usize {
        self.values.values().map(VecDeque::len).sum()
    }
}

impl Entropy for Scripted {
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]) {
        match self.values.get_mut(&purpose).and_then(VecDeque::pop_front) {
            Some(value) => {
                out.fill(0);
                for (to, from) in out.iter_mut().rev().zip(value.iter().rev()) {
                    *to = *from;
                }
            }
            None => self.then.fill(purpose, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripted_values_come_first_and_in_order_of_their_purpose() {
        let mut entropy = Scripted::seeded(1);
        entropy
            .push(Purpose::TunnelId, &[0x45, 0x18])
            .push(Purpose::SessionId, &[7])
            .push(Purpose::TunnelId, &[1, 2, 3]);
        assert_eq!(entropy.u16(Purpose::SessionId), 7);
        assert_eq!(entropy.u16(Purpose::TunnelId), 17688);
        assert_eq!(entropy.u16(Purpose::TunnelId), 0x0203);
        assert_eq!(entropy.left(), 0);
        assert_eq!(entropy.u16(Purpose::TunnelId), Seeded::new(1).u16(Purpose::TunnelId));
    }
}
