//! Randomness of the operating system.

use crate::proto::{Entropy, Purpose};

/// Octets from the kernel (`getrandom`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy(());

impl SystemEntropy {
    /// A source.
    ///
    /// # Errors
    /// When the kernel gives no random octets; then no router may start, since its secrets would be guessable.
    pub fn new() -> Result<Self, getrandom::Error> {
        getrandom::fill(&mut [0; 8])?;
        Ok(SystemEntropy(()))
    }
}

impl Entropy for SystemEntropy {
    fn fill(&mut self, _purpose: Purpose, out: &mut [u8]) {
        // The kernel's generator cannot fail once it has been seeded, which `new` has seen. Waiting is the only
        // right thing to do if it ever does: predictable octets would be worse than none.
        while getrandom::fill(out).is_err() {
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let mut entropy = SystemEntropy::new().unwrap();
        let (mut a, mut b) = ([0; 16], [0; 16]);
        entropy.fill(Purpose::ChapChallenge, &mut a);
        entropy.fill(Purpose::ChapChallenge, &mut b);
        assert_ne!(a, b);
    }
}
