use std::time::Duration;

use vpdnsh::lab::segment::{Delivery, LEARNED, LinkChange, Ratio, Segment, UNDER_WAY, parse_duration};
use vpdnsh::proto::Instant;

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ALL: [u8; 6] = [0xff; 6];

fn frame(to: [u8; 6], from: [u8; 6], number: u16) -> Vec<u8> {
    [&to[..], &from[..], &[8, 0], &number.to_be_bytes()].concat()
}

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(millis))
}

fn ports(segment: &mut Segment, now: Instant) -> Vec<usize> {
    deliveries(segment, now).into_iter().map(|d| d.port).collect()
}

fn deliveries(segment: &mut Segment, now: Instant) -> Vec<Delivery> {
    std::iter::from_fn(|| segment.poll(now)).collect()
}

fn changed(text: &str) -> Segment {
    let mut segment = Segment::new(2, 1);
    LinkChange::parse(text).unwrap().into_iter().for_each(|change| change.apply(&mut segment));
    segment
}

#[test]
fn it_floods_what_it_has_not_learned_and_switches_what_it_has() {
    let mut segment = Segment::new(3, 1);
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [1, 2]);
    segment.send(at(0), 2, &frame(A, B, 0));
    assert_eq!(ports(&mut segment, at(0)), [0]);
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [2]);
    segment.send(at(0), 0, &frame(ALL, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [1, 2]);
    segment.send(at(0), 0, &frame(ALL, A, 0)[..13]);
    assert_eq!(ports(&mut segment, at(0)), [], "less than a header is no frame");
}

#[test]
fn a_flood_of_addresses_is_learned_in_bounded_memory() {
    let mut segment = Segment::new(3, 1);
    segment.send(at(0), 1, &frame(ALL, B, 0));
    for number in 0..LEARNED as u32 {
        let [_, b, c, d] = number.to_be_bytes();
        segment.send(at(0), 0, &frame(B, [6, 0, 0, b, c, d], 0));
    }
    ports(&mut segment, at(0));
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [1, 2], "it has begun to learn anew");
    segment.send(at(0), 1, &frame(A, B, 0));
    assert_eq!(ports(&mut segment, at(0)), [0]);
}

#[test]
fn a_link_that_is_down_loses_what_is_under_way() {
    let mut segment = changed("delay 50ms");
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(segment.next_timeout(), Some(at(50)));
    assert_eq!(ports(&mut segment, at(49)), []);
    LinkChange::Up(false).apply(&mut segment);
    segment.send(at(10), 0, &frame(B, A, 0));
    LinkChange::Up(true).apply(&mut segment);
    assert_eq!(ports(&mut segment, at(1000)), []);
    assert_eq!(segment.counters().lost, 2);
    segment.send(at(1000), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(1050)), [1]);
}

#[test]
fn loss_and_duplication_take_their_share() {
    let mut segment = changed("loss 30% duplicate 20%");
    for number in 0..10_000 {
        segment.send(at(0), 0, &frame(B, A, number));
    }
    let (lost, arrived) = (segment.counters().lost, ports(&mut segment, at(0)).len());
    assert!((2800..3200).contains(&lost), "{lost}");
    assert!((8100..8700).contains(&arrived), "7,000 and a fifth of them again: {arrived}");
}

#[test]
fn reordering_lets_later_frames_overtake_and_the_seed_decides() {
    let run = || {
        let mut segment = changed("reorder 30%");
        for number in 0..100 {
            segment.send(at(u64::from(number)), 0, &frame(B, A, number));
        }
        deliveries(&mut segment, at(10_000))
    };
    let first = run();
    assert_eq!(first.len(), 100, "nothing is lost by it");
    assert!(!first.is_sorted_by_key(|d| d.frame.clone()));
    assert_eq!(first, run());
}

#[test]
fn without_impairment_order_is_kept() {
    let mut segment = changed("loss 99% clean");
    for number in 0..100 {
        segment.send(at(0), 0, &frame(B, A, number));
    }
    let order = deliveries(&mut segment, at(0));
    assert_eq!(order.len(), 100);
    assert!(order.is_sorted_by_key(|d| d.frame.clone()));
}

#[test]
fn the_tap_sees_what_is_lost() {
    let mut segment = changed("loss 100%");
    segment.send(at(1), 0, &frame(B, A, 0));
    assert_eq!(segment.poll_tap(), None);
    segment.set_tap(true);
    segment.send(at(2), 0, &frame(B, A, 1));
    assert_eq!(segment.poll_tap(), Some((at(2), frame(B, A, 1))));
    assert_eq!(segment.poll_tap(), None);
}

#[test]
fn changes_are_read_or_explained() {
    assert_eq!(
        LinkChange::parse("loss 10% delay 50ms").unwrap(),
        [LinkChange::Loss(Ratio::percent(10)), LinkChange::Delay(Duration::from_millis(50))]
    );
    assert_eq!(LinkChange::parse("down").unwrap(), [LinkChange::Up(false)]);
    for (text, word) in
        [("", "expected up"), ("lose 1%", "`lose`"), ("loss 101%", "`loss 101%`"), ("delay 5", "`delay 5`")]
    {
        let message = LinkChange::parse(text).unwrap_err();
        assert!(message.contains(word), "{text}: {message}");
    }
}

#[test]
fn times_have_a_unit() {
    assert_eq!(parse_duration("1.5s"), Some(Duration::from_millis(1500)));
    assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
    for text in ["2", "s", "-1s", "1h", "nans", "1e9s"] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}

#[test]
fn a_long_delay_holds_so_much_and_not_more() {
    let mut segment = changed("delay 60s");
    let mut big = frame(B, A, 0);
    big.resize(1500, 0);
    let (all, held) = (2 * UNDER_WAY / 1500, UNDER_WAY / 1500);
    for _ in 0..2 {
        let before = segment.counters().lost;
        (0..all).for_each(|_| segment.send(at(0), 0, &big));
        assert_eq!(segment.counters().lost - before, (all - held) as u64);
        assert_eq!(deliveries(&mut segment, at(60_000)).len(), held, "those that came first");
    }
    // What a cable that was pulled has lost makes room too.
    (0..held).for_each(|_| segment.send(at(0), 0, &big));
    LinkChange::Up(false).apply(&mut segment);
    LinkChange::Up(true).apply(&mut segment);
    (0..held).for_each(|_| segment.send(at(0), 0, &big));
    assert_eq!(deliveries(&mut segment, at(60_000)).len(), held);
}

#[test]
fn a_sender_of_many_addresses_does_not_fill_the_memory_of_a_segment() {
    let mut segment = Segment::new(3, 1);
    segment.send(at(0), 2, &frame(A, B, 0));
    for number in 0..10_000_u16 {
        let [high, low] = number.to_be_bytes();
        segment.send(at(0), 0, &frame(A, [2, 1, 0, 0, high, low], 0));
    }
    deliveries(&mut segment, at(0));
    // One that was forgotten is flooded to until it is heard of again.
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [1, 2]);
    segment.send(at(0), 2, &frame(A, B, 0));
    deliveries(&mut segment, at(0));
    segment.send(at(0), 0, &frame(B, A, 0));
    assert_eq!(ports(&mut segment, at(0)), [2]);
}
