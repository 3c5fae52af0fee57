use std::path::Path;

use vpdnsh::config::check::check_text;

/// Configurations that are ready to load have no line that is refused.
#[test]
fn no_line_of_a_shipped_configuration_is_refused() {
    let mut seen = 0;
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("configs")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let mut report = Vec::new();
            check_text(&std::fs::read_to_string(&path).unwrap(), &mut report).unwrap();
            let report = String::from_utf8(report).unwrap();
            let refused: Vec<&str> = report.lines().filter(|line| line.starts_with("refused ")).collect();
            assert_eq!(refused, [] as [&str; 0], "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 3, "the configurations of the dial-in lab at least");
}
