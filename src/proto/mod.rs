//! Pure protocol: bytes and time in, bytes and events out. No I/O, no clock, no randomness of its own.
//!
//! One shape everywhere: `handle…(cx, input)`, then `poll()` until it returns `None`, and `next_timeout()`.

pub mod context;
pub mod cursor;
pub mod entropy;
pub mod hdlc;
pub mod l2tp;
pub mod ppp;
pub mod radius;
pub mod redact;
pub mod time;
pub mod trace;

pub use context::Context;
pub use entropy::{Entropy, Purpose};
pub use time::Instant;
pub use trace::{DebugText, Dialect, Switch, Trace};
