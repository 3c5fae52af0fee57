//! PPP: RFC 1661 and its family. [`Link`] is one point-to-point link: LCP, authentication, NCPs.
//!
//! A link decides nothing about users or addresses: it asks by an [`Event`] and is answered by a method.

pub mod link;
pub mod types;

pub use link::Link;
pub use types::*;
