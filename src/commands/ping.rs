//! `ping`: the dialogue as a machine without I/O. It says what to send, and turns outcomes into text.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::engine::EchoOutcome;

/// Marks that fit on a line.
const MARKS_PER_LINE: u64 = 70;

/// What `ping` was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingOptions {
    /// Destination.
    pub destination: Ipv4Addr,
    /// Source address, when it was given.
    pub source: Option<Ipv4Addr>,
    /// How many echo requests.
    pub repeat: u32,
    /// Octets of each IP datagram.
    pub size: u16,
    /// Sizes that take turns, instead of one.
    pub sweep: Option<Sweep>,
    /// How long to wait for each reply.
    pub timeout: Duration,
}

/// A range of datagram sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The smallest, in octets.
    pub min: u16,
    /// The largest, in octets; no size exceeds it.
    pub max: u16,
    /// Octets from one to the next; not 0.
    pub interval: u16,
}

impl Sweep {
    /// How many sizes there are.
    fn sizes(self) -> u32 {
        u32::from(self.max.saturating_sub(self.min) / self.interval.max(1)) + 1
    }

    /// The size of the n-th datagram, from 0.
    fn size(self, n: u32) -> u16 {
        let steps = u16::try_from(n % self.sizes()).unwrap_or(0);
        self.min.saturating_add(steps.saturating_mul(self.interval))
    }
}

impl PingOptions {
    /// IOS's defaults: five datagrams of 100 octets, two seconds.
    pub const fn new(destination: Ipv4Addr) -> Self {
        let timeout = Duration::from_secs(2);
        PingOptions { destination, source: None, repeat: 5, size: 100, sweep: None, timeout }
    }

    /// How many echo requests there are: each size of a sweep is sent as often as `repeat` says.
    fn count(&self) -> u32 {
        self.repeat.saturating_mul(self.sweep.map_or(1, Sweep::sizes))
    }
}

/// One echo request to send. The outcome belongs into [`PingJob::outcome`] before the next one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoRequest {
    /// Destination.
    pub destination: Ipv4Addr,
    /// Source, or as routed.
    pub source: Option<Ipv4Addr>,
    /// Sequence number, from 0.
    pub sequence: u16,
    /// Octets of the IP datagram.
    pub size: u16,
    /// How long to wait.
    pub timeout: Duration,
}

/// A running `ping`: one request at a time, as IOS does.
#[derive(Clone, Debug)]
pub struct PingJob {
    options: PingOptions,
    /// Echo requests in all.
    count: u32,
    sent: u32,
    done: u32,
    replies: u32,
    shortest: Duration,
    longest: Duration,
    total: Duration,
}

impl PingJob {
    /// A ping that has sent nothing yet.
    pub fn new(options: PingOptions) -> Self {
        PingJob {
            options,
            count: options.count(),
            sent: 0,
            done: 0,
            replies: 0,
            shortest: Duration::MAX,
            longest: Duration::ZERO,
            total: Duration::ZERO,
        }
    }

    /// The lines above the marks, as published captures show them.
    pub fn banner(&self) -> String {
        let PingOptions { destination, source, size, sweep, timeout, .. } = self.options;
        let count = self.count;
        let size = sweep.map_or_else(|| size.to_string(), |s| format!("[{}..{}]", s.min, s.max));
        let seconds = timeout.as_secs();
        let from =
            source.map_or_else(String::new, |a| format!("Packet sent with a source address of {a} \n"));
        format!(
            "\nType escape sequence to abort.\nSending {count}, {size}-byte ICMP Echos to {destination}, \
             timeout is {seconds} seconds:\n{from}"
        )
    }

    /// The next request to send; `None` while one is out, and when all are done.
    pub fn next_request(&mut self) -> Option<EchoRequest> {
        if self.sent != self.done || self.sent >= self.count {
            return None;
        }
        let sequence = (self.sent % 0x1_0000) as u16;
        let PingOptions { destination, source, size, sweep, timeout, .. } = self.options;
        let size = sweep.map_or(size, |s| s.size(self.sent));
        self.sent += 1;
        Some(EchoRequest { destination, source, sequence, size, timeout })
    }

    /// How the request that is out has ended: the text to print. It ends with the result line after the last one.
    /// Empty when no request is out.
    pub fn outcome(&mut self, outcome: EchoOutcome) -> String {
        if self.sent == self.done {
            return String::new();
        }
        self.done += 1;
        let mark = match outcome {
            EchoOutcome::Reply(time) => {
                self.replies += 1;
                self.shortest = self.shortest.min(time);
                self.longest = self.longest.max(time);
                self.total = self.total.saturating_add(time);
                '!'
            }
            EchoOutcome::Timeout => '.',
            EchoOutcome::Unreachable => 'U',
        };
        let mut text = String::from(mark);
        if self.is_done() {
            text.push('\n');
            text.push_str(&self.result());
        } else if u64::from(self.done) % MARKS_PER_LINE == 0 {
            text.push('\n');
        }
        text
    }

    /// The escape sequence was typed: the text to print; nothing is sent any more.
    pub fn abort(&mut self) -> String {
        if self.is_done() {
            return String::new();
        }
        self.count = self.done;
        self.sent = self.done;
        let broken = u64::from(self.done) % MARKS_PER_LINE == 0;
        format!("{}{}", if broken { "" } else { "\n" }, self.result())
    }

