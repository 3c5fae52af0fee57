//! The wires of a real lab: TAPs, segments, the ISDN switch and captures, on the lab's own thread.

use std::collections::BTreeMap;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::engine::ChannelId;
use crate::host::{Access, AccessSender, CaptureWriter, LinkType, Tap};
use crate::lab::description::{Description, IsdnLine, LinkId, NodeId};
use crate::lab::isdn::{self, Switch};
use crate::lab::segment::Segment;
use crate::proto::{Instant, time::earliest};

/// Largest Ethernet frame that a TAP gives: 1500 octets, header, and room for a tag.
const FRAME_MAX: usize = 2048;
/// Frames that wait for the lab's thread; the readers of the TAPs wait when it is full.
pub const FRAME_QUEUE: usize = 1024;

/// Items of the access sides of all routers that wait for the lab's thread; the routers wait when it is full.
pub const ACCESS_QUEUE: usize = 64;

/// What a router has sent on its access side.
pub struct FromAccess {
    /// The router.
    pub node: NodeId,
    /// Which time it was switched on.
    pub power: u64,
    /// What.
    pub item: Access,
}

/// A frame that a node has sent.
pub struct Received {
    /// Onto this link.
    pub link: LinkId,
    /// In at this port.
    pub port: usize,
    /// The frame.
    pub frame: Vec<u8>,
}

struct Capture {
    writer: CaptureWriter<BufWriter<File>>,
    interface: u32,
}

struct Wire {
    segment: Segment,
    taps: Vec<Arc<Tap>>,
    capture: Option<Capture>,
    /// Frames that a device did not take: it is down, or its queue is full.
    refused: u64,
}

/// Everything between the nodes.
pub struct Wires {
    wires: Vec<Wire>,
    switch: Switch,
    description: Description,
    access: BTreeMap<NodeId, AccessSender>,
    /// Captures that have ended by themselves, and why.
    failed: Vec<String>,
}

