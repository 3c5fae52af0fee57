//! Every authentication protocol, in both directions, right and wrong.

use super::*;
use AuthProtocol::{ChapMd5, MsChap, MsChapV2, Pap};

const ALL: [AuthProtocol; 4] = [Pap, ChapMd5, MsChap, MsChapV2];

fn dial(client_config: LinkConfig, server_config: LinkConfig) -> Pair {
    let mut pair = Pair::new(Side::new(client_config, 7), Side::new(server_config, 8));
    pair.up();
    pair
}

fn connected(pair: &Pair) -> bool {
    pair.sides.iter().all(|s| s.link.view().phase == Phase::Up && s.network().is_some())
}

#[test]
fn each_protocol_lets_the_right_password_in() {
    for protocol in ALL {
        let mut pair = dial(client(), server(&[protocol]));
        pair.run(3);
        assert!(connected(&pair), "{protocol:?}: {:#?}", pair.sides[1].trace.lines);
        assert_eq!(pair.sides[1].link.view().authenticated_by, Some(protocol));
        assert!(
            pair.sides[1].events.iter().any(|e| matches!(e, Event::Authenticate(c) if c.name == b"2500-1"))
        );
    }
}

#[test]
fn each_protocol_keeps_the_wrong_password_out() {
    for protocol in ALL {
        let mut pair = dial(client(), server(&[protocol]));
        pair.sides[0].secret = Some(b"wrong");
        pair.run(10);
        for side in &pair.sides {
            assert_eq!(side.finished(), Some(FinishCause::Authentication), "{protocol:?}");
            assert_eq!(side.link.view().phase, Phase::Down);
            assert_eq!(side.network(), None);
        }
        let refused = pair.sides[0].events.iter().find_map(|e| match e {
            Event::AuthenticationRefused { message } => Some(message.clone()),
            _ => None,
        });
        let message = refused.expect("the peer is told");
        match protocol {
            Pap | ChapMd5 => assert_eq!(message, b"Authentication failed"),
            MsChap | MsChapV2 => assert_eq!(mschap::Failure::parse(&message).map(|f| f.error), Some(691)),
        }
    }
}

/// The frames of `protocol` that the server has sent since the last time, and that the peer never sees.
fn told(pair: &mut Pair, protocol: u16) -> Vec<Vec<u8>> {
    let frames = std::mem::take(&mut pair.sides[1].transmitted);
    frames
        .iter()
        .filter_map(|frame| frame.strip_prefix(&protocol.to_be_bytes()).map(<[u8]>::to_vec))
        .collect()
}

/// A server that is deciding on a wrong proof.
fn asked(protocol: AuthProtocol, max_bad_auth: u32) -> Pair {
    let mut pair = dial(client(), LinkConfig { max_bad_auth, ..server(&[protocol]) });
    pair.sides[1].hold = true;
    pair.sides[0].secret = Some(b"wrong");
    pair.run(1);
    pair
}

fn refuse(pair: &mut Pair, message: &[u8]) {
    refuse_with(pair, message, None);
}

fn refuse_with(pair: &mut Pair, message: &[u8], retries: Option<u32>) {
    let verdict = Verdict::Fail { message: message.to_vec(), retries };
    let now = pair.now;
    pair.sides[1].with(now, |link, cx| link.authenticated(cx, verdict));
}