    /// Whether every request has its outcome.
    pub const fn is_done(&self) -> bool {
        self.done >= self.count
    }

    fn result(&self) -> String {
        let PingJob { done, replies, .. } = *self;
        let percent = (u64::from(replies) * 100).checked_div(u64::from(done)).unwrap_or(0);
        let mut text = format!("Success rate is {percent} percent ({replies}/{done})");
        if let Some(average) = self.total.checked_div(replies) {
            // IOS tells at least one millisecond.
            let ms = |time: Duration| time.as_micros().div_ceil(1000).max(1);
            let (min, avg, max) = (ms(self.shortest), ms(average), ms(self.longest));
            text.push_str(&format!(", round-trip min/avg/max = {min}/{avg}/{max} ms"));
        }
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(repeat: u32) -> PingJob {
        PingJob::new(PingOptions { repeat, ..PingOptions::new(Ipv4Addr::new(10, 51, 6, 82)) })
    }

    fn run(job: &mut PingJob, outcomes: impl IntoIterator<Item = EchoOutcome>) -> String {
        let mut text = job.banner();
        for outcome in outcomes {
            assert!(job.next_request().is_some());
            text.push_str(&job.outcome(outcome));
        }
        text
    }

    const fn reply(ms: u64) -> EchoOutcome {
        EchoOutcome::Reply(Duration::from_millis(ms))
    }

    #[test]
    fn five_replies_are_the_published_screen() {
        let mut job = job(5);
        assert_eq!(
            run(&mut job, [1, 3, 3, 4, 4].map(reply)),
            "
Type escape sequence to abort.
Sending 5, 100-byte ICMP Echos to 10.51.6.82, timeout is 2 seconds:
!!!!!
Success rate is 100 percent (5/5), round-trip min/avg/max = 1/3/4 ms
"
        );
        assert!(job.is_done() && job.next_request().is_none());
        assert_eq!(job.outcome(reply(1)), "", "an outcome that nobody waits for prints nothing");
    }

    #[test]
    fn silence_and_refusals_have_their_marks() {
        let mut job = job(5);
        let shown =
            run(&mut job, [EchoOutcome::Timeout, reply(2), EchoOutcome::Unreachable, reply(2), reply(2)]);
        assert!(
            shown.ends_with(".!U!!\nSuccess rate is 60 percent (3/5), round-trip min/avg/max = 2/2/2 ms\n"),
            "{shown}"
        );
        let mut nobody = self::job(2);
        let shown = run(&mut nobody, [EchoOutcome::Timeout; 2]);
        assert!(shown.ends_with("..\nSuccess rate is 0 percent (0/2)\n"), "{shown}");
    }

    #[test]
    fn marks_wrap_at_seventy() {
        let mut job = job(141);
        let shown = run(&mut job, std::iter::repeat_n(reply(1), 141));
        let marks: Vec<usize> = shown.lines().filter(|l| l.starts_with('!')).map(str::len).collect();
        assert_eq!(marks, [70, 70, 1]);
        let mut even = self::job(70);
        assert!(!run(&mut even, std::iter::repeat_n(reply(1), 70)).contains("\n\nSuccess"));
    }

    #[test]
    fn one_request_at_a_time() {
        let mut job = job(2);
        assert_eq!(job.next_request().map(|r| r.sequence), Some(0));
        assert_eq!(job.next_request(), None);
        job.outcome(EchoOutcome::Timeout);
        assert_eq!(job.next_request().map(|r| r.sequence), Some(1));
    }

    #[test]
    fn the_sizes_of_a_sweep_take_turns() {
        let sweep = Some(Sweep { min: 36, max: 100, interval: 30 });
        let mut job = PingJob::new(PingOptions { sweep, repeat: 2, ..PingOptions::new(Ipv4Addr::LOCALHOST) });
        assert!(
            job.banner().contains("\nSending 6, [36..100]-byte ICMP Echos to 127.0.0.1"),
            "{}",
            job.banner()
        );
        let mut sizes = Vec::new();
        while let Some(request) = job.next_request() {
            sizes.push(request.size);
            job.outcome(reply(1));
        }
        assert_eq!(sizes, [36, 66, 96, 36, 66, 96]);
        assert!(job.is_done());
    }

    #[test]
    fn an_abort_counts_what_was_done() {
        let mut job = job(5);
        run(&mut job, [reply(1), EchoOutcome::Timeout]);
        job.next_request();
        assert_eq!(job.abort(), "\nSuccess rate is 50 percent (1/2), round-trip min/avg/max = 1/1/1 ms\n");
        assert!(job.is_done() && job.next_request().is_none());
        assert_eq!(job.abort(), "");
        assert_eq!(self::job(5).abort(), "Success rate is 0 percent (0/0)\n");
    }

    #[test]
    fn a_source_is_named() {
        let source = Some(Ipv4Addr::new(95, 31, 31, 8));
        let job = PingJob::new(PingOptions { source, ..PingOptions::new(Ipv4Addr::LOCALHOST) });
        assert!(job.banner().ends_with("seconds:\nPacket sent with a source address of 95.31.31.8 \n"));
    }
}
