use std::time::Duration;

use super::*;

fn at(milliseconds: u64) -> Instant {
    Instant::from_start(Duration::from_millis(milliseconds))
}

fn message(tag: u8) -> Outgoing {
    Outgoing { session: 0, local_session: 0, name: "HELLO", body: vec![tag] }
}

fn transport() -> Transport {
    let config = TunnelConfig { retries: 5, receive_window: 4, ..TunnelConfig::default() };
    Transport::new(&config, config.initial_retries)
}

/// Every message that goes out now: tag, Ns, Nr, resend.
fn sent(t: &mut Transport, now: Instant) -> Vec<(u8, u16, u16, bool)> {
    let mut out = Vec::new();
    while let Some(s) = t.poll_transmit(now) {
        out.push((s.message.body[0], s.ns, s.nr, s.resend));
    }
    out
}

/// A transport whose first message is acknowledged, with congestion window `window`.
fn warm(window: u16) -> Transport {
    let mut t = transport();
    t.set_peer_window(window);
    for n in 0..window {
        t.send(message(0));
        assert_eq!(sent(&mut t, at(0)).len(), 1);
        assert_eq!(t.receive(at(0), 0, n + 1, true, &[]), Arrival::Ack);
    }
    assert_eq!(t.congestion_window(), window);
    t
}

#[test]
fn retransmits_after_1_2_4_8_8_seconds_then_gives_up() {
    let mut t = warm(4);
    t.send(message(7));
    assert_eq!(sent(&mut t, at(0)), [(7, 4, 0, false)]);
    let mut now = 0;
    for wait in [1, 2, 4, 8, 8] {
        now += wait * 1000;
        assert_eq!(t.next_timeout(), Some(at(now)));
        assert_eq!(t.handle_timeout(at(now - 1)), Ok(()));
        assert!(sent(&mut t, at(now - 1)).is_empty());
        assert_eq!(t.handle_timeout(at(now)), Ok(()));
        assert_eq!(sent(&mut t, at(now)), [(7, 4, 0, true)]);
    }
    assert_eq!(t.handle_timeout(at(now + 8000)), Err(PeerDead));
    assert_eq!(t.statistics().resends, 5);
    assert_eq!(t.statistics().distribution, [0, 1, 1, 0, 1, 0, 0, 0, 2]);
    assert_eq!(t.statistics().timeout_max, Duration::from_secs(8));
}

#[test]
fn timing_is_configurable() {
    let config = TunnelConfig {
        retransmit_min: Duration::from_secs(2),
        retransmit_max: Duration::from_secs(16),
        initial_min: Duration::from_secs(2),
        initial_max: Duration::from_secs(16),
        initial_retries: 4,
        ..TunnelConfig::default()
    };
    let mut t = Transport::new(&config, config.initial_retries);
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)).len(), 1);
    let mut now = at(0);
    for wait in [2, 4, 8, 16] {
        now = now + Duration::from_secs(wait);
        assert_eq!(t.next_timeout(), Some(now));
        assert_eq!(t.handle_timeout(now), Ok(()));
        assert_eq!(sent(&mut t, now).len(), 1);
    }
    assert_eq!(t.handle_timeout(now + Duration::from_secs(16)), Err(PeerDead));
}

#[test]
fn the_first_message_has_a_timing_of_its_own() {
    let config = TunnelConfig {
        initial_min: Duration::from_secs(3),
        initial_max: Duration::from_secs(4),
        ..TunnelConfig::default()
    };
    let mut t = Transport::new(&config, config.initial_retries);
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)).len(), 1);
    assert_eq!(t.next_timeout(), Some(at(3000)));
    assert_eq!(t.handle_timeout(at(3000)), Ok(()));
    assert_eq!(sent(&mut t, at(3000)).len(), 1);
    assert_eq!(t.next_timeout(), Some(at(7000)), "no more than four seconds");
    // The peer acknowledges: from now on the ordinary timing counts.
    let _ = t.receive(at(4000), 0, 1, true, &[]);
    t.send(message(2));
    assert_eq!(sent(&mut t, at(5000)).len(), 1);
    assert_eq!(t.next_timeout(), Some(at(6000)));
}

#[test]
fn first_message_has_its_own_retries() {
    let mut t = transport();
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)).len(), 1);
    for now in [1000, 3000] {
        assert_eq!(t.handle_timeout(at(now)), Ok(()));
        assert_eq!(sent(&mut t, at(now)).len(), 1);
    }
    assert_eq!(t.handle_timeout(at(7000)), Err(PeerDead));
}

