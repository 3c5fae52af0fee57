//! The table in `rfc2661.md` names tests that exist, every row has one or a reason, and no MUST of the RFC is missing.

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

/// The cells of every row: section, what the RFC says, what shows it.
fn rows(table: &str) -> Vec<[&str; 3]> {
    let lines = table.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| section "));
    lines
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("three cells: {row}"))
        })
        .collect()
}

fn table() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("tests/rfc2661.md")).expect("the table")
}

#[test]
fn every_row_names_existing_tests_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let table = table();
    let rows = rows(&table);
    // What the text of the RFC has (see below), and a row for each state table.
    assert_eq!(rows.len(), 109 + 5);
    for [section, says, shown] in rows {
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        let reason = shown.starts_with("not applicable: ") || shown.starts_with("not kept: ");
        assert!(reason || !names.is_empty(), "neither test nor reason: {section}: {says}");
        for name in names {
            assert!(exists(&files, name), "no test {name}: {section}: {says}");
        }
    }
}

/// The text of a section and of its subsections, page breaks and white space evened out.
fn section(text: &str, from: &str, to: &str) -> String {
    let page_break = |line: &&str| line.starts_with("Townsley, et al.") || line.starts_with("RFC 2661  ");
    let heading = |line: &&str, number: &str| line.starts_with(number) && !line.contains("...");
    let lines = text.lines().skip_while(|l| !heading(l, from)).take_while(|l| !heading(l, to));
    lines.filter(|l| !page_break(l)).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[test]
#[ignore = "needs the text of the RFC: RFC2661=FILE cargo test --test rfc2661 -- --ignored"]
fn no_must_of_the_rfc_is_missing() {
    let file = std::env::var_os("RFC2661").expect("RFC2661 names the text of the RFC");
    let text = fs::read_to_string(file).expect("the text of the RFC").replace('\u{c}', "");
    let table = table();
    let rows = rows(&table);
    let musts = |text: &str| text.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| *w == "MUST").count();
    for (from, to) in [("4.0 ", "5.0 "), ("5.0 ", "6.0 "), ("7.0 ", "8.0 ")] {
        let section = section(&text, from, to);
        let here = rows.iter().filter(|[number, ..]| number.starts_with(&from[..2]));
        let mut said = 0;
        for [number, says, _] in here {
            said += musts(says);
            assert!(musts(says) == 0 || section.contains(says), "not the RFC's words: {number}: {says}");
        }
        assert_eq!(said, musts(&section), "MUSTs of section {from}");
    }
}
