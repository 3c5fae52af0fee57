//! Secrets at rest: how the running-config keeps them, and that nothing but the configuration itself shows them.

use vpdnsh::cli::parse;
use vpdnsh::config::nvgen::running_config;
use vpdnsh::config::secret::{decode7, verify};
use vpdnsh::config::store::{Path, Store};
use vpdnsh::config::views::RouterConfig;
use vpdnsh::engine::{Engine, LogLine, Output};
use vpdnsh::grammar::Mode;
use vpdnsh::grammar::value::{Scheme, Secret};
use vpdnsh::proto::Instant;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::router::{self, Router, RouterParams};

/// The password of everything below.
const CLEAR: &str = "Geheim42";

const CONFIG: &str = "service password-encryption
aaa new-model
enable secret Geheim42
enable password Geheim42
username a password 0 Geheim42
username b secret Geheim42
username c algorithm-type sha256 secret Geheim42
username d algorithm-type scrypt secret Geheim42
aaa attribute list one
 attribute type password Geheim42 service ppp
!
radius-server key Geheim42
radius-server host 10.0.0.1 key Geheim42
radius server zwei
 address ipv4 10.0.0.2
 key Geheim42
!
vpdn enable
vpdn-group 1
 accept-dialin
  protocol l2tp
  virtual-template 1
 terminate-from hostname lac
 l2tp tunnel password 0 Geheim42
!
interface Virtual-Template1
 ip unnumbered Loopback0
 ppp chap password 0 Geheim42
 ppp pap sent-username x password 0 Geheim42
!
line con 0
 password Geheim42
line vty 0 4
 password Geheim42
end
";

fn store() -> Store {
    let mut store = Store::new();
    for report in store.load(CONFIG) {
        assert!(!format!("{:?}", report.verdict).contains("Refused"), "{report:?}");
    }
    store
}

#[test]
fn the_running_config_has_no_clear_text_where_it_is_encrypted() {
    let text = running_config(&store());
    assert!(!text.contains(CLEAR) || text.matches(CLEAR).count() == 1, "{text}");
    assert!(text.contains("attribute type password Geheim42"), "an attribute is no password line: {text}");
    let sevens = text.lines().filter_map(|l| l.rsplit_once(" 7 ")).collect::<Vec<_>>();
    assert_eq!(sevens.len(), 10, "{text}");
    for (line, hidden) in sevens {
        assert_eq!(decode7(hidden).as_deref(), Some(CLEAR), "{line}");
    }
    for (head, kind) in
        [("enable secret", 5), ("username b secret", 5), ("username c secret", 8), ("username d secret", 9)]
    {
        let head = format!("{head} {kind} ");
        let digest =
            text.lines().find_map(|l| l.strip_prefix(&head)).unwrap_or_else(|| panic!("{head}{text}"));
        assert!(digest.starts_with(&format!("${}$", if kind == 5 { 1 } else { kind })), "{digest}");
        let kept = Secret::new(Scheme::Digest(kind), digest.to_owned());
        assert!(verify(&kept, CLEAR) && !verify(&kept, "geheim42"), "{head}");
    }
    // What was shown is read again as the same.
    let mut again = Store::new();
    again.load(&text);
    assert_eq!(running_config(&again), text);
}

#[test]
fn algorithm_type_names_the_digest_and_is_not_kept() {
    for (word, kind) in [("md5", 5), ("sha256", 8), ("scrypt", 9)] {
        let mut store = Store::new();
        store.load(&format!("enable algorithm-type {word} secret Geheim42\n"));
        let text = running_config(&store);
        assert!(text.contains(&format!("\nenable secret {kind} $")), "{text}");
        assert!(!text.contains("algorithm-type"), "{text}");
        let digest = text.lines().find_map(|l| l.strip_prefix(&format!("enable secret {kind} ")));
        let kept = Secret::new(Scheme::Digest(kind), digest.expect("a digest").to_owned());
        assert!(verify(&kept, CLEAR) && !verify(&kept, "geheim42"), "{text}");
    }
}

#[test]
fn no_debug_output_of_any_type_shows_a_secret() {
    let store = store();
    let config = RouterConfig::from_store(&store);
    assert!(config.aaa.users.iter().all(|u| u.accepts(CLEAR) && !u.accepts("nichts")));
    for shown in [format!("{config:?}"), format!("{config:#?}")] {
        assert!(!shown.contains(CLEAR), "{shown}");
    }
    // An attribute's value is a word like others to the store; the views know better.
    let commands: Vec<String> = store
        .lines()
        .iter()
        .filter(|line| !line.text(false).starts_with("aaa attribute list"))
        .map(|line| format!("{line:?}"))
        .collect();
    assert!(!commands.join("\n").contains(CLEAR), "{}", commands.join("\n"));
}

#[test]
fn errors_and_logs_do_not_show_a_secret() {
    for line in [
        "username x password 0 Geheim42 junk",
        "enable secret 0 Geheim42 junk",
        "radius-server key 0 Geheim42 junk",
        "radius-server host 10.0.0.1 kez Geheim42",
    ] {
        let error = parse(Mode::Config, line).expect_err(line);
        assert!(!format!("{error:?}").contains(CLEAR), "{error:?}");
    }
    let params = RouterParams {
        entropy: Box::new(Seeded::new(1)),
        startup_config: format!(
            "{CONFIG}username x password 0 Geheim42 junk\nenable secret 0 Geheim42 junk\n"
        ),
        wall_clock: None,
        reloaded: false,
        spooled: None,
    };
    let mut router = Router::new(Instant::ZERO, params);
    let line = router::LineId(0);
    router.handle(Instant::ZERO, router::Input::Console(line, router::ConsoleInput::Open { console: true }));
    let mut shown = String::new();
    while let Some(output) = router.poll() {
        shown += &format!("{output:?}\n");
    }
    assert!(!shown.contains(CLEAR), "{shown}");
    // A configuration that the engine cannot carry out is told without its secrets too.
    let mut engine = Engine::new(Box::new(Seeded::new(1)));
    engine.configure(Instant::ZERO, std::sync::Arc::new(RouterConfig::from_store(&store())));
    while let Some(output) = engine.poll() {
        if let Output::Log(LogLine::Debug(_, text) | LogLine::Syslog { text, .. }) = &output {
            assert!(!text.contains(CLEAR), "{text}");
        }
        assert!(!format!("{output:?}").contains(CLEAR), "{output:?}");
    }
}

#[test]
fn a_digest_cannot_be_negated_into_another_line() {
    let mut store = store();
    let parsed = parse(Mode::Config, "no enable secret").expect("a line");
    assert!(store.apply(&Path::root(), &parsed).expect("applies").changed);
    assert!(!running_config(&store).contains("enable secret"));
}
