//! One router on this machine, with its console on the user's terminal: `vpdnsh --config FILE`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::channel;

use super::backlog::Backlog;
use super::console::Console;
use crate::config::views::InterfaceName;
use crate::host::{HostConfig, Notice, RouterHost, Startup, SystemEntropy, clock, netns};
use crate::router::{ConsoleInput, ConsoleOutput, LineId};

/// The console port.
const CONSOLE: LineId = LineId(0);

/// Runs the router of the configuration `file` until its console is left; then the router says farewell to its
/// RADIUS servers and takes back everything that it made.
/// `devices` names the Linux device of each Ethernet-like interface; no other device is touched. `write memory`
/// writes `file`. Accounting records are kept in the directory `spool` until a server has answered them.
///
/// # Errors
/// One sentence for the operator.
pub fn run(
    file: PathBuf,
    devices: HashMap<InterfaceName, String>,
    spool: Option<PathBuf>,
) -> Result<(), String> {
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    netns::probe_net_admin().map_err(|lack| lack.to_string())?;
    let entropy =
        SystemEntropy::new().map_err(|error| format!("the kernel gives no random numbers: {error}"))?;
    let terminal = |error: std::io::Error| format!("the terminal: {error}");
    let console = Console::open().map_err(terminal)?;
    let handle = RouterHost::start(HostConfig {
        name: "router".to_owned(),
        devices,
        netns: None,
        startup: Startup { text, save_to: Some(file) },
        wall_clock: Some(clock::wall_clock()),
        spool,
        entropy: Box::new(move || Box::new(entropy)),
    });
    let mut handle = handle.map_err(|error| error.to_string())?;
    let notices = handle.take_notices();
    let input = handle.input();
    let (outputs, receive) = channel();
    pump(handle.input(), outputs, console.backlog()).map_err(|error| error.to_string())?;
    let result = console.run(to_router(&input), receive).map_err(terminal);
    handle.leave();
    result.and(stopped(notices))
}

/// What a shutdown could not take back.
fn stopped(notices: Option<tokio::sync::mpsc::UnboundedReceiver<Notice>>) -> Result<(), String> {
    let Some(mut notices) = notices else { return Ok(()) };
    while let Ok(notice) = notices.try_recv() {
        if let Notice::Stopped(result) = notice {
            return result;
        }
    }
    Ok(())
}

/// What the user does goes to the console port; Ctrl-^ x and the end of the input end the session.
fn to_router(input: &crate::host::RouterInput) -> impl Fn(ConsoleInput) + use<> {
    let input = input.clone();
    move |what| {
        if matches!(what, ConsoleInput::Leave | ConsoleInput::Close) {
            input.console(CONSOLE, ConsoleInput::Close);
            input.attach(CONSOLE);
        } else {
            input.console(CONSOLE, what);
        }
    }
}

/// Brings what the router prints to the thread that owns the screen.
fn pump(
    input: crate::host::RouterInput,
    outputs: std::sync::mpsc::Sender<ConsoleOutput>,
    backlog: Backlog,
) -> std::io::Result<()> {
    let mut from_router = input.attach(CONSOLE);
    std::thread::Builder::new().name("console".to_owned()).spawn(move || {
        while let Some(output) = from_router.blocking_recv() {
            if backlog.admit(&output) && outputs.send(output).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
