//! The queue between a router and the ISDN switch: signals and B channel octets in one order.
//!
//! Signals are never lost. Whoever can wait until there is room ([`AccessSender::poll_room`]) loses no octets either;
//! beyond [`QUEUE_OCTETS`] what comes next is dropped, as on a line that is offered more than it can carry.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::sync::mpsc;

use crate::config::views::InterfaceName;
use crate::engine::{ChannelId, IsdnMessage};

/// Most octets that wait in one direction.
pub const QUEUE_OCTETS: usize = 256 * 1024;
/// From here on whoever can wait should.
const FULL: usize = QUEUE_OCTETS / 2;
/// Below it there is room again.
const ROOM: usize = QUEUE_OCTETS / 4;

/// What crosses the access side of a router, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A message on a D channel.
    Signal {
        /// `Serial0:23` or `BRI0` of the router.
        controller: InterfaceName,
        /// The message.
        message: IsdnMessage,
    },
    /// Octets of a B channel, HDLC-like framed (RFC 1662); a frame may be cut anywhere.
    Octets {
        /// The B channel of the router.
        channel: ChannelId,
        /// The octets.
        octets: Vec<u8>,
    },
    /// The router was switched off or reloaded: every call of it is gone. Only from a router.
    Reset,
}

#[derive(Debug, Default)]
struct Level {
    queued: AtomicUsize,
    dropped: AtomicU64,
    waiting: AtomicWaker,
}

/// The sending end. Clones send into the same queue.
#[derive(Clone, Debug)]
pub struct AccessSender {
    queue: mpsc::UnboundedSender<Access>,
    level: Arc<Level>,
}

/// The receiving end.
#[derive(Debug)]
pub struct AccessReceiver {
    queue: mpsc::UnboundedReceiver<Access>,
    level: Arc<Level>,
}

/// A new queue.
pub fn queue() -> (AccessSender, AccessReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let level = Arc::new(Level::default());
    (AccessSender { queue: sender, level: level.clone() }, AccessReceiver { queue: receiver, level })
}

impl AccessSender {
    /// Sends a D channel message. False when the receiver is gone.
    pub fn signal(&self, controller: InterfaceName, message: IsdnMessage) -> bool {
        self.queue.send(Access::Signal { controller, message }).is_ok()
    }

    /// Sends octets on a B channel. False when they were dropped: the queue is full or the receiver is gone.
    pub fn octets(&self, channel: ChannelId, octets: Vec<u8>) -> bool {
        let length = octets.len();
        if self.level.queued.load(Ordering::Relaxed).saturating_add(length) > QUEUE_OCTETS {
            self.level.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.level.queued.fetch_add(length, Ordering::AcqRel);
        self.queue.send(Access::Octets { channel, octets }).is_ok()
    }

    /// Whether whoever can wait should.
    pub fn is_full(&self) -> bool {
        self.level.queued.load(Ordering::Acquire) >= FULL
    }

    /// Ready when the queue has room again; otherwise the waker is kept and called then. One task waits for a queue.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let has_room = || self.level.queued.load(Ordering::Acquire) < ROOM || self.queue.is_closed();
        if has_room() {
            return Poll::Ready(());
        }
        self.level.waiting.register(cx.waker());
        // It may have been emptied just before.
        if has_room() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Says that every call of the router is gone.
    pub fn reset(&self) -> bool {
        self.queue.send(Access::Reset).is_ok()
    }

    /// How many times octets were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.level.dropped.load(Ordering::Relaxed)
    }
}

impl AccessReceiver {
    /// The next item, or `None` when every sender is gone and the queue is empty. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Access> {
        let item = self.queue.recv().await;
        self.release(item.as_ref());
        item
    }

    /// The next item if there is one now.
    pub fn try_recv(&mut self) -> Option<Access> {
        let item = self.queue.try_recv().ok();
        self.release(item.as_ref());
        item
    }

    fn release(&self, item: Option<&Access>) {
        if let Some(Access::Octets { octets, .. }) = item {
            let before = self.level.queued.fetch_sub(octets.len(), Ordering::AcqRel);
            if before >= ROOM && before - octets.len() < ROOM {
                self.level.waiting.wake();
            }
        }
    }
}

impl Drop for AccessReceiver {
    fn drop(&mut self) {
        self.queue.close();
        self.level.waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::InterfaceKind;
    use crate::engine::CallRef;

    fn channel() -> ChannelId {
        ChannelId { controller: InterfaceName::new(InterfaceKind::Bri, "0"), channel: 1 }
    }

    #[test]
    fn a_full_queue_drops_octets_but_no_signal() {
        let (sender, mut receiver) = queue();
        assert!(sender.octets(channel(), vec![0; QUEUE_OCTETS]));
        assert!(!sender.octets(channel(), vec![0; 1]));
        assert_eq!(sender.dropped(), 1);
        let message = IsdnMessage::Disconnect { call: CallRef(1), cause: 16 };
        assert!(sender.signal(channel().controller, message.clone()));
        assert!(matches!(receiver.try_recv(), Some(Access::Octets { .. })));
        assert_eq!(receiver.try_recv(), Some(Access::Signal { controller: channel().controller, message }));
        assert!(sender.octets(channel(), vec![0; 1]), "room again once the receiver has taken it");
    }
}
