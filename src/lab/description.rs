//! `lab.toml`: which nodes a lab has and what connects them.
//!
//! ```toml
//! title = "The documented call"
//! console-port = 2001                 # console of the first router; the others follow
//! seed = 1                            # of links and, in virtual time, of the nodes
//!
//! [[node]]
//! name = "lac"                        # kind = "router" is the default
//! config = "lac.cfg"
//! spool = "spool/lac"                 # keeps accounting records over a restart; nothing is kept without it
//!
//! [[node]]
//! name = "aaa"
//! kind = "radius"
//! address = "10.51.6.3/24"
//! users = "users"
//! clients = [{ address = "10.51.6.0/24", secret = "cisco" }]
//!                                     # kind = "freeradius" is FreeRADIUS in place of the embedded server, all else alike
//!
//! [[link]]
//! name = "lac-lns"
//! ends = ["lac Ethernet0", "lns Ethernet0", "aaa"]
//!
//! [isdn.numbers]
//! 614629 = "lac Serial0:23"
//! ```
//!
//! An end `"host DEVICE"` or `"host DEVICE 10.99.0.1/24"` joins the machine itself to a link: for the life of the lab
//! there is a TAP of that name in the network namespace in which vpdnsh was started, with that address if one is given.
//! It takes the right to make devices there: root, or CAP_NET_ADMIN over that namespace.
//!
//! A node of `kind = "freeradius"` may name a directory as its `config`, with a `radiusd.conf` of its own in place of the
//! one that vpdnsh writes; [`freeradius`](super::real::freeradius) says what it finds in its environment. In virtual time
//! the embedded server stands in for it.
//!
//! Paths are relative to the directory of `lab.toml`. An unknown key is an error; every error names its line.

mod build;
mod file;

use std::fmt;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;
use serde::Deserialize;

use self::file::net;
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::grammar::value::KindMatch;

/// The name of the file in a lab directory.
pub const FILE_NAME: &str = "lab.toml";
/// The file that FreeRADIUS reads in its directory.
pub const RADIUSD_CONF: &str = "radiusd.conf";
/// What stands for the machine itself where a link names a node.
pub const HOST: &str = "host";

/// A node of a lab, by its place in [`Description::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// A link of a lab, by its place in [`Description::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub usize);

/// A lab that can be brought up: every name in it resolves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// One line for the banner.
    pub title: String,
    /// Where the files of the lab are.
    pub directory: PathBuf,
    /// Loopback TCP port of the first router's console; `None` for no console ports.
    pub console_port: Option<u16>,
    /// Seed of the links and, in virtual time, of the nodes.
    pub seed: u64,
    /// In the order of the file.
    pub nodes: Vec<Node>,
    /// Ethernet segments, in the order of the file.
    pub links: Vec<Link>,
    /// Lines of the ISDN switch, each interface once.
    pub isdn: Vec<IsdnLine>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The name that the lab uses for it, which is not its hostname.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A vpdnsh router.
    Router(RouterNode),
    /// A RADIUS server.
    Radius(RadiusNode),
}

/// A router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterNode {
    /// Its startup-config, or none.
    pub config: Option<PathBuf>,
    /// Loopback TCP port of its console.
    pub console: Option<u16>,
    /// Where it keeps accounting records over a restart.
    pub spool: Option<PathBuf>,
}

/// Which program a RADIUS server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadiusProgram {
    /// The one of this package.
    Embedded,
    /// FreeRADIUS; in virtual time, where no program runs, the embedded one.
    FreeRadius {
        /// The directory of its `radiusd.conf`, if it is not the one that vpdnsh writes.
        config: Option<PathBuf>,
    },
}

/// A RADIUS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusNode {
    /// What it is.
    pub program: RadiusProgram,
    /// Its address on its link.
    pub address: Ipv4Net,
    /// A FreeRADIUS `users` file.
    pub users: PathBuf,
    /// Who may ask.
    pub clients: Vec<RadiusClient>,
    /// Refuse an Access-Request without Message-Authenticator.
    pub require_message_authenticator: bool,
}

/// Clients of a RADIUS server that share a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadiusClient {
    /// From these addresses.
    #[serde(deserialize_with = "net")]
    pub address: Ipv4Net,
    /// Shared secret.
    pub secret: String,
}

/// An Ethernet segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name in `link NAME ...` and `capture NAME ...`.
    pub name: String,
    /// Who is on it; an end's place here is its port.
    pub ends: Vec<LinkEnd>,
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// A node of the lab.
    Node {
        /// The node.
        node: NodeId,
        /// Its interface; a RADIUS node has only one and does not name it.
        interface: Option<InterfaceName>,
    },
    /// The machine itself: a TAP in the network namespace in which vpdnsh was started. In virtual time nobody is there.
    Host {
        /// Name of the device.
        device: String,
        /// Its address.
        address: Option<Ipv4Net>,
    },
}

