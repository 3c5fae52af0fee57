//! Calls per second from dial-in to IP and back to nothing, LAC to LNS, in virtual time on one core; and without PPP.

mod harness;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use harness::endpoints::Pair;
use harness::{Lab, Row};

const CALLS: usize = 10_000;

/// 10,000 users dial in, all of them get IP, all of them hang up; nothing is left.
fn whole_calls() -> Duration {
    let mut lab = Lab::new(CALLS);
    let start = Instant::now();
    lab.each(10, Lab::dial);
    lab.wait(Duration::from_secs(1));
    assert_eq!((lab.up(), lab.lns.sessions().len()), (CALLS, CALLS));
    lab.each(10, Lab::hang_up);
    lab.wait(Duration::from_secs(1));
    let time = start.elapsed();
    lab.wait(Duration::from_secs(60));
    assert!(lab.lac.is_quiet() && lab.lns.is_quiet(), "something of the calls is left");
    time
}

/// The same for sessions of L2TP alone: ICRQ, ICRP, ICCN, then CDN.
fn bare_sessions() -> Duration {
    let mut pair = Pair::connected();
    let start = Instant::now();
    pair.calls(CALLS);
    assert_eq!(pair.up(), CALLS);
    pair.hang_up_all();
    let time = start.elapsed();
    assert_eq!(black_box(pair.up()), 0);
    time
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("calls");
    group.sample_size(10).throughput(Throughput::Elements(CALLS as u64));
    let mut rows = Vec::new();
    for (name, what, run) in [
        (
            "ppp_chap",
            "whole calls per second (PPP, CHAP, IPCP), LAC, LNS and user",
            whole_calls as fn() -> Duration,
        ),
        ("l2tp_only", "sessions per second without PPP, LAC and LNS", bare_sessions),
    ] {
        let mut row = Row::new(what);
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let mut all = Duration::ZERO;
                for _ in 0..times {
                    let time = run();
                    row.note(CALLS as u64, time);
                    all += time;
                }
                all
            });
        });
        rows.push(row);
    }
    group.finish();
    rows.iter().filter(|r| r.best > 0.0).for_each(|r| println!("{r}"));
    criterion.final_summary();
}
