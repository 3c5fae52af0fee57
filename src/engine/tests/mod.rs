//! Whole calls through several engines in virtual time.

mod call;
mod failures;
mod lab;
mod radius;
mod vpdn;
mod world;
