//! What EXEC commands print: `show` screens and other texts, as pure functions of plain input.
//!
//! A renderer appends to a `String` and knows neither the terminal nor the engine's inside. Its doc comment says
//! where its layout comes from: a published capture or parser, or this project's choice.

pub mod aaa;
pub mod accounting;
pub mod arp;
pub mod exec;
pub mod interfaces;
pub mod ip;
pub mod isdn;
pub mod l2tp;
pub mod ping;
pub mod ping_dialog;
pub mod pool;
pub mod ppp;
pub mod radius;
pub mod show;
pub mod system;
pub mod test_aaa;
pub mod text;
pub mod users;
pub mod vpdn;
pub mod vpdn_detail;
pub mod vpdn_groups;

#[cfg(test)]
mod samples;
