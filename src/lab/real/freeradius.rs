//! FreeRADIUS as a node of a lab: `freeradius -f -d DIR` in the namespace of the node, a process of the lab that ends
//! with it, however that ends.
//!
//! It is told in its environment what `lab.toml` says, and a `radiusd.conf` of one's own refers to it by `$ENV{...}`:
//! `LAB_USERS` is the `users` file; `LAB_RUN` is a folder of this run alone with `clients.conf`, the clients of the node,
//! and `access_reject`, what an Access-Reject may carry. What it writes to the file `detail` there is the node's
//! accounting records.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{LabError, processes};
use crate::host::{NetNs, Processes};
use crate::lab::description::{Description, NodeId, RADIUSD_CONF, RadiusNode, RadiusProgram};

/// The RADIUS servers of a lab that are programs of their own.
pub type Programs = BTreeMap<NodeId, Arc<FreeRadius>>;

const RADIUSD: &str = include_str!("freeradius/radiusd.conf");
const ACCESS_REJECT: &str = include_str!("freeradius/access_reject");

/// Where it is, as Debian has it: an ordinary user's PATH does not name the second place.
const NAMES: [&str; 2] = ["freeradius", "/usr/sbin/freeradius"];
/// What it says when it can be asked.
const READY: &str = "Ready to process requests";
/// How long it may take until then.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether it has said so.
const LOOK: Duration = Duration::from_millis(20);
/// How many of its last lines stand in an error.
const LAST_LINES: usize = 8;

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such program.
    #[error(
        "FreeRADIUS is not installed: it is in the Debian package `freeradius`, and kind = \"radius\" does without"
    )]
    NotInstalled,
    /// Its files cannot be written, or it cannot be started.
    #[error("FreeRADIUS cannot be started: {0}")]
    Io(#[from] io::Error),
    /// It has ended.
    #[error("FreeRADIUS does not start:\n{0}")]
    Ended(String),
    /// It does not say that it is ready.
    #[error("FreeRADIUS is not ready after {seconds} s:\n{0}", seconds = PATIENCE.as_secs())]
    NotReady(String),
}

/// A node that is FreeRADIUS.
#[derive(Debug)]
pub struct FreeRadius {
    node: RadiusNode,
    netns: Arc<NetNs>,
    config: PathBuf,
    run: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    /// How much of its log and of its records has been taken.
    logged: u64,
    recorded: u64,
}

/// Starts every node that is FreeRADIUS, and waits until all can be asked.
///
/// # Errors
/// The first one that does not run.
pub fn start(
    description: &Description,
    namespaces: &BTreeMap<NodeId, Arc<NetNs>>,
    once: &OnceLock<Processes>,
) -> Result<Programs, LabError> {
    let mut programs = Programs::new();
    for (id, node, radius) in description.radius_servers() {
        let config = match &radius.program {
            RadiusProgram::Embedded => continue,
            RadiusProgram::FreeRadius { config } => config.as_deref(),
        };
        let Some(netns) = namespaces.get(&id) else { continue };
        let made = processes(once).map_err(Failure::Io).and_then(|processes| {
            let program = FreeRadius::new(radius, config, netns, &processes.scratch().join(&node.name))?;
            program.start(processes)?;
            Ok(program)
        });
        let program = made.map_err(|error| LabError::FreeRadius { node: node.name.clone(), error })?;
        programs.insert(id, Arc::new(program));
    }
    Ok(programs)
}

impl FreeRadius {
    /// Writes its files. It does not run yet.
    fn new(
        node: &RadiusNode,
        config: Option<&Path>,
        netns: &Arc<NetNs>,
        run: &Path,
    ) -> io::Result<FreeRadius> {
        std::fs::create_dir(run)?;
        std::fs::write(run.join("clients.conf"), clients(node))?;
        std::fs::write(run.join("access_reject"), ACCESS_REJECT)?;
        let config = match config {
            Some(own) => own.canonicalize()?,
            None => {
                std::fs::write(run.join(RADIUSD_CONF), RADIUSD)?;
                run.to_path_buf()
            }
        };
        let mut node = node.clone();
        node.users = node.users.canonicalize()?;
        let (netns, run, state) = (netns.clone(), run.to_path_buf(), Mutex::default());
        Ok(FreeRadius { node, netns, config, run, state })
    }

