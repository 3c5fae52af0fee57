//! A file that is replaced as a whole.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

/// Of a file that was not there before: there are secrets in it.
const MODE: u32 = 0o600;

/// Writes a file so that it holds either its old text or all of the new one, whatever happens meanwhile. A link stays
/// one; owner and mode stay what they were.
///
/// # Errors
/// The file and Linux's reason; then the old text is still there, and nothing else.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = beside(&target);
    let former = fs::metadata(&target).ok();
    if former.as_ref().is_some_and(|former| !former.is_file()) {
        return Err(format!("{}: it is not a regular file", path.display()));
    }
    let written =
        write_beside(&beside, former, text).and_then(|()| fs::rename(&beside, &target)).inspect_err(|_| {
            // It may not even have been made.
            let _ = fs::remove_file(&beside);
        });
    written.map_err(|error| format!("{}: {}", path.display(), reason(&error)))
}

/// Nobody names a file of his own like that, as he might `router.cfg.new`.
fn beside(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".vpdnsh");
    target.with_file_name(name)
}

fn write_beside(beside: &Path, former: Option<fs::Metadata>, text: &str) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(MODE).open(beside)?;
    if let Some(former) = former {
        // Only root gives a file away; to others it stays their own.
        let _ = fchown(&file, Some(former.uid()), Some(former.gid()));
        file.set_permissions(Permissions::from_mode(former.mode() & 0o7777))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Without a number.
fn reason(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |errno| Errno::from_raw(errno).desc().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_keeps_its_mode_and_its_link() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("router.cfg"), directory.path().join("link.cfg"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("router.cfg", &link).unwrap();
        // What an earlier one that was killed may have left.
        fs::write(directory.path().join(".router.cfg.vpdnsh"), "half").unwrap();
        fs::write(directory.path().join("router.cfg.new"), "somebody's").unwrap();
        write_whole(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
        assert_eq!(fs::read_to_string(directory.path().join("router.cfg.new")).unwrap(), "somebody's");
        write_whole(&directory.path().join("third"), "new").unwrap();
        assert_eq!(fs::metadata(directory.path().join("third")).unwrap().mode() & 0o777, MODE);
    }

    #[test]
    fn what_cannot_be_written_is_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("router.cfg");
        fs::write(&file, "old").unwrap();
        // Nobody, root included, writes a file where a directory stands.
        fs::create_dir(directory.path().join(".router.cfg.vpdnsh")).unwrap();
        let why = write_whole(&file, "new").unwrap_err();
        assert_eq!(why, format!("{}: Is a directory", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        // What would be replaced is no file.
        let why = write_whole(Path::new("/dev/null"), "new").unwrap_err();
        assert_eq!(why, "/dev/null: it is not a regular file");
        assert!(write_whole(Path::new("/nonexistent/router.cfg"), "").unwrap_err().contains("No such file"));
    }
}
