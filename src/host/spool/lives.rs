//! How many lives of a router its spool has seen, so that the Acct-Session-Ids of one are not those of another.
//!
//! A file of its own: the number in decimal, as a line. It is written beside the old one, which it then replaces, and is on disk
//! before the router says a word.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::sync_directory;

const FILE: &str = "accounting.lives";

/// Counts one more life; how many there were before it. For whoever has the spool of this directory open.
///
/// # Errors
/// The file cannot be read or written, or what is in it is no number.
pub fn count(directory: &Path) -> io::Result<u64> {
    let path = directory.join(FILE);
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim_end().parse().map_err(|_| {
            io::Error::new(ErrorKind::InvalidData, format!("{FILE}: this is no number of lives"))
        })?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let beside = directory.join(format!("{FILE}.new"));
    let mut file = File::create(&beside)?;
    writeln!(file, "{}", u64::wrapping_add(before, 1))?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)?;
    sync_directory(directory)?;
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        for before in 0..3 {
            assert_eq!(count(directory.path()).unwrap(), before);
        }
        std::fs::write(directory.path().join(FILE), "many\n").unwrap();
        let error = count(directory.path()).unwrap_err();
        assert_eq!(error.to_string(), "accounting.lives: this is no number of lives");
        assert!(count(&directory.path().join("nowhere")).is_err());
        // What cannot be replaced stays as it was.
        std::fs::write(directory.path().join(FILE), "7\n").unwrap();
        std::fs::create_dir(directory.path().join("accounting.lives.new")).unwrap();
        assert!(count(directory.path()).is_err());
        assert_eq!(std::fs::read_to_string(directory.path().join(FILE)).unwrap(), "7\n");
    }
}
