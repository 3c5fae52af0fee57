//! The task that owns a router and carries its outputs out.

use std::io;

use super::handle::{HostConfig, RouterHandle};

/// Starts routers.
pub struct RouterHost(());

impl RouterHost {
    /// Starts a router on a thread of its own, in its namespace, and returns once it runs.
    ///
    /// # Errors
    /// When the thread, the namespace, the runtime or the netlink socket cannot be had; the text is for the
    /// operator.
    pub fn start(config: HostConfig) -> io::Result<RouterHandle> {
        let _ = config;
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}
