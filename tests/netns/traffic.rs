//! Packets: ICMP, UDP, TUN and tunnel.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use vpdnsh::config::views::{InterfaceKind, InterfaceName};
use vpdnsh::engine::{
    Action, ChannelId, Counters, DataSession, ForwardCommand, HostEvent, HostRequest, InterfaceId, Socket,
};
use vpdnsh::host::access::QUEUE_OCTETS;
use vpdnsh::host::{Access, NetNs, Notice, RouterHost, Tap};
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::l2tp::data::{DataHeader, decode_data, encode_data};
use vpdnsh::proto::l2tp::{DataPath, Role, SessionId, TunnelId};
use vpdnsh::proto::ppp::Framing;

use crate::bench::{Bench, SOON, Seen, config, ip, reach};

const VI4: InterfaceId = InterfaceId(4);
const USER: Ipv4Addr = Ipv4Addr::new(10, 10, 53, 2);

fn echo(destination: Ipv4Addr, timeout: Duration) -> HostRequest {
    HostRequest::Echo { destination, source: None, sequence: 3, size: 100, timeout }
}

fn open_1701(bench: &mut Bench) {
    bench.done(HostRequest::OpenSocket { socket: Socket::L2tp, port: 1701 });
}

fn peer(netns: &NetNs, address: Ipv4Addr) -> UdpSocket {
    let socket = netns.run(|| UdpSocket::bind((address, 0))).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket
}

pub fn loopback_answers_pings_and_nobody_does_not() {
    let mut bench = Bench::new();
    let reply = bench.ask(echo(Ipv4Addr::LOCALHOST, SOON));
    assert!(matches!(reply, HostEvent::EchoReply(_, time) if time < SOON), "{reply:?}");
    // There is no route in a new namespace.
    let silence = bench.ask(echo(Ipv4Addr::new(192, 0, 2, 1), Duration::from_millis(20)));
    assert!(matches!(silence, HostEvent::EchoTimeout(_)), "{silence:?}");
    let foreign = HostRequest::Echo {
        destination: Ipv4Addr::LOCALHOST,
        source: Some(Ipv4Addr::new(192, 0, 2, 9)),
        sequence: 0,
        size: 100,
        timeout: SOON,
    };
    assert!(bench.refused(foreign).contains("192.0.2.9"));
}

/// Returns when the router has carried out all that the script has put out; netlink may still be busy with it.
fn carried_out(bench: &mut Bench) {
    bench.done(HostRequest::CloseSocket { socket: Socket::Radius(9) });
}

/// The data path of an LNS's session whose LAC has this socket.
fn path_to(peer: &UdpSocket) -> DataPath {
    DataPath {
        id: SessionId { tunnel: TunnelId(55_270), session: 70 },
        remote_tunnel: 17_688,
        remote_session: 7,
        remote: peer.local_addr().unwrap(),
        local: IpAddr::V4(Ipv4Addr::LOCALHOST),
        sequencing: false,
        drop_out_of_order: false,
        role: Role::Lns,
    }
}

/// Opens a session whose peer is a socket of the test, with a TUN that leads to the user.
fn open_session(bench: &mut Bench) -> (UdpSocket, SocketAddr, Arc<Counters>) {
    let peer = peer(&bench.netns, Ipv4Addr::new(127, 0, 0, 2));
    open_1701(bench);
    bench.done(HostRequest::CreateTun { interface: VI4, name: "Vi4".to_owned(), mtu: 1460 });
    bench.done(HostRequest::SetLink { interface: VI4, up: true });
    bench.done(HostRequest::AddAddress { interface: VI4, address: "10.51.6.82/32".parse().unwrap() });
    let network = "10.10.53.2/32".parse().unwrap();
    bench.done(HostRequest::AddRoute { network, gateway: None, interface: Some(VI4), source: None });
    let counters = Arc::<Counters>::default();
    let path = path_to(&peer);
    let session = DataSession { path, counters: counters.clone(), heard: Arc::default() };
    bench.act(Action::Forward(ForwardCommand::AttachSession { port: VI4, session }));
    (peer, SocketAddr::from((Ipv4Addr::LOCALHOST, 1701)), counters)
}

/// Makes an ICMP echo reply of an echo request: the addresses change places, which no checksum notices, and the
/// type goes from 8 to 0.
fn answer(packet: &[u8]) -> Vec<u8> {
    let mut reply = packet.to_vec();
    reply[12..16].copy_from_slice(&packet[16..20]);
    reply[16..20].copy_from_slice(&packet[12..16]);
    assert_eq!((packet[9], packet[20]), (1, 8), "an echo request");
    let sum = u16::from_be_bytes([packet[22], packet[23]]);
    let (sum, carry) = sum.overflowing_add(0x0800);
    reply[20] = 0;
    reply[22..24].copy_from_slice(&(sum + u16::from(carry)).to_be_bytes());
    reply
}

