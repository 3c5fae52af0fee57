//! The configuration: the store of typed lines, NVGEN, and the typed views that the engine reads.

pub mod check;
mod compat;
pub mod load;
pub mod nvgen;
mod rules;
pub mod secret;
pub mod store;
pub mod views;
mod vty;

pub use load::{LineReport, Verdict};
pub use store::{Line, Path, Store};
pub use views::RouterConfig;

#[cfg(test)]
mod tests;
