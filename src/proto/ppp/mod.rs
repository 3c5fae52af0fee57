//! PPP: RFC 1661 and its family. [`Link`] is one point-to-point link: LCP, authentication, NCPs.
//!
//! A link decides nothing about users or addresses: it asks by an [`Event`] and is answered by a method.

mod auth;
pub mod automaton;
pub mod chap;
pub mod debug;
mod input;
mod ipcp;
mod lcp;
pub mod link;
mod machine;
pub mod mschap;
mod option;
mod packet;
mod pap;
#[cfg(test)]
mod tests;
pub mod types;

pub use chap::verify;
pub use lcp::accm;
pub use link::{Link, LinkView};
pub use option::option_texts;
pub use packet::{IPCP, LCP, unfragmented};
pub use types::*;
