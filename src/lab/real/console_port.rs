//! The consoles of a lab on loopback TCP ports, as a terminal server gives them.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::new_viewer;
use super::task::Order;
use crate::lab::description::NodeId;
use crate::router::{ConsoleInput, ConsoleOutput};
use crate::terminal::backlog::{self, Backlog};
use crate::terminal::vty::{GREETING, Vty};

/// What passes until the next try when a connection cannot be accepted: with no descriptor left it stays in the
/// queue, which says at once that it is there.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections to the console of a router for as long as the lab lasts.
pub async fn serve(listener: TcpListener, node: NodeId, orders: mpsc::UnboundedSender<Order>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    serve_all(
        |cx| listener.poll_accept(cx),
        |(stream, _)| {
            tokio::spawn(connection(stream, node, orders.clone()));
        },
    )
    .await;
}

async fn serve_all<T>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
    mut serve: impl FnMut(T),
) {
    loop {
        match poll_fn(&mut accept).await {
            Ok(connection) => serve(connection),
            // A lack of descriptors ends with some connection, and a peer that has gone again concerns nobody.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn connection(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    node: NodeId,
    orders: mpsc::UnboundedSender<Order>,
) {
    let viewer = new_viewer();
    let (sender, mut outputs) = mpsc::unbounded_channel();
    let backlog = Backlog::default();
    let admitted = backlog.clone();
    let sink = Box::new(move |output| {
        if admitted.admit(&output) {
            // The connection is gone and the lab has not heard of it yet.
            let _ = sender.send(output);
        }
    });
    let mut vty = Vty::new();
    let mut buffer = [0; 1024];
    let attached = orders.send(Order::Attach { node, viewer, sink }).is_ok();
    let mut alive = attached && stream.write_all(&GREETING).await.is_ok();
    while alive {
        let mut size = 0;
        tokio::select! {
            read = stream.read(&mut buffer), if vty.has_room() => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => vty.receive(buffer.get(..length).unwrap_or_default()),
            },
            output = outputs.recv() => match output {
                Some(output) => {
                    size = backlog::size(&output);
                    vty.send(output);
                }
                None => break,
            },
        }
        let (bytes, inputs) = vty.take();
        alive = stream.write_all(&bytes).await.is_ok() && !inputs.contains(&ConsoleInput::Leave);
        if let Some(line) = backlog.shown(size) {
            vty.send(ConsoleOutput::Async(line));
            alive &= stream.write_all(&vty.take().0).await.is_ok();
        }
        for input in inputs {
            alive &= orders.send(Order::Console { node, viewer, input }).is_ok();
        }
    }
    // The lab may have ended before its connections.
    let _ = orders.send(Order::Detach { node, viewer });
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_is_typed_far_ahead_is_not_read() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sent = runtime.block_on(async {
            let (mut terminal, stream) = tokio::io::duplex(64);
            let (orders, mut heard) = mpsc::unbounded_channel();
            tokio::spawn(connection(stream, NodeId(0), orders));
            let attached = heard.recv().await;
            assert!(matches!(attached, Some(Order::Attach { .. })), "no prompt is ever shown there");
            let (mut sent, mut refused) = (0, 0);
            while refused < 100 && sent < 1_000_000 {
                let write = |cx: &mut Context<'_>| {
                    Poll::Ready(Pin::new(&mut terminal).poll_write(cx, b"show clock\r"))
                };
                match poll_fn(write).await {
                    Poll::Ready(written) => (sent, refused) = (sent + written.unwrap(), 0),
                    Poll::Pending => refused += 1,
                }
                tokio::task::yield_now().await;
            }
            sent
        });
        assert!((10_000..50_000).contains(&sent), "{sent}");
    }

    #[test]
    fn a_connection_that_cannot_be_accepted_is_not_the_last_and_nobody_spins() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let lack = || Err(io::Error::from(nix::errno::Errno::EMFILE));
        let mut results = vec![Ok(2), lack(), lack(), Ok(1)];
        let (served, mut numbers) = mpsc::unbounded_channel();
        let start = Instant::now();
        let seen = runtime.block_on(async {
            let accept = |_: &mut Context<'_>| results.pop().map_or(Poll::Pending, Poll::Ready);
            let serving = serve_all(accept, |number| served.send((number, start.elapsed())).unwrap());
            tokio::select! {
                () = serving => panic!("it goes on for as long as the lab lasts"),
                seen = async { [numbers.recv().await.unwrap(), numbers.recv().await.unwrap()] } => seen,
            }
        });
        assert!(matches!(seen, [(1, _), (2, late)] if late >= 2 * PAUSE), "{seen:?}");
    }
}
