//! Captures in pcapng (draft-ietf-opsawg-pcapng): section header, one interface description per named
//! interface, enhanced packets with nanosecond stamps. Little-endian.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::O_NONBLOCK;

/// What the packets of an interface begin with (the LINKTYPE registry of tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// 1: an Ethernet header.
    Ethernet,
    /// 50: PPP in HDLC-like framing, FF 03 first, without flags and FCS.
    PppHdlc,
    /// 101: an IPv4 or IPv6 header.
    RawIp,
}

impl LinkType {
    const fn code(self) -> u16 {
        match self {
            LinkType::Ethernet => 1,
            LinkType::PppHdlc => 50,
            LinkType::RawIp => 101,
        }
    }
}

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const OPTION_END: u16 = 0;
const OPTION_IF_NAME: u16 = 2;
const OPTION_IF_TSRESOL: u16 = 9;
const OPTION_SHB_USERAPPL: u16 = 4;

/// Writes one capture.
pub struct CaptureWriter<W: Write> {
    out: W,
    interfaces: u32,
    block: Vec<u8>,
}

impl CaptureWriter<BufWriter<File>> {
    /// Begins a capture in a new file, or over an old one, or in a pipe that somebody reads.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::new(BufWriter::new(open(path)?))
    }
}

/// Without waiting for the reader of a pipe, who may never come: the whole lab would wait.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).custom_flags(O_NONBLOCK);
    let file = options.open(path).map_err(|error| match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENXIO) => io::Error::other("nobody reads this pipe"),
        _ => error,
    })?;
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(file)
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a capture: writes the section header.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = CaptureWriter { out, interfaces: 0, block: Vec::new() };
        writer.begin(SECTION_HEADER);
        writer.u32(BYTE_ORDER_MAGIC);
        writer.u16(1);
        writer.u16(0);
        // Section length: not known in advance.
        writer.block.extend_from_slice(&u64::MAX.to_le_bytes());
        writer.option(OPTION_SHB_USERAPPL, concat!("vpdnsh ", env!("CARGO_PKG_VERSION")).as_bytes());
        writer.option(OPTION_END, &[]);
        writer.finish()?;
        Ok(writer)
    }

    /// Adds a named interface and returns its number for [`packet`](Self::packet).
    ///
    /// # Errors
    /// What the writer says.
    pub fn interface(&mut self, name: &str, link: LinkType) -> io::Result<u32> {
        self.begin(INTERFACE_DESCRIPTION);
        self.u16(link.code());
        self.u16(0);
        // Snapshot length: none.
        self.u32(0);
        self.option(OPTION_IF_NAME, name.as_bytes());
        // Stamps count units of 10^-9 s.
        self.option(OPTION_IF_TSRESOL, &[9]);
        self.option(OPTION_END, &[]);
        self.finish()?;
        let number = self.interfaces;
        self.interfaces += 1;
        Ok(number)
    }

    /// Adds a packet seen on an interface.
    ///
    /// # Errors
    /// What the writer says; `InvalidInput` for an interface that was not added.
    pub fn packet(&mut self, interface: u32, time: SystemTime, packet: &[u8]) -> io::Result<()> {
        if interface >= self.interfaces {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no such interface in this capture"));
        }
        let length = u32::try_from(packet.len()).map_err(io::Error::other)?;
        let stamp = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let stamp = u64::try_from(stamp).unwrap_or(u64::MAX);
        self.begin(ENHANCED_PACKET);
        self.u32(interface);
        self.u32((stamp >> 32) as u32);
        self.u32((stamp & 0xffff_ffff) as u32);
        self.u32(length);
        self.u32(length);
        self.block.extend_from_slice(packet);
        self.pad();
        self.finish()
    }

    /// Makes everything visible to readers of the file.
    ///
    /// # Errors
    /// What the writer says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the capture.
    ///
    /// # Errors
    /// What the writer says.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        // The block's length; `finish` fills it in.
        self.u32(0);
    }

    fn u16(&mut self, value: u16) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    /// An option; a value too long for its length field is cut.
    fn option(&mut self, code: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.u16(code);
        self.u16(length);
        self.block.extend(value.iter().take(usize::from(length)));
        self.pad();
    }

    fn finish(&mut self) -> io::Result<()> {
        let total = u32::try_from(self.block.len() + 4).map_err(io::Error::other)?;
        if let Some(field) = self.block.get_mut(4..8) {
            field.copy_from_slice(&total.to_le_bytes());
        }
        self.u32(total);
        self.out.write_all(&self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn blocks_are_laid_out_as_the_draft_says() {
        let mut writer = CaptureWriter::new(Vec::new()).unwrap();
        let lan = writer.interface("lac-lns", LinkType::Ethernet).unwrap();
        let time = UNIX_EPOCH + Duration::new(0x1_0000_0000 / 1_000_000_000, 5);
        writer.packet(lan, time, &[1, 2, 3, 4, 5]).unwrap();
        let bytes = writer.into_inner().unwrap();

        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (mut at, mut kinds) = (0, Vec::new());
        while at < bytes.len() {
            let length = word(at + 4) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(word(at + length - 4) as usize, length, "the length stands at both ends");
            kinds.push((word(at), at));
            at += length;
        }
        assert_eq!(at, bytes.len());
        assert_eq!(kinds.iter().map(|k| k.0).collect::<Vec<_>>(), [SECTION_HEADER, 1, 6]);
        let packet = kinds[2].1;
        assert_eq!(word(packet + 8), 0);
        assert_eq!((u64::from(word(packet + 12)) << 32) + u64::from(word(packet + 16)), 4_000_000_005);
        assert_eq!((word(packet + 20), word(packet + 24)), (5, 5));
        assert_eq!(&bytes[packet + 28..packet + 36], &[1, 2, 3, 4, 5, 0, 0, 0]);
    }

    #[test]
    fn nobody_waits_for_the_reader_of_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(CaptureWriter::create(&pipe).err().unwrap().to_string(), "nobody reads this pipe");
        let _reader = File::options().read(true).custom_flags(O_NONBLOCK).open(&pipe).unwrap();
        // Once it is open it takes its time like any file.
        let mut writer = CaptureWriter::create(&pipe).unwrap();
        let flags = fcntl(writer.out.get_ref(), FcntlArg::F_GETFL).unwrap();
        assert!(!OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK));
        writer.flush().unwrap();
    }

    #[test]
    fn a_packet_of_an_unknown_interface_is_refused() {
        let mut writer = CaptureWriter::new(Vec::new()).unwrap();
        assert!(writer.packet(0, UNIX_EPOCH, &[]).is_err());
    }
}
