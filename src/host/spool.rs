//! The spool: accounting records on disk, so that a restart of the router does not lose them.
//!
//! One file that is only ever appended to: an entry keeps a record or forgets one, and carries a checksum. What was
//! being written when the power went is recognised by it and cut off. When the file holds more that is forgotten than
//! kept, it is written anew beside the old one, which it then replaces. A thread of its own writes, many entries with
//! one `fsync`, so that no call waits for the disk.

pub mod lives;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::engine::RequestId;

const FILE: &str = "accounting.spool";
const LOCK: &str = "accounting.lock";
/// The first octets of the file: what it is, and the version of its form.
const MAGIC: &[u8; 8] = b"VPDNSP01";
const KEEP: u8 = 1;
const FORGET: u8 = 2;
/// Length and checksum.
const HEAD: usize = 8;
/// Kind and name of a record.
const BODY_MIN: usize = 9;
/// No record is as long.
const BODY_MAX: usize = 1 << 20;
/// The file is not written anew for less.
const DEAD_MIN: usize = 1024;
/// Entries that one `fsync` covers at most.
const BATCH: usize = 1024;
/// How long a disk that refused is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// The file.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    file: File,
    /// Octets of the file that are good.
    length: u64,
    /// Where each record that is kept stands: offset of its octets, and how many.
    live: BTreeMap<u64, (u64, usize)>,
    /// Entries that say nothing any more.
    dead: usize,
    /// How many there may be before the file is written anew.
    dead_max: usize,
    /// The file took the place of another one, and its directory may not say so on disk yet.
    renamed: bool,
    /// Records to be kept, by name, and forgotten ones: what the disk has not taken yet.
    unwritten: BTreeMap<u64, Option<Vec<u8>>>,
    _lock: File,
}

/// What was found in a spool.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The records, by name.
    pub records: Vec<(u64, Vec<u8>)>,
    /// Octets at the end that were no entry and were cut off.
    pub torn: u64,
}

impl Spool {
    /// Opens the spool of a directory, which is made when it is not there.
    ///
    /// # Errors
    /// The directory or its files cannot be used, or another process uses them, or the file is no spool.
    pub fn open(directory: &Path) -> io::Result<(Spool, Found)> {
        std::fs::create_dir_all(directory)?;
        let own = OpenOptions::new().create(true).truncate(false).write(true).open(directory.join(LOCK))?;
        own.try_lock().map_err(|_| io::Error::new(ErrorKind::WouldBlock, "another router uses it"))?;
        let path = directory.join(FILE);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut octets = Vec::new();
        file.read_to_end(&mut octets)?;
        let mut spool = Spool {
            directory: directory.to_owned(),
            file,
            length: 0,
            live: BTreeMap::new(),
            dead: 0,
            dead_max: DEAD_MIN,
            renamed: false,
            unwritten: BTreeMap::new(),
            _lock: own,
        };
        let found = spool.read(&octets)?;
        Ok((spool, found))
    }

    fn read(&mut self, octets: &[u8]) -> io::Result<Found> {
        let Some(mut rest) = octets.strip_prefix(MAGIC) else {
            // A file that was cut while its first octets were written has nothing in it.
            if !MAGIC.starts_with(octets) {
                return Err(io::Error::new(ErrorKind::InvalidData, "this is no accounting spool"));
            }
            self.file.set_len(0)?;
            self.file.write_all_at(MAGIC, 0)?;
            self.file.sync_all()?;
            sync_directory(&self.directory)?;
            self.length = MAGIC.len() as u64;
            return Ok(Found::default());
        };
        let mut good = MAGIC.len();
        while let Some((body, next)) = entry(rest) {
            self.note(body, good as u64);
            good += HEAD + body.len();
            rest = next;
        }
        self.length = good as u64;
        if !rest.is_empty() {
            self.file.set_len(self.length)?;
            self.file.sync_all()?;
        }
        let records = self.live.iter().filter_map(|(id, (at, length))| {
            let at = usize::try_from(*at).ok()?;
            Some((*id, octets.get(at..at + length)?.to_vec()))
        });
        Ok(Found { records: records.collect(), torn: rest.len() as u64 })
    }

    /// Takes an entry that stands at `at` into the books.
    fn note(&mut self, body: &[u8], at: u64) {
        let Some((&kind, rest)) = body.split_first() else { return };
        let Some((id, octets)) = rest.split_first_chunk::<8>() else { return };
        let id = u64::from_be_bytes(*id);
        let gone = match kind {
            KEEP => self.live.insert(id, (at + (HEAD + BODY_MIN) as u64, octets.len())).map_or(0, |_| 1),
            // The entry itself, and the one that it undoes.
            _ => 1 + self.live.remove(&id).map_or(0, |_| 1),
        };
        self.dead += gone;
    }

    /// Keeps a record, from the next [`commit`](Self::commit) on.
    pub fn keep(&mut self, id: u64, octets: &[u8]) {
        self.unwritten.insert(id, Some(octets.to_vec()));
    }

    /// Forgets one.
    pub fn forget(&mut self, id: u64) {
        if self.live.contains_key(&id) {
            self.unwritten.insert(id, None);
        } else {
            self.unwritten.remove(&id);
        }
    }