pub fn a_ping_crosses_tun_and_tunnel() {
    let mut bench = Bench::new();
    let (peer, router, counters) = open_session(&mut bench);
    let framing = Framing { peer_mru: 1500, ..Framing::default() };
    bench.act(Action::Forward(ForwardCommand::OpenNetwork { port: VI4, tun: VI4, framing }));
    let far_end = std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!(from, router);
        let (header, frame) = decode_data(&buffer[..length]).unwrap();
        assert_eq!((header.tunnel, header.session), (17_688, 7));
        let packet = frame.strip_prefix(&[0xff, 3, 0, 0x21]).unwrap();
        assert_eq!(packet.len(), 100);
        let header = DataHeader { tunnel: 55_270, session: 70, ..DataHeader::default() };
        let frame = [&[0, 0x21][..], &answer(packet)].concat();
        peer.send_to(&encode_data(&header, &frame), router).unwrap();
    });
    let reply = bench.ask(echo(USER, SOON));
    far_end.join().unwrap();
    assert!(matches!(reply, HostEvent::EchoReply(..)), "{reply:?}");
    assert_eq!(counters.snapshot(), (1, 104, 1, 102));
}

/// An echo request of the user.
fn echo_request(to: Ipv4Addr) -> Vec<u8> {
    let sum = |octets: &[u8]| {
        let sum: u32 = octets.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
        (!((sum & 0xffff) + (sum >> 16)) as u16).to_be_bytes()
    };
    let mut icmp = [8, 0, 0, 0, 0, 1, 0, 1];
    let checksum = sum(&icmp);
    icmp[2..4].copy_from_slice(&checksum);
    let mut ip = [&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0][..], &USER.octets(), &to.octets()].concat();
    let checksum = sum(&ip);
    ip[10..12].copy_from_slice(&checksum);
    ip.extend(icmp);
    ip
}

pub fn the_first_packet_of_a_peer_waits_for_its_route() {
    let mut bench = Bench::new();
    let own = Ipv4Addr::new(10, 51, 6, 82);
    let peer = peer(&bench.netns, Ipv4Addr::new(127, 0, 0, 2));
    open_1701(&mut bench);
    bench.done(HostRequest::CreateTun { interface: VI4, name: "Vi4".to_owned(), mtu: 1460 });
    let path = path_to(&peer);
    let session = DataSession { path, counters: Arc::default(), heard: Arc::default() };
    bench.act(Action::Forward(ForwardCommand::AttachSession { port: VI4, session }));
    // Netlink has much to do before it comes to what the packet needs.
    for number in 0..200 {
        let address = ipnet::Ipv4Net::new(Ipv4Addr::new(10, 99, 0, number), 32).unwrap();
        bench.request(HostRequest::AddAddress { interface: VI4, address });
    }
    bench.request(HostRequest::SetLink { interface: VI4, up: true });
    bench.request(HostRequest::AddAddress { interface: VI4, address: ipnet::Ipv4Net::new(own, 32).unwrap() });
    let network = ipnet::Ipv4Net::new(USER, 32).unwrap();
    bench.request(HostRequest::AddRoute { network, gateway: None, interface: Some(VI4), source: None });
    let framing = Framing { peer_mru: 1500, ..Framing::default() };
    bench.act(Action::Forward(ForwardCommand::OpenNetwork { port: VI4, tun: VI4, framing }));
    carried_out(&mut bench);
    let header = DataHeader { tunnel: 55_270, session: 70, ..DataHeader::default() };
    let frame = [&[0, 0x21][..], &echo_request(own)].concat();
    // The router has no reason to look at what was typed before it looks at its sockets.
    bench.taken();
    peer.send_to(&encode_data(&header, &frame), (Ipv4Addr::LOCALHOST, 1701)).unwrap();

    let mut buffer = [0; 2048];
    let (length, _) = peer.recv_from(&mut buffer).expect("an answer");
    let (_, frame) = decode_data(&buffer[..length]).unwrap();
    let reply = frame.strip_prefix(&[0xff, 3, 0, 0x21]).unwrap();
    assert_eq!((&reply[12..16], reply[20]), (&own.octets()[..], 0), "an echo reply");
}

