//! `ping`: one echo request at a time, a mark for each outcome.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Core, ExecResult, Job};
use crate::engine::EchoOutcome;
use crate::grammar::Command;
use crate::grammar::command::exec::PingSource;
use crate::grammar::command::routing::RoutingCommand;
use crate::grammar::table::Op;
use crate::router::io::LineId;

/// Marks on one row.
const ROW: usize = 70;

/// What the command line asks for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    repeat: u32,
    size: u16,
    timeout: Duration,
    destination: Ipv4Addr,
    source: Option<Ipv4Addr>,
}

impl Request {
    /// The request of a command line, with IOS's defaults: 5 datagrams of 100 octets, 2 s each.
    pub fn new(
        destination: Ipv4Addr,
        repeat: Option<u32>,
        size: Option<u32>,
        timeout: Option<u32>,
        source: Option<Ipv4Addr>,
    ) -> Self {
        Request {
            repeat: repeat.unwrap_or(5),
            size: size.and_then(|s| u16::try_from(s).ok()).unwrap_or(100),
            timeout: Duration::from_secs(timeout.unwrap_or(2).into()),
            destination,
            source,
        }
    }
}

/// A ping that is under way.
#[derive(Clone, Debug)]
pub struct Ping {
    request: Request,
    sent: u32,
    times: Vec<Duration>,
    column: usize,
}

impl Ping {
    fn new(request: Request) -> Self {
        Ping { request, sent: 0, times: Vec::new(), column: 0 }
    }

    /// The lines above the marks.
    fn opening(&self) -> String {
        let r = &self.request;
        let source =
            r.source.map(|s| format!("Packet sent with a source address of {s} \n")).unwrap_or_default();
        format!(
            "\nType escape sequence to abort.\nSending {}, {}-byte ICMP Echos to {}, timeout is {} seconds:\n{source}",
            r.repeat,
            r.size,
            r.destination,
            r.timeout.as_secs()
        )
    }

    /// The mark of an outcome, with the end of the row where one is full.
    fn mark(&mut self, outcome: EchoOutcome) -> String {
        let mark = match outcome {
            EchoOutcome::Reply(time) => {
                self.times.push(time);
                '!'
            }
            EchoOutcome::Timeout => '.',
            EchoOutcome::Unreachable => 'U',
        };
        self.column += 1;
        if self.column % ROW == 0 { format!("{mark}\n") } else { mark.to_string() }
    }

    fn is_over(&self) -> bool {
        self.sent >= self.request.repeat
    }

    /// The line below the marks.
    fn summary(&self, done: u32) -> String {
        let replies = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        let percent = (u64::from(replies) * 100).checked_div(u64::from(done)).unwrap_or(0);
        let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX).max(1);
        let end = if self.column % ROW == 0 { "" } else { "\n" };
        let head = format!("{end}Success rate is {percent} percent ({replies}/{done})");
        let (Some(min), Some(max)) = (self.times.iter().min(), self.times.iter().max()) else {
            return head + "\n";
        };
        let average = self.times.iter().sum::<Duration>() / replies.max(1);
        format!("{head}, round-trip min/avg/max = {}/{}/{} ms\n", ms(*min), ms(average), ms(*max))
    }
}

/// Starts the command on `line`.
pub fn start(core: &mut Core, line: LineId, request: Request, out: &mut String) -> ExecResult {
    let ping = Ping::new(request);
    out.push_str(&ping.opening());
    core.jobs.insert(line, Job::Ping(ping));
    send(core, line);
    ExecResult::Running
}

fn send(core: &mut Core, line: LineId) {
    let Some(Job::Ping(ping)) = core.jobs.get_mut(&line) else { return };
    let r = ping.request;
    let sequence = u16::try_from(ping.sent % 0x1_0000).unwrap_or(0);
    ping.sent += 1;
    let id = core.engine.ping(core.now, r.destination, r.source, sequence, r.size, r.timeout);
    core.echoes.insert(id, line);
}

/// One echo request has ended: prints its mark and sends the next, or ends the command.
pub fn ended(core: &mut Core, line: LineId, outcome: EchoOutcome) {
    let Some(Job::Ping(ping)) = core.jobs.get_mut(&line) else { return };
    let mut text = ping.mark(outcome);
    let over = ping.is_over();
    if over {
        text += &ping.summary(ping.sent);
        core.jobs.remove(&line);
    }
    core.progress.push((line, text, over));
    if !over {
        send(core, line);
    }
}

/// The escape sequence: what was sent so far counts.
pub fn interrupted(ping: &Ping, out: &mut String) {
    let done = u32::try_from(ping.column).unwrap_or(u32::MAX);
    out.push_str(&ping.summary(done));
}

/// The address that a host stands for: itself, or that of an `ip host` line.
pub fn resolve(core: &Core, host: &str) -> Option<Ipv4Addr> {
    host.parse().ok().or_else(|| {
        core.store.commands().find_map(|command| match command {
            Command::Routing(RoutingCommand::IpHost(Op::Set(h))) if h.name.eq_ignore_ascii_case(host) => {
                h.addresses.first().copied()
            }
            _ => None,
        })
    })
}

/// The source address that a command line names, or why there is none.
pub fn source(core: &Core, source: Option<&PingSource>) -> Result<Option<Ipv4Addr>, &'static str> {
    match source {
        None => Ok(None),
        Some(PingSource::Address { address }) => Ok(Some(*address)),
        Some(PingSource::Interface { interface }) => core
            .engine
            .interface(interface)
            .and_then(|view| view.address)
            .map(|net| Some(net.addr()))
            .ok_or("% Invalid source. Must use IP address or full interface name without spaces (e.g. Serial0/1)\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping(repeat: u32) -> Ping {
        Ping::new(Request::new(Ipv4Addr::new(10, 51, 6, 82), Some(repeat), None, None, None))
    }

    #[test]
    fn the_opening_is_the_documented_one() {
        assert_eq!(
            ping(5).opening(),
            "\nType escape sequence to abort.\nSending 5, 100-byte ICMP Echos to 10.51.6.82, timeout is 2 seconds:\n"
        );
    }

    #[test]
    fn replies_are_counted_and_timed() {
        let mut p = ping(5);
        let mut marks = String::new();
        for ms in [1, 3, 4, 3, 4] {
            marks += &p.mark(EchoOutcome::Reply(Duration::from_millis(ms)));
        }
        assert_eq!(
            marks + &p.summary(5),
            "!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 1/3/4 ms\n"
        );
    }

    #[test]
    fn silence_has_no_times() {
        let mut p = ping(2);
        let marks = p.mark(EchoOutcome::Timeout) + &p.mark(EchoOutcome::Unreachable);
        assert_eq!(marks + &p.summary(2), ".U\nSuccess rate is 0 percent (0/2)\n");
    }

    #[test]
    fn a_row_has_seventy_marks() {
        let mut p = ping(100);
        let marks: String = (0..70).map(|_| p.mark(EchoOutcome::Timeout)).collect();
        assert!(marks.ends_with(".\n") && !p.summary(70).starts_with('\n'));
    }
}
