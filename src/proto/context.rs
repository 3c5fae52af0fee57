//! What every handler needs: the time, randomness, and somewhere to print debugs.

use super::{DebugText, Entropy, Instant, Trace};

/// The arguments that every protocol machine takes with its input.
pub struct Context<'a> {
    /// Now.
    pub now: Instant,
    /// Randomness.
    pub entropy: &'a mut dyn Entropy,
    /// The debug sink.
    pub trace: &'a mut dyn Trace,
}

impl Context<'_> {
    /// Prints `event` if its switch is on.
    pub fn debug(&mut self, event: &dyn DebugText) {
        self.trace.debug(event);
    }
}
