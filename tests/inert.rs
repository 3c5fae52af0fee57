//! The grammar tells the truth about what has an effect: a configuration command that is not marked `inert` changes the
//! typed views that the engine and the shell work with, and one that is marked so changes nothing.

use vpdnsh::config::store::Store;
use vpdnsh::config::views::RouterConfig;
use vpdnsh::grammar::Mode;
use vpdnsh::grammar::command::{COMMANDS, MODES};
use vpdnsh::grammar::sample::{self, Dice};
use vpdnsh::grammar::table::{ArgKind, CommandSpec, ModeSpec, NoForm};

/// Commands that the views do not have, each with why it is not inert all the same.
const READ_ELSEWHERE: [(&str, &str, &str); 20] = [
    ("global", "EnableAlgorithmSecret", "kept as EnableSecret"),
    ("global", "EnableSecret", "what `enable` asks for"),
    ("global", "EnableSecretLevel", "what `enable N` asks for"),
    ("global", "EnablePassword", "what `enable` asks for without a secret"),
    ("global", "EnablePasswordLevel", "what `enable N` asks for without a secret"),
    ("global", "Privilege", "the shell has a level's commands by it"),
    ("line", "AccountingExec", "who logs in on a line is recorded by this list"),
    ("line", "AuthorizationExec", "who logs in on a line may have an EXEC by this list"),
    ("routing", "IpDomainLookup", "what the shell says of an unknown word"),
    ("routing", "IpDomainLookupNew", "what the shell says of an unknown word"),
    ("line", "History", "the shell's sessions keep so many lines"),
    ("line", "Length", "the shell's sessions stop after so many lines"),
    ("line", "Login", "how who comes to a line is asked"),
    (
        "line",
        "LoggingSynchronous",
        "every line is like that here: a log line comes above what is being typed",
    ),
    ("line", "Password", "what a line asks for"),
    ("line", "PrivilegeLevel", "the level that a line's sessions begin with"),
    ("line", "Width", "the shell's screens are so wide"),
    ("access", "AccessListStandardRemark", "a comment: to be kept is all that it is for"),
    ("access", "AccessListExtendedRemark", "a comment: to be kept is all that it is for"),
    ("interface", "ControllerDescription", "a comment: to be kept is all that it is for"),
];

/// What stands around the line under test: something for it to refer to.
const AROUND: &str = "interface Ethernet0\n ip address 10.77.0.1 255.255.255.0\nradius server zq0\n \
                      address ipv4 10.78.0.1\nradius-server attribute 32 \
                      include-in-access-req\nradius-server host 10.1.0.0\n";

/// Few values, so that lines meet what stands around them and each other.
fn argument(kind: ArgKind, dice: &mut Dice) -> String {
    match kind {
        ArgKind::Word => dice.of(&["zq0", "zq1", "7"]),
        ArgKind::Ipv4 => dice.of(&["10.1.0.0", "10.2.0.9"]),
        ArgKind::Range(low, high) => [low, high, low + (high - low) / 3][dice.roll(3)].to_string(),
        ArgKind::Interface => dice.of(&["Ethernet0", "Serial0:23", "Virtual-Template 1"]),
        ArgKind::Secret | ArgKind::Secret0 => "zq0".to_owned(),
        ArgKind::Line
        | ArgKind::Shape(_)
        | ArgKind::Mask
        | ArgKind::Ipv6
        | ArgKind::Hex
        | ArgKind::Time
        | ArgKind::Month
        | ArgKind::Mac
        | ArgKind::Hash
        | ArgKind::Banner => sample::argument(kind, dice),
    }
}

/// The lines that lead into `mode`, each one mode deeper; `None` for modes that are only included in others.
fn way(mode: Mode) -> Option<Vec<String>> {
    if mode == Mode::Config {
        return Some(Vec::new());
    }
    let text = match mode {
        Mode::Interface => "interface BRI0",
        Mode::Subinterface => "interface ATM0/0.32 point-to-point",
        Mode::Line => "line vty 0 4",
        Mode::Controller => "controller T1 3",
        Mode::SgRadius => "aaa group server radius zq9",
        Mode::RadiusServer => "radius server zq0",
        _ => "",
    };
    if !text.is_empty() {
        return Some(vec![text.to_owned()]);
    }
    let opener = COMMANDS.iter().find(|c| c.enter == Some(mode) && !c.hidden)?;
    let mut lines = way(home(opener)?)?;
    lines.push(sample::line(opener, &mut Dice::new(7), argument));
    Some(lines)
}

