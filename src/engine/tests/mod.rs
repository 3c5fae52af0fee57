//! Whole calls through several engines in virtual time.

mod call;
mod dynamic;
mod failures;
mod host;
mod lab;
mod peers;
mod radius;
mod renumber;
mod vpdn;
mod wholesale;
mod world;
