//! The start of a router with a configuration of 2,000 lines: reading it, its typed views, and the engine's first
//! configuration; and one changed line of it, which is what a typed line costs.

mod harness;

use std::fmt::Write;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput};
use vpdnsh::config::{RouterConfig, Store, Verdict};
use vpdnsh::engine::Engine;
use vpdnsh::proto::Instant;
use vpdnsh::proto::entropy::Seeded;

/// Lines of the configuration.
const LINES: usize = 2000;

/// An LNS for many wholesale customers.
fn configuration() -> String {
    let mut text = String::from(
        "version 12.1\nhostname lns\nvpdn enable\ninterface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n",
    );
    let mut n = 1;
    while text.lines().count() + 20 <= LINES {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "username isp{n} password secret{n}\nvpdn-group isp{n}\n accept-dialin\n  protocol l2tp\n  \
             virtual-template {n}\n terminate-from hostname lac{n}\n local name lns{n}\n l2tp tunnel password secret{n}\n \
             l2tp tunnel hello 30\ninterface Loopback{n}\n ip address 10.1.{}.{} 255.255.255.255\ninterface \
             Virtual-Template{n}\n ip unnumbered Loopback{n}\n peer default ip address pool isp{n}\n ppp authentication \
             chap\n keepalive 30\nip local pool isp{n} 10.2.{}.1 10.2.{}.254\nip route 172.16.{}.0 255.255.255.0 10.0.0.2\n",
            n / 250,
            n % 250 + 1,
            n % 256,
            n % 256,
            n % 256,
        );
        n += 1;
    }
    while text.lines().count() < LINES {
        text.push_str("!\n");
    }
    text
}

fn load(text: &str) -> Store {
    let mut store = Store::new();
    for report in store.load(text) {
        assert!(!matches!(report.verdict, Verdict::Refused(_)), "{report:?}");
    }
    store
}

fn engine(config: Arc<RouterConfig>) -> Engine {
    let mut engine = Engine::new(Box::new(Seeded::new(1)));
    engine.configure(Instant::ZERO, config);
    while engine.poll().is_some() {}
    engine
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("start");
    group.sample_size(10).throughput(Throughput::Elements(LINES as u64));
    let text = configuration();
    let store = load(&text);
    let config = Arc::new(RouterConfig::from_store(&store));
    group.bench_function("load_2000_lines", |b| b.iter(|| load(&text)));
    group.bench_function("views_of_2000_lines", |b| b.iter(|| RouterConfig::from_store(&store)));
    group.bench_function("configure_2000_lines", |b| {
        b.iter_batched(|| config.clone(), engine, BatchSize::PerIteration);
    });
    group.bench_function("whole_start_2000_lines", |b| {
        b.iter(|| engine(Arc::new(RouterConfig::from_store(&load(&text)))));
    });
    let mut running = engine(config.clone());
    let mut changed = (*config).clone();
    changed.hostname = "other".to_owned();
    let both = [config, Arc::new(changed)];
    let mut turn = 0;
    group.bench_function("change_one_of_2000_lines", |b| {
        b.iter(|| {
            turn += 1;
            running.configure(Instant::ZERO, both[turn % 2].clone());
            while running.poll().is_some() {}
        });
    });
    group.finish();
    criterion.final_summary();
}
