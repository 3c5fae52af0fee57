//! What is written of whoever sits at a terminal.

use super::{Books, LNS, number};

#[test]
fn terminals_are_recorded() {
    let exec = "aaa accounting exec default start-stop group radius\n";
    let mut books = Books::new("", exec);
    books.play("lns: enable\nsleep 40s\nlns: exit\nsleep 10s\n");
    let (start, stop) = (books.of(LNS, "Start"), books.only(LNS, "Stop"));
    assert_eq!(start[0]["Service-Type"], "NAS-Prompt-User");
    assert_eq!(start[0]["Acct-Session-Id"], stop["Acct-Session-Id"]);
    assert_eq!(stop["Acct-Terminate-Cause"], "User-Request");
    assert!(number(stop, "Acct-Session-Time") >= 100, "{stop:?}");
}

#[test]
fn who_is_at_a_terminal_is_recorded_as_it_was_told() {
    let lines = "aaa accounting exec default start-stop group radius\nusername carol password 0 secret\n\
                 aaa authentication login default group radius local\n";
    let mut books = Books::new("", lines);
    books.play("lns: bob\nlns: secret\nsleep 30s\nlns: exit\nsleep 10s\n");
    let (start, stop) = (books.only(LNS, "Start").clone(), books.only(LNS, "Stop"));
    for record in [&start, stop] {
        assert_eq!((&*record["User-Name"], &*record["Acct-Authentic"]), ("bob", "RADIUS"));
        assert_eq!(record["Class"], "0x626f62636c617373", "bobclass");
        assert_eq!(record["NAS-Port-Type"], "Async", "as in the Access-Request");
    }
    // The record begins when bob is let in, not when he first types; and nobody counts what he types.
    assert_eq!(stop["Acct-Session-Time"], "30");
    for name in ["Octets", "Packets"] {
        assert!(!stop.keys().any(|key| key.ends_with(name)), "{stop:?}");
    }
    // Whom the server does not know is asked for here; nothing of bob is left at the line.
    books.play("link lac-lns down\nlns: \nlns: carol\nlns: secret\nsleep 90s\nlns: exit\nlink lac-lns up\nsleep 90s\n");
    let stop = books.of(LNS, "Stop")[1];
    assert_eq!((&*stop["User-Name"], &*stop["Acct-Authentic"], stop.get("Class")), ("carol", "Local", None));
}

#[test]
fn a_line_may_name_the_list_by_which_it_is_recorded() {
    let stop_only = "aaa accounting exec staff stop-only group radius\n";
    for (line, recorded) in [("", false), ("line con 0\n accounting exec staff\n", true)] {
        let mut books = Books::new("", &format!("{stop_only}{line}"));
        books.play("lns: enable\nsleep 40s\nlns: exit\nsleep 10s\n");
        assert_eq!((books.of(LNS, "Start").len(), books.of(LNS, "Stop").len()), (0, usize::from(recorded)));
    }
}

/// RFC 2865 section 5.1: of a terminal as of PPP.
#[test]
fn who_is_at_a_terminal_is_recorded_under_the_name_that_the_server_gives() {
    let lines = "aaa accounting exec default start-stop group radius\n\
                 aaa authentication login default group radius\n";
    let mut books = Books::with_user("", lines, "User-Name = \"keeper\", Service-Type := Login-User");
    books.play(
        "lns: 2500-1\nlns: cisco\nlns: enable\nlns: show accounting\nlns: show users\nlns: exit\nsleep 10s\n",
    );
    for status in ["Start", "Stop"] {
        assert_eq!(books.only(LNS, status)["User-Name"], "keeper", "{status}");
    }
    let screen = books.bench.screen("lns");
    assert!(screen.contains("on Interface tty0, User keeper Priv 1"), "{screen}");
    assert!(screen.contains("*  0 con 0     2500-1 "), "who it is to this router: {screen}");
}
