//! Whole calls through several engines in virtual time.

mod books;
mod call;
mod dynamic;
mod failures;
mod host;
mod lab;
mod peers;
mod radius;
mod vpdn;
mod wholesale;
mod world;
