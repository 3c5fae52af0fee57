//! Requests per second through the RADIUS client on one core, and the latency that it adds to a call: request built, hidden
//! and signed, reply verified and read. The server's own work is done beforehand and not counted.

mod harness;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use harness::Row;
use vpdnsh::proto::Context;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::radius::client::{RequestAttribute, ServerName};
use vpdnsh::proto::radius::{
    Attribute, Client, ClientConfig, ClientOutput, Code, Packet, Request, Secret, ServerConfig, seal_reply,
};
use vpdnsh::proto::trace::Silent;

const SECRET: &[u8] = b"hello";
/// Requests that are out at once: more than one source port has identifiers for.
const AT_ONCE: usize = 1000;

fn client(cx: &mut Context) -> Client {
    let name =
        ServerName { address: Ipv4Addr::new(10, 51, 6, 3), auth_port: 1812, acct_port: 1813, private: None };
    let server = ServerConfig {
        name,
        secret: Some(Secret::new(SECRET)),
        timeout: Duration::from_secs(5),
        retransmit: 3,
    };
    let mut client = Client::new();
    let config =
        ClientConfig { servers: vec![server], message_authenticator: true, ..ClientConfig::default() };
    client.configure(cx, config);
    client
}

/// The Access-Request of a PAP user on a Virtual-Access.
fn request() -> Request {
    let plain = |kind, value: &[u8]| RequestAttribute::Plain(Attribute::new(kind, value));
    Request {
        code: Code::AccessRequest,
        attributes: vec![
            plain(4, &[10, 51, 6, 82]),
            plain(5, &[0, 0, 0, 4]),
            plain(61, &[0, 0, 0, 5]),
            plain(1, b"user@example.com"),
            plain(30, b"614629"),
            plain(31, b"2085730592"),
            RequestAttribute::Password(Secret::new(*b"cisco")),
            plain(6, &[0, 0, 0, 2]),
            plain(7, &[0, 0, 0, 1]),
        ],
        authenticator: None,
        servers: None,
        label: "Virtual-Access4".to_owned(),
        unique: 4,
        origin: None,
    }
}

/// What the server says to a request.
fn accept(request: &[u8]) -> Vec<u8> {
    let asked = Packet::decode(request).expect("our own request");
    let attributes = vec![
        Attribute::integer(6, 2),
        Attribute::integer(7, 1),
        Attribute::new(8, [255, 255, 255, 254]),
        Attribute::integer(27, 3600),
    ];
    let mut reply =
        Packet { code: Code::AccessAccept, identifier: asked.identifier, authenticator: [0; 16], attributes };
    seal_reply(&mut reply, &asked.authenticator, SECRET, true).expect("it fits")
}

/// Sends so many requests at once and takes their replies: the time that the client took.
fn exchange(client: &mut Client, cx: &mut Context, count: usize) -> Duration {
    let requests: Vec<Request> = (0..count).map(|_| request()).collect();
    let mut sent: Vec<(u16, SocketAddr, Vec<u8>)> = Vec::with_capacity(count);
    let start = Instant::now();
    for request in requests {
        client.submit(cx, request);
        while let Some(output) = client.poll() {
            if let ClientOutput::Transmit { socket, remote, bytes, .. } = output {
                sent.push((socket, remote, bytes));
            }
        }
    }
    let mut time = start.elapsed();
    for (_, _, bytes) in &mut sent {
        *bytes = accept(bytes);
    }
    let start = Instant::now();
    let mut replied = 0;
    for (socket, remote, bytes) in &sent {
        client.handle_datagram(cx, *socket, *remote, bytes);
        while let Some(output) = client.poll() {
            if let ClientOutput::Replied(_, reply) = output {
                replied += usize::from(!reply.attributes().0.is_empty());
            }
        }
    }
    time += start.elapsed();
    assert_eq!((replied, client.outstanding()), (count, 0));
    time
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("radius");
    let (mut entropy, mut trace) = (Seeded::new(1), Silent);
    let mut cx = Context { now: vpdnsh::proto::Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
    let mut client = client(&mut cx);
    let mut row = Row::new("RADIUS requests per second, signed, hidden, answered and verified");
    group.throughput(Throughput::Elements(AT_ONCE as u64)).sample_size(20);
    group.bench_function("requests", |b| {
        b.iter_custom(|times| {
            let mut all = Duration::ZERO;
            for _ in 0..times {
                let time = exchange(&mut client, &mut cx, AT_ONCE);
                row.note(AT_ONCE as u64, time);
                all += time;
            }
            all
        });
    });
    // One at a time: what a call waits for the client, beyond the server and the network.
    group.throughput(Throughput::Elements(1));
    let mut latency = Duration::MAX;
    group.bench_function("latency", |b| {
        b.iter_custom(|times| {
            let one = |_| exchange(&mut client, &mut cx, 1);
            let all: Duration = (0..times).map(one).sum();
            latency = latency.min(all / u32::try_from(times.max(1)).unwrap_or(u32::MAX));
            all
        });
    });
    group.finish();
    if row.best > 0.0 {
        println!("{row}");
        println!(
            "| latency that the RADIUS client adds to a call, in microseconds | {:.1} |",
            latency.as_secs_f64() * 1e6
        );
    }
    criterion.final_summary();
}
