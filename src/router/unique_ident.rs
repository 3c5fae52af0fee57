//! The line `radius-server unique-ident` of a startup-config, which the router itself counts up.

use crate::config::store::Store;
use crate::grammar::Command;
use crate::grammar::command::aaa::AaaCommand;
use crate::grammar::table::Op;
use crate::grammar::value::starts_with;

const COMMAND: &str = "radius-server unique-ident";
const HIGHEST: u32 = 255;

/// What a router that has read `startup` into `store` has in place of that line: the line, and the startup-config with
/// it. `None` where there is no such line, or it says 0, which is none.
pub fn next(store: &Store, startup: &str) -> Option<(String, String)> {
    let now = store.commands().find_map(|command| match command {
        Command::Aaa(AaaCommand::RadiusServerUniqueIdent(Op::Set(ident))) => Some(ident.number),
        _ => None,
    })?;
    if now == 0 {
        return None;
    }
    let line = format!("{COMMAND} {}", if now < HIGHEST { now + 1 } else { 1 });
    let is_it = |text: &str| {
        let typed: Vec<&str> = text.split_whitespace().collect();
        let named = COMMAND.split(' ').zip(&typed).all(|(keyword, word)| starts_with(keyword, word));
        named && typed.len() == 3
    };
    let lines = startup.split_inclusive('\n').map(|own| match is_it(own) {
        true => format!("{line}\n"),
        false => own.to_owned(),
    });
    Some((line.clone(), lines.collect()))
}
