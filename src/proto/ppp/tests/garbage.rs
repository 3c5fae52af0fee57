//! No input makes a link panic, and none keeps it from working or ending afterwards.

use super::*;
use proptest::prelude::*;

/// Frames that are nearly right: known protocols, codes and identifiers, any data.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let protocol =
        prop::sample::select(vec![0xc021_u16, 0xc023, 0xc223, 0x8021, 0x0021, 0x003d, 0x80fd, 0xc025]);
    (protocol, 0_u8..15, any::<u8>(), prop::collection::vec(any::<u8>(), 0..40), any::<bool>()).prop_map(
        |(protocol, code, id, data, honest)| {
            let mut frame = packet::build(protocol, code, id, &data);
            if !honest && let Some(len) = frame.get_mut(5) {
                *len = len.wrapping_add(7);
            }
            frame
        },
    )
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let any_frame = prop_oneof![prop::collection::vec(any::<u8>(), 0..60), nearly()];
    prop::collection::vec(any_frame, 1..30)
}

fn after(mut pair: Pair, when: u64, frames: &[Vec<u8>], side: usize) -> Pair {
    pair.up();
    pair.run(when);
    for frame in frames {
        pair.call(side, |link, cx| link.receive(cx, frame));
    }
    // Whatever state that has left: the line drops, and the next call works.
    pair.run(30);
    for side in [0, 1] {
        pair.call(side, |link, cx| link.lower_down(cx));
    }
    pair.line.clear();
    pair
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_link_survives_and_comes_up_again(
        frames in frames(),
        when in 0_u64..3,
        side in 0_usize..2,
        auth in 0_usize..4,
    ) {
        let auth = [AuthProtocol::Pap, AuthProtocol::ChapMd5, AuthProtocol::MsChap, AuthProtocol::MsChapV2][auth];
        let config = LinkConfig { authentication: vec![AuthProtocol::ChapMd5], ..client() };
        let pair = Pair::new(Side::new(config, 21), Side::new(server(&[auth]), 22));
        let mut pair = after(pair, when, &frames, side);
        for side in &mut pair.sides {
            prop_assert_eq!(side.link.view().phase, Phase::Down);
            prop_assert_eq!(side.link.next_timeout(), None);
            side.events.clear();
        }
        pair.up();
        pair.run(5);
        prop_assert!(pair.sides.iter().all(|s| s.network().is_some()));
    }

    #[test]
    fn a_line_that_loses_frames_delays_the_call_only(seed: u64, auth in 0_usize..4, both: bool) {
        let auth = [AuthProtocol::Pap, AuthProtocol::ChapMd5, AuthProtocol::MsChap, AuthProtocol::MsChapV2][auth];
        let authentication = if both { vec![AuthProtocol::ChapMd5] } else { Vec::new() };
        let patient = LinkConfig {
            authentication_timeout: Duration::from_secs(300),
            max_configure: 100,
            ..LinkConfig::default()
        };
        let LinkConfig { authentication_timeout, max_configure, .. } = patient;
        let config = LinkConfig { authentication, authentication_timeout, max_configure, ..client() };
        let other = LinkConfig { authentication_timeout, max_configure, ..server(&[auth]) };
        let mut pair = Pair::new(Side::new(config, seed), Side::new(other, !seed));
        pair.loss = Seeded::new(seed);
        pair.lost = 64;
        pair.up();
        // Echoes are lost as well, but hardly five in a row; the links are looked at when they come up.
        for _ in 0..120 {
            pair.run(1);
            if pair.sides.iter().all(|s| s.network().is_some() && s.link.view().ipcp_state == "Open") {
                return Ok(());
            }
        }
        prop_assert!(false, "{:#?}", pair.sides[1].trace.lines);
    }

    #[test]
    fn a_line_that_damages_frames_ends_in_a_call_or_in_none(
        seed: u64, auth in 0_usize..4, both: bool, damaged in 1_u64..128,
    ) {
        let auth = [AuthProtocol::Pap, AuthProtocol::ChapMd5, AuthProtocol::MsChap, AuthProtocol::MsChapV2][auth];
        let authentication = if both { vec![AuthProtocol::ChapMd5] } else { Vec::new() };
        let config = LinkConfig { authentication, ..client() };
        let mut pair = Pair::new(Side::new(config, seed), Side::new(server(&[auth]), !seed));
        pair.loss = Seeded::new(seed);
        pair.damaged = damaged;
        pair.up();
        pair.run(120);
        for side in [0, 1] {
            let view = pair.sides[side].link.view();
            // Either it is up, or it has said why not, or something is still being waited for.
            prop_assert!(
                view.phase == Phase::Up
                    || pair.sides[side].finished().is_some()
                    || pair.sides[side].link.next_timeout().is_some(),
                "{view:?}"
            );
            pair.call(side, |link, cx| link.lower_down(cx));
            prop_assert_eq!(pair.sides[side].link.next_timeout(), None);
            pair.sides[side].events.clear();
        }
        pair.line.clear();
        pair.damaged = 0;
        pair.up();
        pair.run(5);
        prop_assert!(pair.sides.iter().all(|s| s.network().is_some()));
    }

    #[test]
    fn a_forced_lcp_takes_any_octets(sent: Vec<u8>, received: Vec<u8>) {
        let mut lns = Side::new(server(&[AuthProtocol::ChapMd5]), 31);
        lns.with(Instant::ZERO, |link, cx| link.lower_up(cx));
        let proxy = ProxyLcp { initial_received: None, last_sent: sent, last_received: received };
        if !lns.with(Instant::ZERO, |link, cx| link.force_lcp(cx, &proxy)) {
            lns.with(Instant::ZERO, |link, cx| link.renegotiate(cx));
        }
        prop_assert_ne!(lns.link.view().phase, Phase::Down);
        lns.with(Instant::ZERO, |link, cx| link.lower_down(cx));
        prop_assert_eq!(lns.link.next_timeout(), None);
    }
}
