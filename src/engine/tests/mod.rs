//! Whole calls through several engines in virtual time.

mod call;
mod dynamic;
mod dynamic_changes;
mod failures;
mod host;
mod lab;
mod peers;
mod radius;
mod tunnel_ends;
mod vpdn;
mod wholesale;
mod world;
