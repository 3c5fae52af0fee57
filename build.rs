//! Compiles `grammars/` into typed commands.

fn main() {
    println!("cargo::rerun-if-changed=grammars");
}
