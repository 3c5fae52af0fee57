//! Packets per second through the table, UDP to TUN and TUN to UDP, beside copying the same octets: the limit.

mod harness;

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use harness::{LAC, LNS, Row};
use vpdnsh::engine::{DataSession, ForwardCommand, InterfaceId};
use vpdnsh::forward::{Delivery, Fate, Table};
use vpdnsh::proto::l2tp::data::{DataHeader, encode_data};
use vpdnsh::proto::l2tp::{DataPath, PORT, Role, SessionId, TunnelId};
use vpdnsh::proto::ppp::Framing;

/// Sessions of the LNS.
const SESSIONS: u16 = 1000;
/// Packets of one round.
const PACKETS: u64 = 10_000;

/// An LNS with sessions that are up; each has its own TUN.
fn table() -> Table {
    let mut table = Table::new();
    for session in 1..=SESSIONS {
        let port = InterfaceId(session.into());
        let path = DataPath {
            id: SessionId { tunnel: TunnelId(7), session },
            remote_tunnel: 9,
            remote_session: session,
            remote: SocketAddr::from((LAC, PORT)),
            local: IpAddr::V4(LNS),
            sequencing: false,
            drop_out_of_order: false,
            role: Role::Lns,
        };
        let session = DataSession { path, counters: Arc::default(), heard: Arc::default() };
        table.execute(ForwardCommand::AttachSession { port, session });
        let framing = Framing { pfc: false, acfc: false, send_accm: 0, peer_mru: 1500 };
        table.execute(ForwardCommand::OpenNetwork { port, tun: port, framing });
    }
    table
}

fn packet(octets: usize) -> Vec<u8> {
    let mut packet = vec![0x5a; octets];
    packet[0] = 0x45;
    packet
}

/// One round of a way; how many octets came out.
type Round = Box<dyn FnMut() -> usize>;

/// A way by its name, with what makes a round of it for packets of so many octets.
type Way = (&'static str, fn(usize) -> Round);

fn udp_to_tun(octets: usize) -> Round {
    let mut table = table();
    let frame = [&[0xff, 3, 0, 0x21], &packet(octets)[..]].concat();
    let datagrams: Vec<Vec<u8>> = (1..=SESSIONS)
        .map(|session| encode_data(&DataHeader { tunnel: 7, session, ..DataHeader::default() }, &frame))
        .collect();
    let from = SocketAddr::from((LAC, PORT));
    let now = vpdnsh::proto::Instant::ZERO;
    let mut out = vec![0; 2048];
    Box::new(move || {
        let mut written = 0;
        for datagram in datagrams.iter().cycle().take(PACKETS as usize) {
            table.datagram(now, from, datagram, &mut |delivery| {
                if let Delivery::Tun { packet, .. } = delivery {
                    out[..packet.len()].copy_from_slice(packet);
                    written += packet.len();
                }
                Fate::Taken
            });
        }
        black_box(&out);
        written
    })
}

fn tun_to_udp(octets: usize) -> Round {
    let mut table = table();
    let packet = packet(octets);
    let now = vpdnsh::proto::Instant::ZERO;
    let mut out = vec![0; 2048];
    Box::new(move || {
        let mut written = 0;
        for n in 0..PACKETS as u32 {
            let tun = InterfaceId(n % u32::from(SESSIONS) + 1);
            table.packet(now, tun, &packet, &mut |delivery| {
                if let Delivery::Transmit { bytes, .. } = delivery {
                    out[..bytes.len()].copy_from_slice(bytes);
                    written += packet.len();
                }
                Fate::Taken
            });
        }
        black_box(&out);
        written
    })
}

/// The limit: the packets, each of its own place as in `udp_to_tun`, are only copied.
fn copy(octets: usize) -> Round {
    let packets: Vec<Vec<u8>> = (1..=SESSIONS).map(|_| packet(octets)).collect();
    let mut out = vec![0; 2048];
    Box::new(move || {
        let mut written = 0;
        for packet in packets.iter().cycle().take(PACKETS as usize) {
            out[..packet.len()].copy_from_slice(black_box(packet));
            written += black_box(&out)[..packet.len()].len();
        }
        written
    })
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("forward");
    group.throughput(Throughput::Elements(PACKETS));
    let mut rows = Vec::new();
    for octets in [64, 1300] {
        let ways: [Way; 3] = [("udp_to_tun", udp_to_tun), ("tun_to_udp", tun_to_udp), ("memcpy", copy)];
        for (name, way) in ways {
            let mut row = Row::new(&format!("{name}, packets of {octets} octets per second"));
            let mut round = way(octets);
            assert_eq!(round(), PACKETS as usize * octets, "every packet comes out");
            group.bench_function(format!("{name}/{octets}"), |b| {
                b.iter_custom(|times| {
                    let mut all = Duration::ZERO;
                    for _ in 0..times {
                        let start = Instant::now();
                        black_box(round());
                        let time = start.elapsed();
                        row.note(PACKETS, time);
                        all += time;
                    }
                    all
                });
            });
            rows.push(row);
        }
    }
    group.finish();
    rows.iter().filter(|r| r.best > 0.0).for_each(|r| println!("{r}"));
    criterion.final_summary();
}
