//! Control messages per second through encode, transport and decode: two endpoints exchange ICRQ, ICRP, ICCN and CDN.

mod harness;

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use harness::Row;
use harness::endpoints::Pair;
use vpdnsh::proto::Context;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::l2tp::message::decode;
use vpdnsh::proto::l2tp::{CallRequest, Message, Prefix, message};
use vpdnsh::proto::trace::Silent;

/// Sessions of one exchange.
const SESSIONS: usize = 1000;

/// Messages exchanged (acknowledgements included) and the time that took.
fn exchange() -> (u64, Duration) {
    let mut pair = Pair::connected();
    let before = pair.datagrams;
    let start = Instant::now();
    pair.calls(SESSIONS);
    pair.hang_up_all();
    (pair.datagrams - before, start.elapsed())
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("control");
    let (messages, _) = exchange();
    group.throughput(Throughput::Elements(messages)).sample_size(20);
    let mut row = Row::new("control messages per second, sent and received (encode, transport, decode)");
    group.bench_function("exchange", |b| {
        b.iter_custom(|times| {
            let mut all = Duration::ZERO;
            for _ in 0..times {
                let (messages, time) = exchange();
                row.note(messages, time);
                all += time;
            }
            all
        });
    });
    let request = CallRequest {
        serial: 7,
        bearer_type: Some(1),
        calling_number: Some("2085730592".to_owned()),
        called_number: Some("614629".to_owned()),
        nas_port: Some("Serial0:0".to_owned()),
        ..CallRequest::default()
    };
    let icrq = Message::Icrq(message::Icrq { assigned_session: 7, request });
    let body = icrq.encode(None);
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode_icrq", |b| b.iter(|| icrq.encode(None)));
    group.bench_function("decode_icrq", |b| {
        let (mut entropy, mut trace) = (Seeded::new(1), Silent);
        b.iter(|| {
            let mut cx =
                Context { now: vpdnsh::proto::Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
            decode(&mut cx, Prefix::L2tp, &body, None)
        });
    });
    group.finish();
    if row.best > 0.0 {
        println!("{row}");
    }
    criterion.final_summary();
}
