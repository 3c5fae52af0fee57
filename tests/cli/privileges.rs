//! Privilege levels, key by key: who gets to which, and what each of them sees.

use crate::line::Terminal;
use vpdnsh::router::ConsoleInput;

/// A console whose screen is empty, at the prompt.
fn console(config: &str) -> Terminal {
    let mut terminal = Terminal::open(config, true);
    terminal.screen.clear();
    terminal
}

/// What `?` shows behind `before`.
fn help(terminal: &mut Terminal, before: &str) -> String {
    terminal.send(ConsoleInput::Help { before: before.to_owned(), after: String::new() });
    let shown = std::mem::take(&mut terminal.screen);
    terminal.send(ConsoleInput::Interrupt);
    terminal.screen.clear();
    shown.lines().take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

const REFUSED: &str = "% Invalid input detected at '^' marker.";

#[test]
fn enable_goes_to_a_level_with_the_password_of_that_level() {
    for (kind, bad) in [("password", "% Bad passwords"), ("secret", "% Bad secrets")] {
        let mut at = console(&format!("enable {kind} level 5 fuenf\nenable {kind} oben\n"));
        assert_eq!(
            at.keys("enable 5\nfuenf\nshow privilege"),
            "enable 5\nPassword: \nR#show privilege\nCurrent privilege level is 5\nR#"
        );
        assert_eq!(
            at.keys("enable\nfuenf\noben\nshow privilege"),
            "enable\nPassword: \nPassword: \nR#show privilege\nCurrent privilege level is 15\nR#"
        );
        assert_eq!(
            at.keys("enable 7\nshow privilege"),
            "enable 7\nR#show privilege\nCurrent privilege level is 7\nR#",
            "down without a password"
        );
        assert_eq!(
            at.keys("disable 3\ndisable 3"),
            "disable 3\nR#disable 3\nNew privilege level must be less than current privilege level\nR#"
        );
        assert_eq!(
            at.keys("disable\nshow privilege"),
            "disable\nR>show privilege\nCurrent privilege level is 1\nR>"
        );
        assert_eq!(
            at.keys("enable 5\noben\nx\n\nshow privilege"),
            format!(
                "enable 5\nPassword: \nPassword: \nPassword: \n{bad}\n\n\
                 R>show privilege\nCurrent privilege level is 1\nR>"
            )
        );
    }
}

#[test]
fn a_secret_of_each_type_opens_its_level_and_counts_more_than_a_password() {
    let config = "enable password level 2 7 094F471A1A0A\nenable secret level 3 5 $1$28772684$iEwNOgGugqO9.bIz5sk8k/\n\
         enable secret level 4 8 $8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk\n\
         enable secret level 5 9 $9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6\n\
         enable algorithm-type sha256 secret level 6 hashcat\nenable password level 6 other\n\
         enable password level 7 0 hashcat\nenable secret level 15 hashcat\n";
    let mut at = console(config);
    for level in [2, 3, 4, 5, 6, 7, 15] {
        let password = if level == 2 { "cisco" } else { "hashcat" };
        let shown = at.keys(&format!("enable {level}\n{password}\nshow privilege\ndisable"));
        assert!(shown.contains(&format!("Current privilege level is {level}\n")), "{level}: {shown}");
    }
    at.keys("enable\nhashcat\nterminal length 0");
    let shown = at.keys("show running-config | include enable");
    let kept: Vec<&str> = shown.lines().filter_map(|l| l.strip_prefix("enable ")).collect();
    let begins = [
        "secret level 3 5 $1$",
        "secret level 4 8 $8$",
        "secret level 5 9 $9$",
        "secret level 6 8 $8$",
        "secret 5 $1$",
        "password level 2 7 ",
        "password level 6 other",
        "password level 7 hashcat",
    ];
    assert_eq!(kept.len(), begins.len(), "{shown}");
    assert!(kept.iter().zip(begins).all(|(line, begin)| line.starts_with(begin)), "{shown}");
    at.keys("configure terminal\nno enable secret level 4\nno enable password\nend");
    let shown = at.keys("show running-config | include enable");
    assert!(!shown.contains("level 4") && shown.contains("\nenable secret 5 $1$"), "{shown}");
}

#[test]
fn without_a_password_the_console_may_and_a_network_line_may_not() {
    let mut at = console("");
    assert_eq!(
        at.keys("enable 9\nshow privilege"),
        "enable 9\nR#show privilege\nCurrent privilege level is 9\nR#"
    );
    let mut vty = Terminal::open("enable secret oben\nline vty 0 4\n no login\n", false);
    vty.screen.clear();
    assert_eq!(vty.keys("enable 9"), "enable 9\n% No password set\nR>");
}

#[test]
fn aaa_is_asked_for_the_password_of_the_level() {
    let mut at =
        console("aaa new-model\naaa authentication enable default enable\nenable secret level 5 fuenf\n");
    assert_eq!(
        at.keys("enable 5\nx\ny\nz"),
        "enable 5\nPassword: \nPassword: \nPassword: \n% Access denied\n\nR>"
    );
    assert_eq!(
        at.keys("enable 5\nfuenf\nshow privilege"),
        "enable 5\nPassword: \nR#show privilege\nCurrent privilege level is 5\nR#"
    );
    assert_eq!(at.keys("enable\nfuenf"), "enable\nPassword: \n% Error in authentication.\n\nR#");
}

#[test]
fn users_and_lines_have_levels() {
    let users = "username five privilege 5 secret geheim\nusername none secret geheim\n";
    let line = "line vty 0 4\n login local\n privilege level 3\n";
    for (user, level) in [("five", 5), ("none", 3)] {
        let mut vty = Terminal::open(&format!("{users}{line}"), false);
        let shown = vty.keys(&format!("{user}\ngeheim\nshow privilege"));
        assert!(
            shown.ends_with(&format!("R#show privilege\nCurrent privilege level is {level}\nR#")),
            "{shown}"
        );
    }
    let aaa = "aaa new-model\naaa authentication login default local\naaa authorization exec default local\n";
    let mut vty = Terminal::open(&format!("{users}{aaa}"), false);
    let shown = vty.keys("five\ngeheim\nshow privilege");
    assert!(shown.ends_with("Current privilege level is 5\nR#"), "{shown}");
}

#[test]
fn level_zero_may_come_and_go_and_little_else() {
    let mut at = console("line con 0\n privilege level 0\n");
    let shown = help(&mut at, "");
    let words: Vec<&str> = shown.lines().skip(1).filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(words, ["disable", "enable", "exit", "help", "logout"]);
    assert!(at.keys("show version").contains(REFUSED));
    assert!(at.keys("enable 1\nshow privilege").ends_with("Current privilege level is 1\nR>"));
}

#[test]
fn a_level_between_has_the_commands_of_level_one() {
    let mut at = console("line con 0\n privilege level 7\n");
    assert!(at.keys("show privilege").ends_with("Current privilege level is 7\nR#"));
    assert_eq!(at.keys("show running-config"), format!("show running-config\n        ^\n{REFUSED}\n\nR#"));
    for line in ["clear counters", "debug ppp negotiation", "configure terminal", "no debug all"] {
        assert!(at.keys(line).contains(REFUSED), "{line}");
    }
    // What a level does not have is not ambiguous, nor is it shown.
    assert!(at.keys("c").contains("% Unknown command"));
    assert_eq!(help(&mut at, "c"), "% Unrecognized command\n");
    assert!(!help(&mut at, "show ").contains("running-config"));
    assert!(at.keys("show version").contains("uptime"));
}

const MOVED: &str = "privilege exec level 7 sh runn\nprivilege exec level 7 clear counters\n\
                     privilege exec level 7 configure terminal\nprivilege configure level 7 hostname\n\
                     privilege configure all level 7 interface\nprivilege interface level 7 ip address\n\
                     privilege interface level 7 shutdown\n";

#[test]
fn commands_are_moved_with_the_keywords_before_them() {
    let mut at = console(MOVED);
    at.keys("enable\nterminal length 0");
    let shown = at.keys("show running-config | include privilege.*show");
    assert!(shown.contains("\nprivilege exec level 7 show running-config\nR#"), "in full words: {shown}");
    at.keys("disable 7");
    assert_eq!(help(&mut at, "clear "), "  counters  Clear counters on one or all interfaces\n");
    assert_eq!(at.keys("clear counters"), "clear counters\n");
    at.send(ConsoleInput::Key('n'));
    at.screen.clear();
    assert_eq!(at.keys("clear logging"), format!("clear logging\n        ^\n{REFUSED}\n\nR#"));
    assert!(at.keys("show startup-config").contains(REFUSED));
    assert!(at.keys("show clock").contains("UTC"));
    // `show` went along: whoever has not enabled has none of it, until it is set by itself.
    at.keys("disable");
    assert!(at.keys("show version").contains(REFUSED));
    at.keys("enable\nconfigure terminal\nprivilege exec level 1 show\nend\ndisable");
    assert!(at.keys("show version").contains("uptime"));
    assert!(at.keys("show running-config").contains(REFUSED));
    // Back to the default, by either form.
    at.keys("enable\nconfigure terminal\nprivilege exec reset show running-config\nno privilege exec level 7 clear counters\nend\ndisable 7");
    assert!(at.keys("show running-config").contains(REFUSED));
    assert!(at.keys("clear counters").contains(REFUSED));
}

#[test]
fn all_moves_whatever_begins_so() {
    let mut at = console("privilege exec all level 4 clear\nprivilege exec level 6 clear logging\n");
    at.keys("enable 4");
    assert_eq!(at.keys("clear counters"), "clear counters\n");
    at.send(ConsoleInput::Key('n'));
    at.screen.clear();
    assert!(at.keys("clear logging").contains(REFUSED), "set by itself");
}

#[test]
fn a_command_is_moved_up_as_well() {
    let mut at = console("privilege exec level 15 ping\n");
    assert!(at.keys("ping 10.0.0.1").contains(REFUSED));
    assert!(!help(&mut at, "p").contains("ping"));
}

#[test]
fn a_level_configures_and_is_shown_what_was_moved_to_it() {
    let config =
        "enable secret oben\ninterface Ethernet0\n description weg\n ip address 10.0.0.1 255.0.0.0\n";
    let mut at = console(&format!("{MOVED}{config}"));
    at.keys("disable\nenable 7\nterminal length 0");
    let shown = at.keys("show running-config");
    let body: String = shown.lines().skip_while(|l| *l != "!").map(|l| format!("{l}\n")).collect();
    assert_eq!(body, "!\nhostname R\n!\ninterface Ethernet0\n ip address 10.0.0.1 255.0.0.0\n!\nend\nR#\n");
    let shown = at.keys("show running-config interface Ethernet0");
    assert!(shown.contains("!\ninterface Ethernet0\n ip address 10.0.0.1 255.0.0.0\nend\n"), "{shown}");
    assert!(at.keys("configure terminal").ends_with("R(config)#"));
    assert!(at.keys("enable secret neu").contains(REFUSED));
    assert!(at.keys("username x password y").contains(REFUSED));
    let shown = at.keys("interface Ethernet0\nshutdown\ndescription da");
    assert_eq!(
        shown,
        format!(
            "interface Ethernet0\nR(config-if)#shutdown\nR(config-if)#description da\n             ^\n{REFUSED}\n\nR(config-if)#"
        )
    );
    let rows = help(&mut at, "");
    let words: Vec<&str> = rows.lines().skip(1).filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(words, ["default", "do", "end", "exit", "help", "ip", "no", "shutdown"]);
    at.keys("configure terminal\ninterface Ethernet0");
    assert!(at.keys("do show clock").contains("UTC"));
    assert!(at.keys("do reload").contains(REFUSED));
    assert!(at.keys("hostname S").ends_with("S(config)#"), "a line of the enclosing mode");
    assert!(at.keys("end\nshow privilege").ends_with("Current privilege level is 7\nS#"));
}

#[test]
fn a_command_that_there_is_not_is_kept_and_said_to_be_inert() {
    let mut at = console("privilege exec level 7 show mpls\nprivilege router level 7 neighbor\n");
    at.keys("enable\nterminal length 0");
    let shown = at.keys("show emulator inert");
    assert!(shown.contains("privilege exec level 7 show mpls"), "{shown}");
    assert!(shown.contains("privilege router level 7 neighbor"), "{shown}");
    assert!(at.keys("configure terminal\nprivilege exex level 7 ping").contains(REFUSED));
}
