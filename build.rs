//! Compiles `grammars/*.cli` into typed commands and the matcher's tables; a grammar mistake ends the build.

#[allow(dead_code)]
#[path = "src/grammar/compiler.rs"]
mod compiler;
#[path = "src/grammar/kind.rs"]
mod kind;

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=grammars");
    println!("cargo::rerun-if-changed=src/grammar");
    if let Err(e) = build() {
        println!("cargo::error={e}");
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir("grammars")?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "cli"));
    paths.sort();
    let mut sources = Vec::new();
    for path in &paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        sources.push((name, std::fs::read_to_string(path)?));
    }
    let generated = compiler::generate(&sources)?;
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("commands.rs"), generated)?;
    Ok(())
}