#[test]
fn retransmission_carries_the_newest_nr() {
    let mut t = transport();
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)), [(1, 0, 0, false)]);
    assert_eq!(t.receive(at(10), 0, 0, false, b"x"), Arrival::InOrder);
    assert_eq!(t.handle_timeout(at(1000)), Ok(()));
    assert_eq!(sent(&mut t, at(1000)), [(1, 0, 1, true)]);
    assert_eq!(t.poll_ack(at(5000)), None, "the retransmission was the acknowledgement");
}

#[test]
fn slow_start_doubles_per_round_trip_then_grows_by_one() {
    let mut t = transport();
    t.set_peer_window(16);
    for tag in 0..40 {
        t.send(message(tag));
    }
    let mut acked = 0u16;
    for round in [1u16, 2, 4, 8, 16] {
        assert_eq!(sent(&mut t, at(0)).len(), usize::from(round));
        for _ in 0..round.min(16) {
            acked += 1;
            t.receive(at(0), 0, acked, true, &[]);
        }
    }
    assert_eq!(t.congestion_window(), 16, "never beyond the peer's window");

    let mut t = warm(8);
    t.send(message(1));
    sent(&mut t, at(0));
    t.handle_timeout(at(1000)).unwrap();
    assert_eq!(t.congestion_window(), 1);
    assert_eq!(sent(&mut t, at(1000)).len(), 1);
    let mut nr = 9;
    t.receive(at(1000), 0, nr, true, &[]);
    let mut growth = vec![t.congestion_window()];
    for _ in 0..12 {
        t.send(message(2));
        sent(&mut t, at(1000));
        nr += 1;
        t.receive(at(1000), 0, nr, true, &[]);
        growth.push(t.congestion_window());
    }
    // Threshold 4: one an acknowledgement up to 4, then one a window.
    assert_eq!(growth, [2, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6]);
}

#[test]
fn timeout_resends_only_the_oldest_until_it_is_acknowledged() {
    let mut t = warm(4);
    for tag in 1..=4 {
        t.send(message(tag));
    }
    assert_eq!(sent(&mut t, at(0)).len(), 4);
    t.handle_timeout(at(1000)).unwrap();
    assert_eq!(sent(&mut t, at(1000)), [(1, 4, 0, true)]);
    t.receive(at(1100), 0, 5, true, &[]);
    assert_eq!(sent(&mut t, at(1100)), [(2, 5, 0, true), (3, 6, 0, true)]);
    t.receive(at(1200), 0, 8, true, &[]);
    assert!(t.is_idle());
    assert_eq!(t.next_timeout(), None);
}

#[test]
fn never_more_than_the_peers_window_and_four_without_one() {
    let mut t = warm(4);
    for tag in 0..10 {
        t.send(message(tag));
    }
    assert_eq!(sent(&mut t, at(0)).len(), 4);
    assert_eq!(t.statistics().unsent_max, 6);
    assert_eq!(t.statistics().resend_max, 4);
    assert_eq!(t.queues(), (6, 4));
    t.receive(at(0), 0, 6, true, &[]);
    assert_eq!(sent(&mut t, at(0)).len(), 2);
    assert_eq!(transport().windows(), (4, DEFAULT_WINDOW));
}

#[test]
fn invalid_window_of_zero_counts_as_one() {
    let mut t = transport();
    t.set_peer_window(0);
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)).len(), 1);
}

#[test]
fn duplicate_is_acknowledged_at_once_and_dropped() {
    let mut t = transport();
    assert_eq!(t.receive(at(0), 0, 0, false, b"a"), Arrival::InOrder);
    assert_eq!(t.acknowledge(), Some((0, 1)));
    assert_eq!(t.receive(at(5), 0, 0, false, b"a"), Arrival::Duplicate);
    assert_eq!(t.poll_ack(at(5)), Some((0, 1)));
    assert_eq!(t.statistics().zlbs, 2);
    assert_eq!(t.statistics().dropped, 1);
}

#[test]
fn old_numbers_are_the_last_and_the_32767_before_it() {
    // RFC 2661 section 5.8: "if the last received sequence number was 15, then messages with sequence numbers 0
    // through 15, as well as 32784 through 65535, would be considered less than or equal".
    let mut t = transport();
    for ns in 0..=15 {
        assert_eq!(t.receive(at(0), ns, 0, false, &[]), Arrival::InOrder);
    }
    for ns in (0..=15).chain(32784..=65535) {
        assert_eq!(t.receive(at(0), ns, 0, false, &[]), Arrival::Duplicate, "{ns}");
    }
    for ns in [20u16, 100, 32783] {
        assert_eq!(t.receive(at(0), ns, 0, false, &[]), Arrival::Beyond, "{ns}");
    }
}