/// A configuration mode in which lines are typed and the command is known.
fn home(spec: &CommandSpec) -> Option<Mode> {
    let known =
        |m: &&ModeSpec| m.mode.is_config() && m.commands.contains(&spec.index) && !m.prompt.is_empty();
    MODES.iter().find(known).map(|m| m.mode)
}

/// What the configuration says, as far as anybody acts on it. Left out are the lines that a Virtual-Template clones, for
/// every line changes those, and what is read for a part that does not exist: multihop.
fn view(way: &[String], line: &str) -> RouterConfig {
    let mut text = AROUND.to_owned();
    for (depth, line) in way.iter().map(String::as_str).chain([line]).enumerate() {
        text += &format!("{}{line}\n", " ".repeat(depth));
    }
    let mut store = Store::new();
    store.load(&text);
    let mut config = RouterConfig::from_store(&store);
    for interface in &mut config.interfaces {
        interface.lines.clear();
    }
    for request in config.groups.iter_mut().filter_map(|g| g.request_dialin.as_mut()) {
        request.multihop_hostnames.clear();
    }
    config
}

/// The first sample line of the command, plain or negated, that changes what the configuration says.
fn effect(spec: &CommandSpec, mode: Mode) -> Option<String> {
    let way = way(mode)?;
    let before = view(&way, "");
    let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15);
    // An inert command is not looked at as closely: nearly all of them are one shape.
    let lines = (0..if spec.inert { 8 } else { 60 }).flat_map(|_| {
        let line = sample::line(spec, &mut dice, argument);
        let negated = (spec.no != NoForm::None).then(|| format!("no {line}"));
        [Some(line), negated]
    });
    lines.flatten().find(|line| view(&way, line) != before)
}

/// Lines of a configuration: those of modes that are only included in others are typed in these.
fn kept(spec: &&CommandSpec) -> bool {
    home(spec).is_some() && spec.nvgen && spec.enter.is_none()
}

#[test]
fn a_command_that_is_not_inert_changes_the_views() {
    let read_elsewhere = |c: &CommandSpec| READ_ELSEWHERE.iter().any(|r| (r.0, r.1) == (c.family, c.name));
    let silent: Vec<String> = COMMANDS
        .iter()
        .filter(kept)
        .filter(|c| !c.inert && !read_elsewhere(c))
        .filter_map(|c| Some((c, home(c)?)))
        .filter(|(c, mode)| effect(c, *mode).is_none())
        .map(|(c, mode)| format!("{}: {} {} in {}", c.defined, c.family, c.name, mode.spec().name))
        .collect();
    assert!(silent.is_empty(), "without effect and not marked inert:\n{}", silent.join("\n"));
}

#[test]
fn an_inert_command_changes_nothing() {
    let loud: Vec<String> = COMMANDS
        .iter()
        .filter(kept)
        .filter(|c| c.inert)
        .filter_map(|c| Some((c, effect(c, home(c)?)?)))
        .map(|(c, line)| format!("{}: {} {}: {line}", c.defined, c.family, c.name))
        .collect();
    assert!(loud.is_empty(), "marked inert and yet with an effect:\n{}", loud.join("\n"));
}

#[test]
fn what_is_read_elsewhere_is_a_command_that_the_views_do_not_have() {
    for (family, name, _) in READ_ELSEWHERE {
        let spec = CommandSpec::find(family, name).unwrap_or_else(|| panic!("no command {family} {name}"));
        let mode = home(spec).expect("it is typed in a mode");
        assert!(!spec.inert && effect(spec, mode).is_none(), "{family} {name} needs no exception");
    }
}
