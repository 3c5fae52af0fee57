//! The shell from the outside: keystrokes in, whole screens out; and what holds for every command of the grammar.
//!
//! `screens/NAME.keys` holds one input per line: a line to type, ended by `?`, `<Tab>` or `<^Z>` where that is the key
//! instead of Enter; `<^C>`, or `<key X>` at a question. `screens/NAME.screen` is what the terminal then shows. Run with
//! `UPDATE_SCREENS=1` to write the screens anew, and read the difference.

mod configurations;
mod every_command;
mod line;
mod logins;
mod pasted;
mod privileges;
mod questions;
mod refusals;
mod router;
mod screens;
mod secrets;