#[test]
fn a_peer_may_fail_as_often_as_max_bad_auth_allows() {
    for protocol in ALL {
        let mut pair = asked(protocol, 2);
        let wrong = mschap::Failure::wrong(&[0xab; 16]);
        let number = if protocol == Pap { packet::PAP } else { packet::CHAP };
        refuse(&mut pair, wrong.as_bytes());
        let frames = told(&mut pair, number);
        assert_eq!(pair.sides[1].link.view().phase, Phase::Authenticating, "{protocol:?}");
        let failure = &frames[0];
        let again = match protocol {
            Pap => {
                assert_eq!((failure[0], frames.len()), (3, 1));
                Vec::from([1, 77, 0, 16, 6])
                    .into_iter()
                    .chain(*b"2500-1")
                    .chain([4])
                    .chain(*b"cisc")
                    .collect()
            }
            ChapMd5 => {
                // A new challenge follows at once.
                assert_eq!((failure[0], frames.len(), frames[1][0]), (4, 2, 1));
                let id = frames[1][1];
                response(id, &[0; 16])
            }
            MsChap | MsChapV2 => {
                assert_eq!((failure[0], frames.len()), (4, 1));
                let message = mschap::Failure::parse(&failure[4..]).expect("a message");
                assert_eq!((message.error, message.retry), (691, true));
                let length = if protocol == MsChap { 8 } else { 16 };
                assert_eq!(message.challenge.map(|c| c.len()), Some(length));
                response(failure[1].wrapping_add(1), &[0; 49])
            }
        };
        let frame = [&number.to_be_bytes()[..], &again].concat();
        let now = pair.now;
        pair.sides[1].with(now, |link, cx| link.receive(cx, &frame));
        let asks = pair.sides[1].events.iter().filter(|e| matches!(e, Event::Authenticate(_))).count();
        assert_eq!(asks, 2, "{protocol:?}: the second try is looked at");
        refuse(&mut pair, wrong.as_bytes());
        assert_eq!(pair.sides[1].link.view().phase, Phase::Terminating, "{protocol:?}");
    }
}

/// What the peer is told when it fails for the first time, and the phase of the link then.
fn first_failure(protocol: AuthProtocol, max: u32, message: &[u8], retries: Option<u32>) -> (String, Phase) {
    let mut pair = asked(protocol, max);
    refuse_with(&mut pair, message, retries);
    let number = if protocol == Pap { packet::PAP } else { packet::CHAP };
    let failure = told(&mut pair, number).swap_remove(0);
    let text = String::from_utf8_lossy(&failure[4..]).into_owned();
    (text, pair.sides[1].link.view().phase)
}

/// RFC 2759 section 6: `R` says whether there is another try, and that is true.
#[test]
fn another_try_is_promised_only_where_it_is_taken() {
    let challenge = "0102030405060708090A0B0C0D0E0F10";
    let server = |error: u32, retry: u8| format!("E={error} R={retry} C={challenge} V=3 M=No");
    for (told, max, wanted, phase) in [
        // The server's no is final.
        (server(691, 0), 3, server(691, 0), Phase::Terminating),
        // Its yes counts while this end takes another try.
        (server(691, 1), 3, server(691, 1), Phase::Authenticating),
        (server(691, 1), 1, server(691, 0), Phase::Terminating),
        // Nobody changes a password here.
        (server(648, 1), 3, server(648, 0), Phase::Terminating),
    ] {
        assert_eq!(first_failure(MsChapV2, max, told.as_bytes(), None), (wanted, phase), "{told} {max}");
    }
}

#[test]
fn a_failure_of_ms_chap_always_has_its_form() {
    for protocol in [MsChap, MsChapV2] {
        for text in ["", "Authorization failed"] {
            let (message, _) = first_failure(protocol, 1, text.as_bytes(), None);
            let failure = mschap::Failure::parse(message.as_bytes()).expect("E=");
            assert_eq!((failure.error, failure.retry, failure.message.as_str()), (691, false, text));
            assert!(failure.challenge.is_some_and(|c| !c.is_empty()), "{message}");
        }
    }
}

/// RFC 2869 section 5.9.
#[test]
fn who_judges_may_allow_fewer_tries_than_this_end() {
    for protocol in ALL {
        let wrong = mschap::Failure::wrong(&[0xab; 16]);
        for (retries, phase) in [(0, Phase::Terminating), (1, Phase::Authenticating)] {
            let (_, after) = first_failure(protocol, 3, wrong.as_bytes(), Some(retries));
            assert_eq!(after, phase, "{protocol:?} {retries}");
        }
    }
}

