//! Processes of this machine.

/// Whether a process runs whose arguments end with this, anywhere on the machine.
pub fn runs(argument: &str) -> bool {
    let ending = format!("{argument}\0");
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok())
        .any(|arguments| arguments.ends_with(&ending))
}

/// A time to sleep that no other process on this machine sleeps.
pub fn unique(number: u32) -> String {
    format!("{}.{number}", 1_000_000 + std::process::id())
}
