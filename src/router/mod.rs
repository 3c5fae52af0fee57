//! One router with its consoles, sans-IO: engine, configuration store, CLI sessions and logging together.
//!
//! What the edges (`host`, `lab`) drive: `handle(now, input)`, then `poll()` until `None`, then wait until
//! `next_timeout()`.

pub mod io;

pub use io::*;

use std::collections::VecDeque;

use crate::proto::{Entropy, Instant};

/// What a router is made of at power-on.
pub struct RouterParams {
    /// Randomness.
    pub entropy: Box<dyn Entropy + Send>,
    /// The startup-config; empty for none.
    pub startup_config: String,
    /// Wall clock at `Instant::ZERO`, as seconds and nanoseconds since 1970 UTC; IOS starts unsynchronised at
    /// 1 March 1993 when `None`.
    pub wall_clock: Option<(i64, u32)>,
}

/// One router.
pub struct Router {
    outputs: VecDeque<Output>,
}

impl Router {
    /// A router that has just been switched on: it has read its startup-config.
    pub fn new(now: Instant, params: RouterParams) -> Self {
        let _ = (now, params);
        Router { outputs: VecDeque::new() }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        let _ = (now, input);
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `handle(now, Input::Timeout)` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// The host name, for titles and prompts of a lab.
    pub fn hostname(&self) -> &str {
        "Router"
    }
}
