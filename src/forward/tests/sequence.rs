//! Data messages with sequence numbers (RFC 2661 section 5.4).

use super::*;

#[test]
fn the_lns_numbers_what_it_sends_and_the_lac_follows() {
    let (mut lns, _) = lns(true, Some(framing(false, false)));
    let mut lac = lac(false);
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let down = collect(|sink| lns.packet(now(), TUN, &ip(b""), sink));
        let [Got::Transmit(_, bytes)] = &down[..] else { panic!("{down:?}") };
        numbers.push(decode_data(bytes).unwrap().0.sequence.unwrap().0);
        let access = collect(|sink| {
            lac.datagram(now(), at(LNS), bytes, sink);
        });
        // The client's echo of the very octets goes up again.
        let [Got::Channel(id, octets)] = &access[..] else { panic!("{access:?}") };
        let up = collect(|sink| lac.octets(now(), id, octets, sink));
        let [Got::Transmit(_, bytes)] = &up[..] else { panic!("{up:?}") };
        let (header, _) = decode_data(bytes).unwrap();
        assert_eq!(header.sequence.map(|(ns, _)| ns), numbers.last().copied());
    }
    assert_eq!(numbers, [0, 1, 2]);
    // RFC 2661 section 5.4: the LNS stops, the LAC stops.
    let silent = encode_data(&DataHeader { tunnel: 17688, session: 7, ..DataHeader::default() }, &LCP_ECHO);
    let access = collect(|sink| {
        lac.datagram(now(), at(LNS), &silent, sink);
    });
    let [Got::Channel(id, octets)] = &access[..] else { panic!("{access:?}") };
    let up = collect(|sink| lac.octets(now(), id, octets, sink));
    let [Got::Transmit(_, bytes)] = &up[..] else { panic!("{up:?}") };
    assert_eq!(decode_data(bytes).unwrap().0.sequence, None);
}

fn taken(table: &mut Table, ns: u16) -> bool {
    let message = data(Some(ns), &LCP_ECHO);
    let got = collect(|sink| {
        table.datagram(now(), at(LAC), &message, sink);
    });
    got.len() == 1
}

#[test]
fn late_and_repeated_data_is_passed_on_unless_it_is_to_be_dropped() {
    for drop_out_of_order in [false, true] {
        let mut session = session(Role::Lns, true);
        session.path.drop_out_of_order = drop_out_of_order;
        let mut table = Table::new();
        table.execute(ForwardCommand::AttachSession { port: PORT, session });
        let verdicts = [0, 1, 1, 0, 4, 3, 5].map(|ns| taken(&mut table, ns));
        let late = !drop_out_of_order;
        assert_eq!(verdicts, [true, true, late, late, true, late, true]);
        assert_eq!(
            (table.statistics().out_of_order, table.statistics().lost),
            (3, 2),
            "counted all the same"
        );
    }
}

#[test]
fn what_is_ahead_is_taken_past_the_wrap_as_well() {
    let mut session = session(Role::Lns, true);
    session.path.drop_out_of_order = true;
    let mut table = Table::new();
    table.execute(ForwardCommand::AttachSession { port: PORT, session });
    for ns in [0x7fff, 0xfffe, 0xffff, 0, 1] {
        assert!(taken(&mut table, ns), "{ns:#x} is ahead, past the wrap as well");
    }
}
