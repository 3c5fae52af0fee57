//! Who logs in on a line, key by key: what is asked, what is said, and who is let in.

use crate::line::Terminal;
use vpdnsh::router::ConsoleInput;

const USERS: &str =
    "enable secret oben\nusername bob privilege 15 secret geheim\nusername eve password geheim\n";

#[test]
fn a_console_without_lists_asks_nobody() {
    for config in ["", "aaa new-model\n", "aaa new-model\naaa authentication ppp default local\n"] {
        assert_eq!(Terminal::open(config, true).screen, "R>", "{config}");
    }
}

#[test]
fn the_secret_of_a_lower_level_does_not_enable() {
    let config = "enable secret level 5 unten\nenable secret oben\n";
    let mut terminal = Terminal::open(config, true);
    terminal.screen.clear();
    assert_eq!(terminal.keys("enable\nunten\noben"), "enable\nPassword: \nPassword: \nR#");
}

#[test]
fn by_the_password_of_the_line() {
    let mut terminal = Terminal::open("line vty 0 4\n password zeile\n login\n", false);
    assert_eq!(terminal.screen, "\n\nUser Access Verification\n\nPassword: ");
    terminal.screen.clear();
    assert_eq!(terminal.keys("wrong\nzeile"), "\nPassword: \nR>");
    let mut terminal = Terminal::open("line vty 0 4\n password zeile\n login\n", false);
    terminal.screen.clear();
    assert_eq!(terminal.keys("a\nb\nc"), "\nPassword: \nPassword: \n% Bad passwords\n");
    assert!(terminal.closed);
}

#[test]
fn by_a_local_user_without_aaa() {
    let mut terminal = Terminal::open(&format!("{USERS}line con 0\n login local\n"), true);
    terminal.screen.clear();
    assert_eq!(
        terminal.keys("bob\nfalsch\nbob\ngeheim"),
        "bob\nPassword: \n% Login invalid\n\nUsername: bob\nPassword: \nR#"
    );
}

#[test]
fn by_the_default_list_of_aaa() {
    let config = format!(
        "{USERS}aaa new-model\naaa authentication login default local\naaa authentication attempts login 2\n"
    );
    let mut terminal = Terminal::open(&config, true);
    assert_eq!(terminal.screen, "\n\nUser Access Verification\n\nUsername: ");
    terminal.screen.clear();
    // Without `aaa authorization exec` nobody's level counts.
    assert_eq!(
        terminal.keys("bob\nfalsch\nbob\ngeheim"),
        "bob\nPassword: \n% Authentication failed\n\nUsername: bob\nPassword: \nR>"
    );
    assert!(terminal.keys("show users").contains("bob"), "the line has a user");
    let mut terminal = Terminal::open(&config, false);
    terminal.screen.clear();
    let twice = terminal.keys("bob\nx\nnobody\nx");
    assert_eq!(twice.matches("% Authentication failed").count(), 2, "{twice}");
    assert!(terminal.closed, "two attempts are all");
}

#[test]
fn by_a_list_of_the_lines_own_and_with_authorization() {
    let config = format!(
        "{USERS}aaa new-model\naaa authentication login default none\naaa authentication login own local\n\
         aaa authorization exec default local\naaa authorization console\n\
         line con 0\n login authentication own\n"
    );
    let mut terminal = Terminal::open(&config, true);
    terminal.screen.clear();
    assert_eq!(terminal.keys("bob\ngeheim"), "bob\nPassword: \nR#");
    assert!(terminal.keys("exit\n").ends_with("Username: "));
    assert_eq!(terminal.keys("eve\ngeheim"), "eve\nPassword: \nR>");
    // The default list is `none`: nobody is asked, nor authorized.
    assert_eq!(Terminal::open(&config, false).screen, "R>");
    // A list for authorization that there is not lets nobody in.
    let refused = format!("{config} authorization exec missing\n");
    let mut terminal = Terminal::open(&refused, true);
    terminal.screen.clear();
    let shown = terminal.keys("bob\ngeheim");
    assert!(shown.starts_with("bob\nPassword: \n% Authorization failed.\n\n"), "{shown}");
}

#[test]
fn by_the_passwords_of_line_and_enable() {
    let config = format!(
        "{USERS}aaa new-model\naaa authentication login default enable\naaa authentication login by-line line\n\
         line vty 0 4\n password zeile\n login authentication by-line\n"
    );
    let mut console = Terminal::open(&config, true);
    console.screen.clear();
    assert_eq!(console.keys("zeile\noben"), "\n% Authentication failed\n\nPassword: \nR>");
    let mut vty = Terminal::open(&config, false);
    vty.screen.clear();
    assert_eq!(vty.keys("oben\nzeile"), "\n% Authentication failed\n\nPassword: \nR>");
}

#[test]
fn a_list_that_is_missing_lets_nobody_in() {
    let config = format!("{USERS}aaa new-model\nline con 0\n login authentication missing\n");
    let mut terminal = Terminal::open(&config, true);
    terminal.screen.clear();
    assert_eq!(terminal.keys("bob\ngeheim"), "bob\nPassword: \n% Authentication failed\n\nUsername: ");
}

#[test]
fn enable_by_its_list() {
    let config = format!(
        "{USERS}aaa new-model\naaa authentication enable default line enable\nline con 0\n password zeile\n"
    );
    let mut terminal = Terminal::open(&config, true);
    terminal.screen.clear();
    assert_eq!(terminal.keys("enable\nzeile"), "enable\nPassword: \nR#");
    let mut terminal = Terminal::open(&config, true);
    terminal.screen.clear();
    let shown = terminal.keys("enable\na\nb\nc");
    assert_eq!(shown, "enable\nPassword: \nPassword: \nPassword: \n% Access denied\n\nR>");
}

#[test]
fn a_login_waits_for_the_server_and_goes_on_without_it() {
    let config = format!(
        "{USERS}aaa new-model\naaa authentication login default group radius local\n\
         radius-server host 10.0.0.1 key zq\nradius-server timeout 2\nradius-server retransmit 1\n"
    );
    let mut terminal = Terminal::open(&config, true);
    terminal.screen.clear();
    assert_eq!(terminal.keys("bob\ngeheim"), "bob\nPassword: \n");
    // What is typed meanwhile is nobody's.
    assert_eq!(terminal.keys("enable"), "\n");
    terminal.pass(30);
    assert_eq!(std::mem::take(&mut terminal.screen), "R>");
    // Ctrl-C while it waits ends the login, and the answer is nobody's.
    terminal.keys("exit\n\nbob\ngeheim");
    terminal.send(ConsoleInput::Interrupt);
    terminal.pass(30);
    assert!(terminal.screen.contains("R con0 is now available"), "{}", terminal.screen);
    assert!(!terminal.screen.ends_with("R>"), "{}", terminal.screen);
}
