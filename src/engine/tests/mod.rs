//! Whole calls through several engines in virtual time.

mod call;
mod devices;
mod dynamic;
mod failures;
mod group_limits;
mod host;
mod lab;
mod peers;
mod races;
mod radius;
mod vpdn;
mod wholesale;
mod world;
