//! `show aaa clients`, `show aaa servers` and `show radius statistics`.

use std::time::Duration;

use super::text::say;
use crate::proto::radius::client::{ClientView, RecordCounters, ServerView, Service, ServiceCounters};
use crate::proto::radius::dynamic::{ClientCounters, DynamicView, RequestCounters};

/// `show aaa servers`: a block per RADIUS server, laid out as the published command reference and parser have it.
/// Lines for what is not counted here (throttling, requests per minute, the platform) are left out.
pub fn show_aaa_servers(f: &mut String, client: &ClientView) {
    for (place, server) in client.servers.iter().enumerate() {
        let name = &server.config.name;
        let number = place + 1;
        say!(f);
        say!(
            f,
            "RADIUS: id {number}, priority {number}, host {}, auth-port {}, acct-port {}",
            name.address,
            name.auth_port,
            name.acct_port
        );
        state(f, server);
        let counters = &server.counters;
        service(f, "Authen", &counters.authentication, None);
        service(f, "Author", &counters.authorization, None);
        service(f, "Account", &counters.accounting, Some((&counters.records, &counters.recorded)));
        let counted = client.counted_for.as_secs();
        say!(f, "     Elapsed time since counters last cleared: {}", elapsed(counted));
        let access = counters.authentication.outstanding + counters.authorization.outstanding;
        say!(f, "     Estimated Outstanding Access Transactions: {access}");
        say!(f, "     Estimated Outstanding Accounting Transactions: {}", counters.accounting.outstanding);
    }
}

fn state(f: &mut String, server: &ServerView) {
    let state = if server.dead { "DEAD" } else { "UP" };
    let (now, before) = (server.duration.as_secs(), server.previous.as_secs());
    say!(f, "     State: current {state}, duration {now}s, previous duration {before}s");
    say!(f, "     Dead: total time {}s, count {}", server.dead_time.as_secs(), server.deaths);
}

/// The lines of one service; `records` are those of accounting by kind, sent and answered.
fn service(
    f: &mut String,
    name: &str,
    counters: &ServiceCounters,
    records: Option<(&RecordCounters, &RecordCounters)>,
) {
    let ServiceCounters { requests, timeouts, failovers, retransmits, .. } = counters;
    say!(
        f,
        "     {name}: request {requests}, timeouts {timeouts}, failover {failovers}, retransmission {retransmits}"
    );
    match records {
        Some((sent, answered)) => {
            for (what, r) in [("Request", sent), ("Response", answered)] {
                say!(f, "             {what}: start {}, interim {}, stop {}", r.start, r.interim, r.stop);
            }
        }
        None => {
            let ServiceCounters { accepts, rejects, challenges, .. } = counters;
            say!(f, "             Response: accept {accepts}, reject {rejects}, challenge {challenges}");
        }
    }
    let ServiceCounters { unexpected, incorrect, malformed, .. } = counters;
    let time = average(counters);
    say!(
        f,
        "             Response: unexpected {unexpected}, server error {malformed}, incorrect {incorrect}, time {time}ms"
    );
    let ServiceCounters { replies, unanswered, .. } = counters;
    say!(f, "             Transaction: success {replies}, failure {unanswered}");
}

/// Milliseconds from request to reply.
fn average(counters: &ServiceCounters) -> u128 {
    counters.time.as_millis().checked_div(u128::from(counters.replies)).unwrap_or(0)
}

/// `2m`, `1h5m`, as the published screens write it.
fn elapsed(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 { format!("{hours}h{minutes}m") } else { format!("{minutes}m") }
}

/// All servers together, for one column.
fn sum(client: &ClientView, services: &[Service]) -> ServiceCounters {
    let mut all = ServiceCounters::default();
    for counters in client.servers.iter().flat_map(|s| services.iter().map(|&x| s.counters.of(x))) {
        all.replies += counters.replies;
        all.unanswered += counters.unanswered;
        all.rejects += counters.rejects;
        all.timeouts += counters.timeouts;
        all.unexpected += counters.unexpected;
        all.incorrect += counters.incorrect;
        all.malformed += counters.malformed;
        all.time += counters.time;
        all.longest = all.longest.max(counters.longest);
    }
    all
}

