use super::*;
use crate::config::views::{AaaConfig, MethodList, RadiusServer, User};
use crate::engine::aaa::types::PortType;
use crate::lab::radius_node::{ClientEntry, RadiusNode, Users};
use crate::proto::entropy::Seeded;
use crate::proto::radius::Secret;
use crate::proto::trace::Recorder;
use crate::proto::{Dialect, Instant};

const USERS: &str = "admin Cleartext-Password := \"geheim\"
\tService-Type = NAS-Prompt-User,
\tCisco-AVPair = \"shell:priv-lvl=15\",
\tReply-Message = \"Welcome\",
\tClass = \"staff\"

clerk Cleartext-Password := \"geheim\"
\tService-Type = Login-User

root Cleartext-Password := \"geheim\"
\tService-Type = Administrative-User

dialer Cleartext-Password := \"geheim\"
\tService-Type = Framed-User

dnis:614629 Cleartext-Password := \"cisco\"
\tService-Type = Outbound-User

caller Cleartext-Password := \"geheim\"
\tService-Type = Callback-Login-User

$enab15$ Cleartext-Password := \"oben\"
\tService-Type = Administrative-User

$enab7$ Cleartext-Password := \"mitte\"
\tService-Type = Administrative-User
";

fn list(methods: &[Method]) -> Vec<MethodList> {
    vec![MethodList { name: lists::DEFAULT.to_owned(), methods: methods.to_vec() }]
}

fn config() -> AaaConfig {
    let server = RadiusServer {
        address: [10, 0, 0, 1].into(),
        auth_port: 1645,
        acct_port: 1646,
        key: Some("cisco".into()),
        timeout: None,
        retransmit: None,
    };
    AaaConfig {
        new_model: true,
        authentication_login: list(&[Method::Radius, Method::Local]),
        authentication_enable: list(&[Method::Radius, Method::Enable]),
        authorization_exec: list(&[Method::Radius, Method::Local]),
        servers: vec![server],
        message_authenticator: false,
        users: vec![User { password: Some("lokal".into()), privilege: 15, ..User::new("keeper") }],
        ..AaaConfig::default()
    }
}

fn node() -> RadiusNode {
    let network = "10.0.0.0/24".parse().unwrap();
    let client = ClientEntry { network, secret: Secret::new("cisco"), require_message_authenticator: false };
    RadiusNode::new(Users::parse(USERS).unwrap(), vec![client])
}

fn question(service: LoginService, user: &str, password: &str) -> LoginQuestion {
    LoginQuestion {
        service,
        list: None,
        user: user.to_owned(),
        password: password.into(),
        line_password: Some("zeile".into()),
        enable_password: Some("unten".into()),
        exec_list: None,
        console: false,
        challenge: None,
    }
}

fn tty() -> Port {
    Port {
        long: "tty2".to_owned(),
        short: "tty2".to_owned(),
        number: 2,
        kind: PortType::Virtual,
        nas_ip: [10, 0, 0, 2].into(),
        called: None,
        calling: None,
        unique: 0x1c,
        origin: None,
    }
}

/// What AAA says, with a server that answers or with none, and its debugs.
fn ask_in(
    dialect: Dialect,
    config: &AaaConfig,
    question: LoginQuestion,
    server: bool,
) -> (LoginOutcome, Vec<String>) {
    let mut entropy = Seeded::new(1);
    let mut trace = Recorder { dialect, ..Recorder::default() };
    let mut aaa = Aaa::new();
    let mut node = node();
    let mut now = Instant::ZERO;
    aaa.configure(&mut Context { now, entropy: &mut entropy, trace: &mut trace }, config);
    let ticket = aaa.login(&mut Context { now, entropy: &mut entropy, trace: &mut trace }, tty(), question);
    loop {
        while let Some(output) = aaa.poll() {
            match output {
                AaaOutput::Login(of, outcome) => {
                    assert_eq!(of, ticket);
                    assert!(aaa.is_quiet());
                    return (outcome, trace.lines);
                }
                AaaOutput::Transmit { socket, remote, bytes, .. } if server => {
                    let from = ([10, 0, 0, 2], 1645 + socket).into();
                    if let Some(answer) = node.handle(&mut Seeded::new(9), from, &bytes) {
                        let cx = &mut Context { now, entropy: &mut entropy, trace: &mut trace };
                        aaa.handle_datagram(cx, socket, remote, &answer);
                    }
                }
                _ => {}
            }
        }
        now = aaa.next_timeout().expect("something is on its way");
        aaa.handle_timeout(&mut Context { now, entropy: &mut entropy, trace: &mut trace });
    }
}

