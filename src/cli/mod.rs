//! The command line: matching, `?`, Tab, modes and sessions, pager and `|` filters, the `% ...` messages.

mod clearance;
mod executor;
mod help;
mod matcher;
mod messages;
mod pager;
mod session;
mod token;

#[cfg(test)]
mod tests;

pub use clearance::{Clearance, mode_of};
pub use executor::{ExecResult, Executor};
pub use help::{complete, help};
pub use matcher::{Form, MatchError, Parsed, in_full, parse, parse_as, render};
pub use messages::{TOO_LONG, is_too_long, refused};
pub use pager::{Filter, Pager, split_pipe};
pub use session::{Session, looks_up};
pub use token::{SecretStyle, Word, banner_delimiter, open_banner};
