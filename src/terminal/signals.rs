//! The signals of a program with a console.

use std::io;
use std::sync::mpsc::channel;
use std::thread::Builder;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT of a terminal: Ctrl-C while a command runs.
    Interrupt,
    /// SIGQUIT of a terminal, whose key is Ctrl-^.
    Quit,
    /// SIGHUP and SIGTERM; without a terminal SIGINT as well.
    End,
}

/// Hands signals to `take`, on a thread of its own, until one ends the program. Those that come from now on no longer
/// kill it.
///
/// # Errors
/// When the thread or the handlers cannot be had.
pub fn watch(terminal: bool, mut take: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let (ready, made) = channel();
    Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            // Who waits for the one answer is there.
            Err(error) => return ready.send(Err(error)).unwrap_or(()),
        };
        runtime.block_on(async move {
            let mut streams = match Streams::open(terminal) {
                Ok(streams) => streams,
                Err(error) => return ready.send(Err(error)).unwrap_or(()),
            };
            ready.send(Ok(())).unwrap_or(());
            loop {
                let signal = streams.next().await;
                take(signal);
                if signal == Signal::End {
                    return;
                }
            }
        });
    })?;
    made.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the signals has ended")))
}

struct Streams {
    terminal: bool,
    interrupt: Stream,
    quit: Option<Stream>,
    hang_up: Stream,
    terminate: Stream,
}

impl Streams {
    fn open(terminal: bool) -> io::Result<Streams> {
        Ok(Streams {
            terminal,
            interrupt: signal(SignalKind::interrupt())?,
            quit: terminal.then(|| signal(SignalKind::quit())).transpose()?,
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        let quit = async {
            match &mut self.quit {
                Some(quit) => quit.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => if self.terminal { Signal::Interrupt } else { Signal::End },
            _ = quit => Signal::Quit,
            _ = self.hang_up.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
        }
    }
}
