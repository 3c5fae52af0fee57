//! Imports point inwards only: `proto` knows nobody, `engine` knows `proto` and the typed views of `config`, the
//! grammar language and the protocol core know no room of the outer ring.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms of the house that it may name in `crate::...` paths. Rooms that are not listed are of
/// the outer ring and may name any.
const MAY_KNOW: [(&str, &[&str]); 7] = [
    ("proto", &["proto"]),
    ("grammar", &["grammar"]),
    ("config/views", &["config", "proto", "grammar"]),
    ("config", &["config", "proto", "grammar", "cli"]),
    ("engine", &["engine", "proto", "config"]),
    ("forward", &["forward", "engine", "proto"]),
    ("logging", &["logging", "engine", "config", "proto"]),
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a source folder can be read") {
        let path = entry.expect("a folder entry can be read").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Every room named behind `crate::` in the text, alone or in a list in braces, comments left out, with its line
/// number.
fn rooms_named(text: &str) -> Vec<(usize, String)> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
    let mut found = Vec::new();
    for (number, line) in code.iter().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            let rest = [&line[at + "crate::".len()..]].into_iter().chain(code[number + 1..].iter().copied());
            let names = first_names(&rest.collect::<Vec<_>>().join("\n"));
            found.extend(names.into_iter().map(|name| (number + 1, name)));
        }
    }
    found
}

/// The first name of every path of a `use` behind `crate::`: of `{a::b, c::{d, e}}` it is a and c.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut names, mut depth) = (vec![name(list)], 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Test code may reach outwards: what stands in `tests.rs`, `tests/` or behind `#[cfg(test)] mod`.
fn without_tests(path: &Path, text: &str) -> Option<String> {
    let name = path.to_string_lossy();
    if name.ends_with("tests.rs") || name.contains("/tests/") {
        return None;
    }
    let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    Some(product.to_owned())
}

#[test]
fn imports_point_inwards_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for path in files {
        let relative = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
        let Some((room, allowed)) =
            MAY_KNOW.iter().find(|(room, _)| relative.starts_with(&format!("{room}/")))
        else {
            continue;
        };
        let text = fs::read_to_string(&path).expect("a source file can be read");
        let Some(product) = without_tests(&path, &text) else { continue };
        for (line, named) in rooms_named(&product) {
            if !allowed.contains(&named.as_str()) {
                wrong.push(format!("src/{relative}:{line}: {room} must not know {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn engine_reads_the_configuration_only_through_its_views() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for path in files {
        let text = fs::read_to_string(&path).expect("a source file can be read");
        let Some(product) = without_tests(&path, &text) else { continue };
        for line in product.lines().filter(|l| l.contains("crate::config")) {
            assert!(
                line.contains("config::views") || line.contains("config::RouterConfig"),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn the_reader_of_paths_sees_through_comments_and_braces() {
    let text = "use crate::engine::X; // crate::lab\nuse crate::{proto};\n/// crate::host\n\
                use crate::{config::{a, b}, // crate::router\n cli,\n};\nlet x = crate::engine::y(crate::lab::Z);\n";
    let expected = [(1, "engine"), (2, "proto"), (4, "config"), (4, "cli"), (7, "engine"), (7, "lab")];
    assert_eq!(rooms_named(text), expected.map(|(line, room)| (line, room.to_owned())));
}

#[test]
fn a_file_fits_in_a_head() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for path in files {
        let lines = fs::read_to_string(&path).expect("a source file can be read").lines().count();
        assert!(lines <= 650, "{} has {lines} lines: it is two files", path.display());
    }
}
