//! User and network namespaces, and what this machine lacks for them.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};

/// What the machine lacks, as one sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// No capability to make network namespaces, and no user namespace either.
    #[error(
        "this machine lets {who} make no user namespace ({error}): run vpdnsh as root, or allow user namespaces"
    )]
    UserNamespace {
        /// `uid N`.
        who: String,
        /// The kernel's reason.
        error: String,
    },
    /// Threads were running already.
    #[error("a user namespace must be entered before the first thread is started")]
    Threads,
    /// No network namespace.
    #[error("this machine makes no network namespace ({error}): CAP_SYS_ADMIN or a user namespace is needed")]
    NetworkNamespace {
        /// The kernel's reason.
        error: String,
    },
    /// `/dev/net/tun` is not there or may not be opened.
    #[error("/dev/net/tun cannot be opened ({error}): load the tun module, or allow this user to open it")]
    TunDevice {
        /// The kernel's reason.
        error: String,
    },
    /// No capability over the network of this namespace.
    #[error(
        "CAP_NET_ADMIN is missing ({error}): interfaces and routes cannot be made in this network namespace"
    )]
    NetAdmin {
        /// The kernel's reason.
        error: String,
    },
}

/// How this process may make network namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// It had the capabilities already.
    Capable,
    /// It has entered a user namespace of its own.
    UserNamespace,
}

const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;

fn has_capability(bit: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .is_some_and(|set| set & (1 << bit) != 0)
}

/// Makes this process able to make network namespaces: nothing to do with the capabilities, otherwise it enters a
/// user namespace in which it is root. Call it before the first thread is started.
///
/// # Errors
/// [`Lack::UserNamespace`] or [`Lack::Threads`].
pub fn acquire() -> Result<Privilege, Lack> {
    if has_capability(CAP_SYS_ADMIN) && has_capability(CAP_NET_ADMIN) {
        return Ok(Privilege::Capable);
    }
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let lack = |error: String| Lack::UserNamespace { who: format!("uid {uid}"), error };
    match unshare(CloneFlags::CLONE_NEWUSER) {
        Ok(()) => {}
        Err(Errno::EINVAL) => return Err(Lack::Threads),
        Err(error) => return Err(lack(error.desc().to_owned())),
    }
    // user_namespaces(7): without privilege outside, gid_map may only be written once setgroups is denied.
    let write = |file: &str, text: String| fs::write(file, text).map_err(|error| lack(error.to_string()));
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    Ok(Privilege::UserNamespace)
}

/// Whether a TUN can be made at all; call it after [`acquire`].
///
/// # Errors
/// [`Lack::TunDevice`].
pub fn probe_tun() -> Result<(), Lack> {
    let open = File::options().read(true).write(true).open("/dev/net/tun");
    open.map(drop).map_err(|error| Lack::TunDevice { error: error.to_string() })
}

/// Whether interfaces can be made in the namespace of this thread; for a router on the host itself.
///
/// # Errors
/// [`Lack::NetAdmin`].
pub fn probe_net_admin() -> Result<(), Lack> {
    if has_capability(CAP_NET_ADMIN) {
        return Ok(());
    }
    Err(Lack::NetAdmin { error: format!("uid {}", nix::unistd::geteuid()) })
}

/// A network namespace held by a descriptor: it lasts as long as this value, a thread in it, or a socket of it.
#[derive(Debug)]
pub struct NetNs {
    file: File,
    forwarding: bool,
}

impl NetNs {
    /// A new network namespace, with its loopback up and IPv4 forwarding on where the machine allows it.
    ///
    /// # Errors
    /// [`Lack::NetworkNamespace`].
    pub fn create() -> Result<NetNs, Lack> {
        let lack = |error: String| Lack::NetworkNamespace { error };
        let made = on_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET).map_err(io::Error::from)?;
            // `/proc/sys/net` is that of the thread that opens it.
            let forwarding = fs::write("/proc/sys/net/ipv4/ip_forward", "1").is_ok();
            super::netlink::loopback_up()?;
            Ok(NetNs { file: File::open("/proc/thread-self/ns/net")?, forwarding })
        });
        made.map_err(|error: io::Error| lack(error.to_string()))
    }

    /// The namespace that this thread is in.
    ///
    /// # Errors
    /// When `/proc` is not mounted.
    pub fn current() -> io::Result<NetNs> {
        let forwarding =
            fs::read_to_string("/proc/sys/net/ipv4/ip_forward").is_ok_and(|text| text.trim() == "1");
        Ok(NetNs { file: File::open("/proc/thread-self/ns/net")?, forwarding })
    }

    /// Whether IPv4 forwarding was on when this value was made.
    pub const fn forwarding(&self) -> bool {
        self.forwarding
    }

    /// Moves this thread into the namespace.
    ///
    /// # Errors
    /// When the kernel refuses (no CAP_SYS_ADMIN over it).
    pub fn enter(&self) -> io::Result<()> {
        setns(&self.file, CloneFlags::CLONE_NEWNET).map_err(io::Error::from)
    }

    /// Runs `work` on a thread of its own inside the namespace and gives back what it returns. A file descriptor
    /// made in there (a socket, a TUN) stays in the namespace for ever.
    ///
    /// # Errors
    /// When the namespace cannot be entered, or what `work` returns.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        on_thread(|| {
            self.enter()?;
            work()
        })
    }
}

impl AsFd for NetNs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Runs `work` on a thread of its own, so that a change of namespace ends with it. The thread begins in the namespace
/// of this one.
///
/// # Errors
/// When the thread cannot be started, or what `work` returns.
pub fn on_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace panicked")))
    })
}
