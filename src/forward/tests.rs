use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

mod properties;
mod sequence;

use super::*;
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::{ChannelId, Counters, DataSession, ForwardCommand, InterfaceId};
use crate::proto::Instant;
use crate::proto::l2tp::data::{DataHeader, decode_data, encode_data};
use crate::proto::l2tp::{DataPath, Role, SessionId, TunnelId};
use crate::proto::ppp::Framing;

const PORT: InterfaceId = InterfaceId(4);
/// Its own one.
const TUN: InterfaceId = PORT;
/// One that calls share.
const DIALER: InterfaceId = InterfaceId(9);
const LAC: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 68);
const LNS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const LCP_ECHO: [u8; 10] = [0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4];

/// A delivery that owns what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Got {
    Transmit(SocketAddr, Vec<u8>),
    Tun(InterfaceId, Vec<u8>),
    Channel(ChannelId, Vec<u8>),
    Frame(InterfaceId, Vec<u8>),
    Dial(InterfaceId, Vec<u8>),
    Seen(bool, Vec<u8>),
}

fn collect(run: impl FnOnce(&mut Sink<'_>)) -> Vec<Got> {
    let mut got = Vec::new();
    run(&mut |delivery| {
        got.push(match delivery {
            Delivery::Transmit { remote, bytes, .. } => Got::Transmit(remote, bytes.to_vec()),
            Delivery::Tun { tun, packet } => Got::Tun(tun, packet.to_vec()),
            Delivery::Channel { channel, octets } => Got::Channel(channel.clone(), octets.to_vec()),
            Delivery::Frame { port, frame } => Got::Frame(port, frame.to_vec()),
            Delivery::Dial { interface, packet } => Got::Dial(interface, packet.to_vec()),
            Delivery::Seen { inbound, message, .. } => Got::Seen(inbound, message.to_vec()),
        });
        Fate::Taken
    });
    got
}

fn at(address: Ipv4Addr) -> SocketAddr {
    SocketAddr::from((address, 1701))
}

fn channel(unit: u8) -> ChannelId {
    ChannelId { controller: InterfaceName::new(InterfaceKind::Serial, "0:23"), channel: unit }
}

/// The session of the documented call, seen from either end.
fn session(role: Role, sequencing: bool) -> DataSession {
    let (id, remote, remote_address, local) = match role {
        Role::Lac => ((17688, 7), (55_270, 70), LNS, LAC),
        Role::Lns => ((55_270, 70), (17688, 7), LAC, LNS),
    };
    let path = DataPath {
        id: SessionId { tunnel: TunnelId(id.0), session: id.1 },
        remote_tunnel: remote.0,
        remote_session: remote.1,
        remote: at(remote_address),
        local: IpAddr::V4(local),
        sequencing,
        drop_out_of_order: false,
        role,
    };
    DataSession { path, counters: Arc::default(), heard: Arc::default() }
}

fn lns(sequencing: bool, framing: Option<Framing>) -> (Table, Arc<Counters>) {
    let (mut table, session) = (Table::new(), session(Role::Lns, sequencing));
    let counters = session.counters.clone();
    table.execute(ForwardCommand::AttachSession { port: PORT, session });
    if let Some(framing) = framing {
        table.execute(ForwardCommand::OpenNetwork { port: PORT, tun: TUN, framing });
    }
    (table, counters)
}

fn client(framing: Framing) -> Table {
    let mut table = Table::new();
    let (channel, counters) = (channel(1), Arc::default());
    table.execute(ForwardCommand::AttachChannel { port: PORT, channel, counters });
    table.execute(ForwardCommand::OpenNetwork { port: PORT, tun: TUN, framing });
    table
}

fn lac(sequencing: bool) -> Table {
    let mut table = Table::new();
    let (channel, counters) = (channel(1), Arc::default());
    table.execute(ForwardCommand::AttachChannel { port: PORT, channel, counters });
    table.execute(ForwardCommand::Splice { port: PORT, session: session(Role::Lac, sequencing) });
    table
}

fn data(ns: Option<u16>, frame: &[u8]) -> Vec<u8> {
    let header =
        DataHeader { sequence: ns.map(|ns| (ns, 0)), tunnel: 55_270, session: 70, ..DataHeader::default() };
    encode_data(&header, frame)
}

fn ip(payload: &[u8]) -> Vec<u8> {
    [&[0x45, 0], payload].concat()
}

fn framing(pfc: bool, acfc: bool) -> Framing {
    Framing { pfc, acfc, send_accm: 0, peer_mru: 1500 }
}

fn now() -> Instant {
    Instant::from_start(Duration::from_secs(77))
}

#[test]
fn ip_of_an_open_session_goes_to_the_tun_however_it_is_framed() {
    let (mut table, counters) = lns(false, Some(framing(false, false)));
    let packet = ip(b"abc");
    for head in [&[0xff, 3, 0, 0x21][..], &[0xff, 3, 0x21], &[0, 0x21], &[0x21]] {
        let message = data(None, &[head, &packet].concat());
        let got = collect(|sink| {
            assert_eq!(table.datagram(now(), at(LAC), &message, sink), Disposition::Data);
        });
        assert_eq!(got, [Got::Tun(TUN, packet.clone())]);
    }
    assert_eq!(counters.snapshot(), (0, 0, 4, 4 * 5 + 4 + 3 + 2 + 1));
    assert_eq!(counters.last_activity.load(Ordering::Relaxed), 77);
    assert_eq!(counters.last_input.load(Ordering::Relaxed), 77);
    assert_eq!(counters.last_output.load(Ordering::Relaxed), 0, "nothing went to the peer");
}

#[test]
fn control_frames_and_ip_before_ipcp_go_to_the_engine() {
    let (mut table, counters) = lns(false, None);
    for frame in [&[0xff, 3, 0xc0, 0x21, 1][..], &[0x80, 0x21, 1], &[0xff, 3, 0, 0x21, 0x45]] {
        let message = data(None, frame);
        let got = collect(|sink| {
            table.datagram(now(), at(LAC), &message, sink);
        });
        assert_eq!(got, [Got::Frame(PORT, frame.to_vec())]);
    }
    assert_eq!(
        counters.last_activity.load(Ordering::Relaxed),
        0,
        "control frames keep nothing from being idle"
    );
}

#[test]
fn closing_the_network_gives_ip_back_to_the_engine() {
    let (mut table, _) = lns(false, Some(framing(false, false)));
    table.execute(ForwardCommand::CloseNetwork { port: PORT });
    let packet = ip(b"");
    let got = collect(|sink| table.packet(now(), TUN, &packet, sink));
    assert_eq!(got, [Got::Dial(TUN, packet)]);
}

#[test]
fn packets_of_a_tun_are_framed_as_agreed() {
    for (pfc, acfc, head) in [
        (false, false, &[0xff, 3, 0, 0x21][..]),
        (true, false, &[0xff, 3, 0x21]),
        (false, true, &[0, 0x21]),
        (true, true, &[0x21]),
    ] {
        let (mut table, counters) = lns(false, Some(framing(pfc, acfc)));
        let packet = ip(b"xyz");
        let got = collect(|sink| table.packet(now(), TUN, &packet, sink));
        let [Got::Transmit(remote, bytes)] = &got[..] else { panic!("{got:?}") };
        assert_eq!(*remote, at(LAC));
        let (header, frame) = decode_data(bytes).unwrap();
        assert_eq!((header.tunnel, header.session, header.sequence), (17688, 7, None));
        assert_eq!(frame, [head, &packet].concat());
        assert_eq!(counters.snapshot(), (1, frame.len() as u64, 0, 0));
    }
}

#[test]
fn what_the_peer_cannot_take_is_not_sent() {
    let (mut table, _) = lns(false, Some(Framing { peer_mru: 100, ..framing(false, false) }));
    let packets = [ip(&[0; 99]), vec![0x60; 40], Vec::new()];
    let got = collect(|sink| packets.iter().for_each(|packet| table.packet(now(), TUN, packet, sink)));
    assert_eq!(got, []);
    assert_eq!(table.statistics().unsendable, 3);
}

#[test]
fn engine_frames_go_out_uncompressed_and_echoes_with_priority() {
    let (mut table, _) = lns(false, Some(framing(true, true)));
    let got = collect(|sink| table.frame_out(PORT, &LCP_ECHO, sink));
    let [Got::Transmit(_, bytes)] = &got[..] else { panic!("{got:?}") };
    let (header, frame) = decode_data(bytes).unwrap();
    assert!(header.priority);
    assert_eq!(frame, [&[0xff, 3][..], &LCP_ECHO].concat());
    let got = collect(|sink| table.frame_out(PORT, &[0x80, 0x21, 9], sink));
    let [Got::Transmit(_, bytes)] = &got[..] else { panic!("{got:?}") };
    assert!(!decode_data(bytes).unwrap().0.priority);
}

#[test]
fn a_spliced_line_is_active_while_packets_cross_it() {
    for (frame, active) in [
        (&[0xff, 3, 0, 0x21, 0x45, 0][..], true),
        (&[0x21, 0x45, 0], true),
        // Multilink, an encrypted packet, IPv6.
        (&[0, 0x3d, 0xc0, 0, 0, 0], true),
        (&[0, 0xfd, 0x90, 0, 1], true),
        (&[0, 0x57, 0x60, 0], true),
        (&[0x80, 0x21, 1, 1, 0, 4], false),
        (&[0xc2, 0x23, 1, 1, 0, 4], false),
        (&LCP_ECHO, false),
    ] {
        crosses(frame, active);
    }
}

fn crosses(frame: &[u8], active: bool) {
    let mut table = Table::new();
    let counters = Arc::<Counters>::default();
    let attach =
        ForwardCommand::AttachChannel { port: PORT, channel: channel(1), counters: counters.clone() };
    table.execute(attach);
    table.execute(ForwardCommand::Splice { port: PORT, session: session(Role::Lac, false) });
    let last = || {
        [&counters.last_input, &counters.last_output, &counters.last_activity]
            .map(|last| last.load(Ordering::Relaxed))
    };
    let message = encode_data(&DataHeader { tunnel: 17688, session: 7, ..DataHeader::default() }, frame);
    let down = collect(|sink| {
        table.datagram(now(), at(LNS), &message, sink);
    });
    let [Got::Channel(id, octets)] = &down[..] else { panic!("{down:?}") };
    assert_eq!(last(), if active { [0, 77, 77] } else { [0; 3] }, "{frame:x?}");
    collect(|sink| table.octets(now(), id, octets, sink));
    assert_eq!(last(), if active { [77; 3] } else { [0; 3] }, "{frame:x?}");
}

#[test]
fn strangers_are_counted_and_not_served() {
    let (mut table, counters) = lns(false, None);
    let unknown = encode_data(&DataHeader { tunnel: 1, session: 70, ..DataHeader::default() }, &LCP_ECHO);
    let got = collect(|sink| {
        assert_eq!(table.datagram(now(), at(LAC), &unknown, sink), Disposition::Data);
        let known = data(None, &LCP_ECHO);
        assert_eq!(table.datagram(now(), at(LNS), &known, sink), Disposition::Data);
    });
    assert_eq!(got, []);
    assert_eq!((table.statistics().unknown_session, table.statistics().wrong_peer), (1, 1));
    assert_eq!(counters.snapshot(), (0, 0, 0, 0));
    // An address translator may change the port in the middle.
    let known = data(None, &LCP_ECHO);
    let got = collect(|sink| {
        table.datagram(now(), SocketAddr::from((LAC, 40_000)), &known, sink);
    });
    assert_eq!(got.len(), 1);
}

#[test]
fn control_messages_and_other_versions_are_the_engines() {
    let (mut table, _) = lns(false, None);
    for message in [&[0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0, 1, 2, 3, 4, 5], &[0x40, 2], &[]] {
        let got = collect(|sink| {
            assert_eq!(table.datagram(now(), at(LAC), message, sink), Disposition::NotData);
        });
        assert_eq!(got, []);
    }
}

#[test]
fn a_spliced_channel_gives_the_tunnel_its_frames_as_they_are() {
    let mut lac = lac(false);
    // FF 03 as the client sent it; no flags, no stuffing, no FCS.
    let got = collect(|sink| {
        let mut client = client(framing(false, false));
        let wire = collect(|sink| client.frame_out(PORT, &LCP_ECHO, sink));
        let [Got::Channel(id, octets)] = &wire[..] else { panic!("{wire:?}") };
        lac.octets(now(), id, octets, sink);
    });
    let [Got::Transmit(remote, bytes)] = &got[..] else { panic!("{got:?}") };
    assert_eq!(*remote, at(LNS));
    assert_eq!(decode_data(bytes).unwrap().1, [&[0xff, 3][..], &LCP_ECHO].concat());
}

#[test]
fn an_lns_that_leaves_ff_03_out_reaches_a_client_that_wants_it() {
    let mut lac = lac(false);
    let message = encode_data(&DataHeader { tunnel: 17688, session: 7, ..DataHeader::default() }, &LCP_ECHO);
    let down = collect(|sink| {
        lac.datagram(now(), at(LNS), &message, sink);
    });
    let [Got::Channel(id, octets)] = &down[..] else { panic!("{down:?}") };
    let mut client = client(framing(false, false));
    let got = collect(|sink| client.octets(now(), id, octets, sink));
    assert_eq!(got, [Got::Frame(PORT, [&[0xff, 3][..], &LCP_ECHO].concat())]);
}

#[test]
fn damage_on_the_line_costs_one_frame() {
    let mut client = client(framing(false, false));
    let wire = collect(|sink| client.frame_out(PORT, &LCP_ECHO, sink));
    let [Got::Channel(id, octets)] = &wire[..] else { panic!("{wire:?}") };
    let mut damaged = octets.clone();
    damaged[5] ^= 0x40;
    let got = collect(|sink| {
        client.octets(now(), id, &damaged, sink);
        client.octets(now(), id, octets, sink);
    });
    assert_eq!(got.len(), 1);
    assert_eq!(client.statistics().bad_frames, 1);
}

#[test]
fn what_the_line_spoils_is_counted_where_the_interface_shows_it() {
    let mut table = Table::new();
    let (id, counters) = (channel(1), Arc::<Counters>::default());
    table.execute(ForwardCommand::AttachChannel {
        port: PORT,
        channel: id.clone(),
        counters: counters.clone(),
    });
    // A wrong FCS, a runt, an abort; then a frame that never ends.
    let line =
        [&[0x7e, 1, 2, 3, 4, 5, 0x7e, 1, 2, 0x7e, 1, 2, 3, 4, 0x7d, 0x7e][..], &[1; 5000], &[0x7e]].concat();
    collect(|sink| table.octets(now(), &id, &line, sink));
    let errors = &counters.errors;
    let seen =
        [&errors.crc, &errors.runts, &errors.giants, &errors.aborts].map(|c| c.load(Ordering::Relaxed));
    assert_eq!((seen, errors.total(), errors.call_errors()), ([1; 4], 4, [1, 3, 0, 0, 0, 0]));
    assert_eq!(table.statistics().bad_frames, 4);
}

#[test]
fn frames_out_of_a_tunnel_are_escaped_as_the_lns_has_agreed() {
    let mut lac = lac(false);
    let message = encode_data(&DataHeader { tunnel: 17688, session: 7, ..DataHeader::default() }, &LCP_ECHO);
    let mut down = || {
        let got = collect(|sink| {
            lac.datagram(now(), at(LNS), &message, sink);
        });
        lac.execute(ForwardCommand::SetAccm { port: PORT, accm: u32::MAX });
        let [Got::Channel(_, octets)] = &got[..] else { panic!("{got:?}") };
        octets.clone()
    };
    let (before, after) = (down(), down());
    assert!(before.iter().any(|o| *o < 0x20) && !after.iter().any(|o| *o < 0x20));
    // A synchronous receiver takes both for the same frame.
    let mut client = client(framing(false, false));
    let got = collect(|sink| {
        client.octets(now(), &channel(1), &before, sink);
        client.octets(now(), &channel(1), &after, sink);
    });
    assert_eq!(got, vec![Got::Frame(PORT, [&[0xff, 3][..], &LCP_ECHO].concat()); 2]);
    lac.execute(ForwardCommand::SetAccm { port: InterfaceId(99), accm: 0 });
    assert_eq!(lac.statistics().unknown_port, 1);
}

#[test]
fn a_session_id_that_comes_again_belongs_to_the_new_port() {
    let (mut table, _) = lns(false, None);
    let newer = InterfaceId(5);
    table.execute(ForwardCommand::AttachSession { port: newer, session: session(Role::Lns, false) });
    table.execute(ForwardCommand::Detach { port: PORT });
    let message = data(None, &LCP_ECHO);
    let got = collect(|sink| {
        table.datagram(now(), at(LAC), &message, sink);
    });
    assert_eq!(got, [Got::Frame(newer, LCP_ECHO.to_vec())]);
    table.execute(ForwardCommand::Detach { port: newer });
    assert!(table.is_empty());
}

/// An IP packet to a host of 10.0.0.0/8.
fn to_host(host: u8) -> Vec<u8> {
    [&[0x45; 16][..], &[10, 0, 0, host]].concat()
}

#[test]
fn of_the_calls_of_a_dialer_each_carries_what_it_leads_to() {
    let mut table = Table::new();
    for unit in [1, 2] {
        let port = InterfaceId(u32::from(unit));
        let (channel, counters, framing) = (channel(unit), Arc::default(), framing(false, false));
        table.execute(ForwardCommand::AttachChannel { port, channel, counters });
        table.execute(ForwardCommand::OpenNetwork { port, tun: DIALER, framing });
    }
    let way = |table: &mut Table, host: u8| {
        let got = collect(|sink| table.packet(now(), DIALER, &to_host(host), sink));
        match &got[..] {
            [Got::Channel(id, _)] => Some(id.channel),
            [Got::Dial(DIALER, packet)] if *packet == to_host(host) => None,
            other => panic!("{other:?}"),
        }
    };
    let route = |host: u8, port: u32| ForwardCommand::Route {
        tun: DIALER,
        destination: [10, 0, 0, host].into(),
        port: InterfaceId(port),
    };
    assert_eq!([1, 2].map(|host| way(&mut table, host)), [None, None], "the engine knows");
    table.execute(route(1, 1));
    table.execute(route(2, 2));
    assert_eq!([1, 2, 3].map(|host| way(&mut table, host)), [Some(1), Some(2), None]);
    let short = collect(|sink| table.packet(now(), DIALER, &[0x45; 19], sink));
    assert_eq!(short, [Got::Dial(DIALER, vec![0x45; 19])]);

    table.execute(ForwardCommand::ForgetRoutes);
    assert_eq!([1, 2].map(|host| way(&mut table, host)), [None, None]);
    table.execute(route(1, 1));
    table.execute(ForwardCommand::Detach { port: InterfaceId(2) });
    assert_eq!(way(&mut table, 1), None, "who is left is asked for again");
    let unknown = table.statistics().unknown_port;
    table.execute(route(2, 2));
    assert_eq!((way(&mut table, 2), table.statistics().unknown_port), (None, unknown + 1));
    table.execute(ForwardCommand::Detach { port: InterfaceId(1) });
    assert!(table.is_empty());
}

#[test]
fn destinations_without_end_cost_no_memory_without_end() {
    let mut table = Table::new();
    let counters = Arc::default();
    table.execute(ForwardCommand::AttachChannel { port: PORT, channel: channel(1), counters });
    table.execute(ForwardCommand::OpenNetwork { port: PORT, tun: DIALER, framing: framing(false, false) });
    for number in 0..5_000 {
        table.execute(ForwardCommand::Route { tun: DIALER, destination: Ipv4Addr::from(number), port: PORT });
    }
    let known = (0..5_000u32).filter(|number| {
        let packet = [&[0x45; 16][..], &number.to_be_bytes()].concat();
        matches!(collect(|sink| table.packet(now(), DIALER, &packet, sink))[..], [Got::Channel(..)])
    });
    assert!((1..=1_024).contains(&known.count()));
}

#[test]
fn data_is_shown_to_the_engine_only_while_it_observes() {
    let (mut table, _) = lns(false, Some(framing(false, false)));
    let message = data(None, &[&[0xff, 0x03, 0x00, 0x21][..], &ip(b"x")].concat());
    let seen = |table: &mut Table| {
        let mut all = Vec::new();
        let mut sink = |d: Delivery<'_>| {
            if let Delivery::Seen { inbound, message, .. } = d {
                all.push((inbound, message.to_vec()));
            }
            Fate::Taken
        };
        table.datagram(now(), at(LAC), &message, &mut sink);
        table.packet(now(), TUN, &ip(b"y"), &mut sink);
        all
    };
    assert!(seen(&mut table).is_empty());
    table.execute(ForwardCommand::Observe { on: true });
    let all = seen(&mut table);
    assert_eq!(all.iter().map(|(inbound, _)| *inbound).collect::<Vec<_>>(), [true, false]);
    assert_eq!(all[0].1, message);
    table.execute(ForwardCommand::Observe { on: false });
    assert!(seen(&mut table).is_empty());
}

