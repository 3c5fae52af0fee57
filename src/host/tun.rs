//! TUN and TAP devices. They vanish with their descriptor: a killed process leaves none behind.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tun_rs::{AsyncDevice, DeviceBuilder, Layer, SyncDevice};

/// Longest name of a network device (IFNAMSIZ less its NUL).
pub const NAME_MAX: usize = 15;

/// Whether the kernel takes `name` for a network device.
///
/// # Errors
/// One sentence for the operator.
pub fn check_name(name: &str) -> Result<(), String> {
    let bad = |c: char| matches!(c, '/' | ':' | '%') || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.len() > NAME_MAX || name.contains(bad) || matches!(name, "." | "..") {
        return Err(format!(
            "\"{name}\" cannot name a network device: 1 to {NAME_MAX} characters, no blank, colon, slash or percent"
        ));
    }
    Ok(())
}

fn build(name: &str, layer: Layer, mtu: u16, mac: Option<[u8; 6]>) -> io::Result<SyncDevice> {
    check_name(name).map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
    let mut builder = DeviceBuilder::new().name(name).layer(layer).mtu(mtu).offload(false).enable(false);
    if let Some(mac) = mac {
        builder = builder.mac_addr(mac);
    }
    let device = builder.build_sync()?;
    let given = device.name()?;
    if given != name {
        return Err(io::Error::other(format!("the kernel named the device {given} instead of {name}")));
    }
    Ok(device)
}

/// A device with a second descriptor for writing, which does not ask the runtime whether the device is writable: of
/// one that has just come up the runtime does not know yet, and would lose its first packets.
fn split(device: SyncDevice) -> io::Result<(AsyncDevice, OwnedFd)> {
    let writer = device.as_fd().try_clone_to_owned()?;
    Ok((AsyncDevice::new(device)?, writer))
}

/// A TUN: IP packets without any header.
pub struct Tun {
    device: AsyncDevice,
    writer: OwnedFd,
    name: String,
    index: u32,
    crowded: Arc<AtomicBool>,
}

/// Whether the kernel may have dropped packets of a TUN since this was last asked.
#[derive(Clone, Debug)]
pub struct Crowded(Arc<AtomicBool>);

impl Crowded {
    /// Answers, and takes note that it was asked.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Tun {
    /// Makes a TUN in the namespace of this thread; it stays down. Inside a tokio runtime.
    ///
    /// # Errors
    /// A bad or taken name, or what the kernel says.
    pub fn create(name: &str, mtu: u16) -> io::Result<Tun> {
        let device = build(name, Layer::L3, mtu, None)?;
        let index = device.if_index()?;
        let (device, writer) = split(device)?;
        Ok(Tun { device, writer, name: name.to_owned(), index, crowded: Arc::default() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its interface index.
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Whether the counters of its drops need to be looked at.
    pub fn crowded(&self) -> Crowded {
        Crowded(self.crowded.clone())
    }

    /// More packets wait to be read than are read at a time: its queue, of 500 packets, may have run over.
    pub fn note_crowd(&self) {
        self.crowded.store(true, Ordering::Relaxed);
    }

    /// Ready when there may be something to read; otherwise the waker is kept and called then.
    ///
    /// # Errors
    /// When the device is gone.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.device.poll_readable(cx)
    }

    /// Reads one packet if there is one; `WouldBlock` otherwise.
    ///
    /// # Errors
    /// `WouldBlock`, or when the device is down or gone.
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.device.try_recv(buffer)
    }

    /// Writes one packet.
    ///
    /// # Errors
    /// `WouldBlock`, or when the device is down or gone.
    pub fn try_send(&self, packet: &[u8]) -> io::Result<usize> {
        let sent = nix::unistd::write(&self.writer, packet);
        if sent.is_err() {
            // The kernel counts it as dropped.
            self.note_crowd();
        }
        Ok(sent?)
    }
}

/// A TAP: the lab's end of an Ethernet. Its frames begin with the destination address; no FCS.
pub struct Tap {
    device: AsyncDevice,
    writer: OwnedFd,
}

impl Tap {
    /// Makes a device in the namespace of this thread, without a runtime; it stays down until somebody sets it up.
    /// [`Tap::from_sync`] makes it usable.
    ///
    /// # Errors
    /// A bad or taken name, or what the kernel says.
    pub fn open(name: &str, mtu: u16, mac: Option<[u8; 6]>) -> io::Result<SyncDevice> {
        build(name, Layer::L2, mtu, mac)
    }

    /// Registers a device made by [`Tap::open`], in whichever namespace, with the tokio runtime of this thread.
    ///
    /// # Errors
    /// When the runtime refuses it.
    pub fn from_sync(device: SyncDevice) -> io::Result<Tap> {
        let (device, writer) = split(device)?;
        Ok(Tap { device, writer })
    }

    /// What it is called in its namespace now: others may have renamed it.
    ///
    /// # Errors
    /// When the device is gone.
    pub fn name(&self) -> io::Result<String> {
        self.device.name()
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// When the device is down or gone.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.device.recv(buffer).await
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// When the device is down or gone.
    pub async fn send(&self, frame: &[u8]) -> io::Result<usize> {
        self.device.send(frame).await
    }

    /// Writes one frame if the device takes it now.
    ///
    /// # Errors
    /// `WouldBlock`, or when the device is down or gone.
    pub fn try_send(&self, frame: &[u8]) -> io::Result<usize> {
        Ok(nix::unistd::write(&self.writer, frame)?)
    }
}