fn ask(config: &AaaConfig, question: LoginQuestion, server: bool) -> LoginOutcome {
    match ask_in(Dialect::V12_0, config, question, server).0 {
        LoginOutcome::Pass { message, privilege, .. } => {
            LoginOutcome::Pass { message, privilege, voucher: Voucher::default() }
        }
        other => other,
    }
}

fn pass(message: &str, privilege: Option<u8>) -> LoginOutcome {
    LoginOutcome::Pass { message: message.into(), privilege, voucher: Voucher::default() }
}

#[test]
fn the_server_vouches_for_whom_it_lets_in() {
    for (user, voucher) in [
        ("admin", Voucher { radius: true, class: vec![b"staff".to_vec()], ..Voucher::default() }),
        ("clerk", Voucher { radius: true, ..Voucher::default() }),
    ] {
        let question = question(LoginService::Login, user, "geheim");
        let (outcome, _) = ask_in(Dialect::V12_0, &config(), question, true);
        let LoginOutcome::Pass { voucher: own, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(own, voucher);
    }
}

const FAIL: LoginOutcome = LoginOutcome::Fail { message: Vec::new() };

#[test]
fn a_server_says_who_may_log_in_and_at_which_level() {
    let login = |user, password| ask(&config(), question(LoginService::Login, user, password), true);
    assert_eq!(login("admin", "geheim"), pass("Welcome", Some(15)));
    assert_eq!(login("clerk", "geheim"), pass("", None));
    assert_eq!(login("root", "geheim"), pass("", Some(15)));
    assert_eq!(login("admin", "falsch"), LoginOutcome::Fail { message: b"Welcome".to_vec() });
    assert_eq!(login("dialer", "geheim"), LoginOutcome::Unauthorized { message: Vec::new() });
    // Only an error leads on to the next method, never a reject.
    assert_eq!(login("keeper", "lokal"), FAIL);
}

/// A tunnel's profile is nobody who may sit at a line, whatever authorizes an EXEC.
#[test]
fn a_service_that_no_line_serves_counts_as_a_reject() {
    for exec in [Vec::new(), list(&[Method::IfAuthenticated]), list(&[Method::Radius])] {
        let config = AaaConfig { authorization_exec: exec, ..config() };
        for (user, password) in [("dnis:614629", "cisco"), ("caller", "geheim")] {
            for dialect in [Dialect::V12_0, Dialect::V15] {
                let question = question(LoginService::Login, user, password);
                let (outcome, lines) = ask_in(dialect, &config, question, true);
                assert_eq!(outcome, FAIL, "{user}");
                let said = |text: &str| lines.iter().any(|line| line.ends_with(text));
                assert!(said("no appropriate authorization type for user."), "{lines:#?}");
                assert!(said("status = FAIL"), "{lines:#?}");
            }
        }
    }
}

#[test]
fn the_next_method_is_asked_when_no_server_answers() {
    let login = |user, password| ask(&config(), question(LoginService::Login, user, password), false);
    assert_eq!(login("keeper", "lokal"), pass("", Some(15)));
    assert_eq!(login("keeper", "falsch"), FAIL);
    assert_eq!(login("nobody", "x"), FAIL);
    let mut alone = config();
    alone.authentication_login = list(&[Method::Radius]);
    assert_eq!(ask(&alone, question(LoginService::Login, "admin", "geheim"), false), LoginOutcome::Error);
}

#[test]
fn every_method_of_a_login() {
    let with = |methods: &[Method], user: &str, password: &str| {
        let config =
            AaaConfig { authentication_login: list(methods), authorization_exec: Vec::new(), ..config() };
        ask(&config, question(LoginService::Login, user, password), true)
    };
    assert_eq!(with(&[Method::None], "", ""), pass("", None));
    assert_eq!(with(&[Method::Line], "", "zeile"), pass("", None));
    assert_eq!(with(&[Method::Line], "", "x"), FAIL);
    assert_eq!(with(&[Method::Enable], "", "unten"), pass("", None));
    assert_eq!(with(&[Method::Enable], "", "x"), FAIL);
    assert_eq!(with(&[Method::Local], "KEEPER", "lokal"), pass("", None));
    assert_eq!(with(&[Method::LocalCase], "KEEPER", "lokal"), FAIL);
    assert_eq!(with(&[Method::IfNeeded, Method::Line], "", "zeile"), pass("", None));
    let enable = AaaConfig { authentication_login: list(&[Method::Enable]), ..config() };
    let bare = LoginQuestion { enable_password: None, ..question(LoginService::Login, "", "x") };
    assert_eq!(ask(&enable, bare, true), LoginOutcome::Error);
}

#[test]
fn enable_is_asked_under_a_name_of_its_own() {
    let at =
        |level, password, server| ask(&config(), question(LoginService::Enable(level), "", password), server);
    let enable = |password, server| at(15, password, server);
    assert_eq!(enable("oben", true), pass("", None));
    assert_eq!(enable("unten", true), FAIL);
    assert_eq!(enable("unten", false), pass("", None));
    assert_eq!(at(7, "mitte", true), pass("", None));
    assert_eq!(at(7, "oben", true), FAIL);
}

#[test]
fn exec_authorization_by_list_line_and_console() {
    let asked = |exec_list: Option<&str>, console, config: &AaaConfig| {
        let exec_list = exec_list.map(str::to_owned);
        let question =
            LoginQuestion { exec_list, console, ..question(LoginService::Login, "dialer", "geheim") };
        ask(config, question, true)
    };
    let unauthorized = LoginOutcome::Unauthorized { message: Vec::new() };
    // A list that is named must exist.
    assert_eq!(asked(Some("missing"), false, &config()), unauthorized);
    // The console is exempt until it is told otherwise.
    assert_eq!(asked(None, true, &config()), pass("", None));
    let strict = AaaConfig { authorization_console: true, ..config() };
    assert_eq!(asked(None, true, &strict), unauthorized);
    let none = AaaConfig { authorization_exec: Vec::new(), ..config() };
    assert_eq!(asked(None, false, &none), pass("", None));
    let lenient = AaaConfig { authorization_exec: list(&[Method::IfAuthenticated]), ..config() };
    assert_eq!(asked(None, false, &lenient), pass("", None));
    let missing = LoginQuestion {
        list: Some("missing".to_owned()),
        ..question(LoginService::Login, "admin", "geheim")
    };
    assert_eq!(ask(&config(), missing, true), LoginOutcome::Error);
}

#[test]
fn the_debugs_of_a_login() {
    let asked = question(LoginService::Login, "keeper", "lokal");
    let mut local = config();
    local.authentication_login = list(&[Method::Local]);
    local.authorization_exec = list(&[Method::Local]);
    let (_, lines) = ask_in(Dialect::V12_0, &local, asked.clone(), true);
    let ids = |line: &str| {
        let mut out = String::new();
        let mut digits = 0;
        for c in line.chars() {
            digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
            if digits < 2 {
                out.push(if c.is_ascii_digit() && out.ends_with('(') { 'N' } else { c });
            }
        }
        out
    };
    let lines: Vec<String> = lines.iter().map(|line| ids(line)).collect();
    assert_eq!(
        lines,
        [
            "AAA/AUTHEN/START (N): port='tty2' list='' action=LOGIN service=LOGIN",
            "AAA/AUTHEN/START (N): using \"default\" list",
            "AAA/AUTHEN (N): Method=LOCAL",
            "AAA/AUTHEN (N): status = PASS",
            "tty2 AAA/AUTHOR/EXEC (N): Port='tty2' list='' service=EXEC",
            "AAA/AUTHOR/EXEC: tty2 (N) user='keeper'",
            "tty2 AAA/AUTHOR/EXEC (N): send AV service=shell",
            "tty2 AAA/AUTHOR/EXEC (N): send AV cmd*",
            "tty2 AAA/AUTHOR/EXEC (N): found list \"default\"",
            "tty2 AAA/AUTHOR/EXEC (N): Method=LOCAL",
            "tty2 AAA/AUTHOR (N): Post authorization status = PASS_ADD",
            "tty2 AAA/AUTHOR/EXEC: Processing AV service=shell",
            "tty2 AAA/AUTHOR/EXEC: Processing AV cmd*",
            "tty2 AAA/AUTHOR/EXEC: Processing AV priv-lvl=1",
            "tty2 AAA/AUTHOR/EXEC: Authorization successful",
        ]
    );
    let (_, lines) = ask_in(Dialect::V15, &local, asked, true);
    assert_eq!(
        lines,
        [
            "AAA/AUTHEN/LOGIN (0000001C): Pick method list 'default' ",
            "AAA/AUTHOR (0x1C): Pick method list 'default'",
            "AAA/AUTHOR/EXEC(0000001C): processing AV priv-lvl=15",
            "AAA/AUTHOR/EXEC(0000001C): Authorization successful",
        ]
    );
    let question = question(LoginService::Login, "dialer", "geheim");
    let (_, lines) = ask_in(Dialect::V15, &config(), question, true);
    assert_eq!(
        lines.last().map(String::as_str),
        Some("AAA/AUTHOR/EXEC(0000001C): Authorization FAILED"),
        "a Framed user"
    );
}