pub fn a_packet_without_open_port_asks_to_be_dialled() {
    let mut bench = Bench::new();
    let _session = open_session(&mut bench);
    bench.request(echo(USER, SOON));
    let packet = bench.wait(|seen| match seen {
        Seen::Host(HostEvent::Packet { interface: VI4, packet }) => Some(packet),
        _ => None,
    });
    assert_eq!(packet[16..20], USER.octets());
}

pub fn datagrams_know_and_choose_their_local_address() {
    let mut bench = Bench::new();
    bench.ip("addr add 10.1.1.1/32 dev lo");
    bench.ip("addr add 10.1.1.2/32 dev lo");
    open_1701(&mut bench);
    let peer = peer(&bench.netns, Ipv4Addr::new(10, 1, 1, 1));
    for local in [Ipv4Addr::new(10, 1, 1, 2), Ipv4Addr::new(10, 1, 1, 1)] {
        peer.send_to(&[0xc8, 2, 0], (local, 1701)).unwrap();
        let seen = bench.see();
        let Seen::Datagram { socket: Socket::L2tp, local: at, remote, bytes } = seen else {
            panic!("{seen:?}")
        };
        assert_eq!((at, remote), (IpAddr::V4(local), peer.local_addr().unwrap()));
        bench.act(Action::Datagram { socket: Socket::L2tp, local: at, remote, bytes });
        let mut buffer = [0; 16];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&[0xc8, 2, 0][..], SocketAddr::from((local, 1701))));
    }
}

/// A user's session whose LAC lies behind `eth9` and does not answer ARP: what is sent to it waits in the kernel,
/// until that has no more room for the socket. Gives the TAP that is the LAC's end of `eth9`.
fn open_session_behind_arp(
    port: impl FnOnce(DataSession) -> Vec<ForwardCommand>,
) -> (Bench, tun_rs::SyncDevice) {
    let netns = Arc::new(NetNs::create().unwrap());
    let tap = netns.run(|| Tap::open("eth9", 1500, None)).unwrap();
    for command in ["addr add 192.0.2.7/24 dev eth9", "link set eth9 up"] {
        assert_eq!(ip(&netns, command), "");
    }
    let settings = [("unres_qlen_bytes", "16777216"), ("mcast_solicit", "1000")];
    for (name, value) in settings {
        netns.run(|| std::fs::write(format!("/proc/sys/net/ipv4/neigh/eth9/{name}"), value)).unwrap();
    }
    let mut bench = Bench::start(config(&netns, &[], None));
    open_1701(&mut bench);
    bench.done(HostRequest::CreateTun { interface: VI4, name: "Vi4".to_owned(), mtu: 1400 });
    bench.done(HostRequest::SetLink { interface: VI4, up: true });
    bench.done(HostRequest::AddAddress { interface: VI4, address: "10.51.6.82/32".parse().unwrap() });
    let network = "10.10.53.2/32".parse().unwrap();
    bench.done(HostRequest::AddRoute { network, gateway: None, interface: Some(VI4), source: None });
    let path = DataPath {
        id: SessionId { tunnel: TunnelId(55_270), session: 70 },
        remote_tunnel: 17_688,
        remote_session: 7,
        remote: SocketAddr::from(([192, 0, 2, 9], 1701)),
        local: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        sequencing: true,
        drop_out_of_order: false,
        role: Role::Lns,
    };
    let session = DataSession { path, counters: Arc::default(), heard: Arc::default() };
    port(session).into_iter().for_each(|command| bench.act(Action::Forward(command)));
    carried_out(&mut bench);
    (bench, tap)
}

/// The same at an LNS, which takes the user's packets from a TUN.
fn open_lns_behind_arp() -> (Bench, tun_rs::SyncDevice, Arc<Counters>) {
    let mut counters = Arc::default();
    let (bench, tap) = open_session_behind_arp(|session| {
        counters = session.counters.clone();
        let framing = Framing { peer_mru: 1500, ..Framing::default() };
        let open = ForwardCommand::OpenNetwork { port: VI4, tun: VI4, framing };
        vec![ForwardCommand::AttachSession { port: VI4, session }, open]
    });
    (bench, tap, counters)
}

/// The sequence numbers, sorted, of the next `count` data messages that come out of `eth9` once the LAC answers.
fn arrivals(bench: &Bench, tap: &tun_rs::SyncDevice, count: usize) -> Vec<u16> {
    assert_eq!(bench.ip("neigh replace 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth9"), "");
    let (mut numbers, mut frame) = (Vec::new(), [0; 2048]);
    while numbers.len() < count {
        let length = tap.recv(&mut frame).unwrap();
        // Ethernet, IPv4 and UDP headers; whatever else the kernel says is no data message.
        let message = frame[..length].get(42..).and_then(|message| decode_data(message).ok());
        numbers.extend(message.and_then(|(header, _)| header.sequence).map(|(ns, _)| ns));
    }
    // While the kernel empties its queue for the LAC, what is sent meanwhile may overtake.
    numbers.sort_unstable();
    numbers
}