impl Wires {
    /// Segments and switch of a lab; `taps` are the ends of each link in the order of its ports.
    pub fn new(description: &Description, taps: Vec<Vec<Arc<Tap>>>) -> Self {
        let wires = taps
            .into_iter()
            .zip(0u64..)
            .map(|(taps, index)| Wire {
                segment: Segment::new(taps.len(), description.seed.wrapping_add(index)),
                taps,
                capture: None,
                refused: 0,
            })
            .collect();
        Wires {
            wires,
            switch: Switch::new(isdn::line_params(description)),
            description: description.clone(),
            access: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    /// A router is there; its lines come up.
    pub fn power_on(&mut self, node: NodeId, access: AccessSender) {
        self.access.insert(node, access);
        self.set_lines(node, true);
    }

    /// A router is gone; its calls end.
    pub fn power_off(&mut self, node: NodeId) {
        self.access.remove(&node);
        self.set_lines(node, false);
    }

    /// What is at a port of a link.
    pub fn tap(&self, link: LinkId, port: usize) -> Option<&Arc<Tap>> {
        self.wires.get(link.0)?.taps.get(port)
    }

    /// An end of a link that was removed has been made anew.
    pub fn replace_tap(&mut self, link: LinkId, port: usize, tap: Arc<Tap>) {
        if let Some(end) = self.wires.get_mut(link.0).and_then(|wire| wire.taps.get_mut(port)) {
            *end = tap;
        }
    }

    /// Captures that have ended by themselves since this was last asked, and why.
    pub fn failed_captures(&mut self) -> Vec<String> {
        std::mem::take(&mut self.failed)
    }

    /// A frame came in.
    pub fn received(&mut self, now: Instant, received: &Received) {
        if let Some(wire) = self.wires.get_mut(received.link.0) {
            wire.segment.send(now, received.port, &received.frame);
        }
    }

    /// The access side of a router says this.
    pub fn access(&mut self, node: NodeId, item: Access) {
        match item {
            Access::Signal { controller, message } => {
                if let Some(line) = isdn::line_of(&self.description, node, &controller) {
                    self.switch.signal(line, message);
                }
            }
            Access::Octets { channel, octets } => {
                if let Some(line) = isdn::line_of(&self.description, node, &channel.controller) {
                    self.switch.octets(line, channel.channel, &octets);
                }
            }
            Access::Reset => {
                self.set_lines(node, false);
                self.set_lines(node, true);
            }
        }
        self.run_switch();
    }

    /// Waits until every router has room for more octets. Cancel-safe. A router always empties its queue, however busy
    /// it is, so that two never wait for each other.
    pub async fn room(&self) {
        poll_fn(|cx| {
            match self.access.values().all(|access| !access.is_full() || access.poll_room(cx).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Delivers every frame that is due.
    pub fn run(&mut self, now: Instant) {
        for (wire, link) in self.wires.iter_mut().zip(&self.description.links) {
            while let Some(delivery) = wire.segment.poll(now) {
                let taken = wire.taps.get(delivery.port).map(|tap| tap.try_send(&delivery.frame));
                if !matches!(taken, Some(Ok(_))) {
                    wire.refused += 1;
                }
            }
            while let Some((_, frame)) = wire.segment.poll_tap() {
                let Some(capture) = &mut wire.capture else { continue };
                let written = capture
                    .writer
                    .packet(capture.interface, SystemTime::now(), &frame)
                    .and_then(|()| capture.writer.flush());
                if let Err(error) = written {
                    // The disk is full or gone: what is in the file stays readable.
                    self.failed.push(format!("the capture of {} has ended: {error}", link.name));
                    wire.capture = None;
                    wire.segment.set_tap(false);
                }
            }
        }
    }

    /// When `run` has something to do.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.wires.iter().fold(None, |soonest, wire| earliest(soonest, wire.segment.next_timeout()))
    }

    /// Captures a link.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn capture(&mut self, link: LinkId, name: &str, file: &Path) -> io::Result<()> {
        let Some(wire) = self.wires.get_mut(link.0) else { return Err(io::ErrorKind::NotFound.into()) };
        let mut writer = CaptureWriter::create(file)?;
        let interface = writer.interface(name, LinkType::Ethernet)?;
        writer.flush()?;
        wire.capture = Some(Capture { writer, interface });
        wire.segment.set_tap(true);
        Ok(())
    }

    /// Ends every capture.
    pub fn no_capture(&mut self) {
        for wire in &mut self.wires {
            wire.segment.set_tap(false);
            wire.capture = None;
        }
    }

    /// The segment of a link.
    pub fn segment(&mut self, link: LinkId) -> Option<&mut Segment> {
        self.wires.get_mut(link.0).map(|wire| &mut wire.segment)
    }

    /// Whether a link is being captured.
    pub fn is_captured(&self, link: LinkId) -> bool {
        self.wires.get(link.0).is_some_and(|wire| wire.capture.is_some())
    }

    /// The switch, for `status`.
    pub const fn switch(&self) -> &Switch {
        &self.switch
    }

    fn set_lines(&mut self, node: NodeId, up: bool) {
        for line in isdn::lines_of(&self.description, node) {
            self.switch.set_line(line, up);
        }
        self.run_switch();
    }

    fn run_switch(&mut self) {
        while let Some(output) = self.switch.poll() {
            let (isdn::Output::Signal { line, .. } | isdn::Output::Octets { line, .. }) = &output;
            let Some(IsdnLine { node, controller, .. }) = self.description.isdn.get(line.0) else { continue };
            let Some(access) = self.access.get(node) else { continue };
            // A router that has ended takes nothing; its lines go down with its notice.
            let _ = match output {
                isdn::Output::Signal { message, .. } => access.signal(controller.clone(), message),
                isdn::Output::Octets { channel, octets, .. } => {
                    access.octets(ChannelId { controller: controller.clone(), channel }, octets)
                }
            };
        }
    }
}

/// Reads a TAP until it is gone.
pub async fn read_tap(tap: Arc<Tap>, link: LinkId, port: usize, frames: mpsc::Sender<Received>) {
    let mut buffer = vec![0; FRAME_MAX];
    while let Ok(length) = tap.recv(&mut buffer).await {
        let Some(frame) = buffer.get(..length) else { continue };
        if frames.send(Received { link, port, frame: frame.to_vec() }).await.is_err() {
            return;
        }
    }
}
