//! Valid control messages that are damaged on their way: neither end panics, no end believes what the other cannot
//! have said of a session, and when the network is good again everything can be cleared.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::loss::accounts_balance;
use super::*;

/// Damages a control message so that much of it is still right: a bit, an octet, an AVP twice, an AVP away, the end
/// away, or the Ns, Nr, tunnel or session of another message.
pub fn damage(random: &mut Seeded, bytes: &mut Vec<u8>) {
    let kind = random.next_u64() % 6;
    let at = random.next_u64() as usize % bytes.len();
    match kind {
        0 => bytes[at] ^= 1 << (random.next_u64() % 8),
        1 => bytes[at] = random.next_u64() as u8,
        2 | 3 => reshape(random, bytes, kind == 2),
        4 => bytes.truncate(at.max(12)),
        _ => {
            let field = 4 + 2 * (random.next_u64() as usize % 4);
            bytes[field + 1] = bytes[field + 1].wrapping_add(random.next_u64() as u8 % 3);
        }
    }
    let length = bytes.len() as u16;
    if !random.next_u64().is_multiple_of(4) && bytes.len() >= 12 {
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// Doubles or leaves out one AVP.
fn reshape(random: &mut Seeded, bytes: &mut Vec<u8>, double: bool) {
    let avps: Vec<Vec<u8>> = avp::RawAvps::new(&bytes[12..])
        .map_while(Result::ok)
        .map(|a| {
            let words = [a.flags | a.len, a.vendor, a.number];
            words.iter().flat_map(|w| w.to_be_bytes()).chain(a.value.iter().copied()).collect()
        })
        .collect();
    if avps.is_empty() {
        return;
    }
    let chosen = random.next_u64() as usize % avps.len();
    bytes.truncate(12);
    for (i, avp) in avps.iter().enumerate() {
        let times = if i != chosen { 1 } else { if double { 2 } else { 0 } };
        for _ in 0..times {
            bytes.extend(avp);
        }
    }
}

/// Closes every tunnel of both ends on a good network.
fn clear(pair: &mut Pair) {
    (pair.damage, pair.loss) = (0, 0);
    for node in [&mut pair.lac, &mut pair.lns] {
        for tunnel in node.endpoint.tunnels() {
            node.with(pair.now, |endpoint, cx| endpoint.shutdown(cx, tunnel.id, result(1, None)));
        }
    }
    pair.run(seconds(300));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_messages_leave_nothing_behind(
        seed: u64, damage in 1u64..60, loss in 0u64..20, hidden: bool, tie_breaker: bool, established: bool,
    ) {
        let mut pair = Pair::new(seed);
        pair.lac.calls = 3;
        for node in [&mut pair.lac, &mut pair.lns] {
            node.config.hidden = hidden;
            node.config.tie_breaker = tie_breaker;
            node.config.hello = seconds(5);
        }
        if established {
            pair.connect();
            pair.run(seconds(1));
        }
        (pair.damage, pair.loss) = (damage, loss);
        pair.connect();
        let (lac, now) = (pair.lac.address, pair.now);
        pair.lns.connect(now, lac);
        pair.run(seconds(40));
        for node in [&pair.lac, &pair.lns] {
            for session in node.endpoint.sessions() {
                prop_assert!(node.endpoint.tunnel(session.id.tunnel).is_some());
            }
        }
        clear(&mut pair);
        prop_assert!(pair.quiet());
        accounts_balance(&pair.lac, &BTreeSet::new());
        accounts_balance(&pair.lns, &BTreeSet::new());
        // The same endpoints take the next call as if nothing had been.
        pair.lac.events.clear();
        pair.lns.events.clear();
        pair.connect();
        pair.run(seconds(2));
        prop_assert_eq!((pair.lac.up(), pair.lns.up()), (3, 3));
    }
}
