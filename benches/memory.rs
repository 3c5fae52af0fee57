//! Octets of memory per established session, at the LNS (without its TUN, which is the kernel's) and at the LAC: what is
//! given back when the engine is dropped, less what an idle engine gives back.

mod harness;

use std::alloc::System;
use std::time::Duration;

use harness::Lab;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Users, all of whom have IP.
const SESSIONS: usize = 10_000;

/// Octets that are allocated now.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated)
}

/// Octets that `drop(value)` gives back.
fn held_by<T>(value: T) -> usize {
    let before = live();
    drop(value);
    before.saturating_sub(live())
}

/// What LNS and LAC hold with and without their sessions.
fn measure(calls: bool) -> [usize; 2] {
    let mut lab = Lab::new(SESSIONS);
    if calls {
        lab.each(10, Lab::dial);
        lab.wait(Duration::from_secs(30));
        assert_eq!((lab.up(), lab.lns.sessions().len()), (SESSIONS, SESSIONS));
    }
    let Lab { lac, lns, .. } = lab;
    [held_by(lns), held_by(lac)]
}

fn main() {
    let (idle, busy) = (measure(false), measure(true));
    for ((what, idle), busy) in ["LNS", "LAC"].into_iter().zip(idle).zip(busy) {
        let each = busy.saturating_sub(idle) as f64 / SESSIONS as f64;
        println!("| octets per established session at the {what}, {SESSIONS} sessions | {each:.0} |");
    }
}
