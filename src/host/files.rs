//! A file that is replaced as a whole, and by whom.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use tokio::task::JoinHandle;

/// Of a file that was not there before: there are secrets in it.
const MODE: u32 = 0o600;

/// Keeps texts in one file, one after the other and beside the runtime: a disk may take its time, and packets do not wait.
pub(super) struct Saves {
    file: Option<PathBuf>,
    waiting: VecDeque<String>,
    running: Option<JoinHandle<Saved>>,
}

/// A text, and whether it was kept.
pub(super) type Saved = (String, Result<(), String>);

impl Saves {
    /// Without a file nothing is written, which cannot fail.
    pub fn new(file: Option<PathBuf>) -> Self {
        Saves { file, waiting: VecDeque::new(), running: None }
    }

    /// Keeps a text. Inside a tokio runtime.
    pub fn begin(&mut self, text: String) {
        self.waiting.push_back(text);
        self.go_on();
    }

    fn go_on(&mut self) {
        if self.running.is_some() {
            return;
        }
        let Some(text) = self.waiting.pop_front() else { return };
        self.running = Some(match self.file.clone() {
            Some(file) => tokio::task::spawn_blocking(move || {
                let written = write_whole(&file, &text);
                (text, written)
            }),
            None => tokio::spawn(std::future::ready((text, Ok(())))),
        });
    }

    /// Nothing is to be kept any more.
    pub fn is_idle(&self) -> bool {
        self.running.is_none()
    }

    /// The next text that was kept, or was not; for ever while there is none. Cancel-safe.
    pub async fn done(&mut self) -> Saved {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let done = running.await;
        self.running = None;
        self.go_on();
        done.unwrap_or_else(|error| (String::new(), Err(error.to_string())))
    }
}

/// Writes a file so that it holds either its old text or all of the new one, whatever happens meanwhile. A link stays
/// one; owner and mode stay what they were.
///
/// # Errors
/// The file and Linux's reason; then the old text is still there, and nothing else.
fn write_whole(path: &Path, text: &str) -> Result<(), String> {
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

    #[tokio::test]
    async fn texts_are_kept_in_their_order_while_the_runtime_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("router.cfg");
        let mut saves = Saves::new(Some(file.clone()));
        assert!(saves.is_idle());
        saves.begin("one".to_owned());
        saves.begin("two".to_owned());
        for text in ["one", "two"] {
            assert!(!saves.is_idle());
            assert_eq!(saves.done().await, (text.to_owned(), Ok(())));
        }
        assert!(saves.is_idle());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        drop(directory);
        saves.begin("three".to_owned());
        let (text, written) = saves.done().await;
        assert_eq!(text, "three");
        assert!(written.unwrap_err().contains("No such file"));
        let mut nowhere = Saves::new(None);
        nowhere.begin("four".to_owned());
        assert_eq!(nowhere.done().await, ("four".to_owned(), Ok(())));
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
