//! The `status` screen of a lab.

use std::fmt::Write;

use super::description::{Description, HOST, Link, LinkEnd, Node, NodeKind, RadiusProgram};
use super::isdn::{CallView, LineIndex};
use super::segment::{Impairment, Ratio, Segment, SegmentCounters};

/// A node as `status` shows it.
pub struct NodeStatus<'a> {
    /// The node.
    pub node: &'a Node,
    /// It is switched on.
    pub on: bool,
    /// A router's host name.
    pub hostname: Option<String>,
    /// Who watches its console.
    pub viewers: usize,
}

/// A link as `status` shows it.
pub struct LinkStatus<'a> {
    /// The link.
    pub link: &'a Link,
    /// It is up.
    pub up: bool,
    /// What it does to frames.
    pub impairment: Impairment,
    /// Its counters.
    pub counters: SegmentCounters,
    /// It is being captured.
    pub captured: bool,
}

impl<'a> LinkStatus<'a> {
    /// How a link is now.
    pub fn of(link: &'a Link, segment: &Segment, captured: bool) -> Self {
        LinkStatus {
            link,
            up: segment.is_up(),
            impairment: segment.impairment(),
            counters: segment.counters(),
            captured,
        }
    }
}

/// The whole screen; lines end with `\n`.
pub fn render(
    description: &Description,
    nodes: &[NodeStatus<'_>],
    links: &[LinkStatus<'_>],
    calls: &[CallView],
) -> String {
    let mut text = format!("{}\n\n", description.title);
    let _ = writeln!(text, "{:<10} {:<10} {:<12} {:<5} CONSOLE", "NODE", "KIND", "HOSTNAME", "POWER");
    for status in nodes {
        node(&mut text, status);
    }
    let _ =
        writeln!(text, "\n{:<10} {:<5} {:>8} {:>8} {:>6}  ENDS", "LINK", "STATE", "FRAMES", "OUT", "LOST");
    for status in links {
        link(&mut text, description, status);
    }
    if !description.isdn.is_empty() {
        text.push_str("\nISDN\n");
    }
    for line in &description.isdn {
        let numbers = line.numbers.join(" ");
        let _ = writeln!(text, "  {:<12} {} {}", numbers, description.node_name(line.node), line.controller);
    }
    for call in calls {
        let state = if call.connected { "connected" } else { "ringing" };
        let end = |(line, channel): (LineIndex, u8)| match description.isdn.get(line.0) {
            Some(line) => format!("{} {} B{channel}", description.node_name(line.node), line.controller),
            None => String::new(),
        };
        let _ =
            writeln!(text, "  call {} -> {} ({}), {state}", end(call.caller), end(call.called), call.number);
    }
    text
}

fn node(text: &mut String, status: &NodeStatus<'_>) {
    let (kind, console) = match &status.node.kind {
        NodeKind::Router(router) => {
            ("router", router.console.map_or_else(|| "-".to_owned(), |p| format!("127.0.0.1 {p}")))
        }
        NodeKind::Radius(radius) => {
            let kind = match radius.program {
                RadiusProgram::Embedded => "radius",
                RadiusProgram::FreeRadius { .. } => "freeradius",
            };
            (kind, format!("{}", radius.address))
        }
    };
    let watchers = match status.viewers {
        0 => String::new(),
        1 => ", 1 terminal".to_owned(),
        n => format!(", {n} terminals"),
    };
    let hostname = status.hostname.as_deref().unwrap_or("-");
    let power = if status.on { "on" } else { "off" };
    let _ =
        writeln!(text, "{:<10} {kind:<10} {hostname:<12} {power:<5} {console}{watchers}", status.node.name);
}

fn link(text: &mut String, description: &Description, status: &LinkStatus<'_>) {
    let counters = status.counters;
    let ends: Vec<String> = status
        .link
        .ends
        .iter()
        .map(|end| match end {
            LinkEnd::Node { node, interface: Some(interface) } => {
                format!("{} {interface}", description.node_name(*node))
            }
            LinkEnd::Node { node, interface: None } => description.node_name(*node).to_owned(),
            LinkEnd::Host { device, .. } => format!("{HOST} {device}"),
        })
        .collect();
    let _ = write!(
        text,
        "{:<10} {:<5} {:>8} {:>8} {:>6}  {}",
        status.link.name,
        if status.up { "up" } else { "down" },
        counters.received,
        counters.delivered,
        counters.lost,
        ends.join(", ")
    );
    text.push_str(&impairment(status.impairment));
    text.push_str(if status.captured { ", captured\n" } else { "\n" });
}

fn impairment(impairment: Impairment) -> String {
    let mut text = String::new();
    let ratios =
        [("loss", impairment.loss), ("duplicate", impairment.duplicate), ("reorder", impairment.reorder)];
    for (name, ratio) in ratios.into_iter().filter(|(_, ratio)| *ratio != Ratio::ZERO) {
        let _ = write!(text, ", {name} {ratio}");
    }
    for (name, time) in [("delay", impairment.delay), ("jitter", impairment.jitter)] {
        if !time.is_zero() {
            let _ = write!(text, ", {name} {time:?}");
        }
    }
    text
}