fn response(id: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + 1 + value.len() + 6).unwrap();
    let mut frame = vec![2, id];
    frame.extend(length.to_be_bytes());
    frame.push(u8::try_from(value.len()).unwrap());
    frame.extend(value);
    frame.extend(b"2500-1");
    frame
}

#[test]
fn both_ends_authenticate_each_other_at_once() {
    for caller in ALL {
        for called in ALL {
            let config = LinkConfig { authentication: vec![caller], ..client() };
            let mut pair = dial(config, server(&[called]));
            pair.run(5);
            assert!(connected(&pair), "{caller:?} and {called:?}: {:#?}", pair.sides[1].trace.lines);
            for side in &pair.sides {
                assert!(side.trace.lines.iter().any(|l| l.ends_with("Phase is AUTHENTICATING, by both")));
                assert!(side.events.iter().any(|e| matches!(e, Event::Authenticate(_))));
            }
        }
    }
}

#[test]
fn who_calls_in_proves_itself_first() {
    for max_bad_auth in [1, 2] {
        let config = LinkConfig { authentication: vec![ChapMd5], ..client() };
        let mut pair = dial(config, LinkConfig { max_bad_auth, ..server(&[ChapMd5]) });
        pair.sides[0].secret = Some(b"wrong");
        pair.run(10);
        // The called end never answered the challenge of a caller that it does not know, one that may try again included.
        assert!(!pair.sides[1].events.iter().any(|e| matches!(e, Event::SecretWanted { .. })));
        let lines = &pair.sides[1].trace.lines;
        assert!(lines.iter().any(|l| l == "Vi4 CHAP: Waiting for peer to authenticate first"));
    }
}

#[test]
fn an_authenticator_without_the_password_is_found_out_by_ms_chap_v2() {
    let mut pair = dial(client(), server(&[MsChapV2]));
    pair.sides[1].hold = true;
    pair.run(1);
    pair.call(1, |link, cx| {
        link.authenticated(
            cx,
            Verdict::Pass { message: b"S=0123456789012345678901234567890123456789".to_vec() },
        );
    });
    pair.run(5);
    assert_eq!(pair.sides[0].finished(), Some(FinishCause::Authentication));
}

#[test]
fn a_client_without_a_secret_ends_the_link() {
    for protocol in ALL {
        let mut pair = dial(client(), server(&[protocol]));
        pair.sides[0].secret = None;
        pair.run(10);
        assert_eq!(pair.sides[0].finished(), Some(FinishCause::Authentication), "{protocol:?}");
        assert_eq!(pair.sides[1].finished(), Some(FinishCause::Peer), "{protocol:?}");
    }
}

#[test]
fn the_peer_may_choose_among_what_we_demand() {
    let config = LinkConfig { allow_authentication: vec![Pap], ..client() };
    let mut pair = dial(config.clone(), server(&[MsChapV2, ChapMd5, Pap]));
    pair.run(5);
    assert!(connected(&pair));
    assert_eq!(pair.sides[1].link.view().authenticated_by, Some(Pap));
    // What we do not demand is not agreed to.
    let mut pair = dial(config, server(&[MsChapV2, ChapMd5]));
    pair.run(10);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Authentication));
    let config = LinkConfig { allow_authentication: Vec::new(), ..client() };
    let mut pair = dial(config, server(&[ChapMd5]));
    pair.run(10);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Authentication));
}

#[test]
fn a_peer_that_never_responds_is_thrown_out() {
    let mut pair = dial(client(), server(&[ChapMd5]));
    pair.run(0);
    while pair.sides[1].link.view().phase != Phase::Authenticating {
        pair.now = pair.now + Duration::from_millis(1);
        pair.run(0);
    }
    pair.lost = 256;
    pair.line.clear();
    pair.run(9);
    assert_eq!(pair.sides[1].finished(), None);
    pair.run(10);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Authentication));
    assert!(pair.sides[1].trace.lines.iter().any(|l| l == "Vi4 AUTH: Timeout 1"));
}

