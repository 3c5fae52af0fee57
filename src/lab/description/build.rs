//! From the file to the lab: every name is looked up, everything that does not fit is refused with its line.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::file::{RawLab, RawNode};
use super::{
    Description, DescriptionError, FILE_NAME, HOST, IsdnLine, Link, LinkEnd, Node, NodeId, NodeKind,
    RadiusNode, RadiusProgram, RouterNode, parse_interface,
};
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::host::tun;
use crate::lab::isdn::b_channels;

/// Reads the text of a `lab.toml` whose directory is `directory`.
///
/// # Errors
/// TOML that does not parse, an unknown key, a name that does not resolve; with the line.
pub(super) fn build(text: &str, directory: &Path) -> Result<Description, DescriptionError> {
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
        consoles: HashMap::new(),
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

fn directory_name(directory: &Path) -> String {
    directory.file_name().map_or_else(|| "lab".to_owned(), |name| name.to_string_lossy().into_owned())
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
    /// Ports of consoles, and the line where.
    consoles: HashMap<u16, usize>,
}

impl Builder<'_> {
    fn nodes(&mut self, raw: &RawLab, directory: &Path) -> Result<(), DescriptionError> {
        let mut routers = 0;
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
                    let default = raw.console_port.map(|base| u32::from(base) + routers);
                    routers += 1;
                    NodeKind::Router(self.router(node, directory, default)?)
                }
                Some(("radius", _)) => {
                    let foreign = [("config", node.config.as_ref().map(Spanned::span))];
                    self.refuse(foreign, "a RADIUS server")?;
                    NodeKind::Radius(self.radius(node, directory, RadiusProgram::Embedded)?)
                }
                Some(("freeradius", _)) => {
                    let config = node.config.as_ref().map(|c| directory.join(c.get_ref()));
                    NodeKind::Radius(self.radius(node, directory, RadiusProgram::FreeRadius { config })?)
                }
                Some((other, span)) => {
                    let message =
                        format!("unknown kind `{other}`: expected `router`, `radius` or `freeradius`");
                    return Err(self.place.error(&span, message));
                }
            };
            self.nodes.push(Node { name: name.clone(), kind });
        }
        Ok(())
    }

    fn router(
        &mut self,
        node: &RawNode,
        directory: &Path,
        console: Option<u32>,
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
            console: self.console(node, console)?,
            spool: node.spool.as_ref().map(|s| directory.join(s.get_ref())),
        })
    }

    /// The port of a router's console: its own, or the one that it gets by its place.
    fn console(&mut self, node: &RawNode, by_place: Option<u32>) -> Result<Option<u16>, DescriptionError> {
        let (wanted, span) = match (&node.console, by_place) {
            (Some(own), _) => (u32::from(*own.get_ref()), own.span()),
            (None, Some(port)) => (port, node.name.span()),
            (None, None) => return Ok(None),
        };
        let name = node.name.get_ref();
        let Some(port) = u16::try_from(wanted).ok().filter(|port| *port != 0) else {
            let message = format!("the console of `{name}` would be at port {wanted}, which is none");
            return Err(self.place.error(&span, message));
        };
        match self.consoles.insert(port, self.place.line(&span)) {
            Some(before) => {
                let message =
                    format!("a second console at port {port}: that of line {before} is there already");
                Err(self.place.error(&span, message))
            }
            None => Ok(Some(port)),
        }
    }

    fn radius(
        &self,
        node: &RawNode,
        directory: &Path,
        program: RadiusProgram,
    ) -> Result<RadiusNode, DescriptionError> {
        let foreign = [
            ("console", node.console.as_ref().map(Spanned::span)),
            ("spool", node.spool.as_ref().map(Spanned::span)),
        ];
        self.refuse(foreign, "a RADIUS server")?;
        let missing = |key: &str| {
            let message = format!("a RADIUS server needs `{key}`");
            self.place.error(&node.name.span(), message)
        };
        Ok(RadiusNode {
            program,
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
