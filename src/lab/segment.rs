//! An Ethernet segment of a lab, sans-IO: a learning switch whose wires lose, delay, duplicate and reorder what
//! they carry. Both worlds use it, because it replaces what the kernel's netem would do.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use crate::proto::Instant;
use crate::proto::entropy::Seeded;

/// A frame that is reordered is held back by up to this much longer than the others.
const REORDER_SPREAD: Duration = Duration::from_millis(40);

/// Most octets that are under way at once: what a long delay holds of a fast sender. More is lost, as in a real queue.
pub const UNDER_WAY: usize = 64 * 1024 * 1024;

/// Most hardware addresses that a segment remembers; beyond it learns anew.
pub const LEARNED: usize = 4096;

/// A part of a whole in units of 1/10,000 (hundredths of a percent).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u32);

impl Ratio {
    /// Never.
    pub const ZERO: Ratio = Ratio(0);
    const ONE: u32 = 10_000;

    /// `percent` of a hundred; more than a hundred counts as a hundred.
    pub const fn percent(percent: u32) -> Self {
        let parts = percent.saturating_mul(100);
        Ratio(if parts > Self::ONE { Self::ONE } else { parts })
    }

    /// Reads `10%`, `0.5%` or `10`; `None` when it is none of them or above a hundred.
    pub fn parse(text: &str) -> Option<Self> {
        let number: f64 = text.strip_suffix('%').unwrap_or(text).parse().ok()?;
        (0.0..=100.0).contains(&number).then(|| Ratio((number * 100.0).round() as u32))
    }

    fn happens(self, random: &mut Seeded) -> bool {
        self.0 > 0 && random.next_u64() % u64::from(Self::ONE) < u64::from(self.0)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / 100.0)
    }
}

/// What a segment does to frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impairment {
    /// Lost.
    pub loss: Ratio,
    /// Delivered twice.
    pub duplicate: Ratio,
    /// Held back so that later frames overtake.
    pub reorder: Ratio,
    /// Time from port to port.
    pub delay: Duration,
    /// Up to this much more, different for every frame.
    pub jitter: Duration,
}

/// Frame counters of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentCounters {
    /// Frames that came in.
    pub received: u64,
    /// Frames that went out of a port.
    pub delivered: u64,
    /// Frames that the impairment or a link that is down took.
    pub lost: u64,
}

/// A frame that leaves the segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Out of this port.
    pub port: usize,
    /// The Ethernet frame without FCS.
    pub frame: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct InFlight {
    due: Instant,
    order: u64,
    port: usize,
    frame: Vec<u8>,
}

impl Ord for InFlight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl PartialOrd for InFlight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A segment.
#[derive(Debug)]
pub struct Segment {
    ports: usize,
    up: bool,
    impairment: Impairment,
    random: Seeded,
    learned: HashMap<[u8; 6], usize>,
    in_flight: BinaryHeap<Reverse<InFlight>>,
    /// Octets of them.
    under_way: usize,
    order: u64,
    tapped: bool,
    tap: VecDeque<(Instant, Vec<u8>)>,
    counters: SegmentCounters,
}

impl Segment {
    /// A segment with this many ports, up and without fault.
    pub fn new(ports: usize, seed: u64) -> Self {
        Segment {
            ports,
            up: true,
            impairment: Impairment::default(),
            random: Seeded::new(seed),
            learned: HashMap::new(),
            in_flight: BinaryHeap::new(),
            under_way: 0,
            order: 0,
            tapped: false,
            tap: VecDeque::new(),
            counters: SegmentCounters::default(),
        }
    }

    /// It is up.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Pulls or plugs the cable; what is under way is lost when it is pulled.
    pub fn set_up(&mut self, up: bool) {
        self.up = up;
        if !up {
            self.counters.lost += self.in_flight.len() as u64;
            self.in_flight.clear();
            self.under_way = 0;
        }
    }

    /// What it does to frames.
    pub fn impairment(&self) -> Impairment {
        self.impairment
    }

    /// Changes what it does to the frames that come from now on.
    pub fn impair(&mut self, impairment: Impairment) {
        self.impairment = impairment;
    }

    /// Its counters.
    pub fn counters(&self) -> SegmentCounters {
        self.counters
    }

    /// Starts or stops the tap. It sees every frame as its sender's port puts it on the wire, before loss.
    pub fn set_tap(&mut self, on: bool) {
        self.tapped = on;
        if !on {
            self.tap.clear();
        }
    }

    /// The next frame that the tap saw, and when.
    pub fn poll_tap(&mut self) -> Option<(Instant, Vec<u8>)> {
        self.tap.pop_front()
    }

    /// A frame comes in at `port`. What is too short for an Ethernet header is dropped.
    pub fn send(&mut self, now: Instant, port: usize, frame: &[u8]) {
        let (Some(destination), Some(source)) = (address(frame, 0), address(frame, 6)) else { return };
        self.counters.received += 1;
        if !self.up {
            self.counters.lost += 1;
            return;
        }
        if self.tapped {
            self.tap.push_back((now, frame.to_vec()));
        }
        if !is_group(source) {
            if self.learned.len() >= LEARNED && !self.learned.contains_key(&source) {
                self.learned.clear();
            }
            self.learned.insert(source, port);
        }
        match self.learned.get(&destination).copied().filter(|_| !is_group(destination)) {
            Some(to) if to == port => {}
            Some(to) => self.carry(now, to, frame),
            None => {
                for to in (0..self.ports).filter(|to| *to != port) {
                    self.carry(now, to, frame);
                }
            }
        }
    }

