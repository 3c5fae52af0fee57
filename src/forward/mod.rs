//! The data plane: UDP, TUN and B channels joined by a table that the engine fills.
//!
//! [`Table`] does no I/O and reads no clock: octets go in, [`Delivery`]s come out through a sink that says whether
//! there was room for them. The edge on Linux and the virtual lab use the same one.

mod delivery;
mod line;
mod table;

pub use delivery::{Delivery, Disposition, Fate, Sink, Statistics};
pub use table::Table;

#[cfg(test)]
mod tests;