#[test]
fn what_the_next_hop_has_no_room_for_is_an_output_drop_and_not_traffic() {
    let full = &mut |_: Delivery<'_>| Fate::Dropped;
    let drops = |counters: &Counters| counters.output_drops.load(Ordering::Relaxed);

    let (mut table, counters) = lns(false, Some(framing(false, false)));
    table.packet(now(), TUN, &ip(b"x"), full);
    table.frame_out(PORT, &LCP_ECHO, full);
    assert_eq!((drops(&counters), counters.snapshot()), (2, (0, 0, 0, 0)));
    // What the TUN does not take came in all the same.
    table.datagram(now(), at(LAC), &data(None, &[&[0, 0x21][..], &ip(b"x")].concat()), full);
    assert_eq!((drops(&counters), counters.snapshot()), (2, (0, 0, 1, 5)));
    assert_eq!(table.statistics().refused, 3);

    let mut table = Table::new();
    let (line, forwarded) = (Arc::<Counters>::default(), session(Role::Lac, false));
    let counters = forwarded.counters.clone();
    table.execute(ForwardCommand::AttachChannel { port: PORT, channel: channel(1), counters: line.clone() });
    table.execute(ForwardCommand::Splice { port: PORT, session: forwarded });
    let mut octets = Vec::new();
    crate::proto::hdlc::encode(&[&[0xff, 3][..], &LCP_ECHO].concat(), 0, &mut octets);
    table.octets(now(), &channel(1), &octets, full);
    let header = DataHeader { tunnel: 17_688, session: 7, ..DataHeader::default() };
    table.datagram(now(), at(LNS), &encode_data(&header, &LCP_ECHO), full);
    assert_eq!((drops(&line), drops(&counters)), (1, 1), "each direction on the side that was full");
}
