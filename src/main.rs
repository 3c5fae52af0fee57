//! Arguments and exit code, nothing else.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;
use vpdnsh::config::check::check_file;
use vpdnsh::config::views::InterfaceName;
use vpdnsh::{lab, terminal};

const USAGE: &str = "\
usage: vpdnsh lab DIR                            bring a lab up and run its prompt here
       vpdnsh lab DIR --play FILE --log OUT      run a script on it; OUT/NODE.log holds each console
       vpdnsh check FILE                         say of each line of a configuration what becomes of it
       vpdnsh --config FILE [--interface NAME=DEVICE ...] [--spool DIR]
                                                 run one router on this machine, its console here;
                                                 DIR keeps accounting records until a server has them
       vpdnsh --help | --version";

enum Request {
    Lab { directory: PathBuf, play: Option<(PathBuf, PathBuf)> },
    Check(PathBuf),
    Router { config: PathBuf, devices: HashMap<InterfaceName, String>, spool: Option<PathBuf> },
    Help,
    Version,
}

fn main() -> ExitCode {
    match parse(std::env::args_os()) {
        Ok(request) => run(request),
        Err(error) => {
            eprintln!("vpdnsh: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(request: Request) -> ExitCode {
    let result = match request {
        Request::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Request::Version => {
            println!("vpdnsh {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Request::Check(file) => {
            return ExitCode::from(check_file(&file, &mut std::io::stdout().lock(), &mut std::io::stderr()));
        }
        Request::Lab { directory, play: None } => lab::shell::run_interactive(&directory),
        Request::Lab { directory, play: Some((play, logs)) } => {
            lab::shell::run_play(&directory, &play, &logs)
        }
        Request::Router { config, devices, spool } => terminal::local::run(config, devices, spool),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("vpdnsh: {message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, lexopt::Error> {
    let mut parser = lexopt::Parser::from_iter(args);
    let (mut words, mut play, mut log, mut config) = (Vec::new(), None, None, None);
    let mut devices = HashMap::new();
    let mut spool = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Value(word) => words.push(word),
            Long("play") => play = Some(PathBuf::from(parser.value()?)),
            Long("log") => log = Some(PathBuf::from(parser.value()?)),
            Long("spool") => spool = Some(PathBuf::from(parser.value()?)),
            Long("config") => config = Some(PathBuf::from(parser.value()?)),
            Long("interface") => {
                let (name, device) = interface(&parser.value()?.string()?)?;
                bind(&mut devices, name, device)?;
            }
            Short('h') | Long("help") => return Ok(Request::Help),
            Short('V') | Long("version") => return Ok(Request::Version),
            _ => return Err(arg.unexpected()),
        }
    }
    let word = |n: usize| words.get(n).and_then(|w| w.to_str());
    match (word(0), words.len(), config) {
        (None, 0, Some(config)) if play.is_none() && log.is_none() => {
            Ok(Request::Router { config, devices, spool })
        }
        _ if spool.is_some() => Err("--spool goes with --config".into()),
        (Some("check"), 2, None) => Ok(Request::Check(PathBuf::from(&words[1]))),
        (Some("lab"), 2, None) => {
            let directory = PathBuf::from(&words[1]);
            match (play, log) {
                (None, None) => Ok(Request::Lab { directory, play: None }),
                (Some(play), Some(log)) => Ok(Request::Lab { directory, play: Some((play, log)) }),
                _ => Err("--play and --log go together".into()),
            }
        }
        _ => Err("what is to be done?".into()),
    }
}

/// `Ethernet0=eth0`.
fn interface(text: &str) -> Result<(InterfaceName, String), lexopt::Error> {
    let (name, device) = text.split_once('=').ok_or_else(|| format!("{text}: expected NAME=DEVICE"))?;
    let name = name.parse().map_err(|error| format!("{name}: {error}"))?;
    Ok((name, device.to_owned()))
}

/// One device for each interface, one interface for each device: what a second one would do there nobody could tell.
fn bind(
    devices: &mut HashMap<InterfaceName, String>,
    name: InterfaceName,
    device: String,
) -> Result<(), String> {
    if devices.contains_key(&name) {
        return Err(format!("--interface names {name} twice"));
    }
    if devices.values().any(|other| *other == device) {
        return Err(format!("--interface names the device {device} twice"));
    }
    devices.insert(name, device);
    Ok(())
}
