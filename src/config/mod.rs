//! The configuration: the store, NVGEN, and its typed views.

pub mod secret;
