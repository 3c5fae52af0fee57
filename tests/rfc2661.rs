//! The table in `rfc2661.md` names tests that exist, and every row has one or a reason.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(directory: &Path, out: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).expect("a source directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            out.push((path, text));
        }
    }
}

/// Whether `module::function` is a test: a function after `#[test]` in a file of that module's name.
fn exists(sources: &[(PathBuf, String)], name: &str) -> bool {
    let (module, function) = name.split_once("::").expect("module::function");
    let head = format!("fn {function}(");
    sources.iter().any(|(path, text)| {
        let of_module = path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == module || part == format!("{module}.rs") || part == format!("{module}_tests.rs")
        });
        let is_test = text.split("#[test]").skip(1).any(|test| test.trim_start().starts_with(&head));
        of_module && is_test
    })
}

#[test]
fn every_row_names_existing_tests_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let table = fs::read_to_string(root.join("tests/rfc2661.md")).expect("the table");
    let rows: Vec<&str> = table.lines().filter(|l| l.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 60, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, shown] = cells[..] else { panic!("three cells: {row}") };
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        let reason = shown.starts_with("not applicable: ");
        assert!(reason || !names.is_empty(), "neither test nor reason: {row}");
        for name in names {
            assert!(exists(&files, name), "no test {name}: {row}");
        }
    }
}
