//! What of a router ends when it is switched off: the sans-IO machine, its table, its clock, and the helpers that
//! carry out what takes time.

use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::clock::MonotonicClock;
use super::devices::{self, Report, Requests};
use super::handle::{HostConfig, Startup};
use super::ping::Answer;
use super::spool::{self, Spool, Work};
use crate::engine::{HostRequest, RequestId, Spooled};
use crate::forward::Table;
use crate::proto::Instant;
use crate::router::{Input, Output, Router, RouterParams};

/// What the task drives: a [`Router`], or in a test a script.
pub trait Node {
    /// [`Router::handle`].
    fn handle(&mut self, now: Instant, input: Input<'_>);
    /// [`Router::poll`].
    fn poll(&mut self) -> Option<Output>;
    /// [`Router::next_timeout`].
    fn next_timeout(&self) -> Option<Instant>;
    /// [`Router::hostname`].
    fn hostname(&self) -> &str;
    /// [`Router::is_booted`].
    fn is_booted(&self) -> bool;
}

impl Node for Router {
    fn handle(&mut self, now: Instant, input: Input<'_>) {
        Router::handle(self, now, input);
    }
    fn poll(&mut self) -> Option<Output> {
        Router::poll(self)
    }
    fn next_timeout(&self) -> Option<Instant> {
        Router::next_timeout(self)
    }
    fn hostname(&self) -> &str {
        Router::hostname(self)
    }
    fn is_booted(&self) -> bool {
        Router::is_booted(self)
    }
}

/// Makes a node at power-on and at every `reload`.
pub type Factory = Box<dyn FnMut(Instant, RouterParams) -> Box<dyn Node> + Send>;

/// What comes back to the task from its helpers.
pub(super) enum Event {
    Timer,
    Report(Report),
    Echo(RequestId, io::Result<Answer>),
}

/// The parts that end with a `reload`.
pub(super) struct Machine {
    pub router: Box<dyn Node>,
    pub table: Table,
    pub clock: MonotonicClock,
    requests: Requests,
    reports: mpsc::UnboundedReceiver<Report>,
    report: mpsc::UnboundedSender<Report>,
    worker: JoinHandle<Result<(), String>>,
    pub echoes: JoinSet<(RequestId, io::Result<Answer>)>,
    spool: Option<Writer>,
}

/// The thread that writes the spool, and how it is told.
type Writer = (Sender<Work>, std::thread::JoinHandle<()>);

impl Machine {
    pub fn power_on(
        config: &mut HostConfig,
        factory: &mut Factory,
        startup: &Startup,
        wall: Option<(i64, u32)>,
        reloaded: bool,
    ) -> io::Result<Machine> {
        let (report, reports) = mpsc::unbounded_channel();
        let spool = config.spool.as_deref().map(|directory| open_spool(directory, &report)).transpose()?;
        let (spool, left) = spool.unzip();
        let (requests, worker) = devices::start(config.devices.clone(), report.clone())?;
        let clock = MonotonicClock::start();
        let params = RouterParams {
            entropy: (config.entropy)(),
            startup_config: startup.text.clone(),
            wall_clock: wall,
            reloaded,
            spooled: left,
        };
        let router = factory(clock.now(), params);
        let (table, echoes) = (Table::new(), JoinSet::new());
        Ok(Machine { router, table, clock, requests, reports, report, worker, echoes, spool })
    }

    /// Hands a request to the task that speaks netlink.
    pub fn ask(&self, id: RequestId, request: HostRequest) {
        if self.requests.send((id, request)).is_err() {
            self.answer(Report::Refused(id, "the netlink task has ended".to_owned()));
        }
    }

    /// Hands work to the thread that writes the spool.
    pub fn spool(&self, id: RequestId, work: Work) {
        let sent = self.spool.as_ref().is_some_and(|(sender, _)| sender.send(work).is_ok());
        if !sent {
            self.answer(Report::Refused(id, "there is no spool".to_owned()));
        }
    }

    /// Answers a request in its turn: a router is not called from within itself.
    pub fn answer(&self, report: Report) {
        // `self` holds the receiver.
        let _ = self.report.send(report);
    }

    /// The next report of a helper, or the router's timer. Cancel-safe.
    pub async fn event(&mut self) -> Event {
        let deadline = self.router.next_timeout().map(|at| self.clock.deadline(at));
        loop {
            tokio::select! {
                () = reach(deadline) => return Event::Timer,
                Some(report) = self.reports.recv() => return Event::Report(report),
                Some(done) = self.echoes.join_next() => {
                    // A task that was cancelled or panicked answers nobody.
                    if let Ok((id, answer)) = done {
                        return Event::Echo(id, answer);
                    }
                }
            }
        }
    }

    /// Takes everything back; the text says what is left.
    pub async fn power_off(mut self) -> Result<(), String> {
        self.echoes.shutdown().await;
        drop(self.requests);
        if let Some((sender, thread)) = self.spool {
            drop(sender);
            // It ends when everything is on disk; that it panicked would have been said there.
            let _ = thread.join();
        }
        self.worker.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

/// Opens the spool; with it comes what was left in it.
fn open_spool(directory: &Path, report: &mpsc::UnboundedSender<Report>) -> io::Result<(Writer, Spooled)> {
    let explain =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", directory.display()));
    let (spool, found) = Spool::open(directory).map_err(explain)?;
    let [.., life] = spool::lives::count(directory).map_err(explain)?.to_be_bytes();
    let report = report.clone();
    let writer = spool::start(spool, move |id, result| {
        let _ = report.send(match result {
            Ok(()) => Report::Done(id),
            Err(text) => Report::Refused(id, text),
        });
    })?;
    Ok((writer, Spooled { life, records: found.records }))
}

/// Waits for a deadline; for ever without one.
async fn reach(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
