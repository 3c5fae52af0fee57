//! The command line: matching, `?`, Tab, modes and sessions, pager and `|` filters, the `% ...` messages.

mod help;
mod matcher;
mod token;

#[cfg(test)]
mod tests;

pub use help::{complete, help};
pub use matcher::{Form, MatchError, Parsed, parse, render};
pub use token::{SecretStyle, Word, banner_delimiter, open_banner};
