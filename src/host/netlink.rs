//! Links, addresses and routes through rtnetlink.

use std::io;

use rtnetlink::{LinkMessageBuilder, LinkUnspec};

/// Index of the loopback device in every network namespace.
const LOOPBACK_INDEX: u32 = 1;

/// Sets the loopback of this thread's namespace up. Not inside a runtime.
///
/// # Errors
/// What the kernel says.
pub(super) fn loopback_up() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        let message = LinkMessageBuilder::<LinkUnspec>::new().index(LOOPBACK_INDEX).up().build();
        handle.link().set(message).execute().await.map_err(io::Error::other)
    })
}
