use std::time::Duration;

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
        ("wait lac /(/ 10s", "t.play:2: /(/ is not a regular expression"),
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
    let play = Play::parse("t.play", "lac: x\nlink lan up\nwait nas /x/\n").unwrap();
    let message = play.check(|n| n == "lac", |l| l == "lan").unwrap_err().to_string();
    assert_eq!(message, "t.play:3: this lab has no node `nas`");
    assert!(play.check(|_| true, |l| l == "wan").unwrap_err().to_string().starts_with("t.play:2:"));
}