/// Packets for the user, of 1,200 octets each.
fn packets_for_the_user(bench: &Bench, count: usize) {
    let netns = bench.netns.clone();
    let sender = netns.run(|| UdpSocket::bind((Ipv4Addr::new(10, 51, 6, 82), 0))).unwrap();
    for _ in 0..count {
        sender.send_to(&[0; 1_172], (USER, 9)).unwrap();
    }
}

/// Fewer than a TUN of 500 packets holds, more than the send buffer of a socket.
const MANY: usize = 450;

pub fn a_full_socket_stops_the_tun_and_loses_nothing() {
    let (bench, tap, counters) = open_lns_behind_arp();
    packets_for_the_user(&bench, MANY);
    reach("the socket fills", || counters.snapshot().0 > 100);
    assert_eq!(arrivals(&bench, &tap, MANY), (0..MANY as u16).collect::<Vec<_>>());
    // A packet may be here before the router, which has just sent it, gets to count it.
    reach("the last one is counted", || counters.snapshot().0 == MANY as u64);
    assert_eq!(counters.output_drops.load(Ordering::Relaxed), 0);
}

/// What the host next tells of drops: output and input.
fn drops(bench: &Bench) -> (u64, u64) {
    bench.wait(|seen| match seen {
        Seen::Host(HostEvent::Dropped { interface: VI4, output, input }) => Some((output, input)),
        _ => None,
    })
}

pub fn what_the_kernel_drops_of_a_tun_is_told() {
    let (bench, tap, counters) = open_lns_behind_arp();
    let all = 4 * MANY;
    packets_for_the_user(&bench, all);
    // What fits neither into the socket nor into the TUN's queue of 500 packets.
    let (mut dropped, input) = drops(&bench);
    assert!(dropped > 0 && input == 0, "{dropped} {input}");
    reach("the socket fills", || counters.snapshot().0 > 100);
    let link = bench.ip("-s link show dev Vi4");
    let kernel: u64 = link.lines().last().unwrap().split_whitespace().nth(3).unwrap().parse().unwrap();
    // What was not dropped is sent, and what the first look came too early for is told when the TUN is read on.
    assert_eq!(arrivals(&bench, &tap, all - kernel as usize).len(), all - kernel as usize);
    while dropped < kernel {
        dropped += drops(&bench).0;
    }
    assert_eq!(dropped, kernel, "{link}");
}

pub fn what_a_tun_that_is_down_does_not_take_is_told() {
    let mut bench = Bench::new();
    let (peer, router, _) = open_session(&mut bench);
    let framing = Framing { peer_mru: 1500, ..Framing::default() };
    bench.act(Action::Forward(ForwardCommand::OpenNetwork { port: VI4, tun: VI4, framing }));
    carried_out(&mut bench);
    assert_eq!(bench.ip("link set Vi4 down"), "");
    let header = DataHeader { tunnel: 55_270, session: 70, ..DataHeader::default() };
    let frame = [&[0, 0x21][..], &echo_request(Ipv4Addr::new(10, 51, 6, 82))].concat();
    peer.send_to(&encode_data(&header, &frame), router).unwrap();
    assert_eq!(drops(&bench), (0, 1));
}

pub fn a_full_socket_drops_what_cannot_wait_and_says_so() {
    let channel = ChannelId { controller: InterfaceName::new(InterfaceKind::Serial, "0:23"), channel: 0 };
    let mut counters = Arc::default();
    let (bench, tap) = open_session_behind_arp(|session| {
        counters = session.counters.clone();
        let attach =
            ForwardCommand::AttachChannel { port: VI4, channel: channel.clone(), counters: Arc::default() };
        vec![attach, ForwardCommand::Splice { port: VI4, session }]
    });
    let mut octets = Vec::new();
    vpdnsh::proto::hdlc::encode(&[&[0xff, 3, 0, 0x21, 0x45][..], &[0; 1_200]].concat(), 0, &mut octets);
    let all = 2 * MANY as u64;
    for number in 0..all {
        let done = || counters.snapshot().0 + counters.output_drops.load(Ordering::Relaxed);
        reach("room on the access side", || number < done() + 16);
        assert!(bench.input.access.octets(channel.clone(), octets.clone()));
    }
    let (sent, dropped) = (|| counters.snapshot().0, || counters.output_drops.load(Ordering::Relaxed));
    reach("every frame is dealt with", || sent() + dropped() == all);
    assert!(dropped() > 0);
    let kept = sent();
    assert_eq!(arrivals(&bench, &tap, kept as usize), (0..kept as u16).collect::<Vec<_>>(), "the first ones");
}