#[test]
fn early_messages_within_the_window_are_put_in_order() {
    let mut t = transport();
    assert_eq!(t.receive(at(0), 2, 0, false, b"c"), Arrival::Early);
    assert_eq!(t.receive(at(0), 1, 0, false, b"b"), Arrival::Early);
    assert_eq!(t.receive(at(0), 1, 0, false, b"b"), Arrival::Beyond);
    assert_eq!(t.receive(at(0), 4, 0, false, b"e"), Arrival::Beyond, "window 4 is 0 to 3");
    assert_eq!(t.next_early(at(0)), None);
    assert_eq!(t.receive(at(0), 0, 0, false, b"a"), Arrival::InOrder);
    assert_eq!(t.next_early(at(0)).as_deref(), Some(&b"b"[..]));
    assert_eq!(t.next_early(at(0)).as_deref(), Some(&b"c"[..]));
    assert_eq!(t.next_early(at(0)), None);
    assert_eq!(t.acknowledge(), Some((0, 3)));
    assert_eq!((t.statistics().dropped, t.statistics().reordered), (2, 2));
}

#[test]
fn early_messages_are_bounded_in_octets() {
    let config = TunnelConfig { receive_window: 800, ..TunnelConfig::default() };
    let mut t = Transport::new(&config, 2);
    let big = vec![0; 60_000];
    assert_eq!(t.receive(at(0), 1, 0, false, &big), Arrival::Early);
    assert_eq!(t.receive(at(0), 2, 0, false, &big), Arrival::Beyond);
    assert_eq!(t.receive(at(0), 0, 0, false, &[]), Arrival::InOrder);
    assert!(t.next_early(at(0)).is_some());
    assert_eq!(t.receive(at(0), 3, 0, false, &big), Arrival::Early, "the room is free again");
}

#[test]
fn acknowledgement_waits_a_moment_and_rides_on_a_message() {
    let mut t = transport();
    t.receive(at(0), 0, 0, false, &[]);
    assert_eq!(t.poll_ack(at(0)), None);
    assert_eq!(t.next_timeout(), Some(at(0) + ACK_DELAY));
    t.send(message(1));
    assert_eq!(sent(&mut t, at(1)), [(1, 0, 1, false)]);
    assert_eq!(t.poll_ack(at(10_000)), None);
    assert_eq!(t.statistics().zlbs, 0);
    t.receive(at(2), 1, 1, false, &[]);
    assert_eq!(t.poll_ack(at(2) + ACK_DELAY), Some((1, 2)));
}

#[test]
fn zlb_takes_no_number_and_its_ns_does_not_count() {
    let mut t = transport();
    t.receive(at(0), 0, 0, false, &[]);
    assert_eq!(t.acknowledge(), Some((0, 1)));
    t.send(message(1));
    assert_eq!(sent(&mut t, at(0)), [(1, 0, 1, false)]);
    assert_eq!(t.receive(at(0), 1, 1, true, &[]), Arrival::Ack);
    assert_eq!(t.numbers(), (1, 1));
}

#[test]
fn numbers_wrap() {
    let mut t = transport();
    t.set_peer_window(4);
    for n in 0..70_000u32 {
        let ns = (n & 0xffff) as u16;
        t.send(message(1));
        assert_eq!(sent(&mut t, at(0)), [(1, ns, ns, false)]);
        assert_eq!(t.receive(at(0), ns, ns.wrapping_add(1), false, &[]), Arrival::InOrder);
    }
    assert!(t.is_idle());
}

#[test]
fn acknowledgement_of_what_was_never_sent_is_ignored() {
    let mut t = transport();
    t.send(message(1));
    sent(&mut t, at(0));
    t.receive(at(0), 0, 9, true, &[]);
    assert!(!t.is_idle());
    t.receive(at(0), 0, 65535, true, &[]);
    assert!(!t.is_idle());
    t.receive(at(0), 0, 1, true, &[]);
    assert!(t.is_idle());
}

#[test]
fn closing_forgets_what_was_never_sent() {
    let mut t = transport();
    t.send(message(1));
    t.send(message(2));
    sent(&mut t, at(0));
    t.discard_unsent();
    t.send(message(3));
    t.receive(at(0), 0, 1, true, &[]);
    assert_eq!(sent(&mut t, at(0)), [(3, 1, 0, false)]);
}

#[test]
fn nothing_new_is_taken_while_too_much_waits_to_be_sent() {
    let mut t = warm(4);
    for _ in 0..=u16::MAX {
        t.send(message(1));
    }
    assert_eq!(sent(&mut t, at(0)).len(), 4);
    assert_eq!(t.receive(at(0), 0, 4, false, &[]), Arrival::Beyond);
    assert_eq!(t.numbers().1, 0, "it must come again");
    // It acknowledges all the same, and that makes room.
    assert_eq!(t.receive(at(0), 0, 8, false, &[]), Arrival::InOrder);
}