/// `show aaa clients`: who asked for disconnects and changes, and with what success. The layout is this project's
/// choice.
pub fn show_aaa_clients(f: &mut String, server: &DynamicView) {
    say!(f, "Dropped request packets: {}", server.unknown);
    for (address, counters) in &server.clients {
        say!(f);
        say!(f, "RADIUS client {address}");
        for (name, c) in [("Disconnect", &counters.disconnect), ("CoA", &counters.coa)] {
            let RequestCounters { requests, repeats, acks, naks } = c;
            say!(f, "     {name}: request {requests}, repeated {repeats}, ACK {acks}, NAK {naks}");
        }
        let ClientCounters { malformed, bad_authenticator, stale, .. } = counters;
        say!(
            f,
            "     Dropped: malformed {malformed}, bad authenticator {bad_authenticator}, outside of the time window {stale}"
        );
    }
}

/// `show radius statistics`: the sums over all servers, laid out as the published command reference has it. The rows
/// for buffers that do not exist here are left out.
pub fn show_radius_statistics(f: &mut String, client: &ClientView) {
    let access = sum(client, &[Service::Authentication, Service::Authorization]);
    let accounting = sum(client, &[Service::Accounting]);
    let both = sum(client, &[Service::Authentication, Service::Authorization, Service::Accounting]);
    say!(f, "                                  Auth.      Acct.       Both");
    only_both(f, "Maximum inQ length", client.most_outstanding);
    only_both(f, "Maximum waitQ length", client.most_waiting);
    let mut row = |name: &str, of: &dyn Fn(&ServiceCounters) -> u128| {
        let [access, accounting, both] = [&access, &accounting, &both].map(of);
        say!(f, "{name:>27}:{access:>11}{accounting:>11}{both:>11}");
    };
    let seen = |c: &ServiceCounters| c.replies + c.unexpected + c.incorrect + c.malformed;
    row("Total responses seen", &|c| seen(c).into());
    row("Packets with responses", &|c| c.replies.into());
    row("Packets without responses", &|c| c.unanswered.into());
    row("Access Rejects", &|c| c.rejects.into());
    row("Average response delay(ms)", &average);
    row("Maximum response delay(ms)", &|c| c.longest.as_millis());
    row("Number of Radius timeouts", &|c| c.timeouts.into());
    row("Malformed Responses", &|c| c.malformed.into());
    row("Bad Authenticators", &|c| c.incorrect.into());
    row("Unexpected Responses", &|c| c.unexpected.into());
    let [access, accounting] = client.largest;
    let both = access.max(accounting);
    say!(f, "{:>27}:{access:>11}{accounting:>11}{both:>11}", "Maximum Buffer Size (bytes)");
    let unknown = client.dropped.unknown_identifier + client.dropped.wrong_source;
    only_both(f, "Unknown Responses", unknown);
    ports(f, client);
    let counted: Duration = client.counted_for;
    say!(f, "Elapsed time since counters last cleared: {}", elapsed(counted.as_secs()));
}

fn only_both(f: &mut String, name: &str, value: impl std::fmt::Display) {
    say!(f, "{name:>27}:{:>11}{:>11}{value:>11}", "NA", "NA");
}

