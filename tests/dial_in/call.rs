//! Plays.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench::{Copy, example, program, succeeded, text};
use crate::transcript::{self, Chance};

/// Longer than this nobody may be kept from running: after a second L2TP sends again, which is a line of the debugs.
const STALL: Duration = Duration::from_millis(400);
/// How often a call is made until the machine has let it be.
const RUNS: usize = 5;

/// How long this machine has kept a thread that had something to do from it, at worst, while `work` ran.
fn stalled<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    const LOOK: Duration = Duration::from_millis(20);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut worst = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let before = Instant::now();
                std::thread::sleep(LOOK);
                worst = worst.max(before.elapsed().saturating_sub(LOOK));
            }
            worst
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        (done, watch.join().unwrap())
    })
}

pub fn the_documented_call() {
    let call = || {
        let out = tempfile::tempdir().unwrap();
        let mut command = program();
        command.arg("lab").arg(example()).arg("--play").arg(example().join("call.play"));
        succeeded(&command.arg("--log").arg(out.path()).output().unwrap());
        ["lac", "lns"].map(|node| std::fs::read_to_string(out.path().join(format!("{node}.log"))).unwrap())
    };
    let play = std::fs::read_to_string(example().join("call.play")).unwrap();
    for _ in 0..RUNS {
        let ([lac, lns], stall) = stalled(call);
        let errors = transcript::call_differences(&lac, &lns, &play, Chance::Free);
        if errors.is_empty() {
            return;
        }
        let errors = errors.join("\n");
        assert!(stall > STALL, "{errors}\n{lac}\n{lns}");
        println!("the machine stood still for {stall:?}: once more\n{errors}");
    }
    panic!("the machine has never let a call be");
}

pub fn a_wait_in_vain_ends_the_play_with_its_line() {
    let lab = Copy::new(|_, text| text);
    let output = lab.play("lac: enable\nwait lac /never seen/ 1s\nlac: show clock\n").output().unwrap();
    let error = text(&output.stderr);
    assert!(!output.status.success());
    assert!(error.contains("test.play:2: wait lac /never seen/ 1s"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!lab.log("lac").contains("show clock"));
}

/// Every network namespace in which a process is, and the devices of this one.
fn namespaces() -> BTreeSet<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let threads = processes.filter_map(|p| std::fs::read_dir(p.path().join("task")).ok()).flatten().flatten();
    threads.filter_map(|thread| std::fs::read_link(thread.path().join("ns/net")).ok()).collect()
}

fn devices() -> BTreeSet<String> {
    let devices = std::fs::read_to_string("/proc/net/dev").unwrap();
    devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect()
}

pub fn a_lab_that_is_killed_leaves_nothing() {
    let lab = Copy::new(|_, text| text);
    let before = devices();
    let mut command = lab.play(
        "soho: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\n\
         shell lns: ip -br link show Vi1\nsleep 120s\n",
    );
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while !lab.log("lns.shell").contains("Vi1  ") {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{}", lab.log("soho"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let task = PathBuf::from(format!("/proc/{}/task", child.id()));
    let own: BTreeSet<PathBuf> = std::fs::read_dir(task)
        .unwrap()
        .filter_map(|thread| std::fs::read_link(thread.ok()?.path().join("ns/net")).ok())
        .filter(|namespace| *namespace != std::fs::read_link("/proc/self/ns/net").unwrap())
        .collect();
    assert!(own.len() >= 3, "a thread in each router's namespace: {own:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let after = namespaces();
    assert!(own.iter().all(|namespace| !after.contains(namespace)), "{own:?}");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(own.iter().all(|namespace| !mounts.contains(namespace.to_str().unwrap())), "{mounts}");
    assert_eq!(devices(), before);
    let marked = std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
        std::fs::read(process.path().join("cmdline"))
            .is_ok_and(|line| text(&line).contains(lab.path().to_str().unwrap()))
    });
    assert!(!marked, "a process is left");
}

/// What a play does to Linux behind the back of the routers, once a call is up, and what they say to it.
const TAKEN: &str = "\
soho: enable
lac: enable
soho: ping 10.51.6.82
wait soho /Success rate is [1-9]/ 60s
shell lns: ip address flush dev Et0
wait lns /SYS-3-HOST: Ethernet0 address 10.51.6.82.24: it was taken away on Linux, and is given back/ 60s
soho: ping 10.51.6.82
wait soho /Success rate is [1-9]/ 60s
shell lns: ip link del Vi1
wait lns /SYS-3-HOST: Virtual-Access1: its Linux device is gone/ 60s
wait lns /Interface Virtual-Access1, changed state to down/ 60s
wait soho /Interface BRI0:1, changed state to down/ 60s
soho: ping 10.51.6.82
wait soho /Success rate is [1-9]/ 60s
shell soho: ip link del BR0
wait soho /SYS-3-HOST: BRI0: its Linux device is gone/ 60s
wait soho /Interface BRI0:1, changed state to down/ 60s
shell soho: until ip route | grep '10.51.6.0/24 dev BR0'; do sleep 0.1; done
soho: ping 10.51.6.82
wait soho /Success rate is [1-9]/ 60s
shell lac: ip link del Et0
wait lac /SYS-3-HOST: Ethernet0: its Linux device is gone/ 60s
wait lac /Interface Ethernet0, changed state to up/ 60s
soho: ping 10.51.6.82 repeat 20
wait soho /Success rate is [1-9]/ 60s
";

pub fn what_others_take_away_on_linux_is_said_and_made_good() {
    let lab = Copy::new(|_, text| text);
    let output = lab.play(TAKEN).output().unwrap();
    assert!(output.status.success(), "{}{}{}", text(&output.stderr), lab.log("soho"), lab.log("lns"));
    assert_eq!(lab.log("lns").matches("is given back").count(), 1, "{}", lab.log("lns"));
}
