//! What has to come before what.

use super::*;

fn one() -> Method {
    Method::Group("one".to_owned())
}

fn two() -> Method {
    Method::Group("two".to_owned())
}

#[test]
fn on_comes_behind_what_was_left_and_before_what_is_new() {
    // The server is there at once, soon, and long after everything was given up.
    for dead in [0, 30, 3000] {
        let past: [(u32, Status, &[Method]); 4] = [
            (1, Status::Start, LIST),
            (2, Status::Start, LIST),
            (1, Status::Stop, LIST),
            (3, Status::AccountingOff, LIST),
        ];
        let mut bench = Bench::unconfigured();
        bench.alive = if dead > 0 { vec![] } else { vec![FIRST] };
        bench.find(&past);
        bench.record(8, Status::AccountingOn, LIST);
        bench.record(9, Status::Start, LIST);
        bench.seconds(dead);
        bench.alive = vec![FIRST];
        bench.seconds(60);
        assert_eq!(bench.numbers(), [1, 2, 1, 3, 8, 9], "dead for {dead} s");
        assert!(bench.aaa.is_quiet() && bench.disk.is_empty());
    }
}

/// The same while no server answers.
fn dead_with_past(past: &[(u32, Status, &[Method])]) -> Bench {
    let mut bench = Bench::unconfigured();
    bench.alive.clear();
    bench.find(past);
    bench
}

#[test]
fn on_waits_for_the_answer_to_what_was_left() {
    let mut bench = dead_with_past(&[(1, Status::Start, LIST)]);
    bench.record(8, Status::AccountingOn, LIST);
    bench.record(9, Status::Start, LIST);
    let first = |bench: &Bench| bench.sent.iter().map(|s| s.4).collect::<Vec<_>>();
    bench.seconds(4);
    assert_eq!(first(&bench), [1]);
    bench.ignored = vec![8];
    bench.alive = vec![FIRST];
    bench.seconds(2);
    assert_eq!(first(&bench), [1, 1, 8], "what is new waits for the answer to On in turn");
    bench.ignored.clear();
    bench.seconds(5);
    assert_eq!(bench.numbers(), [1, 8, 9]);
}

#[test]
fn on_waits_for_another_list_that_has_a_server_in_common_while_that_may_answer() {
    for (own, waits) in [(one(), true), (two(), false)] {
        let mut bench = dead_with_past(&[(1, Status::Start, &[one()])]);
        bench.alive = vec![SECOND];
        bench.record(8, Status::AccountingOn, &[own, two()]);
        bench.record(9, Status::Start, &[two()]);
        let got = bench.numbers();
        assert_eq!(got, if waits { &[][..] } else { &[8, 9] }, "a call's record waits no longer than On");
        // Its servers are given up as they are: On goes on to the one that lives, and is not lost.
        bench.seconds(60);
        assert_eq!(bench.numbers(), [8, 9]);
        bench.alive.push(FIRST);
        bench.seconds(60);
        assert_eq!(bench.numbers(), [8, 9, 1]);
        assert!(bench.aaa.is_quiet());
    }
}

#[test]
fn a_dead_server_of_on_holds_up_no_call() {
    let mut bench = Bench::new();
    bench.alive = vec![SECOND];
    bench.record(8, Status::AccountingOn, &[one()]);
    bench.record(9, Status::Start, &[two()]);
    assert_eq!(bench.numbers(), [9], "they have no server in common");
    bench.record(10, Status::Start, LIST);
    assert_eq!(bench.numbers(), [9], "these have one");
    bench.seconds(60);
    assert_eq!(bench.numbers(), [9, 10], "which is dead");
    bench.alive.push(FIRST);
    bench.seconds(60);
    assert_eq!(bench.numbers(), [9, 10, 8]);
}

#[test]
fn a_record_that_no_server_wants_holds_up_the_others_for_a_bounded_time() {
    let mut bench = dead_with_past(&[(1, Status::Start, LIST)]);
    bench.alive = vec![FIRST];
    bench.ignored = vec![1];
    bench.record(8, Status::AccountingOn, LIST);
    bench.record(9, Status::Start, LIST);
    bench.seconds(300);
    assert_eq!(bench.numbers(), [8, 9]);
    // And what comes later is not behind it either.
    bench.record(10, Status::Start, LIST);
    bench.seconds(40);
    assert_eq!(bench.numbers(), [8, 9, 10]);
    assert_eq!((bench.aaa.accounting().pending(), bench.disk.len()), (1, 1), "it is still tried");
    let before = bench.sent.len();
    bench.seconds(100);
    assert!(bench.sent.len() > before);
    bench.ignored.clear();
    bench.seconds(100);
    assert_eq!(bench.numbers(), [8, 9, 10, 1]);
    assert!(bench.aaa.is_quiet() && bench.aaa.next_timeout().is_none());
}

#[test]
fn a_server_that_does_not_know_accounting_on_has_the_rest_soon() {
    let mut bench = Bench::new();
    bench.ignored = vec![8];
    bench.record(8, Status::AccountingOn, LIST);
    bench.record(9, Status::Start, LIST);
    bench.seconds(30);
    assert_eq!(bench.numbers(), [] as [u32; 0]);
    bench.seconds(30);
    assert_eq!(bench.numbers(), [9]);
    assert_eq!(bench.aaa.accounting().pending(), 1);
}

#[test]
fn nothing_waits_for_accounting_on_where_it_is_not_guaranteed_to_be_the_first() {
    let mut bench = Bench::new();
    let mut config = config();
    config.accounting.on_in_any_place = true;
    bench.run(|aaa, cx| aaa.configure(cx, &config));
    bench.ignored = vec![8];
    bench.record(7, Status::Start, LIST);
    bench.record(8, Status::AccountingOn, LIST);
    bench.record(9, Status::Start, LIST);
    assert_eq!(bench.numbers(), [7, 9]);
    bench.ignored.clear();
    bench.seconds(10);
    assert_eq!(bench.numbers(), [7, 9, 8]);
    // Nor for one that has to wait itself.
    bench.ignored = vec![10];
    for (number, status) in [(10, Status::Stop), (11, Status::AccountingOff), (12, Status::Stop)] {
        bench.record(number, status, LIST);
    }
    assert_eq!(bench.numbers(), [7, 9, 8, 12]);
    bench.ignored.clear();
    bench.seconds(10);
    assert_eq!(bench.numbers(), [7, 9, 8, 12, 10, 11]);
    assert!(bench.aaa.is_quiet());
}

#[test]
fn a_stop_does_not_overtake_its_start() {
    let mut bench = Bench::new();
    bench.alive.clear();
    for status in [Status::Start, Status::Interim, Status::Stop] {
        bench.record(1, status, LIST);
    }
    bench.record(2, Status::Start, LIST);
    bench.seconds(4);
    assert_eq!(
        bench.sent.iter().map(|s| s.4).collect::<Vec<_>>(),
        [1, 2],
        "sessions do not wait for each other"
    );
    bench.alive = vec![FIRST];
    bench.seconds(10);
    let statuses: Vec<u8> = bench.got.iter().map(|(_, p)| p.first(40).unwrap()[3]).collect();
    assert_eq!((bench.numbers(), statuses), (vec![1, 2, 1, 1], vec![1, 1, 3, 2]));
    assert!(bench.aaa.is_quiet());
}
