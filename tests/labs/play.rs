use std::path::Path;
use std::time::Duration;

use vpdnsh::lab::description::Description;
use vpdnsh::lab::play::{Action, Keys, Play};

fn actions(text: &str) -> Vec<Action> {
    Play::parse("t.play", text).unwrap().steps.into_iter().map(|step| step.action).collect()
}

#[test]
fn every_kind_of_line_is_read() {
    let text = "\
# comment
! and another

lac: debug ppp negotiation
lac: show vpdn ?
lac: ^Z
lac:ping 10.0.0.1 # not a comment
soho:
wait lac /Tunnel state .* to established$/ 2s
wait lac /a/b/
shell lns: ip route show dev Vi1 | grep -q 10.10.53.2:22
sleep 500ms
link lac-lns loss 10% delay 50ms
capture lac-lns call.pcapng
no capture
power lns off
";
    let actions = actions(text);
    let keys: Vec<&Keys> = actions
        .iter()
        .filter_map(|a| match a {
            Action::Type { keys, .. } => Some(keys),
            _ => None,
        })
        .collect();
    assert_eq!(
        keys,
        [
            &Keys::Line("debug ppp negotiation".into()),
            &Keys::Help("show vpdn ".into()),
            &Keys::EndConfig(String::new()),
            &Keys::Line("ping 10.0.0.1 # not a comment".into()),
            &Keys::Line(String::new()),
        ]
    );
    let Action::Wait { node, pattern, within } = &actions[5] else { panic!("{:?}", actions[5]) };
    assert_eq!((node.as_str(), *within), ("lac", Duration::from_secs(2)));
    assert!(pattern.is_match("Tunnel state change from idle to established\nmore"), "$ is the end of a line");
    let Action::Wait { pattern, within, .. } = &actions[6] else { panic!("{:?}", actions[6]) };
    assert_eq!((pattern.as_str(), *within), ("a/b", Duration::from_secs(10)));
    let Action::Shell { node, command } = &actions[7] else { panic!("{:?}", actions[7]) };
    assert_eq!((node.as_str(), command.as_str()), ("lns", "ip route show dev Vi1 | grep -q 10.10.53.2:22"));
    assert!(matches!(actions[8], Action::Sleep(time) if time == Duration::from_millis(500)));
    assert!(matches!(&actions[9], Action::Link { link, changes } if link == "lac-lns" && changes.len() == 2));
    assert!(matches!(&actions[10], Action::Capture { file, .. } if file == "call.pcapng"));
    assert!(matches!(actions[11], Action::NoCapture));
    assert!(matches!(&actions[12], Action::Power { node, on: false } if node == "lns"));
}

#[test]
fn a_mistake_names_the_script_and_the_line() {
    for (line, expected) in [
        ("wiat lac /x/", "t.play:2: `wiat`: expected"),
        ("wait lac x", "t.play:2: expected `wait NODE"),
        ("wait lac /x/ 10", "t.play:2: `10`: expected a time"),
        ("wait lac /(/ 10s", "t.play:2: /(/ is not a regular expression: unclosed group"),
        ("sleep", "t.play:2: `sleep `: expected a time"),
        ("shell ls", "t.play:2: expected `shell NODE"),
        ("link lan lose 1%", "t.play:2: `lose`"),
        ("capture lan", "t.play:2: expected `capture LINK FILE"),
        ("power lns", "t.play:2: expected `power NODE off`"),
        ("no capturing", "t.play:2: `no`"),
    ] {
        let message = Play::parse("t.play", &format!("# one\n{line}\n")).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{line}: {message}");
    }
}

#[test]
fn names_are_held_against_the_lab() {
    let toml = r#"
        [[node]]
        name = "lac"
        [[node]]
        name = "aaa"
        kind = "radius"
        address = "10.0.0.3/24"
        users = "users"
        clients = []
        [[link]]
        name = "lan"
        ends = ["lac Ethernet0", "aaa"]
    "#;
    let lab = Description::parse(toml, Path::new("lab")).unwrap();
    let good = "lac: x\nlink lan up\nwait lac /x/\nshell aaa: true\npower aaa off\nno capture\n";
    for (line, expected) in [
        ("wait nas /x/", Err("t.play:7: this lab has no node `nas`")),
        ("power nas on", Err("t.play:7: this lab has no node `nas`")),
        ("shell nas: true", Err("t.play:7: this lab has no node `nas`")),
        ("aaa: show version", Err("t.play:7: `aaa` has no console")),
        ("wait aaa /x/", Err("t.play:7: `aaa` has no console")),
        ("link wan up", Err("t.play:7: this lab has no link `wan`")),
        ("capture wan x.pcapng", Err("t.play:7: this lab has no link `wan`")),
        ("sleep 1s", Ok(())),
    ] {
        let checked = Play::parse("t.play", &format!("{good}{line}\n")).unwrap().check(&lab);
        assert_eq!(checked.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }
}
