//! The configuration: the store of typed lines, NVGEN, and the typed views that the engine reads.

pub mod secret;
pub mod views;

pub use views::RouterConfig;
