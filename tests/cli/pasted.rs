//! What `show running-config` prints is pasted into an empty router, which then shows the same.

use std::path::Path;

use crate::line::Terminal;

/// The configuration as the terminal shows it, from its first `!` to its `end`.
fn shown(terminal: &mut Terminal) -> String {
    terminal.keys("terminal length 0");
    let screen = terminal.keys("show running-config");
    let lines = screen.lines().skip_while(|line| *line != "!");
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    let end = text.rfind("\nend\n").expect("an end") + "\nend\n".len();
    text.truncate(end);
    text
}

fn enabled(config: &str) -> Terminal {
    let mut terminal = Terminal::open(config, true);
    terminal.keys("enable");
    terminal
}

/// Pastes a configuration at the prompt of an empty router.
fn pasted(text: &str) -> Terminal {
    let mut empty = enabled("");
    empty.keys("configure terminal");
    let screen = empty.keys(text.trim_end());
    assert!(!screen.contains('%'), "{screen}");
    empty.keys("end");
    empty
}

#[test]
fn every_configuration_that_is_shipped_is_pasted_as_it_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut seen = 0;
    for folder in std::fs::read_dir(root).expect("configs").flatten() {
        for file in std::fs::read_dir(folder.path()).expect("a folder").flatten() {
            let config = std::fs::read_to_string(file.path()).expect("a configuration");
            let first = shown(&mut enabled(&config));
            assert_eq!(shown(&mut pasted(&first)), first, "{}", file.path().display());
            seen += 1;
        }
    }
    assert!(seen > 8);
}

#[test]
fn banners_secrets_levels_and_nested_modes_are_pasted_as_well() {
    let config = "version 15.1\nservice password-encryption\nenable secret level 5 fuenf\nenable password level 3 drei\n\
                  username bob privilege 7 secret geheim\nusername alice password 0 geheim\n\
                  privilege exec all level 7 show\nprivilege configure level 7 interface\n\
                  banner motd #\nWelcome ! to the lab\n% of it\n#\n\
                  vpdn enable\nvpdn-group 1\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n terminate-from hostname hgw\n\
                  vpdn-group 2\n request-dialin\n  protocol l2tp\n  domain a\n  domain b\n initiate-to ip 10.0.0.1\n \
                  no l2tp tunnel authentication\ninterface Virtual-Template1\n ip unnumbered Loopback0\n no peer default ip address\n\
                  ip access-list standard here\n permit any\naaa new-model\naaa group server radius eins\n server 10.0.0.9\n\
                  line con 0\n exec-timeout 0 0\n password geheim\nline vty 0 4\n transport input all\n";
    let first = shown(&mut enabled(config));
    assert!(first.contains("Welcome ! to the lab\n% of it\n"), "{first}");
    let mut empty = enabled("");
    empty.keys("configure terminal");
    empty.keys(first.trim_end());
    let second = shown(&mut empty);
    assert_eq!(second, first);
}

#[test]
fn two_thousand_flat_lines_are_pasted_without_indent_or_exit() {
    let mut text = String::new();
    for n in 1..=250 {
        text += &format!(
            "vpdn-group {n}\nrequest-dialin\nprotocol l2tp\ndomain d{n}.example.com\ninitiate-to ip 10.1.0.{n}\n\
             local name lac{n}\nl2tp tunnel password pw{n}\nusername user{n} password 0 pw{n}\n"
        );
    }
    let shown = shown(&mut pasted(&text));
    assert_eq!(shown.matches("\nvpdn-group ").count(), 250);
    assert_eq!(shown.matches("\n l2tp tunnel password pw").count(), 250);
    assert_eq!(shown.matches("\nusername user").count(), 250);
}
