//! Labs: their description, their switch and segments, their plays, and whole calls in virtual time.

mod accounting;
mod call;
mod configs;
mod description;
mod dialer;
mod isdn;
mod many_calls;
mod play;
mod player;
mod proofs;
mod readme;
mod refusals;
mod segment;
mod users;
mod virtual_host;
mod wholesale;

#[path = "../support/transcript.rs"]
mod transcript;
