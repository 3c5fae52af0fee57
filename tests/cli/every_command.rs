//! What holds for every command of the grammar and for every configuration made of them.

use vpdnsh::cli::{Clearance, Form, complete, help, parse};
use vpdnsh::config::Store;
use vpdnsh::config::nvgen::running_config;
use vpdnsh::grammar::Mode;
use vpdnsh::grammar::command::{COMMANDS, MODES};
use vpdnsh::grammar::sample::{self, Dice, argument};
use vpdnsh::grammar::table::{CommandSpec, ModeSpec, NoForm};

/// A mode in which lines are typed and the command is known.
fn home(spec: &CommandSpec) -> Mode {
    let known = |m: &&ModeSpec| m.commands.contains(&spec.index) && !m.prompt.is_empty();
    MODES.iter().find(known).unwrap_or_else(|| panic!("{} is in no mode", spec.defined)).mode
}

#[test]
fn every_command_is_parsed_from_its_own_words() {
    let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15);
    for spec in COMMANDS {
        for _ in 0..40 {
            let (mode, line) = (home(spec), sample::line(spec, &mut dice, argument));
            let parsed = parse(mode, &line).unwrap_or_else(|e| panic!("{} {line:?}: {e:?}", spec.defined));
            assert_eq!(parsed.spec.defined, spec.defined, "{line}");
            let text = parsed.text(false);
            let again = parse(mode, &text).unwrap_or_else(|e| panic!("{} {text:?}: {e:?}", spec.defined));
            assert_eq!((again.text(false), &again.keys), (text, &parsed.keys), "{line}");
            assert_eq!(again.command, parsed.command, "{line}");
            if spec.no != NoForm::None && !spec.inverse && mode.spec().negate.is_some() {
                let no = parse(mode, &format!("no {line}")).unwrap_or_else(|e| panic!("no {line:?}: {e:?}"));
                assert_eq!(no.form, Form::No);
            }
        }
    }
}

#[test]
fn help_and_tab_answer_at_every_word_of_every_command() {
    let mut dice = Dice::new(42);
    for spec in COMMANDS.iter().filter(|s| !s.hidden) {
        let (mode, line) = (home(spec), sample::line(spec, &mut dice, argument));
        let mut typed = String::new();
        for word in line.split(' ') {
            let screen = help(&Clearance::full(), mode, &typed);
            assert!(!screen.starts_with('%'), "{} {typed:?}: {screen}", spec.defined);
            for cut in 0..=word.len() {
                let Some(part) = word.get(..cut) else { continue };
                let before = format!("{typed}{part}");
                if let Some(done) = complete(&Clearance::full(), mode, &before) {
                    assert!(done.starts_with(&typed) && done.ends_with(' '), "{before:?} {done:?}");
                }
            }
            typed.push_str(word);
            typed.push(' ');
        }
    }
}

/// A configuration of random lines, each block with random lines inside.
fn configuration(dice: &mut Dice) -> String {
    let of = |mode: Mode| -> Vec<&'static CommandSpec> {
        mode.spec().commands.iter().map(|&i| &COMMANDS[i]).filter(|c| c.nvgen).collect()
    };
    fn block(
        mode: Mode,
        depth: usize,
        of: &dyn Fn(Mode) -> Vec<&'static CommandSpec>,
        dice: &mut Dice,
        out: &mut String,
    ) {
        let commands = of(mode);
        if commands.is_empty() {
            return;
        }
        for _ in 0..6 {
            let spec = commands[dice.roll(commands.len())];
            let negated = dice.roll(4) == 0 && spec.no != NoForm::None;
            out.push_str(&" ".repeat(depth));
            out.push_str(if negated { "no " } else { "" });
            out.push_str(&sample::line(spec, dice, argument));
            out.push('\n');
            if let (Some(inner), false) = (spec.enter, negated) {
                block(inner, depth + 1, of, dice, out);
            }
        }
    }
    let mut out = String::new();
    for _ in 0..8 {
        block(Mode::Config, 0, &of, dice, &mut out);
    }
    out
}

#[test]
fn what_nvgen_writes_loads_to_the_same() {
    for seed in 1..300 {
        let mut dice = Dice::new(seed * 0x9E37_79B9);
        let typed = configuration(&mut dice);
        let mut first = Store::new();
        first.load(&typed);
        let shown = running_config(&first);
        let mut second = Store::new();
        for report in second.load(&shown) {
            assert!(
                !matches!(report.verdict, vpdnsh::config::Verdict::Refused(_)),
                "seed {seed}: {report:?}\nof\n{shown}\ntyped\n{typed}"
            );
        }
        assert_eq!(running_config(&second), shown, "seed {seed}, typed\n{typed}");
    }
}
