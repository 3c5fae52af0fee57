//! The spool: accounting records on disk, so that a restart of the router does not lose them.
//!
//! One file that is only ever appended to: an entry keeps a record or forgets one, and carries a checksum. What was
//! being written when the power went is recognised by it and cut off. When the file holds more that is forgotten than
//! kept, it is written anew beside the old one, which it then replaces. A thread of its own writes, many entries with
//! one `fsync`, so that no call waits for the disk.

pub mod lives;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

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

/// Where records stand, by name: offset of their octets, and how many.
type Live = BTreeMap<u64, (u64, usize)>;

/// The file.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    file: File,
    /// Octets of the file that are good.
    length: u64,
    /// Where each record that is kept stands.
    live: Live,
    /// Entries that say nothing any more.
    dead: usize,
    /// At so many of them the file is written anew.
    dead_limit: usize,
    /// The file took the place of another one, and its directory may not say so on disk yet.
    renamed: bool,
    /// What is to be written.
    buffer: Vec<u8>,
    /// The entries in it.
    entries: Vec<Entry>,
    /// Records to forget whose entry could not be written.
    owed: Vec<u64>,
    _lock: File,
}

/// An entry: its kind, the name of its record, where the octets of the record stand and how many they are.
#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: u8,
    id: u64,
    at: u64,
    length: usize,
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
        own.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::new(ErrorKind::WouldBlock, "another router uses it"),
            TryLockError::Error(error) => error,
        })?;
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
            dead_limit: DEAD_MIN,
            renamed: false,
            buffer: Vec::new(),
            entries: Vec::new(),
            owed: Vec::new(),
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
            if let Some((&kind, rest)) = body.split_first()
                && let Some((id, octets)) = rest.split_first_chunk()
            {
                let (id, at) = (u64::from_be_bytes(*id), (good + HEAD + BODY_MIN) as u64);
                self.note(Entry { kind, id, at, length: octets.len() });
            }
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

    /// Takes an entry of the file into the books.
    fn note(&mut self, Entry { kind, id, at, length }: Entry) {
        let gone = match kind {
            KEEP => self.live.insert(id, (at, length)).map_or(0, |_| 1),
            // The entry itself, and the one that it undoes.
            _ => 1 + self.live.remove(&id).map_or(0, |_| 1),
        };
        self.dead += gone;
    }

    /// Keeps a record, from the next [`commit`](Self::commit) on.
    pub fn keep(&mut self, id: u64, octets: &[u8]) {
        self.write(KEEP, id, octets);
    }

    /// Forgets one.
    pub fn forget(&mut self, id: u64) {
        if self.live.contains_key(&id) || self.entries.iter().any(|e| e.kind == KEEP && e.id == id) {
            self.write(FORGET, id, &[]);
        }
    }

    fn write(&mut self, kind: u8, id: u64, octets: &[u8]) {
        let mut body = vec![kind];
        body.extend(id.to_be_bytes());
        body.extend(octets);
        self.buffer.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.buffer.extend(checksum(&body).to_be_bytes());
        self.buffer.extend(&body);
        let at = self.length + (self.buffer.len() - octets.len()) as u64;
        self.entries.push(Entry { kind, id, at, length: octets.len() });
    }

    /// Brings to disk what was kept and forgotten. To forget may be lost with the power: a server then hears of a
    /// record twice.
    ///
    /// # Errors
    /// The file cannot be written. It is as before, and so is what is kept; what was to be forgotten is forgotten with
    /// the next commit.
    pub fn commit(&mut self) -> io::Result<()> {
        for id in std::mem::take(&mut self.owed) {
            self.forget(id);
        }
        let (buffer, entries) = (std::mem::take(&mut self.buffer), std::mem::take(&mut self.entries));
        let keeps = entries.iter().any(|entry| entry.kind == KEEP);
        if let Err(error) = self.append(&buffer, keeps) {
            // Half an entry must not stand in front of the next one.
            let _ = self.file.set_len(self.length);
            self.owed = entries.iter().filter(|entry| entry.kind == FORGET).map(|entry| entry.id).collect();
            return Err(error);
        }
        self.length += buffer.len() as u64;
        entries.into_iter().for_each(|entry| self.note(entry));
        if self.dead > self.dead_limit && self.dead > self.live.len() && self.compact().is_err() {
            // Everything is in the file as it is; it is only longer than it need be.
            self.dead_limit = self.dead + DEAD_MIN;
        }
        Ok(())
    }

    fn append(&mut self, buffer: &[u8], keeps: bool) -> io::Result<()> {
        self.file.write_all_at(buffer, self.length)?;
        if keeps {
            self.file.sync_data()?;
            if self.renamed {
                sync_directory(&self.directory)?;
                self.renamed = false;
            }
        }
        Ok(())
    }

    /// Writes what is kept into a new file, which takes the place of the old one.
    fn compact(&mut self) -> io::Result<()> {
        let (path, beside) = (self.directory.join(FILE), self.directory.join(format!("{FILE}.new")));
        let made = self.copy(&beside).and_then(|made| std::fs::rename(&beside, &path).map(|()| made));
        let (file, length, live) = made.inspect_err(|_| drop(std::fs::remove_file(&beside)))?;
        (self.file, self.length, self.live, self.dead) = (file, length, live, 0);
        (self.dead_limit, self.renamed) = (DEAD_MIN, true);
        Ok(())
    }

    /// What is kept, in a file of its own: the file, its length, and where each record stands.
    fn copy(&self, beside: &Path) -> io::Result<(File, u64, Live)> {
        let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(beside)?;
        let mut out = MAGIC.to_vec();
        let mut live = BTreeMap::new();
        for (&id, &(at, length)) in &self.live {
            let mut body = vec![0; BODY_MIN + length];
            let Some(from) = at.checked_sub(BODY_MIN as u64) else { continue };
            self.file.read_exact_at(&mut body, from)?;
            live.insert(id, ((out.len() + HEAD + BODY_MIN) as u64, length));
            out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(checksum(&body).to_be_bytes());
            out.extend(body);
        }
        file.write_all(&out)?;
        file.sync_all()?;
        Ok((file, out.len() as u64, live))
    }
}

/// A rename is on disk when its directory is.
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
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

/// The thread that writes. It ends, with everything written, when the sender is gone.
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

/// Takes what there is to do; waits for the first of it. `None` when there will be nothing more.
fn write_some(spool: &mut Spool, work: &Receiver<Work>) -> Option<Vec<RequestId>> {
    let first = work.recv().ok()?;
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
