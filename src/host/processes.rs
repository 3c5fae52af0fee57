//! Linux commands that end with whoever started them, however that ends.
//!
//! They live in a PID namespace of their own (pid_namespaces(7)). Its first process does nothing but read a pipe whose
//! other end is ours: when we end, even by SIGKILL, it comes to the end of the pipe and ends, and with it the kernel
//! ends every process of the namespace, those in the background too.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SIGKILL, kill};
use nix::unistd::Pid;

use super::netns::on_thread;

/// What the first process does: it gives the namespace its own `/proc`, so that `ps` and `pidof` show what `kill`
/// takes (where a container forbids that they show the PIDs outside), says that it is there, waits for the
/// end of the pipe and meanwhile for its orphans, and takes the scratch folder along.
const FIRST: &str = r#"mount --make-rslave / 2>/dev/null && mount -t proc proc /proc 2>/dev/null
echo
cat >/dev/null
exec rm -rf -- "$1""#;

/// A PID namespace and a mount namespace for the commands of a lab. Dropping it ends them all and waits for it.
#[derive(Debug)]
pub struct Processes {
    first: Child,
    pids: File,
    mounts: File,
    directory: PathBuf,
    scratch: PathBuf,
}

impl Processes {
    /// Makes the namespaces and their first process.
    ///
    /// # Errors
    /// When the kernel refuses them (no CAP_SYS_ADMIN, `max_pid_namespaces`), or there is no `sh`.
    pub fn start() -> io::Result<Processes> {
        let directory = std::env::current_dir()?;
        let scratch = nix::unistd::mkdtemp(&std::env::temp_dir().join("vpdnsh-XXXXXX"))?;
        match Self::start_in(directory, scratch.clone()) {
            Ok(processes) => Ok(processes),
            Err(error) => {
                remove(&scratch);
                Err(error)
            }
        }
    }

    fn start_in(directory: PathBuf, scratch: PathBuf) -> io::Result<Processes> {
        let mut first = on_thread(|| {
            unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
            // Not in the foreground of a terminal, whose keys are for others.
            Command::new("sh")
                .args(["-c", FIRST, "sh"])
                .arg(&scratch)
                .process_group(0)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
        })?;
        match Self::open(&mut first) {
            Ok((pids, mounts)) => Ok(Processes { first, pids, mounts, directory, scratch }),
            Err(error) => {
                end(&mut first);
                Err(error)
            }
        }
    }

    fn open(first: &mut Child) -> io::Result<(File, File)> {
        if let Some(mut ready) = first.stdout.take() {
            ready.read_exact(&mut [0])?;
        }
        let namespace = |name: &str| File::open(format!("/proc/{}/ns/{name}", first.id()));
        Ok((namespace("pid")?, namespace("mnt")?))
    }

    /// A folder for their files, for this user alone. It goes when they do.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Makes what this thread starts from now on one of them. The thread itself stays where it is, but for its mounts:
    /// let it be one of its own that ends soon ([`NetNs::run`](super::NetNs::run)).
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn enter(&self) -> io::Result<()> {
        // Who shares its working directory with other threads cannot change its mounts.
        unshare(CloneFlags::CLONE_FS)?;
        setns(&self.pids, CloneFlags::CLONE_NEWPID)?;
        setns(&self.mounts, CloneFlags::CLONE_NEWNS)?;
        nix::unistd::chdir(&self.directory)?;
        Ok(())
    }

    /// Ends them all without waiting; no other one starts.
    pub fn kill(&self) {
        if let Ok(first) = i32::try_from(self.first.id()) {
            // Its PID is ours until it is waited for, which takes the whole value.
            let _ = kill(Pid::from_raw(first), SIGKILL);
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        end(&mut self.first);
        remove(&self.scratch);
    }
}

fn remove(scratch: &Path) {
    // It may have gone already, with the first process.
    let _ = std::fs::remove_dir_all(scratch);
}

/// The kernel lets the first process end only after all the others.
fn end(first: &mut Child) {
    // It has ended already when that fails.
    let _ = first.kill();
    let _ = first.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_make_namespaces_is_told_so() {
        match Processes::start() {
            Ok(processes) => assert!(File::open(format!("/proc/{}/ns/pid", processes.first.id())).is_ok()),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}"),
        }
    }
}
