//! A lab in virtual time as the stage of a play.

use std::path::Path;

use super::{Node, VirtualLab};
use crate::host::{CaptureWriter, LinkType};
use crate::lab::description::{LinkId, NodeId};
use crate::lab::player::{ShellOutcome, Stage};
use crate::lab::segment::LinkChange;
use crate::lab::virtual_host::Attachment;
use crate::lab::virtual_node::VirtualRouter;
use crate::proto::Instant;
use crate::router::{ConsoleInput, ConsoleOutput};

impl Stage for VirtualLab {
    fn now(&self) -> Instant {
        self.now
    }

    fn console(&mut self, node: NodeId, input: ConsoleInput) {
        let now = self.now;
        if let Some(Node::Router(router)) = self.nodes.get_mut(node.0) {
            router.console(now, input);
        }
    }

    fn advance(&mut self, until: Instant) -> Vec<(NodeId, ConsoleOutput)> {
        self.settle();
        while self.shown.is_empty() && self.step(until) {}
        self.shown.drain(..).collect()
    }

    fn shell(&mut self, _: NodeId, _: &str) -> Result<ShellOutcome, String> {
        Err("there is no Linux in virtual time: `shell` needs a lab that runs in namespaces".to_owned())
    }

    fn link(&mut self, link: LinkId, change: LinkChange) {
        let Some(segment) = self.segment(link) else { return };
        change.apply(segment);
        let up = segment.is_up();
        let ends = self.description.links.get(link.0).map_or(&[][..], |link| &link.ends);
        for (port, end) in ends.iter().enumerate() {
            let at = Attachment { link, port };
            match end.node().and_then(|node| self.nodes.get_mut(node.0)) {
                Some(Node::Router(router)) => router.plug(at, up),
                // A server has one cable, and nobody to tell.
                Some(Node::Radius { .. }) | None => {}
            }
        }
    }

    fn capture(&mut self, link: LinkId, file: &Path) -> Result<(), String> {
        let name = self.description.links.get(link.0).map_or("", |l| l.name.as_str());
        let begin = || {
            let mut writer = CaptureWriter::create(file)?;
            writer.interface(name, LinkType::Ethernet)?;
            Ok(writer)
        };
        let writer = begin().map_err(|error: std::io::Error| format!("{}: {error}", file.display()))?;
        if let Some(wire) = self.wires.get_mut(link.0) {
            wire.capture = Some(writer);
            wire.segment.set_tap(true);
        }
        Ok(())
    }

    fn no_capture(&mut self) {
        self.write_captures();
        for wire in &mut self.wires {
            wire.capture = None;
            wire.segment.set_tap(false);
        }
    }

    fn detail(&mut self, node: NodeId) -> String {
        match self.nodes.get_mut(node.0) {
            Some(Node::Radius { server, .. }) => server.take_detail(),
            Some(Node::Router(_)) | None => String::new(),
        }
    }

    fn power(&mut self, node: NodeId, on: bool) -> Result<(), String> {
        if let Some(Node::Radius { server, .. }) = self.nodes.get_mut(node.0) {
            return server.power(on);
        }
        match (on, self.router(node).is_some_and(VirtualRouter::is_on)) {
            (true, true) => Err("it is on".to_owned()),
            (false, false) => Err("it is off".to_owned()),
            (true, false) => {
                self.switch_on(node, false);
                Ok(())
            }
            (false, true) => {
                self.settle();
                self.switch_off(node);
                Ok(())
            }
        }
    }
}