    /// Whether it runs.
    pub fn is_on(&self) -> bool {
        is_on(&mut self.lock())
    }

    /// Switches it: off is SIGKILL, on is a start that has been waited for.
    ///
    /// # Errors
    /// When it is so already, or does not start.
    pub fn power(&self, processes: &Processes, on: bool) -> Result<(), String> {
        match (on, self.is_on()) {
            (true, true) => Err("it is on".to_owned()),
            (false, false) => Err("it is off".to_owned()),
            (true, false) => self.start(processes).map_err(|failure| failure.to_string()),
            (false, true) => {
                let child = self.lock().child.take();
                child.map_or(Ok(()), end).map_err(|error| error.to_string())
            }
        }
    }

    /// Ends it if it runs; it is not said whether it did.
    pub fn end(&self) {
        if let Some(child) = self.lock().child.take() {
            // It has ended by itself when that fails.
            let _ = end(child);
        }
    }

    /// Its log since this was last asked.
    pub fn take_log(&self) -> String {
        read_new(&self.log(), &mut self.lock().logged, "\n").unwrap_or_default()
    }

    /// The accounting records that have come since this was last asked, as its `detail` module writes them.
    pub fn take_detail(&self) -> String {
        // A record ends with an empty line; one that is being written is for the next time.
        read_new(&self.run.join("detail"), &mut self.lock().recorded, "\n\n").unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> PathBuf {
        self.run.join("log")
    }

    fn start(&self, processes: &Processes) -> Result<(), Failure> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let before = log.metadata()?.len();
        self.lock().child = Some(first_found(&NAMES, |name| self.spawn(processes, name, &log))?);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let on = self.is_on();
            let said = read_new(&self.log(), &mut { before }, "\n")?;
            if said.contains(READY) {
                return Ok(());
            }
            if !on {
                return Err(Failure::Ended(last_lines(&said)));
            }
            if Instant::now() >= deadline {
                return Err(Failure::NotReady(last_lines(&said)));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn spawn(&self, processes: &Processes, program: &str, log: &File) -> io::Result<Child> {
        self.netns.run(|| {
            processes.enter()?;
            Command::new(program)
                .args(["-f", "-l", "stdout", "-d"])
                .arg(&self.config)
                .env("LAB_RUN", &self.run)
                .env("LAB_USERS", &self.node.users)
                .current_dir(&self.run)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log.try_clone()?)
                .spawn()
        })
    }
}

impl Drop for FreeRadius {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the program under the first of these names that there is.
fn first_found<T>(names: &[&str], start: impl Fn(&str) -> io::Result<T>) -> Result<T, Failure> {
    for name in names {
        // A search ends with "permission denied" when one of the folders on its way may not be looked into.
        let searched = !name.contains('/');
        match start(name).map_err(|error| (error.kind(), error)) {
            Err((io::ErrorKind::NotFound, _)) => {}
            Err((io::ErrorKind::PermissionDenied, _)) if searched => {}
            other => return Ok(other.map_err(|(_, error)| error)?),
        }
    }
    Err(Failure::NotInstalled)
}

fn is_on(state: &mut State) -> bool {
    // A process that cannot be waited for is none of ours any more.
    state.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
}

fn end(mut child: Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// `clients.conf` of a node.
fn clients(node: &RadiusNode) -> String {
    let mut text = String::new();
    let signed = if node.require_message_authenticator { "yes" } else { "no" };
    for (number, client) in node.clients.iter().enumerate() {
        let secret = client.secret.replace('\\', "\\\\").replace('"', "\\\"");
        // To write into a `String` cannot fail.
        let _ = writeln!(
            text,
            "client lab{number} {{\n\tipaddr = {}\n\tsecret = \"{secret}\"\n\trequire_message_authenticator = {signed}\n}}",
            client.address.trunc()
        );
    }
    text
}

/// What has been added to a file since it had `taken` octets, up to the last `end`.
fn read_new(path: &Path, taken: &mut u64, end: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(*taken))?;
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    let whole = octets.windows(end.len()).rposition(|window| window == end.as_bytes());
    octets.truncate(whole.map_or(0, |at| at + end.len()));
    *taken += octets.len() as u64;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(LAST_LINES)).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
