//! Whole calls through several engines in virtual time.

mod books;
mod call;
mod devices;
mod dynamic;
mod dynamic_changes;
mod failures;
mod group_limits;
mod host;
mod lab;
mod peers;
mod races;
mod radius;
mod tunnel_ends;
mod vpdn;
mod wholesale;
mod world;