#[test]
fn a_slow_owner_costs_the_peer_nothing() {
    let mut pair = dial(client(), server(&[ChapMd5]));
    Arc::make_mut(&mut pair.sides[0].link.config).authentication_timeout = Duration::from_secs(60);
    pair.sides[1].hold = true;
    pair.run(35);
    assert_eq!(pair.sides[1].link.view().phase, Phase::Authenticating);
    pair.call(1, |link, cx| link.authenticated(cx, Verdict::Pass { message: Vec::new() }));
    pair.run(3);
    assert!(connected(&pair));
}

#[test]
fn a_second_challenge_on_an_open_link_is_answered() {
    let mut pair = dial(client(), server(&[ChapMd5]));
    pair.run(3);
    let challenge = packet::build(packet::CHAP, 1, 77, &[&[4], &[1, 2, 3, 4][..], b"1600-3"].concat());
    pair.sides[0].transmitted.clear();
    let now = pair.now;
    pair.sides[0].with(now, |link, cx| link.receive(cx, &challenge));
    let expected = chap::md5_response(77, b"cisco", &[1, 2, 3, 4]);
    assert_eq!(pair.sides[0].transmitted[0][..6], [0xc2, 0x23, 2, 77, 0, 27]);
    assert_eq!(pair.sides[0].transmitted[0][7..23], expected);
    assert_eq!(pair.sides[0].link.view().phase, Phase::Up);
    // No answer comes. It is the authenticator that asks again (RFC 1994 section 4.1), not the response that goes on and on.
    pair.sides[0].transmitted.clear();
    pair.run(8);
    let lines = &pair.sides[1].trace.lines;
    assert!(!lines.iter().any(|line| line.contains("I RESPONSE id 77")), "{lines:#?}");
}

/// RFC 1334 section 2.2.1: the identifier of the answer is that of the request which it answers.
#[test]
fn a_pap_request_that_was_repeated_is_answered_under_its_last_identifier() {
    let mut pair = asked(Pap, 1);
    pair.run(5);
    let id = |line: &String| line.split_once("PAP: I AUTH-REQ id ")?.1.split_once(' ')?.0.parse::<u8>().ok();
    let ids: Vec<u8> = pair.sides[1].trace.lines.iter().filter_map(id).collect();
    assert!(ids.len() > 1 && ids.is_sorted(), "it was repeated: {ids:?}");
    told(&mut pair, packet::PAP);
    refuse(&mut pair, b"no");
    let answers = told(&mut pair, packet::PAP);
    assert_eq!(answers.iter().map(|nak| (nak[0], Some(&nak[1]))).collect::<Vec<_>>(), [(3, ids.last())]);
    let claims = pair.sides[1].events.iter().filter(|e| matches!(e, Event::Authenticate(_))).count();
    assert_eq!(claims, 1, "the owner is asked once");
}

#[test]
fn proxy_pap_is_acknowledged_under_the_users_identifier() {
    let mut lns = Side::new(server(&[Pap]), 9);
    let now = Instant::ZERO;
    lns.with(now, |link, cx| link.lower_up(cx));
    let proxy = ProxyLcp { last_sent: vec![3, 4, 0xc0, 0x23], ..ProxyLcp::default() };
    assert!(lns.with(now, |link, cx| link.force_lcp(cx, &proxy)));
    lns.link.set_replay_id(42);
    let credentials = Credentials { name: b"u".to_vec(), proof: Proof::Pap { password: b"cisco".to_vec() } };
    lns.with(now, |link, cx| link.replay_authentication(cx, credentials));
    assert_eq!(lns.transmitted[0], [0xc0, 0x23, 2, 42, 0, 5, 0]);
    assert_eq!(lns.link.view().phase, Phase::Up);
    assert!(lns.trace.lines.iter().any(|l| l == "Vi4 PAP: I AUTH-REQ id 42 len 12 from \"u\""));
}