impl LinkEnd {
    /// The node that is here.
    pub const fn node(&self) -> Option<NodeId> {
        match self {
            LinkEnd::Node { node, .. } => Some(*node),
            LinkEnd::Host { .. } => None,
        }
    }

    /// The interface that the node names here.
    pub const fn interface(&self) -> Option<&InterfaceName> {
        match self {
            LinkEnd::Node { interface, .. } => interface.as_ref(),
            LinkEnd::Host { .. } => None,
        }
    }
}

/// A line of the ISDN switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsdnLine {
    /// The node.
    pub node: NodeId,
    /// The interface of its D channel: `BRI0` or `Serial0:23`.
    pub controller: InterfaceName,
    /// The numbers that ring here; the first one is its own number as a caller.
    pub numbers: Vec<String>,
}

/// What is wrong with a lab, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionError {
    /// The file.
    pub file: PathBuf,
    /// 1-based line, when it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

impl std::error::Error for DescriptionError {}

impl Description {
    /// Reads `DIR/lab.toml`. The files that it names must be there.
    ///
    /// # Errors
    /// A file that cannot be read, TOML that does not parse, an unknown key, a name that does not resolve.
    pub fn load(directory: &Path) -> Result<Description, DescriptionError> {
        let file = directory.join(FILE_NAME);
        let text = std::fs::read_to_string(&file).map_err(|error| DescriptionError {
            file: file.clone(),
            line: None,
            message: format!("cannot be read: {error}"),
        })?;
        let description = Self::parse(&text, directory)?;
        for path in description.files() {
            if !path.is_file() {
                return Err(DescriptionError {
                    file: path,
                    line: None,
                    message: format!("there is no such file, though {} names it", file.display()),
                });
            }
        }
        Ok(description)
    }

    /// Reads the text of a `lab.toml` whose directory is `directory`; no file is touched.
    ///
    /// # Errors
    /// As [`load`](Self::load), but for the files.
    pub fn parse(text: &str, directory: &Path) -> Result<Description, DescriptionError> {
        build::build(text, directory)
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|n| n.name == name).map(NodeId)
    }

    /// The link of this name.
    pub fn link(&self, name: &str) -> Option<LinkId> {
        self.links.iter().position(|l| l.name == name).map(LinkId)
    }

    /// A node's name; empty when it is none of this lab.
    pub fn node_name(&self, node: NodeId) -> &str {
        self.nodes.get(node.0).map_or("", |n| n.name.as_str())
    }

    /// The routers in the order of the file.
    pub fn routers(&self) -> impl Iterator<Item = (NodeId, &Node, &RouterNode)> {
        self.nodes.iter().enumerate().filter_map(|(i, n)| match &n.kind {
            NodeKind::Router(router) => Some((NodeId(i), n, router)),
            NodeKind::Radius(_) => None,
        })
    }

    /// The RADIUS servers in the order of the file.
    pub fn radius_servers(&self) -> impl Iterator<Item = (NodeId, &Node, &RadiusNode)> {
        self.nodes.iter().enumerate().filter_map(|(i, n)| match &n.kind {
            NodeKind::Radius(radius) => Some((NodeId(i), n, radius)),
            NodeKind::Router(_) => None,
        })
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.nodes
            .iter()
            .flat_map(|n| match &n.kind {
                NodeKind::Router(router) => vec![router.config.clone()],
                NodeKind::Radius(RadiusNode { users, program, .. }) => match program {
                    RadiusProgram::FreeRadius { config: Some(directory) } => {
                        vec![Some(users.clone()), Some(directory.join(RADIUSD_CONF))]
                    }
                    RadiusProgram::FreeRadius { config: None } | RadiusProgram::Embedded => {
                        vec![Some(users.clone())]
                    }
                },
            })
            .flatten()
    }
}

/// Reads an interface name as the book writes it: the long or the short name in any case, then the unit
/// (`Ethernet0`, `se0:23`, `BRI0`). `None` when it is none.
pub fn parse_interface(text: &str) -> Option<InterfaceName> {
    let unit_at = text.find(|c: char| c.is_ascii_digit())?;
    let (kind, unit) = text.split_at(unit_at);
    match InterfaceKind::find(kind) {
        KindMatch::One(kind) if kind.has_unit(unit) => Some(InterfaceName::new(kind, unit)),
        KindMatch::One(_) | KindMatch::Ambiguous | KindMatch::None => None,
    }
}