    /// The next frame that is due at `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Delivery> {
        if self.in_flight.peek().is_none_or(|Reverse(first)| first.due > now) {
            return None;
        }
        let Reverse(first) = self.in_flight.pop()?;
        self.under_way -= first.frame.len();
        self.counters.delivered += 1;
        Some(Delivery { port: first.port, frame: first.frame })
    }

    /// When `poll` will have something.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.in_flight.peek().map(|Reverse(first)| first.due)
    }

    fn carry(&mut self, now: Instant, port: usize, frame: &[u8]) {
        if self.impairment.loss.happens(&mut self.random) {
            self.counters.lost += 1;
            return;
        }
        let copies = if self.impairment.duplicate.happens(&mut self.random) { 2 } else { 1 };
        for _ in 0..copies {
            if self.under_way + frame.len() > UNDER_WAY {
                self.counters.lost += 1;
                return;
            }
            self.under_way += frame.len();
            let mut due = now + self.impairment.delay + self.up_to(self.impairment.jitter);
            if self.impairment.reorder.happens(&mut self.random) {
                due = due + self.up_to(REORDER_SPREAD);
            }
            self.order += 1;
            self.in_flight.push(Reverse(InFlight { due, order: self.order, port, frame: frame.to_vec() }));
        }
    }

    fn up_to(&mut self, most: Duration) -> Duration {
        match u64::try_from(most.as_micros()) {
            Ok(0) | Err(_) => Duration::ZERO,
            Ok(micros) => Duration::from_micros(self.random.next_u64() % micros + 1),
        }
    }
}

fn address(frame: &[u8], at: usize) -> Option<[u8; 6]> {
    // 14 octets are an Ethernet header; less is no frame.
    frame.get(..14)?.get(at..at + 6)?.try_into().ok()
}

fn is_group(address: [u8; 6]) -> bool {
    address[0] & 1 == 1
}

/// The hardware address of what is at a port of a link: locally administered, one per port of the lab.
pub fn hardware_address(link: usize, port: usize) -> [u8; 6] {
    let [link, port] = [link, port].map(|n| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes());
    [0x02, 0x00, link[0], link[1], port[0], port[1].wrapping_add(1)]
}

/// What `link NAME ...` asks for, in a play and at the lab prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// `up` or `down`.
    Up(bool),
    /// `loss 10%`.
    Loss(Ratio),
    /// `duplicate 10%`.
    Duplicate(Ratio),
    /// `reorder 10%`.
    Reorder(Ratio),
    /// `delay 50ms`.
    Delay(Duration),
    /// `jitter 5ms`.
    Jitter(Duration),
    /// `clean`: no impairment at all.
    Clean,
}

impl LinkChange {
    /// The words that [`parse`](Self::parse) knows.
    pub const WORDS: [&'static str; 8] =
        ["up", "down", "clean", "loss", "duplicate", "reorder", "delay", "jitter"];

    /// Carries it out.
    pub fn apply(self, segment: &mut Segment) {
        let mut impairment = segment.impairment();
        match self {
            LinkChange::Up(up) => segment.set_up(up),
            LinkChange::Loss(ratio) => impairment.loss = ratio,
            LinkChange::Duplicate(ratio) => impairment.duplicate = ratio,
            LinkChange::Reorder(ratio) => impairment.reorder = ratio,
            LinkChange::Delay(delay) => impairment.delay = delay,
            LinkChange::Jitter(jitter) => impairment.jitter = jitter,
            LinkChange::Clean => impairment = Impairment::default(),
        }
        segment.impair(impairment);
    }

    /// Reads the words after the link's name: one change or several (`loss 10% delay 50ms`).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Vec<LinkChange>, String> {
        let mut words = text.split_whitespace();
        let mut changes = Vec::new();
        while let Some(word) = words.next() {
            let mut ratio = || {
                let value = words.next().unwrap_or("");
                Ratio::parse(value)
                    .ok_or_else(|| format!("`{word} {value}`: expected a percentage such as 10%"))
            };
            let change = match word {
                "up" => LinkChange::Up(true),
                "down" => LinkChange::Up(false),
                "clean" => LinkChange::Clean,
                "loss" => LinkChange::Loss(ratio()?),
                "duplicate" => LinkChange::Duplicate(ratio()?),
                "reorder" => LinkChange::Reorder(ratio()?),
                "delay" => LinkChange::Delay(time(word, words.next())?),
                "jitter" => LinkChange::Jitter(time(word, words.next())?),
                other => {
                    return Err(format!(
                        "`{other}`: expected up, down, clean, loss, duplicate, reorder, delay or jitter"
                    ));
                }
            };
            changes.push(change);
        }
        if changes.is_empty() {
            return Err("expected up, down, clean, loss, duplicate, reorder, delay or jitter".to_owned());
        }
        Ok(changes)
    }
}

fn time(word: &str, value: Option<&str>) -> Result<Duration, String> {
    let value = value.unwrap_or("");
    parse_duration(value).ok_or_else(|| format!("`{word} {value}`: expected a time such as 50ms or 2s"))
}

/// Reads `50ms`, `2s`, `1.5s`, `1m`. `None` when it is none of them.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    let seconds: f64 = number.parse::<f64>().ok()? * scale;
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}