/// The octets of a rejected packet are printed, but no password among them.
#[test]
fn a_rejected_pap_request_shows_no_password() {
    let mut pair = dial(client(), server(&[Pap]));
    pair.sides[1].hold = true;
    pair.run(1);
    let request = [&[0xc0, 0x23, 1, 1, 0, 16, 6][..], b"2500-1", &[5], b"cisco"].concat();
    let reject = packet::build(packet::LCP, packet::PROTO_REJ, 7, &request);
    pair.call(0, |link, cx| link.receive(cx, &reject));
    let line = pair.sides[0].trace.lines.iter().find(|l| l.contains("PROTREJ")).expect("a line");
    let octets = "(0xC023010100100632353030 2D3105**********)".replace(' ', "");
    assert!(line.ends_with(&format!("protocol PAP {octets}")), "{line}");
}

/// RFC 1994 section 4.1: a Failure may be lost, and the same response gets the same answer.
#[test]
fn a_failure_of_ms_chap_that_was_lost_is_sent_again() {
    for protocol in [MsChap, MsChapV2] {
        let mut pair = asked(protocol, 2);
        refuse(&mut pair, b"");
        let lost = told(&mut pair, packet::CHAP);
        let now = pair.now;
        for (id, answers) in [(lost[0][1], &lost[..]), (lost[0][1].wrapping_sub(1), &[])] {
            let frame = [&packet::CHAP.to_be_bytes()[..], &response(id, &[0; 49])].concat();
            pair.sides[1].with(now, |link, cx| link.receive(cx, &frame));
            assert_eq!(told(&mut pair, packet::CHAP), answers, "{protocol:?} {id}");
        }
        let claims = pair.sides[1].events.iter().filter(|e| matches!(e, Event::Authenticate(_))).count();
        assert_eq!(claims, 1, "{protocol:?}: no second try");
    }
}

/// What a LAC has collected with another algorithm than the one agreed is worth nothing: the user is asked.
#[test]
fn proxy_credentials_of_another_algorithm_are_not_taken() {
    for (agreed, asked) in [(ChapMd5, false), (MsChap, true), (MsChapV2, true)] {
        let mut lns = Side::new(server(&[agreed]), 9);
        let now = Instant::ZERO;
        lns.with(now, |link, cx| link.lower_up(cx));
        let option = [&[3, 5][..], agreed.option()].concat();
        let proxy = ProxyLcp { last_sent: option, ..ProxyLcp::default() };
        assert!(lns.with(now, |link, cx| link.force_lcp(cx, &proxy)));
        let (id, challenge) = (7, vec![1; 16]);
        let response = chap::md5_response(id, b"cisco", &challenge).to_vec();
        let proof = Proof::Chap { protocol: ChapMd5, id, challenge, response };
        let credentials = Credentials { name: b"u".to_vec(), proof };
        lns.with(now, |link, cx| link.replay_authentication(cx, credentials));
        let challenged = lns.transmitted.iter().any(|frame| frame.starts_with(&[0xc2, 0x23, 1]));
        let claimed = lns.events.iter().any(|e| matches!(e, Event::Authenticate(_)));
        assert_eq!((challenged, claimed), (asked, !asked), "{agreed:?}");
    }
}

/// `ppp timeout authentication` is the time for a response: who may try again has it again (RFC 2759 section 6 even wants
/// short timeouts disabled, for the user has to type).
#[test]
fn another_try_has_its_own_time() {
    for protocol in ALL {
        let mut pair = asked(protocol, 2);
        let at = |n| Instant::ZERO + Duration::from_secs(n);
        let server = &mut pair.sides[1];
        let fail = Verdict::Fail { message: Vec::new(), retries: None };
        server.with(at(8), |link, cx| link.authenticated(cx, fail));
        for (n, phase) in [(12, Phase::Authenticating), (18, Phase::Terminating)] {
            server.with(at(n), |link, cx| link.handle_timeout(cx));
            assert_eq!(server.link.view().phase, phase, "{protocol:?} {n}");
        }
    }
}

