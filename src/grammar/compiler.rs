//! The grammar compiler: files in, Rust out. Runs in `build.rs`; the library carries it for its tests only.

use super::kind;

#[path = "check.rs"]
pub mod check;
#[path = "emit.rs"]
pub mod emit;
#[path = "graph.rs"]
pub mod graph;
#[path = "language.rs"]
pub mod language;
#[path = "syntax.rs"]
pub mod syntax;

/// Compiles grammar files, given as (file name, text), into the Rust source of the typed commands. The error is
/// `grammars/FILE:LINE: what is wrong`.
pub fn generate(sources: &[(String, String)]) -> Result<String, String> {
    let mut files = Vec::new();
    for (name, text) in sources {
        files.push(language::read(name, text).map_err(|m| m.to_string())?);
    }
    let compiled = check::compile(&files).map_err(|m| m.to_string())?;
    emit::emit(&compiled).map_err(|e| e.to_string())
}
