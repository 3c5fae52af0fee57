//! A lab with a call up that strangers attack, or that ends as a machine ends that loses its mains.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use vpdnsh::lab::description::Description;
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::Player;
use vpdnsh::lab::real::{RealLab, RealOptions, RealStage};
use vpdnsh::proto::entropy::Seeded;

use crate::bench::reach;

const LNS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const CALL: &str =
    "soho: enable\nlac: enable\nlns: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\n";

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dial-in")
}

/// The UDP payloads of a capture that go to the LNS, with their ports there.
fn captured(file: &Path) -> Vec<(u16, Vec<u8>)> {
    let bytes = std::fs::read(file).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut found) = (0, Vec::new());
    while at + 8 <= bytes.len() {
        let (kind, length) = (word(at), word(at + 4));
        // An Enhanced Packet Block: 28 octets, then the frame.
        if kind == 6 {
            let frame = &bytes[at + 28..at + 28 + word(at + 20)];
            if frame.len() > 42 && frame[12..14] == [8, 0] && frame[23] == 17 && frame[30..34] == LNS.octets()
            {
                found.push((u16::from_be_bytes([frame[36], frame[37]]), frame[42..].to_vec()));
            }
        }
        at += length;
    }
    found
}

/// Random octets, or one of `real` with a few octets changed, cut or repeated.
fn attack(random: &mut Seeded, real: &[(u16, Vec<u8>)]) -> (u16, Vec<u8>) {
    let number = random.next_u64();
    let (port, mut bytes) = real[(number >> 8) as usize % real.len()].clone();
    if number.is_multiple_of(4) {
        bytes = (0..(number >> 40) % 200).map(|_| random.next_u64() as u8).collect();
    }
    for _ in 0..random.next_u64() % 5 {
        let (change, length) = (random.next_u64(), bytes.len().max(1));
        match (change % 3, bytes.get_mut((change >> 16) as usize % length)) {
            (0, _) => bytes.truncate((change >> 16) as usize % length),
            (_, Some(octet)) => *octet = (change >> 40) as u8,
            (_, None) => {}
        }
    }
    let ports = [port, port, 1701, 1700];
    (ports[(number >> 4) as usize % 4], bytes)
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// How many datagrams each attacker sends.
const DATAGRAMS: usize = 20_000;
/// As many as fit into the queues on their way.
const BURST: usize = 50;

/// What the sockets of the LNS have taken, and what found them full.
fn taken(lab: &RealLab) -> (u64, u64) {
    let node = lab.description().node("lns").unwrap();
    let outcome = lab.shell(node, "grep ^Udp: /proc/net/snmp").unwrap();
    let mut lines = outcome.output.lines().map(str::split_whitespace);
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let value = |what: &str| {
        let mut both = names.clone().zip(values.clone());
        both.find(|(name, _)| *name == what).unwrap().1.parse().unwrap()
    };
    (value("InDatagrams"), value("RcvbufErrors"))
}

/// Sends from the namespace of a node, and lets what was sent arrive.
fn flood(lab: &RealLab, node: &str, seed: u64, real: &[(u16, Vec<u8>)]) {
    let node = lab.description().node(node).unwrap();
    let socket = lab.namespace(node).unwrap().run(|| UdpSocket::bind("0.0.0.0:0")).unwrap();
    let mut random = Seeded::new(seed);
    for _ in 0..DATAGRAMS / BURST {
        for _ in 0..BURST {
            let (port, bytes) = attack(&mut random, real);
            // Where nobody listens the kernel says so at the next send.
            let _ = socket.send_to(&bytes, (LNS, port));
        }
        // The lab's thread is done with its frames when it answers.
        lab.status();
    }
}

pub fn a_call_survives_what_strangers_send() {
    let description = Description::load(&example()).unwrap();
    let logs = tempfile::tempdir().unwrap();
    let lab = RealLab::start(description, RealOptions { console_ports: false }).unwrap();
    let mut stage = RealStage::new(&lab);
    let mut player = Player::new(lab.description(), Some(logs.path())).unwrap();
    let mut play = |text: &str| player.run(&mut stage, &Play::parse("attack", text).unwrap()).unwrap();
    let file = logs.path().join("call.pcapng");
    play(
        "lns: enable\nlns: configure terminal\nlns: aaa server radius dynamic-author\n\
          lns: client 10.51.6.3 server-key cisco\nlns: end\n",
    );
    lab.capture(lab.description().link("lac-lns").unwrap(), &file).unwrap();
    play(CALL);
    lab.no_capture();
    let real = captured(&file);
    assert!(real.iter().any(|(port, _)| *port == 1701) && real.iter().any(|(port, _)| *port != 1701));
    // One round brings every buffer to its size.
    let (start, heard) = (Instant::now(), taken(&lab).0);
    flood(&lab, "aaa", 1, &real);
    let before = resident();
    flood(&lab, "aaa", 2, &real);
    let grown = resident().saturating_sub(before);
    // The LNS may be behind with what waits in its sockets.
    let (sent, heard) = (2 * DATAGRAMS as u64, || taken(&lab).0 - heard);
    reach("most of them are heard", || heard() > sent / 2);
    let (heard, lost) = (heard(), taken(&lab).1);
    println!("{heard} of {sent} datagrams heard in {:?}, {lost} lost; {grown} kB more", start.elapsed());
    assert!(grown < 8_192, "{grown} kB more");
    // The same call still carries packets, once the tunnels that were never set up have timed out.
    play(
        "sleep 12s\nsoho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\nlns: show vpdn tunnel\nlns: show radius statistics\n\
          sleep 2s\n",
    );
    // From the address of the LAC itself, which may end the call: the routers stay, and the next call comes up.
    flood(&lab, "lac", 3, &real);
    play(
        "lac: clear vpdn tunnel l2tp all\nlns: clear vpdn tunnel l2tp all\nsoho: clear interface bri0\nsleep 15s\n\
          soho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\n",
    );
    drop(stage);
    player.finish(&mut RealStage::new(&lab)).unwrap();
    let log = std::fs::read_to_string(logs.path().join("lns.log")).unwrap();
    let quiet = log.split("show vpdn tunnel").next().unwrap();
    assert!(!quiet.contains("changed state to down"), "{quiet}");
    assert!(!lab.status().contains("! "), "{}", lab.status());
}

fn interfaces() -> String {
    let output = Command::new("ip").args(["-br", "link", "show"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn network_namespaces() -> std::collections::BTreeSet<String> {
    let threads = |process: &Path| std::fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let all = processes.flat_map(|process| threads(&process.path()).collect::<Vec<_>>());
    all.filter_map(|thread| std::fs::read_link(thread.path().join("ns/net")).ok())
        .map(|namespace| namespace.to_string_lossy().into_owned())
        .collect()
}

pub fn a_lab_that_is_killed_in_the_middle_of_a_call_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let play = directory.path().join("call.play");
    std::fs::write(
        &play,
        format!("{CALL}shell lns: touch {}\nsleep 600s\n", directory.path().join("up").display()),
    )
    .unwrap();
    let before = interfaces();
    let mut lab = Command::new(env!("CARGO_BIN_EXE_vpdnsh"))
        .arg("lab")
        .arg(example())
        .arg("--play")
        .arg(&play)
        .arg("--log")
        .arg(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    reach("the call is up", || directory.path().join("up").exists());
    let threads = std::fs::read_dir(format!("/proc/{}/task", lab.id())).unwrap().flatten();
    let its: std::collections::BTreeSet<String> = threads
        .filter_map(|thread| std::fs::read_link(thread.path().join("ns/net")).ok())
        .map(|namespace| namespace.to_string_lossy().into_owned())
        .filter(|namespace| std::fs::read_link("/proc/self/ns/net").unwrap().to_string_lossy() != *namespace)
        .collect();
    assert_eq!(its.len(), 3, "each router has a namespace");
    lab.kill().unwrap();
    lab.wait().unwrap();
    reach("no namespace is left", || network_namespaces().is_disjoint(&its));
    assert_eq!(interfaces(), before);
}
