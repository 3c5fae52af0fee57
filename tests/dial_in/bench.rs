//! Labs in directories of their own, and the program that runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Whether the program will be able to make its namespaces: a process of its own tries, so that this one stays what
/// it is. What it lacks is what it prints.
pub fn privilege() -> Result<(), String> {
    let lab = "[[node]]\nname = \"a\"\n";
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("lab.toml"), lab).unwrap();
    std::fs::write(directory.path().join("empty.play"), "").unwrap();
    let mut command = program();
    command.arg("lab").arg(directory.path()).args(["--play", "empty.play", "--log"]);
    let output = command.arg(directory.path().join("out")).output().unwrap();
    let error = text(&output.stderr);
    let lacks = ["namespace", "/dev/net/tun cannot be opened"].iter().any(|lack| error.contains(lack));
    if lacks { Err(error.trim().trim_start_matches("vpdnsh: ").to_owned()) } else { Ok(()) }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn example() -> PathBuf {
    root().join("examples/dial-in")
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_vpdnsh"))
}

/// A directory with a copy of the dial-in lab and room for logs.
pub struct Copy {
    pub directory: TempDir,
    /// Console port of the first router.
    pub port: u16,
}

impl Copy {
    /// `change` gets the name and the text of each file.
    pub fn new(change: impl Fn(&str, String) -> String) -> Copy {
        let directory = tempfile::tempdir().unwrap();
        let port = free_ports();
        let sources = ["lab.toml", "users", "call.play"].map(|name| example().join(name));
        let configs = ["soho", "lac", "lns"].map(|name| root().join(format!("configs/dial-in/{name}.cfg")));
        for source in sources.iter().chain(&configs) {
            let name = source.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(source).unwrap();
            let text = text.replace("../../configs/dial-in/", "");
            let text = text.replace("console-port = 2001", &format!("console-port = {port}"));
            std::fs::write(directory.path().join(name), change(name, text)).unwrap();
        }
        Copy { directory, port }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The command that runs a play, which is written to a file.
    pub fn play(&self, text: &str) -> Command {
        let file = self.path().join("test.play");
        std::fs::write(&file, text).unwrap();
        let mut command = program();
        command
            .arg("lab")
            .arg(self.path())
            .arg("--play")
            .arg(&file)
            .arg("--log")
            .arg(self.path().join("out"));
        command
    }

    pub fn log(&self, node: &str) -> String {
        std::fs::read_to_string(self.path().join(format!("out/{node}.log"))).unwrap_or_default()
    }
}

/// The first of three neighbouring TCP ports that nobody listens on.
fn free_ports() -> u16 {
    use std::net::{Ipv4Addr, TcpListener};
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let free = |offset| {
            port.checked_add(offset)
                .is_some_and(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        };
        if free(1) && free(2) {
            return port;
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}: {}", output.status, text(&output.stderr));
}
