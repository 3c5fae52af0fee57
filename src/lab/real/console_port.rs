//! The consoles of a lab on loopback TCP ports, as a terminal server gives them.

use std::net::TcpListener;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::new_viewer;
use super::task::Order;
use crate::lab::description::NodeId;
use crate::router::ConsoleInput;
use crate::terminal::vty::{GREETING, Vty};

/// Accepts connections to the console of a router for as long as the lab lasts.
pub async fn serve(listener: TcpListener, node: NodeId, orders: mpsc::UnboundedSender<Order>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, node, orders.clone()));
    }
}

async fn connection(mut stream: TcpStream, node: NodeId, orders: mpsc::UnboundedSender<Order>) {
    let viewer = new_viewer();
    let (sender, mut outputs) = mpsc::unbounded_channel();
    let sink = Box::new(move |output| {
        // The connection is gone and the lab has not heard of it yet.
        let _ = sender.send(output);
    });
    let mut vty = Vty::new();
    let mut buffer = [0; 1024];
    let attached = orders.send(Order::Attach { node, viewer, sink }).is_ok();
    let mut alive = attached && stream.write_all(&GREETING).await.is_ok();
    while alive {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => vty.receive(buffer.get(..length).unwrap_or_default()),
            },
            output = outputs.recv() => match output {
                Some(output) => vty.send(output),
                None => break,
            },
        }
        let (bytes, inputs) = vty.take();
        alive = stream.write_all(&bytes).await.is_ok() && !inputs.contains(&ConsoleInput::Leave);
        for input in inputs {
            alive &= orders.send(Order::Console { node, viewer, input }).is_ok();
        }
    }
    // The lab may have ended before its connections.
    let _ = orders.send(Order::Detach { node, viewer });
}
