//! Labs: their description, their switch and segments, their plays, and whole calls in virtual time.

mod call;
mod configs;
mod description;
mod dialer;
mod isdn;
mod play;
mod player;
mod readme;
mod segment;
mod virtual_host;

#[path = "../support/transcript.rs"]
mod transcript;