/// A verdict on what was claimed before LCP started over says nothing of who is asked now.
#[test]
fn a_verdict_that_comes_too_late_is_none() {
    let mut pair = asked(ChapMd5, 1);
    pair.sides[1].trace.dialect = Dialect::V15;
    pair.call(1, |link, cx| link.renegotiate(cx));
    pair.call(1, |link, cx| link.authenticated(cx, Verdict::Pass { message: Vec::new() }));
    assert_eq!(pair.sides[1].link.view().phase, Phase::Establishing);
    pair.sides[0].link.config = Arc::new(LinkConfig { retry: Duration::from_secs(60), ..client() });
    while pair.sides[1].link.view().phase != Phase::Authenticating {
        let (_, side, frame) = pair.line.pop_front().expect("LCP goes on");
        pair.call(side, |link, cx| link.receive(cx, &frame));
    }
    pair.call(1, |link, cx| link.authenticated(cx, Verdict::Pass { message: Vec::new() }));
    assert_eq!(pair.sides[1].link.view().phase, Phase::Authenticating);
    assert!(!pair.sides[1].trace.lines.iter().any(|l| l.ends_with("Authenticated User")));
}

/// RFC 1994, Security Considerations: failures are counted until the peer has proved itself or the link has ended.
#[test]
fn failures_are_not_forgotten_by_starting_lcp_over() {
    for protocol in ALL {
        let mut pair = asked(protocol, 3);
        for fails in 1..=3 {
            let asks =
                |side: &Side| side.events.iter().filter(|e| matches!(e, Event::Authenticate(_))).count();
            assert_eq!(asks(&pair.sides[1]), fails, "{protocol:?}");
            refuse(&mut pair, b"");
            let phase = if fails < 3 { Phase::Authenticating } else { Phase::Terminating };
            assert_eq!(pair.sides[1].link.view().phase, phase, "{protocol:?} {fails}");
            pair.sides[1].transmitted.clear();
            pair.call(0, |link, cx| link.renegotiate(cx));
            pair.run(1);
        }
        // A call of its own begins at none.
        let now = pair.now;
        for side in &mut pair.sides {
            side.with(now, |link, cx| link.lower_down(cx));
        }
        pair.sides[1].hold = false;
        pair.sides[0].secret = Some(b"cisco");
        pair.sides[1].events.clear();
        pair.line.clear();
        pair.up();
        pair.run(3);
        assert!(connected(&pair), "{protocol:?}");
        pair.call(0, |link, cx| link.renegotiate(cx));
        pair.sides[1].hold = true;
        pair.run(1);
        refuse(&mut pair, b"");
        assert_eq!(
            pair.sides[1].link.view().phase,
            Phase::Authenticating,
            "{protocol:?}: it had proved itself"
        );
    }
}

#[test]
fn our_own_challenge_is_not_answered() {
    // A called end that knows no password asks us what we have asked it.
    let caller = LinkConfig { authentication: vec![ChapMd5], ..client() };
    let mut side = Side::new(caller, 9);
    side.with(Instant::ZERO, |link, cx| link.lower_up(cx));
    let request = side.transmitted.remove(0);
    let receive = |side: &mut Side, code, id, data: &[u8]| {
        let frame = packet::build(packet::LCP, code, id, data);
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &frame));
    };
    receive(&mut side, 1, 1, &[3, 5, 0xc2, 0x23, 5]);
    receive(&mut side, 2, request[3], &request[6..]);
    let challenge = side.transmitted.iter().find(|f| f.starts_with(&[0xc2, 0x23, 1])).unwrap().clone();
    let mirrored = [&challenge[..challenge.len() - 6], b"server"].concat();
    side.transmitted.clear();
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &mirrored));
    assert!(
        side.transmitted.is_empty() && !side.events.iter().any(|e| matches!(e, Event::SecretWanted { .. }))
    );
    assert!(side.trace.lines.iter().any(|l| l.contains("CHAP: Ignoring our own Challenge")));
    // A challenge of its own is answered.
    let own = packet::build(packet::CHAP, 1, 5, &[&[16][..], &[7; 16], b"server"].concat());
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &own));
    assert!(side.transmitted.iter().any(|f| f.starts_with(&[0xc2, 0x23, 2, 5])));
}
