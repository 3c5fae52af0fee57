//! The Linux edge: namespaces, TUN, UDP, netlink, clock, entropy, capture, and the task that drives a router.
//!
//! Everything here reports a refusal by a sentence that names what the machine lacks, and touches no device that
//! it did not make or that was not named to it.

pub mod access;
pub mod capture;
pub mod clock;
mod devices;
mod edge;
pub mod entropy;
mod files;
pub mod handle;
mod machine;
pub mod netlink;
pub mod netns;
pub mod ping;
pub mod processes;
pub mod runner;
mod sending;
pub mod spool;
pub mod tun;
pub mod udp;

pub use access::{Access, AccessReceiver, AccessSender};
pub use capture::{CaptureWriter, LinkType};
pub use clock::MonotonicClock;
pub use entropy::SystemEntropy;
pub use handle::{HostConfig, Notice, RouterHandle, RouterInput, Startup};
pub use machine::{Factory, Node};
pub use netns::{Lack, NetNs};
pub use processes::Processes;
pub use runner::RouterHost;
pub use tun::{Tap, Tun};
