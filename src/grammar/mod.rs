//! The grammar: the language of `grammars/*.cli`, and what `build.rs` compiles it into.
//!
//! [`command::Command`] is nested by grammar file, so that a handler file matches its own family exhaustively.
//! A command that has a `no` form holds an [`Op`]; its arguments are in a struct of the command's name.

mod kind;
pub mod sample;
pub mod table;
pub mod value;

pub use command::{Command, Mode};
pub use table::Op;

/// The typed commands, generated from `grammars/`.
#[allow(clippy::large_enum_variant, clippy::enum_variant_names)]
pub mod command {
    use super::table::{ArgKind, Captures, CommandSpec, END, Mark, ModeSpec, NoForm, Node, Op, Shape, Token};
    use super::value;
    include!(concat!(env!("OUT_DIR"), "/commands.rs"));
}

#[cfg(test)]
#[allow(dead_code)]
mod compiler;
#[cfg(test)]
mod tests;