fn ports(f: &mut String, client: &ClientView) {
    if let (Some(first), Some(last)) = (client.ports.first(), client.ports.last()) {
        say!(f, " Source Port Range: ({} ports only)", client.ports.len());
        say!(f, " {first} - {last}");
    }
    let used: Vec<_> = client.last_access.iter().chain(&client.last_accounting).collect();
    if !used.is_empty() {
        say!(f, " Last used Source Port/Identifier:");
        used.into_iter().for_each(|(port, identifier)| say!(f, " {port}/{identifier}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::screen;
    use crate::proto::radius::ServerConfig;
    use crate::proto::radius::client::{ServerCounters, ServerName};

    fn server() -> ServerView {
        let name =
            ServerName { address: [10, 51, 6, 3].into(), auth_port: 1645, acct_port: 1646, private: None };
        let counters = ServerCounters {
            authentication: ServiceCounters {
                requests: 3,
                replies: 2,
                accepts: 1,
                rejects: 1,
                timeouts: 4,
                retransmits: 3,
                unanswered: 1,
                incorrect: 1,
                time: Duration::from_millis(30),
                longest: Duration::from_millis(20),
                ..ServiceCounters::default()
            },
            accounting: ServiceCounters { requests: 2, outstanding: 1, ..ServiceCounters::default() },
            records: RecordCounters { start: 1, interim: 0, stop: 1 },
            ..ServerCounters::default()
        };
        ServerView {
            config: ServerConfig { name, secret: None, timeout: Duration::from_secs(5), retransmit: 3 },
            dead: false,
            duration: Duration::from_secs(100),
            previous: Duration::from_secs(7),
            dead_time: Duration::from_secs(7),
            deaths: 1,
            counters,
        }
    }

    fn client() -> ClientView {
        ClientView {
            servers: vec![server(), ServerView { dead: true, ..server() }],
            ports: vec![1645, 1646],
            last_access: Some((1645, 33)),
            largest: [156, 327],
            counted_for: Duration::from_secs(3700),
            ..ClientView::default()
        }
    }

    #[test]
    fn show_aaa_servers_has_a_block_per_server() {
        let shown = screen(|f| show_aaa_servers(f, &client()));
        let first = "
RADIUS: id 1, priority 1, host 10.51.6.3, auth-port 1645, acct-port 1646
     State: current UP, duration 100s, previous duration 7s
     Dead: total time 7s, count 1
     Authen: request 3, timeouts 4, failover 0, retransmission 3
             Response: accept 1, reject 1, challenge 0
             Response: unexpected 0, server error 0, incorrect 1, time 15ms
             Transaction: success 2, failure 1
     Author: request 0, timeouts 0, failover 0, retransmission 0
             Response: accept 0, reject 0, challenge 0
             Response: unexpected 0, server error 0, incorrect 0, time 0ms
             Transaction: success 0, failure 0
     Account: request 2, timeouts 0, failover 0, retransmission 0
             Request: start 1, interim 0, stop 1
             Response: start 0, interim 0, stop 0
             Response: unexpected 0, server error 0, incorrect 0, time 0ms
             Transaction: success 0, failure 0
     Elapsed time since counters last cleared: 1h1m
     Estimated Outstanding Access Transactions: 0
     Estimated Outstanding Accounting Transactions: 1
";
        assert!(shown.starts_with(first), "{shown}");
        assert!(shown.contains("id 2, priority 2") && shown.contains("State: current DEAD, "), "{shown}");
    }

    #[test]
    fn show_aaa_clients_tells_what_was_asked_and_dropped() {
        let disconnect = RequestCounters { requests: 3, repeats: 1, acks: 1, naks: 1 };
        let counters = ClientCounters { disconnect, stale: 2, ..ClientCounters::default() };
        let view = DynamicView { clients: vec![([10, 51, 6, 3].into(), counters)], unknown: 4 };
        assert_eq!(
            screen(|f| show_aaa_clients(f, &view)),
            "Dropped request packets: 4\n\nRADIUS client 10.51.6.3\n     Disconnect: request 3, repeated 1, ACK 1, NAK \
             1\n     CoA: request 0, repeated 0, ACK 0, NAK 0\n     Dropped: malformed 0, bad authenticator 0, outside of \
             the time window 2\n"
        );
    }

    #[test]
    fn show_radius_statistics_adds_up() {
        let shown = screen(|f| show_radius_statistics(f, &client()));
        for line in [
            "                                  Auth.      Acct.       Both\n",
            "       Total responses seen:          6          0          6\n",
            "  Packets without responses:          2          0          2\n",
            " Average response delay(ms):         15          0         15\n",
            "Maximum Buffer Size (bytes):        156        327        327\n",
            "          Unknown Responses:         NA         NA          0\n",
            " Source Port Range: (2 ports only)\n 1645 - 1646\n Last used Source Port/Identifier:\n 1645/33\n",
            "Elapsed time since counters last cleared: 1h1m\n",
        ] {
            assert!(shown.contains(line), "{line}{shown}");
        }
    }
}