pub fn a_full_access_side_stops_the_tun_and_loses_nothing() {
    let channel = ChannelId { controller: InterfaceName::new(InterfaceKind::Bri, "0"), channel: 1 };
    let mut bench = Bench::new();
    let mut access = bench.handle.as_mut().unwrap().take_access().unwrap();
    let counters = Arc::<Counters>::default();
    bench.done(HostRequest::CreateTun { interface: VI4, name: "BR0".to_owned(), mtu: 1500 });
    bench.done(HostRequest::SetLink { interface: VI4, up: true });
    bench.done(HostRequest::AddAddress { interface: VI4, address: "10.51.6.82/32".parse().unwrap() });
    let network = "10.10.53.2/32".parse().unwrap();
    bench.done(HostRequest::AddRoute { network, gateway: None, interface: Some(VI4), source: None });
    let attach = ForwardCommand::AttachChannel { port: VI4, channel, counters: counters.clone() };
    bench.act(Action::Forward(attach));
    let framing = Framing { peer_mru: 1500, ..Framing::default() };
    bench.act(Action::Forward(ForwardCommand::OpenNetwork { port: VI4, tun: VI4, framing }));
    carried_out(&mut bench);
    packets_for_the_user(&bench, MANY);
    reach("the access side fills", || counters.octets_out.load(Ordering::Relaxed) > QUEUE_OCTETS as u64 / 3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let arrived = runtime.block_on(async {
        let mut arrived = 0;
        while arrived < MANY {
            let item = tokio::time::timeout(SOON, access.recv()).await.expect("more octets");
            arrived += usize::from(matches!(item, Some(Access::Octets { .. })));
        }
        arrived
    });
    assert_eq!((arrived, counters.output_drops.load(Ordering::Relaxed)), (MANY, 0));
}

/// Datagrams of random length and content; every other one begins as an L2TP message does.
fn garbage(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Seeded::new(42);
    (0..count).map(move |number| {
        let length = (random.next_u64() % 200) as usize;
        let mut datagram: Vec<u8> = (0..length).map(|_| random.next_u64() as u8).collect();
        if number % 2 == 0 && length > 1 {
            datagram[0] &= 0xcb;
            datagram[1] = 2;
        }
        datagram
    })
}

pub fn garbage_on_port_1701_ends_nothing() {
    let mut bench = Bench::new();
    open_1701(&mut bench);
    let peer = peer(&bench.netns, Ipv4Addr::LOCALHOST);
    let datagrams: Vec<_> = garbage(5_000).collect();
    let (mut control, mut expected) = (0, 0);
    for burst in datagrams.chunks(50) {
        for datagram in burst {
            peer.send_to(datagram, (Ipv4Addr::LOCALHOST, 1701)).unwrap();
            // All but well-formed data of sessions that do not exist is for the engine.
            expected += usize::from(decode_data(datagram).is_err());
        }
        // A burst fits into the socket's buffer, so that what closes it arrives and shows that all was read.
        peer.send_to(b"\xc8\x02 end of burst", (Ipv4Addr::LOCALHOST, 1701)).unwrap();
        bench.wait(|seen| match seen {
            Seen::Datagram { bytes, .. } if bytes == b"\xc8\x02 end of burst" => Some(()),
            Seen::Datagram { .. } => {
                control += 1;
                None
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(control, expected);
    bench.stop().unwrap();
}

pub fn garbage_does_not_end_a_router() {
    let netns = Arc::new(NetNs::create().unwrap());
    let mut config = config(&netns, &[], None);
    config.startup.text = "vpdn enable\n".to_owned();
    let mut handle = RouterHost::start(config).unwrap();
    let mut notices = handle.take_notices().unwrap();
    let peer = peer(&netns, Ipv4Addr::LOCALHOST);
    for datagram in garbage(5_000) {
        // Before the router has opened its port the kernel says so at the next send.
        let _ = peer.send_to(&datagram, (Ipv4Addr::LOCALHOST, 1701));
    }
    handle.shutdown();
    assert_eq!(notices.blocking_recv(), Some(Notice::Stopped(Ok(()))));
}
