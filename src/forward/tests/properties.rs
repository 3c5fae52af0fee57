//! What holds for any packet, any command and any garbage.

use proptest::prelude::*;

use super::*;

fn command() -> impl Strategy<Value = ForwardCommand> {
    let port = (0u32..4).prop_map(InterfaceId);
    (0u8..6, port, 0u8..3, 0u16..3).prop_map(|(kind, port, unit, number)| {
        let mut session = session(Role::Lns, false);
        session.path.id.session = number;
        match kind {
            0 => ForwardCommand::AttachChannel { port, channel: channel(unit), counters: Arc::default() },
            1 => ForwardCommand::AttachSession { port, session },
            2 => ForwardCommand::OpenNetwork {
                port,
                tun: InterfaceId(u32::from(unit)),
                framing: framing(false, false),
            },
            3 => ForwardCommand::CloseNetwork { port },
            4 => ForwardCommand::Splice { port, session },
            _ => ForwardCommand::Detach { port },
        }
    })
}

proptest! {
    #[test]
    fn a_packet_crosses_channel_and_tunnel_unchanged(
        payload in proptest::collection::vec(any::<u8>(), 0..600),
        cut in 1usize..200,
        bits in any::<[bool; 5]>(),
    ) {
        let [pfc, acfc, lns_pfc, lns_acfc, sequencing] = bits;
        let (mut client, mut lac) = (client(framing(pfc, acfc)), lac(sequencing));
        let (mut lns, counters) = lns(sequencing, Some(framing(lns_pfc, lns_acfc)));
        let packet = ip(&payload);
        let wire = collect(|sink| client.packet(now(), TUN, &packet, sink));
        prop_assert_eq!(wire.len(), 1);
        let Got::Channel(id, octets) = &wire[0] else { panic!("{wire:?}") };
        let tunnel = collect(|sink| octets.chunks(cut).for_each(|chunk| lac.octets(now(), id, chunk, sink)));
        prop_assert_eq!(tunnel.len(), 1);
        let Got::Transmit(_, message) = &tunnel[0] else { panic!("{tunnel:?}") };
        let up = collect(|sink| { lns.datagram(now(), at(LAC), message, sink); });
        prop_assert_eq!(up, [Got::Tun(TUN, packet.clone())]);

        let tunnel = collect(|sink| lns.packet(now(), TUN, &packet, sink));
        let Got::Transmit(_, message) = &tunnel[0] else { panic!("{tunnel:?}") };
        let wire = collect(|sink| { lac.datagram(now(), at(LNS), message, sink); });
        let Got::Channel(id, octets) = &wire[0] else { panic!("{wire:?}") };
        let down = collect(|sink| octets.chunks(cut).for_each(|chunk| client.octets(now(), id, chunk, sink)));
        prop_assert_eq!(down, [Got::Tun(TUN, packet)]);
        let (packets_out, _, packets_in, _) = counters.snapshot();
        prop_assert_eq!((packets_out, packets_in), (1, 1));
    }

    #[test]
    fn every_bit_of_the_data_header_is_understood(
        length in any::<bool>(),
        offset in proptest::option::of(0u16..20),
        priority in any::<bool>(),
        sequence in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let (mut table, _) = lns(false, Some(framing(false, false)));
        let sequence = sequence.then_some((0, 0));
        let header = DataHeader { length, sequence, offset, priority, tunnel: 55_270, session: 70 };
        let message = encode_data(&header, &[&[0xff, 3, 0, 0x21][..], &ip(&payload)].concat());
        let got = collect(|sink| { table.datagram(now(), at(LAC), &message, sink); });
        prop_assert_eq!(got, [Got::Tun(TUN, ip(&payload))]);
    }

    #[test]
    fn garbage_changes_nothing(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..40),
        flags in any::<u16>(),
    ) {
        let mut table = lac(false);
        for datagram in &datagrams {
            let message = [&flags.to_be_bytes()[..], datagram].concat();
            collect(|sink| {
                table.datagram(now(), at(LNS), &message, sink);
                table.octets(now(), &channel(1), datagram, sink);
                table.packet(now(), TUN, datagram, sink);
                table.frame_out(PORT, datagram, sink);
                table.packet_out(now(), PORT, datagram, sink);
            });
        }
        table.execute(ForwardCommand::Detach { port: PORT });
        prop_assert!(table.is_empty());
    }

    #[test]
    fn nothing_is_left_once_every_port_is_detached(commands in proptest::collection::vec(command(), 0..60)) {
        let mut table = Table::new();
        for command in commands {
            table.execute(command);
        }
        for port in 0..4 {
            table.execute(ForwardCommand::Detach { port: InterfaceId(port) });
        }
        prop_assert!(table.is_empty());
    }
}
