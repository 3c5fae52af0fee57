//! The ports that requests leave by, and the identifiers on each.

use super::*;

#[test]
fn identifiers_are_unique_on_each_port() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    for _ in 0..1000 {
        bench.submit();
    }
    assert_eq!(bench.opened, [0, 1, 2, 3]);
    let names: HashSet<(u16, u8)> = bench.sent.iter().map(|sent| (sent.socket, sent.bytes[1])).collect();
    assert_eq!(names.len(), 1000);
    for sent in bench.sent.clone() {
        bench.answer(&sent);
    }
    assert_eq!(bench.ended.len(), 1000);
    // The same ports serve again; an identifier that was just used is the last to come back.
    let last = bench.sent.last().cloned().unwrap();
    bench.submit();
    assert_eq!(bench.opened.len(), 4);
    assert_ne!((last.socket, last.bytes[1]), {
        let sent = bench.sent.last().unwrap();
        (sent.socket, sent.bytes[1])
    });
}

#[test]
fn a_port_that_cannot_be_had_is_left() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    let key = bench.submit();
    bench.run(|client, cx| client.socket_refused(cx, 0));
    assert_eq!(bench.opened, [0, 1]);
    let sent = bench.sent.last().cloned().unwrap();
    assert_eq!(sent.socket, 1);
    bench.answer(&sent);
    assert!(matches!(bench.ended.as_slice(), [(ended, Some(_))] if *ended == key));
    bench.submit();
    for socket in 1..MAX_SOCKETS {
        bench.run(|client, cx| client.socket_refused(cx, socket));
    }
    assert!(matches!(bench.ended.as_slice(), [_, (_, None)]), "no port at all is a failure, not a hang");
    assert!(bench.client.is_quiet());
    // The next request tries again.
    let key = bench.submit();
    assert_eq!(bench.opened.last(), Some(&0));
    let sent = bench.sent.last().cloned().unwrap();
    bench.answer(&sent);
    assert!(matches!(bench.ended.last(), Some((ended, Some(_))) if *ended == key));
}

#[test]
fn what_waits_for_an_identifier_fails_with_the_last_port() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    let all = usize::from(MAX_SOCKETS) * 256 + 1;
    let mut silent = crate::proto::trace::Silent;
    let mut cx = Context { now: bench.now, entropy: &mut bench.entropy, trace: &mut silent };
    for _ in 0..all {
        bench.client.submit(&mut cx, request());
    }
    for socket in 0..MAX_SOCKETS {
        bench.client.socket_refused(&mut cx, socket);
    }
    bench.run(|_, _| ());
    assert_eq!(bench.ended.iter().filter(|(_, reply)| reply.is_none()).count(), all);
    assert!(bench.client.is_quiet());
}

#[test]
fn what_finds_no_identifier_waits_for_one() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    let all = usize::from(MAX_SOCKETS) * 256;
    bench.trace.lines.clear();
    let mut silent = crate::proto::trace::Silent;
    let mut keys = Vec::new();
    for _ in 0..all + 3 {
        let mut cx = Context { now: bench.now, entropy: &mut bench.entropy, trace: &mut silent };
        keys.push(bench.client.submit(&mut cx, request()));
    }
    // One that waits is given up by who asked, and does not stand in the way of those behind it.
    let mut cx = Context { now: bench.now, entropy: &mut bench.entropy, trace: &mut silent };
    bench.client.cancel(&mut cx, keys[all]);
    bench.run(|_, _| ());
    assert_eq!(bench.sent.len(), all);
    assert_eq!(bench.client.outstanding(), all + 2);
    let first = bench.sent[0].clone();
    bench.answer(&first);
    let sent = bench.sent[all].clone();
    assert_eq!(bench.client.under_way(keys[all + 1]).map(|t| t.slot.socket), Some(sent.socket));
    assert_eq!((sent.socket, sent.bytes[1]), (first.socket, first.bytes[1]));
    bench.answer(&sent);
    assert_eq!(bench.sent.len(), all + 2);
}
