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
//! Paths are relative to the directory of `lab.toml`. An unknown key is an error; every error names its line.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;
use serde::Deserialize;
use toml::Spanned;

use super::isdn::b_channels;
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::grammar::value::KindMatch;
use crate::host::tun;

/// The name of the file in a lab directory.
pub const FILE_NAME: &str = "lab.toml";
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
    /// The embedded RADIUS server.
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

/// A RADIUS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusNode {
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
                    file: path.to_path_buf(),
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
        let place = Place { file: directory.join(FILE_NAME), text };
        let raw: RawLab = toml::from_str(text).map_err(|error| DescriptionError {
            file: place.file.clone(),
            line: error.span().map(|span| place.line(&span)),
            message: error.message().to_owned(),
        })?;
        let mut builder = Builder {
            place,
            nodes: Vec::new(),
            names: HashMap::new(),
            used: HashMap::new(),
            host_devices: HashMap::new(),
        };
        builder.nodes(&raw, directory)?;
        let links = builder.links(&raw)?;
        let isdn = builder.isdn(&raw)?;
        builder.everybody_connected(&raw)?;
        Ok(Description {
            title: raw.title.unwrap_or_else(|| directory_name(directory)),
            directory: directory.to_path_buf(),
            console_port: raw.console_port,
            seed: raw.seed.unwrap_or(1),
            nodes: builder.nodes,
            links,
            isdn,
        })
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

    fn files(&self) -> impl Iterator<Item = &Path> {
        self.nodes.iter().filter_map(|n| match &n.kind {
            NodeKind::Router(router) => router.config.as_deref(),
            NodeKind::Radius(radius) => Some(radius.users.as_path()),
        })
    }
}

