//! Mistakes of grammar files are told with file and line; the generated tables are sane.

use super::command::{COMMANDS, MODES};
use super::compiler::generate;
use super::value::{InterfaceKind, InterfaceName, Month, Secret, TimeOfDay};

fn mistake(source: &str) -> String {
    generate(&[("t.cli".into(), source.into())]).unwrap_err()
}

const MODE: &str = "mode a prompt \"#\" ;\n";

#[test]
fn an_unknown_type_is_told_with_its_line() {
    let m = mistake(&format!("{MODE}in a {{\n  show \"x\" <n:99 \"y\"> = Foo ;\n}}\n"));
    assert_eq!(m, "grammars/t.cli:3: unknown argument type \"99\"");
}

#[test]
fn an_unknown_attribute_mode_or_key_is_told() {
    assert_eq!(
        mistake(&format!("{MODE}in a {{ x \"x\" = Foo\n wrong ; }}")),
        "grammars/t.cli:3: unknown attribute \"wrong\""
    );
    assert_eq!(mistake(&format!("{MODE}in b {{ }}")), "grammars/t.cli:2: unknown mode b");
    assert_eq!(
        mistake(&format!("{MODE}in a {{\n\n x \"x\" = Foo key y ; }}")),
        "grammars/t.cli:4: Foo: key y is no argument"
    );
    assert_eq!(
        mistake(&format!("{MODE}in a {{ x \"x\" = Foo enter c ; }}")),
        "grammars/t.cli:2: unknown mode c"
    );
}

#[test]
fn a_missing_semicolon_is_told_where_it_is_missed() {
    let m = mistake(&format!("{MODE}in a {{\n x \"x\" = Foo\n}}"));
    assert_eq!(m, "grammars/t.cli:4: unexpected \"}\"");
}

#[test]
fn two_commands_that_take_the_same_line_are_refused() {
    let m = mistake(&format!("{MODE}in a {{\n x \"x\" [ y \"y\" ] = Foo ;\n x \"x\" y \"y\" = Bar ;\n}}"));
    assert_eq!(m, "grammars/t.cli:4: Bar takes the same lines as Foo (grammars/t.cli:3) in mode a");
    let m = mistake(&format!(
        "{MODE}in a {{\n x \"x\" <n:1-5 \"n\"> = Foo ;\n x \"x\" <n:5-9 \"n\"> = Bar ;\n}}"
    ));
    assert_eq!(m, "grammars/t.cli:4: Bar takes the same lines as Foo (grammars/t.cli:3) in mode a");
}

#[test]
fn a_keyword_beside_a_word_and_disjoint_ranges_are_no_clash() {
    let source = format!(
        "{MODE}in a {{ x \"x\" y \"y\" = A ; x \"x\" <w:WORD \"w\"> = B ; z \"z\" <n:1-5 \"n\"> = C ; z \"z\" <n:6-9 \"n\"> = D ; }}"
    );
    let generated = generate(&[("t.cli".into(), source)]).expect("no mistake");
    assert!(generated.contains("pub enum TCommand"));
}

#[test]
fn a_definition_twice_is_refused() {
    assert_eq!(
        mistake(&format!("{MODE}in a {{ x \"x\" = Foo ;\n y \"y\" = Foo ; }}")),
        "grammars/t.cli:3: Foo is defined twice in this file"
    );
    assert_eq!(mistake(&format!("{MODE}{MODE}")), "grammars/t.cli:1: mode a is declared twice");
}

#[test]
fn the_tables_point_inside_themselves() {
    for (i, m) in MODES.iter().enumerate() {
        assert_eq!(m.mode as usize, i);
    }
    for (i, c) in COMMANDS.iter().enumerate() {
        assert_eq!(c.index, i);
        for n in c.start.iter().chain(c.nodes.iter().flat_map(|n| n.next)) {
            assert!(*n == super::table::END || *n < c.nodes.len(), "{}", c.defined);
        }
    }
}

#[test]
fn interface_names_are_read_and_written() {
    for (typed, full, short) in [
        ("Serial0:23", "Serial0:23", "Se0:23"),
        ("vi4", "Virtual-Access4", "Vi4"),
        ("virtual-template1", "Virtual-Template1", "Vt1"),
        ("e0", "Ethernet0", "Et0"),
        ("bri0", "BRI0", "BR0"),
        ("gigabit1", "GigabitEthernet1", "Gi1"),
        ("ATM0/0.32", "ATM0/0.32", "AT0/0.32"),
    ] {
        let name: InterfaceName = typed.parse().expect(typed);
        assert_eq!((name.to_string().as_str(), name.short().as_str()), (full, short));
    }
    for bad in ["v1", "Serial", "Serial0:", "foo0", "0", "", "Serial99999999999"] {
        assert!(bad.parse::<InterfaceName>().is_err(), "{bad}");
    }
    assert!(InterfaceName::new(InterfaceKind::Ethernet, 2) < InterfaceName::new(InterfaceKind::Ethernet, 10));
    for (kind, name, _) in InterfaceKind::all() {
        assert_eq!(kind.name(), name);
    }
}

#[test]
fn times_and_months() {
    assert_eq!(TimeOfDay::parse("0:4:10").map(|t| t.to_string()).as_deref(), Some("00:04:10"));
    assert_eq!(TimeOfDay::parse("24:00:00"), None);
    assert_eq!(Month::parse("jan"), Some(Month(1)));
    assert_eq!(Month::parse("ma"), None);
}

#[test]
fn a_secret_is_not_shown_by_debug() {
    assert!(!format!("{:?}", Secret::clear("hello")).contains("hello"));
}
