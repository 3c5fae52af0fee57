//! Whole calls through several engines in virtual time.

mod call;
mod failures;
mod lab;
mod peers;
mod radius;
mod wholesale;
mod world;
