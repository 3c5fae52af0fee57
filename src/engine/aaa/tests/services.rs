//! What a server says about the kind of user, and how often it may try (RFC 2865 section 5.6, RFC 2869 section 5.9).

use super::*;

const USERS: &str = "plain Cleartext-Password := \"p\"

framed Cleartext-Password := \"p\"
\tService-Type = Framed-User,
\tFramed-Protocol = PPP,
\tUser-Name = \"customer-7\"

dnis:614629 Cleartext-Password := \"p\"
\tService-Type = Outbound-User,
\tReply-Message = \"Welcome\"

login Cleartext-Password := \"p\"
\tService-Type = Login-User

back Cleartext-Password := \"p\"
\tService-Type = Callback-Framed-User

new Cleartext-Password := \"p\"
\tService-Type = 77

slip Cleartext-Password := \"p\"
\tService-Type = Framed-User,
\tFramed-Protocol = SLIP

once Auth-Type := Reject
\tPassword-Retry = 0
";

fn asked(dialect: Dialect, user: &str) -> (AuthenOutcome, Vec<String>) {
    let mut bench = Bench::new(&lns_config());
    bench.trace.dialect = dialect;
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials(user, "p"), Some("vpdn"))));
    let events = bench.settle(&mut node(USERS));
    (authentication(&events).clone(), bench.trace.lines)
}

#[test]
fn a_service_that_is_not_served_counts_as_a_reject() {
    for user in ["plain", "framed"] {
        assert!(matches!(asked(Dialect::V12_0, user).0, AuthenOutcome::Pass { .. }), "{user}");
    }
    for user in ["dnis:614629", "login", "back", "new", "slip"] {
        for dialect in [Dialect::V12_0, Dialect::V15] {
            let (outcome, lines) = asked(dialect, user);
            let message = b"Authentication failure".to_vec();
            assert_eq!(outcome, AuthenOutcome::Fail { message, retries: None }, "{user}");
            let said = |text: &str| lines.iter().any(|line| line.ends_with(text));
            assert!(said("RADIUS: no appropriate authorization type for user."), "{user}: {lines:#?}");
            assert!(said("status = FAIL"), "{user}: {lines:#?}");
        }
    }
}

#[test]
fn a_server_names_the_user_for_accounting() {
    let AuthenOutcome::Pass { profile, .. } = asked(Dialect::V12_0, "framed").0 else { panic!("a user") };
    assert_eq!(profile.user_name.as_deref(), Some("customer-7"));
}

#[test]
fn a_server_says_how_often_a_user_may_try_again() {
    let (outcome, _) = asked(Dialect::V12_0, "once");
    let message = b"Authentication failure".to_vec();
    assert_eq!(outcome, AuthenOutcome::Fail { message, retries: Some(0) });
}

#[test]
fn a_list_of_a_local_user_may_refuse_it_ppp() {
    let attribute = crate::config::views::ListAttribute {
        name: "service-type".to_owned(),
        value: "outbound".to_owned(),
        service: None,
        protocol: None,
        mandatory: false,
    };
    let own = crate::config::views::AttributeList { name: "own".to_owned(), attributes: vec![attribute] };
    let config = AaaConfig {
        authorization_network: vec![list("vpdn", &[Method::Local])],
        users: vec![User { attribute_list: Some("own".to_owned()), ..user("bob", "builder") }],
        attribute_lists: vec![own.clone()],
        ..lns_config()
    };
    let mut bench = Bench::new(&config);
    let profile = Some(Arc::new(UserProfile::from_list(&own)));
    let bob = UserSession::new(vi4(), Some(Some("vpdn".to_owned())), "bob".to_owned(), profile);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &bob)), Decision::Denied);
    assert!(bench.trace.lines.iter().any(|l| l.ends_with("Post authorization status = FAIL")));
}

/// What the debug shows of a signature is what went out.
#[test]
fn the_debug_of_a_signed_request_is_what_is_on_the_wire() {
    let mut bench = Bench::new(&AaaConfig { message_authenticator: true, ..lns_config() });
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials("plain", "p"), Some("vpdn"))));
    let sent = bench.outputs().into_iter().find_map(|output| match output {
        AaaOutput::Transmit { bytes, .. } => Some(bytes),
        _ => None,
    });
    let packet = crate::proto::radius::Packet::decode(&sent.expect("a request")).unwrap();
    let signature = packet.first(80).expect("it is signed");
    let shown: String = signature[..4].iter().map(|octet| format!("{octet:02X}")).collect();
    assert_ne!(shown, "00000000");
    let line = format!("        Attribute 80 18 {shown}");
    assert!(bench.trace.lines.contains(&line), "{line}: {:#?}", bench.trace.lines);
}