    /// Whether something waits for the next [`commit`](Self::commit).
    pub fn is_behind(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Brings to disk what was kept and forgotten. To forget may be lost with the power: a server then hears of a
    /// record twice.
    ///
    /// # Errors
    /// The file cannot be written. It is as before, and the next commit tries again.
    pub fn commit(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        for (id, octets) in &self.unwritten {
            let kind = if octets.is_some() { KEEP } else { FORGET };
            write_entry(&mut out, &body(kind, *id, octets.as_deref().unwrap_or_default()));
        }
        let keeps = self.unwritten.values().any(Option::is_some);
        if let Err(error) = self.append(&out, keeps) {
            // Half an entry must not stand in front of the next one.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.unwritten.clear();
        let (mut rest, mut at) = (out.as_slice(), self.length);
        while let Some((body, next)) = entry(rest) {
            self.note(body, at);
            at += (HEAD + body.len()) as u64;
            rest = next;
        }
        self.length += out.len() as u64;
        if self.dead > self.dead_max && self.dead > self.live.len() && self.compact().is_err() {
            // Everything is in the old file. There may be room for a new one when that has grown by as much again.
            self.dead_max = 2 * self.dead;
            let _ = std::fs::remove_file(self.beside());
        }
        Ok(())
    }

    fn append(&mut self, octets: &[u8], keeps: bool) -> io::Result<()> {
        self.file.write_all_at(octets, self.length)?;
        if keeps {
            self.file.sync_data()?;
            if self.renamed {
                sync_directory(&self.directory)?;
                self.renamed = false;
            }
        }
        Ok(())
    }

    fn beside(&self) -> PathBuf {
        self.directory.join(format!("{FILE}.new"))
    }

    /// Writes what is kept into a new file.
    fn compact(&mut self) -> io::Result<()> {
        let (path, beside) = (self.directory.join(FILE), self.beside());
        let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&beside)?;
        let mut out = MAGIC.to_vec();
        let mut live = BTreeMap::new();
        for (&id, &(at, length)) in &self.live {
            let mut body = vec![0; BODY_MIN + length];
            let Some(from) = at.checked_sub(BODY_MIN as u64) else { continue };
            self.file.read_exact_at(&mut body, from)?;
            live.insert(id, ((out.len() + HEAD + BODY_MIN) as u64, length));
            write_entry(&mut out, &body);
        }
        file.write_all(&out)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        (self.file, self.length, self.live) = (file, out.len() as u64, live);
        (self.dead, self.dead_max, self.renamed) = (0, DEAD_MIN, true);
        Ok(())
    }
}

/// A rename is on disk when its directory is.
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn body(kind: u8, id: u64, octets: &[u8]) -> Vec<u8> {
    [&[kind][..], &id.to_be_bytes(), octets].concat()
}

fn write_entry(out: &mut Vec<u8>, body: &[u8]) {
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(checksum(body).to_be_bytes());
    out.extend(body);
}

/// The body of the entry that `octets` begins with, and what follows it; `None` when it is not whole.
fn entry(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (body, next) = rest.split_at_checked(length)?;
    let whole = (BODY_MIN..=BODY_MAX).contains(&length)
        && matches!(body.first(), Some(&(KEEP | FORGET)))
        && checksum(body) == u32::from_be_bytes(*sum);
    whole.then_some((body, next))
}

/// CRC-32 of IEEE 802.3.
fn checksum(octets: &[u8]) -> u32 {
    !octets.iter().fold(u32::MAX, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Work {
    Keep(RequestId, u64, Vec<u8>),
    Forget(RequestId, u64),
}

/// The thread that writes. It ends when the sender is gone and what the disk takes is written.
pub(super) fn start(
    mut spool: Spool,
    answer: impl Fn(RequestId, Result<(), String>) + Send + 'static,
) -> io::Result<(Sender<Work>, JoinHandle<()>)> {
    let (sender, work) = mpsc::channel();
    let thread = std::thread::Builder::new().name("spool".to_owned()).spawn(move || {
        while let Some(requests) = write_some(&mut spool, &work) {
            let result = spool.commit().map_err(|error| error.to_string());
            requests.into_iter().for_each(|id| answer(id, result.clone()));
        }
    })?;
    Ok((sender, thread))
}

/// Takes what there is to do; waits for the first of it, or for the time to try again. `None` when there will be
/// nothing more.
fn write_some(spool: &mut Spool, work: &Receiver<Work>) -> Option<Vec<RequestId>> {
    let again = if spool.is_behind() { AGAIN } else { Duration::MAX };
    let first = match work.recv_timeout(again) {
        Ok(first) => first,
        Err(RecvTimeoutError::Timeout) => return Some(Vec::new()),
        Err(RecvTimeoutError::Disconnected) => return None,
    };
    let mut requests = Vec::new();
    for item in std::iter::once(first).chain(work.try_iter()).take(BATCH) {
        requests.push(match item {
            Work::Keep(request, id, octets) => {
                spool.keep(id, &octets);
                request
            }
            Work::Forget(request, id) => {
                spool.forget(id);
                request
            }
        });
    }
    Some(requests)
}

#[cfg(test)]
mod tests;
