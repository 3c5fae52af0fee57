//! `write memory`, `copy`, `erase` and `reload`.

use super::*;

#[test]
fn write_memory_saves_the_running_config() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.lines("configure terminal\nhostname Q\nend");
    assert_eq!(bench.shown("write memory"), "Building configuration...\n[OK]\nQ#");
    let saved = bench.saved.clone().expect("a startup-config");
    assert!(saved.contains("hostname Q\n"), "{saved}");
    assert!(bench.shown("show startup-config").contains(&saved));
}

#[test]
fn copy_asks_for_the_name_of_the_file() {
    let mut bench = Bench::enabled("hostname R\n");
    assert_eq!(bench.shown("copy running-config startup-config"), "Destination filename [startup-config]? ");
    bench.type_on(CONSOLE, ConsoleInput::Interrupt);
    assert!(bench.saved.is_none() && bench.waits() == Waits::Line);
    bench.lines("copy run start");
    assert_eq!(bench.waits(), Waits::Answer);
    bench.line_on(CONSOLE, "");
    assert!(bench.saved.as_deref().is_some_and(|s| s.contains("hostname R")));
}

#[test]
fn copy_writes_no_other_file() {
    let mut bench = Bench::enabled("hostname R\n");
    for (command, file, why) in [
        ("copy run start", "foo", "%Error opening nvram:foo (Permission denied)\nR#"),
        (
            "copy run start",
            "flash:startup-config",
            "%Error opening flash:startup-config (Permission denied)\nR#",
        ),
        ("copy run start", "y", "%Error opening nvram:y (Permission denied)\nR#"),
        ("copy start run", "startup-config", "%Error opening system:startup-config (Permission denied)\nR#"),
    ] {
        bench.lines(command);
        assert_eq!(bench.shown(file), why);
        assert!(bench.saved.is_none());
    }
    for file in ["startup-config", " nvram:startup-config ", "nvram:/startup-config", "nvram:"] {
        bench.lines("copy run start");
        bench.line_on(CONSOLE, file);
        assert!(bench.saved.take().is_some(), "{file}");
    }
}

#[test]
fn the_startup_config_is_merged_into_the_running_one() {
    let mut bench = Bench::enabled("hostname R\nusername a password 0 b\n");
    bench
        .lines("configure terminal\nhostname Q\nno username a\nusername c password 0 d\nend\ncopy start run");
    bench.line_on(CONSOLE, "");
    let running = bench.shown("show running-config");
    for line in ["hostname R\n", "username a password 0 b\n", "username c password 0 d\n"] {
        assert!(running.contains(line), "{line}{running}");
    }
}

#[test]
fn erase_asks_first() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.lines("erase startup-config");
    assert_eq!(bench.waits(), Waits::Confirm);
    bench.type_on(CONSOLE, ConsoleInput::Key('n'));
    assert!(bench.saved.is_none());
    bench.lines("write erase");
    bench.type_on(CONSOLE, ConsoleInput::Key('\n'));
    assert_eq!(bench.saved.as_deref(), Some(""));
    assert!(bench.shown("show startup-config").contains("startup-config is not present"));
}

#[test]
fn reload_of_an_unchanged_router_only_asks_whether_to_proceed() {
    let mut bench = Bench::enabled("hostname R\n");
    assert_eq!(bench.shown("reload"), "Proceed with reload? [confirm]");
    bench.type_on(CONSOLE, ConsoleInput::Key('n'));
    assert_eq!((bench.reloads, bench.waits()), (0, Waits::Line));
    bench.lines("reload");
    bench.type_on(CONSOLE, ConsoleInput::Key('\n'));
    assert_eq!(bench.reloads, 1);
}

#[test]
fn reload_of_a_changed_router_asks_whether_to_save() {
    for (answer, saves) in [("yes", true), ("no", false)] {
        let mut bench = Bench::enabled("hostname R\n");
        bench.lines("configure terminal\nhostname Q\nend");
        let asked = bench.shown("reload");
        assert_eq!(asked, "System configuration has been modified. Save? [yes/no]: ");
        assert!(bench.shown("perhaps").starts_with("% Please answer 'yes' or 'no'.\n"));
        assert_eq!(bench.waits(), Waits::Answer);
        bench.lines(answer);
        assert_eq!(bench.waits(), Waits::Confirm);
        bench.type_on(CONSOLE, ConsoleInput::Key('y'));
        assert_eq!((bench.reloads, bench.saved.is_some()), (1, saves));
    }
}

#[test]
fn what_could_not_be_saved_is_said_and_the_former_startup_config_stays() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.lines("configure terminal\nhostname Q\nend");
    bench.cannot_save = Some("No space left on device".to_owned());
    let refused = "startup-config file open failed (No space left on device)\n";
    assert_eq!(bench.shown("write memory"), format!("Building configuration...\n{refused}Q#"));
    assert!(bench.shown("show startup-config").contains("hostname R\n"));
    bench.lines("copy running-config startup-config");
    assert_eq!(bench.shown(""), format!("Building configuration...\n{refused}Q#"));
    // It is still to be saved, and a reload that would lose it does not come by itself.
    assert_eq!(bench.shown("reload"), "System configuration has been modified. Save? [yes/no]: ");
    assert_eq!(bench.shown("yes"), format!("Building configuration...\n{refused}Q#"));
    assert_eq!(bench.reloads, 0);
    bench.lines("write erase");
    bench.screen(CONSOLE).text.clear();
    bench.type_on(CONSOLE, ConsoleInput::Key('y'));
    assert_eq!(bench.screen(CONSOLE).text, format!("\n{refused}Q#"));
    assert!(bench.shown("show startup-config").contains("hostname R\n"));
    bench.cannot_save = None;
    assert_eq!(bench.shown("write memory"), "Building configuration...\n[OK]\nQ#");
    assert_eq!(bench.shown("reload"), "Proceed with reload? [confirm]");
}