fn directory_name(directory: &Path) -> String {
    directory.file_name().map_or_else(|| "lab".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Reads an interface name as the book writes it: the long or the short name in any case, then the unit
/// (`Ethernet0`, `se0:23`, `BRI0`). `None` when it is none.
pub fn parse_interface(text: &str) -> Option<InterfaceName> {
    let unit_at = text.find(|c: char| c.is_ascii_digit())?;
    let (kind, unit) = text.split_at(unit_at);
    match InterfaceKind::find(kind) {
        KindMatch::One(kind) if InterfaceName::is_unit(unit) => Some(InterfaceName::new(kind, unit)),
        KindMatch::One(_) | KindMatch::Ambiguous | KindMatch::None => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawLab {
    title: Option<String>,
    console_port: Option<u16>,
    seed: Option<u64>,
    #[serde(default)]
    node: Vec<RawNode>,
    #[serde(default)]
    link: Vec<RawLink>,
    isdn: Option<RawIsdn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawNode {
    name: Spanned<String>,
    kind: Option<Spanned<String>>,
    config: Option<Spanned<PathBuf>>,
    console: Option<Spanned<u16>>,
    spool: Option<Spanned<PathBuf>>,
    address: Option<Spanned<RawNet>>,
    users: Option<Spanned<PathBuf>>,
    clients: Option<Spanned<Vec<RadiusClient>>>,
    require_message_authenticator: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLink {
    name: Spanned<String>,
    ends: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIsdn {
    numbers: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
struct RawNet(#[serde(deserialize_with = "net")] Ipv4Net);

fn net<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Ipv4Net, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is not an address and prefix such as 10.51.6.3/24"))
    })
}

/// Turns byte spans into lines.
struct Place<'a> {
    file: PathBuf,
    text: &'a str,
}

impl Place<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        self.text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1
    }

    fn error(&self, span: &Range<usize>, message: impl Into<String>) -> DescriptionError {
        DescriptionError { file: self.file.clone(), line: Some(self.line(span)), message: message.into() }
    }
}

/// Resolves the names of a lab.
struct Builder<'a> {
    place: Place<'a>,
    nodes: Vec<Node>,
    names: HashMap<String, NodeId>,
    /// Interfaces that are connected, and the line where.
    used: HashMap<(NodeId, Option<InterfaceName>), usize>,
    /// Devices of the machine itself, and the line where.
    host_devices: HashMap<String, usize>,
}

impl Builder<'_> {
    fn nodes(&mut self, raw: &RawLab, directory: &Path) -> Result<(), DescriptionError> {
        let mut routers = 0u16;
        for node in &raw.node {
            let (name, span) = (node.name.get_ref(), node.name.span());
            check_name(name).map_err(|message| self.place.error(&span, message))?;
            if name == HOST {
                return Err(self.place.error(&span, "`host` is the machine itself, no node"));
            }
            let id = NodeId(self.nodes.len());
            if self.names.insert(name.clone(), id).is_some() {
                return Err(self.place.error(&span, format!("a second node with the name `{name}`")));
            }
            let kind = match node.kind.as_ref().map(|k| (k.get_ref().as_str(), k.span())) {
                None | Some(("router", _)) => {
                    let default = raw.console_port.map(|base| base.saturating_add(routers));
                    routers += 1;
                    NodeKind::Router(self.router(node, directory, default)?)
                }
                Some(("radius", _)) => NodeKind::Radius(self.radius(node, directory)?),
                Some((other, span)) => {
                    let message = format!("unknown kind `{other}`: expected `router` or `radius`");
                    return Err(self.place.error(&span, message));
                }
            };
            self.nodes.push(Node { name: name.clone(), kind });
        }
        Ok(())
    }

    fn router(
        &self,
        node: &RawNode,
        directory: &Path,
        console: Option<u16>,
    ) -> Result<RouterNode, DescriptionError> {
        let foreign = [
            ("address", node.address.as_ref().map(Spanned::span)),
            ("users", node.users.as_ref().map(Spanned::span)),
            ("clients", node.clients.as_ref().map(Spanned::span)),
            ("require-message-authenticator", node.require_message_authenticator.as_ref().map(Spanned::span)),
        ];
        self.refuse(foreign, "a router")?;
        Ok(RouterNode {
            config: node.config.as_ref().map(|c| directory.join(c.get_ref())),
            console: node.console.as_ref().map(|c| *c.get_ref()).or(console),
            spool: node.spool.as_ref().map(|s| directory.join(s.get_ref())),
        })
    }

    fn radius(&self, node: &RawNode, directory: &Path) -> Result<RadiusNode, DescriptionError> {
        let foreign = [
            ("config", node.config.as_ref().map(Spanned::span)),
            ("console", node.console.as_ref().map(Spanned::span)),
            ("spool", node.spool.as_ref().map(Spanned::span)),
        ];
        self.refuse(foreign, "a RADIUS server")?;
        let missing = |key: &str| {
            let message = format!("a RADIUS server needs `{key}`");
            self.place.error(&node.name.span(), message)
        };
        Ok(RadiusNode {
            address: node.address.as_ref().ok_or_else(|| missing("address"))?.get_ref().0,
            users: directory.join(node.users.as_ref().ok_or_else(|| missing("users"))?.get_ref()),
            clients: node.clients.as_ref().ok_or_else(|| missing("clients"))?.get_ref().clone(),
            require_message_authenticator: node
                .require_message_authenticator
                .as_ref()
                .is_some_and(|flag| *flag.get_ref()),
        })
    }

    fn refuse<const N: usize>(
        &self,
        keys: [(&str, Option<Range<usize>>); N],
        what: &str,
    ) -> Result<(), DescriptionError> {
        match keys.into_iter().find_map(|(key, span)| Some((key, span?))) {
            Some((key, span)) => Err(self.place.error(&span, format!("{what} has no `{key}`"))),
            None => Ok(()),
        }
    }

    fn links(&mut self, raw: &RawLab) -> Result<Vec<Link>, DescriptionError> {
        let mut links: Vec<Link> = Vec::new();
        for link in &raw.link {
            let (name, span) = (link.name.get_ref(), link.name.span());
            check_name(name).map_err(|message| self.place.error(&span, message))?;
            if links.iter().any(|l| &l.name == name) {
                return Err(self.place.error(&span, format!("a second link with the name `{name}`")));
            }
            if link.ends.len() < 2 {
                return Err(self.place.error(&span, format!("link `{name}` needs two ends or more")));
            }
            let ends = link.ends.iter().map(|end| self.link_end(end)).collect::<Result<_, _>>()?;
            links.push(Link { name: name.clone(), ends });
        }
        Ok(links)
    }

    fn link_end(&mut self, end: &Spanned<String>) -> Result<LinkEnd, DescriptionError> {
        let span = end.span();
        let mut words = end.get_ref().split_whitespace();
        let name = words.next().unwrap_or("");
        if name == HOST {
            return self.host_end(words, &span);
        }
        let node = self.known_node(name, &span)?;
        let word = words.next();
        if words.next().is_some() {
            return Err(self.place.error(&span, "an end is `NODE INTERFACE`"));
        }
        let radius = matches!(self.nodes.get(node.0).map(|n| &n.kind), Some(NodeKind::Radius(_)));
        let interface = match (word, radius) {
            (None, true) => None,
            (Some(_), true) => {
                return Err(self.place.error(&span, "a RADIUS server does not name an interface"));
            }
            (None, false) => return Err(self.place.error(&span, "a router names its interface here")),
            (Some(word), false) => Some(self.interface(word, is_ethernet, "an Ethernet interface", &span)?),
        };
        self.connect(node, interface.clone(), &span)?;
        Ok(LinkEnd::Node { node, interface })
    }

    fn host_end<'a>(
        &mut self,
        mut words: impl Iterator<Item = &'a str>,
        span: &Range<usize>,
    ) -> Result<LinkEnd, DescriptionError> {
        let refuse = |message: String| Err(self.place.error(span, message));
        let (device, address) = match (words.next(), words.next(), words.next()) {
            (Some(device), None, _) => (device, None),
            (Some(device), Some(address), None) => match address.parse() {
                Ok(address) => (device, Some(address)),
                Err(_) => {
                    return refuse(format!("`{address}` is not an address and prefix such as 10.51.6.3/24"));
                }
            },
            _ => {
                return refuse(
                    "the end of the machine itself is `host DEVICE` or `host DEVICE ADDRESS/LENGTH`".into(),
                );
            }
        };
        if let Err(message) = tun::check_name(device) {
            return refuse(message);
        }
        let line = self.place.line(span);
        if let Some(before) = self.host_devices.insert(device.to_owned(), line) {
            return refuse(format!(
                "a second device with the name `{device}`: it is in line {before} already"
            ));
        }
        Ok(LinkEnd::Host { device: device.to_owned(), address })
    }

    fn isdn(&mut self, raw: &RawLab) -> Result<Vec<IsdnLine>, DescriptionError> {
        let mut lines: Vec<IsdnLine> = Vec::new();
        for (number, end) in raw.isdn.iter().flat_map(|isdn| &isdn.numbers) {
            let span = end.span();
            if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#')) {
                return Err(self.place.error(&span, format!("`{number}` is not a telephone number")));
            }
            let mut words = end.get_ref().split_whitespace();
            let (name, word) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let node = self.known_node(name, &span)?;
            let expected = "an ISDN interface (`BRI0`, `Serial0:23`)";
            let controller = self.interface(word, is_isdn, expected, &span)?;
            if words.next().is_some() {
                return Err(self.place.error(&span, "a number rings at `NODE INTERFACE`"));
            }
            match lines.iter_mut().find(|l| l.node == node && l.controller == controller) {
                Some(line) => line.numbers.push(number.clone()),
                None => {
                    self.connect(node, Some(controller.clone()), &span)?;
                    lines.push(IsdnLine { node, controller, numbers: vec![number.clone()] });
                }
            }
        }
        Ok(lines)
    }

    fn everybody_connected(&self, raw: &RawLab) -> Result<(), DescriptionError> {
        for (index, node) in self.nodes.iter().enumerate() {
            let alone = !self.used.keys().any(|(id, _)| id.0 == index);
            if alone && matches!(node.kind, NodeKind::Radius(_)) {
                let span = raw.node.get(index).map_or(0..0, |n| n.name.span());
                return Err(self.place.error(&span, format!("`{}` is on no link", node.name)));
            }
        }
        Ok(())
    }

    fn known_node(&self, name: &str, span: &Range<usize>) -> Result<NodeId, DescriptionError> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| self.place.error(span, format!("there is no node with the name `{name}`")))
    }

    fn interface(
        &self,
        word: &str,
        fits: impl Fn(&InterfaceName) -> bool,
        expected: &str,
        span: &Range<usize>,
    ) -> Result<InterfaceName, DescriptionError> {
        parse_interface(word)
            .filter(fits)
            .ok_or_else(|| self.place.error(span, format!("`{word}` is not {expected}")))
    }

    fn connect(
        &mut self,
        node: NodeId,
        interface: Option<InterfaceName>,
        span: &Range<usize>,
    ) -> Result<(), DescriptionError> {
        let line = self.place.line(span);
        match self.used.insert((node, interface), line) {
            Some(before) => {
                Err(self.place.error(span, format!("this interface is connected already, in line {before}")))
            }
            None => Ok(()),
        }
    }
}

fn is_ethernet(name: &InterfaceName) -> bool {
    matches!(
        name.kind,
        InterfaceKind::Ethernet | InterfaceKind::FastEthernet | InterfaceKind::GigabitEthernet
    )
}

fn is_isdn(name: &InterfaceName) -> bool {
    !b_channels(name).is_empty()
}

/// Names stand in front of a colon in a play and become file names.
fn check_name(name: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match name.chars().next() {
        Some(first) if first.is_ascii_alphanumeric() && name.chars().all(word) => Ok(()),
        _ => Err(format!("`{name}` is not a name: letters, digits, `-` and `_`")),
    }
}
