//! The console on the user's own terminal: rustyline on a tty, plain lines otherwise.
//!
//! Three threads. One edits lines. One takes what the router sends: it writes between the prompts, and passes on what needs
//! the keyboard. While a line is being typed the third one prints, above that line: rustyline takes one message at a
//! time and none between two lines, so whoever prints may have to wait for the next prompt, and must not be the one who
//! brings it. Nothing is printed from a key handler (that would deadlock rustyline).
//!
//! What is typed leaves these threads through a queue, and its owner hands it on: a signal ends the console whatever
//! the threads are waiting for.

use std::io::{self, BufReader, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{self, SigSet};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use owo_colors::OwoColorize;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Editor, Event, EventContext, EventHandler, ExternalPrinter,
    KeyEvent, Modifiers, RepeatCount,
};

use super::keys::{ask_line, one_key, quiet_terminal};
use super::piped;
use super::signals::{self, Signal};
use crate::router::{ConsoleInput, ConsoleOutput};

/// What the editing thread is asked for by the writer.
enum Wanted {
    Line { prompt: String, before: String, after: String },
    Ask { prompt: String, echo: bool },
    Key { text: String, erase: bool },
    Completed { before: String },
    Closed,
}

/// A key that ends the edited line without being Enter.
#[derive(Clone, Debug)]
enum Stop {
    Help,
    Tab,
    EndConfig,
    Leave,
}

/// Where a key handler leaves its [`Stop`] and the two sides of the line.
type StopCell = Arc<Mutex<Option<(Stop, String, String)>>>;

struct StopKey(Stop, StopCell);

/// Whether the last key was Ctrl-^. A key sequence of rustyline's own would swallow the second key when it is
/// another than x.
type EscapeCell = Arc<AtomicBool>;

/// Ctrl-^ (true), or any key that has no meaning of its own here (false).
struct EscapeKey(bool, EscapeCell);

impl ConditionalEventHandler for EscapeKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.1.store(self.0, Ordering::Relaxed);
        self.0.then_some(Cmd::Noop)
    }
}

/// x: leaves behind Ctrl-^, and is a letter otherwise.
struct LeaveKey(StopKey, EscapeCell);

impl ConditionalEventHandler for LeaveKey {
    fn handle(&self, event: &Event, n: RepeatCount, positive: bool, ctx: &EventContext) -> Option<Cmd> {
        let escaped = self.1.swap(false, Ordering::Relaxed);
        escaped.then(|| self.0.handle(event, n, positive, ctx)).flatten()
    }
}

impl ConditionalEventHandler for StopKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext) -> Option<Cmd> {
        let (before, after) = ctx.line().split_at(ctx.pos());
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((self.0.clone(), before.to_owned(), after.to_owned()));
        Some(Cmd::AcceptLine)
    }
}

/// How long the keyboard is given to let go of the terminal.
const LET_GO: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(20);

/// What the threads of the console, and the signals, have for its owner.
enum Typed {
    Input(ConsoleInput),
    /// A hang-up or SIGTERM; without a terminal SIGINT as well.
    Ends,
    /// The threads have ended.
    Over(io::Result<()>),
}

/// A console that is ready and waits for its router. Dropping it gives the terminal back as it was.
pub struct Console {
    typed: Receiver<Typed>,
    /// Takes what the router prints, once.
    router: Sender<Receiver<ConsoleOutput>>,
    terminal: Option<Terminal>,
}

/// The terminal as it was found, and who has it now.
struct Terminal {
    saved: Termios,
    ending: Arc<AtomicBool>,
    /// What the keyboard's thread waits for between two lines.
    ask: Sender<Wanted>,
    /// That thread has let go of the terminal.
    over: bool,
}

impl Console {
    /// Takes the terminal. Call it before the routers that it may serve are started: from then on the keyboard has a
    /// table of descriptors of its own. rustyline opens two of them for each line and puts them into a set of
    /// `select(2)`, which takes none above 1023; as many interfaces would leave none free below.
    ///
    /// # Errors
    /// When the terminal cannot be read, or a thread cannot be started.
    pub fn open() -> io::Result<Console> {
        let (typed_sender, typed) = channel();
        let (router, receive) = channel();
        let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let terminal = if on_terminal {
            Some(interactive(typed_sender, receive)?)
        } else {
            let signalled = typed_sender.clone();
            signals::watch(false, move |_: Signal| {
                // The console may have ended by itself.
                let _ = signalled.send(Typed::Ends);
            })?;
            Builder::new().name("lines".to_owned()).spawn(move || {
                let send = to_owner(typed_sender.clone());
                let run = |receive| piped::run(send, receive, BufReader::new(io::stdin()), io::stdout());
                // Without a router there is nothing to be done; and the console may have been ended by a signal.
                let _ = receive.recv().map(|receive| typed_sender.send(Typed::Over(run(receive))));
            })?;
            None
        };
        Ok(Console { typed, router, terminal })
    }

    /// Runs the console until the session or the input ends.
    ///
    /// `send` takes what the user does; `receive` gives what the router (or lab) prints. On a tty the user has
    /// editing, history, `?`, Tab, Ctrl-Z and Ctrl-^ x; from a pipe each line is one line of input, echoed as a
    /// screen would show it. A hang-up and SIGTERM close the session and end the console, whatever it is doing.
    ///
    /// # Errors
    /// When the terminal cannot be read or written.
    pub fn run(mut self, send: impl Fn(ConsoleInput), receive: Receiver<ConsoleOutput>) -> io::Result<()> {
        send(ConsoleInput::Open { console: true });
        // Nobody takes it when a thread has ended, which is said in the queue.
        let _ = self.router.send(receive);
        loop {
            match self.typed.recv() {
                Ok(Typed::Input(input)) => send(input),
                Ok(Typed::Ends) => {
                    send(ConsoleInput::Close);
                    return Ok(());
                }
                Ok(Typed::Over(result)) => {
                    self.terminal.iter_mut().for_each(|terminal| terminal.over = true);
                    return result;
                }
                Err(_) => return Err(io::Error::other("nobody reads it any more")),
            }
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let Some(terminal) = &mut self.terminal else { return };
        terminal.ending.store(true, Ordering::Release);
        // The thread may have ended by itself.
        let _ = terminal.ask.send(Wanted::Closed);
        let deadline = Instant::now() + LET_GO;
        while !terminal.over && Instant::now() < deadline {
            // It wakes the keyboard's thread, which is the only one that takes it.
            let _ = signal::kill(nix::unistd::getpid(), signal::SIGINT);
            terminal.over = match self.typed.recv_timeout(AGAIN) {
                Ok(Typed::Over(_)) | Err(RecvTimeoutError::Disconnected) => true,
                Ok(Typed::Input(_) | Typed::Ends) | Err(RecvTimeoutError::Timeout) => false,
            };
        }
        // A terminal that was hung up takes no settings any more.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &terminal.saved);
    }
}

fn to_owner(typed: Sender<Typed>) -> impl Fn(ConsoleInput) + Clone + Send + 'static {
    move |input| {
        // The console may have been ended by a signal.
        let _ = typed.send(Typed::Input(input));
    }
}

/// The keyboard is read in a thread of its own, so that a hang-up or a SIGTERM ends the console whatever it waits for.
fn interactive(typed: Sender<Typed>, receive: Receiver<Receiver<ConsoleOutput>>) -> io::Result<Terminal> {
    let saved = tcgetattr(io::stdin()).map_err(io::Error::from)?;
    let escape = EscapeCell::default();
    // A handler of theirs writes to a descriptor, which must be the one of the keyboard's table.
    let keyboards: SigSet = [signal::SIGINT, signal::SIGWINCH].into_iter().collect();
    keyboards.thread_block()?;
    let (send, signalled, escaped) = (to_owner(typed.clone()), typed.clone(), escape.clone());
    signals::watch(true, move |signal| match signal {
        Signal::Interrupt => send(ConsoleInput::Break),
        Signal::Quit => {
            escaped.store(true, Ordering::Relaxed);
            send(ConsoleInput::Break);
        }
        // As in `to_owner`.
        Signal::End => signalled.send(Typed::Ends).unwrap_or(()),
    })?;
    let ending = Arc::<AtomicBool>::default();
    let (ready, made) = channel();
    let (ask, wanted) = channel();
    let (end, asked) = (ending.clone(), (ask.clone(), wanted));
    Builder::new().name("keyboard".to_owned()).spawn(move || {
        let keyboard = || keyboard(&to_owner(typed.clone()), receive, escape, (&end, asked), &ready);
        let result = catch_unwind(AssertUnwindSafe(keyboard))
            .unwrap_or_else(|_| Err(io::Error::other("its line editor has failed")));
        // As above.
        let _ = typed.send(Typed::Over(result));
    })?;
    // When that thread has ended, the queue says why.
    let _ = made.recv();
    Ok(Terminal { saved, ending, ask, over: false })
}

fn keyboard(
    send: &impl Fn(ConsoleInput),
    receive: Receiver<Receiver<ConsoleOutput>>,
    escape: EscapeCell,
    (ending, (ask, wanted)): (&AtomicBool, (Sender<Wanted>, Receiver<Wanted>)),
    ready: &Sender<()>,
) -> io::Result<()> {
    let stop = StopCell::default();
    let mut editor = editor(&stop, escape).map_err(io::Error::other)?;
    let printer = editor.create_external_printer().map_err(io::Error::other)?;
    let (above, printed) = channel();
    let editing = Editing::default();
    Builder::new().name("printer".to_owned()).spawn(move || print_above(printer, &printed))?;
    let screen = Screens { editing: editing.clone(), above };
    Builder::new().name("screen".to_owned()).spawn(move || {
        // Nothing is to be printed when the router could not be started.
        let _ = receive.recv().map(|receive| write_all(&screen, &receive, &ask));
    })?;
    // Where a container forbids it, the table stays shared and a console of fewer interfaces works all the same.
    let _ = unshare(CloneFlags::CLONE_FILES);
    let keyboards: SigSet = [signal::SIGINT, signal::SIGWINCH].into_iter().collect();
    keyboards.thread_unblock()?;
    // Who made the console may have failed since.
    let _ = ready.send(());
    let keys = Keys { stop: &stop, editing: &editing, ending };
    edit_all(&mut editor, &keys, &wanted, send)
}

/// Whether a line is being edited: from when its prompt is on its way until it is taken.
type Editing = Arc<AtomicBool>;

/// Prints above the line that is being edited, all that waits at once.
fn print_above(mut printer: impl ExternalPrinter, printed: &Receiver<String>) {
    while let Ok(mut text) = printed.recv() {
        text.extend(printed.try_iter());
        // A broken terminal shows in the editing thread; there is nobody to tell from here.
        if printer.print(text).is_err() {
            return;
        }
    }
}

/// The ways to the screen.
struct Screens {
    editing: Editing,
    above: Sender<String>,
}

impl Screens {
    fn print(&self, text: String) -> Result<(), ()> {
        if self.editing.load(Ordering::Acquire) {
            return self.above.send(text).map_err(|_| ());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|_| ())
    }
}

fn editor(stop: &StopCell, escape: EscapeCell) -> rustyline::Result<Editor<(), DefaultHistory>> {
    let config = Config::builder().auto_add_history(false).bracketed_paste(false).tab_stop(8).build();
    let mut editor = Editor::with_config(config)?;
    let mut bind = |event: Event, handler: Box<dyn ConditionalEventHandler>| {
        editor.bind_sequence(event, EventHandler::Conditional(handler));
    };
    let stop_key = |what| StopKey(what, stop.clone());
    let key = |c| Event::from(KeyEvent::new(c, Modifiers::NONE));
    bind(key('?'), Box::new(stop_key(Stop::Help)));
    bind(KeyEvent(rustyline::KeyCode::Tab, Modifiers::NONE).into(), Box::new(stop_key(Stop::Tab)));
    bind(KeyEvent::ctrl('Z').into(), Box::new(stop_key(Stop::EndConfig)));
    bind(KeyEvent::ctrl('^').into(), Box::new(EscapeKey(true, escape.clone())));
    bind(key('x'), Box::new(LeaveKey(stop_key(Stop::Leave), escape.clone())));
    bind(Event::Any, Box::new(EscapeKey(false, escape)));
    Ok(editor)
}

/// The writer: prints everything, and passes on what needs the keyboard.
fn write_all(screen: &Screens, receive: &Receiver<ConsoleOutput>, ask: &Sender<Wanted>) {
    while let Ok(output) = receive.recv() {
        let sent = match output {
            ConsoleOutput::Text(text) => screen.print(text),
            ConsoleOutput::Async(text) => screen.print(colour(&text)),
            ConsoleOutput::Prompt { prompt, before, after } => {
                screen.editing.store(true, Ordering::Release);
                ask.send(Wanted::Line { prompt, before, after }).map_err(|_| ())
            }
            ConsoleOutput::Ask { prompt, echo } => ask.send(Wanted::Ask { prompt, echo }).map_err(|_| ()),
            ConsoleOutput::More => {
                ask.send(Wanted::Key { text: " --More-- ".into(), erase: true }).map_err(|_| ())
            }
            ConsoleOutput::Confirm(text) => ask.send(Wanted::Key { text, erase: false }).map_err(|_| ()),
            ConsoleOutput::Completed { before } => {
                screen.editing.store(true, Ordering::Release);
                ask.send(Wanted::Completed { before }).map_err(|_| ())
            }
            ConsoleOutput::Closed => ask.send(Wanted::Closed).map_err(|_| ()),
        };
        if sent.is_err() {
            return;
        }
    }
    // The router is gone; the editing thread may have ended before.
    let _ = ask.send(Wanted::Closed);
}

/// `%FACILITY` messages stand out, debugs stand back; nothing is coloured when `NO_COLOR` is set.
fn colour(text: &str) -> String {
    if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) {
        return text.to_owned();
    }
    text.split_inclusive('\n')
        .map(|line| {
            let body = line.trim_end_matches('\n');
            if body.contains(": %") || body.starts_with('%') {
                format!("{}\n", body.yellow())
            } else {
                format!("{}\n", body.cyan())
            }
        })
        .collect()
}

/// Forgets what was asked while a line was being edited: others at this console have answered it. True when the console
/// is over.
fn answered_elsewhere(wanted: &Receiver<Wanted>) -> bool {
    wanted.try_iter().any(|wanted| matches!(wanted, Wanted::Closed))
}

/// What the editing thread shares with others.
struct Keys<'a> {
    stop: &'a StopCell,
    editing: &'a Editing,
    /// The console is being left.
    ending: &'a AtomicBool,
}

fn edit_all(
    editor: &mut Editor<(), DefaultHistory>,
    keys: &Keys<'_>,
    wanted: &Receiver<Wanted>,
    send: &impl Fn(ConsoleInput),
) -> io::Result<()> {
    let ending = || keys.ending.load(Ordering::Acquire);
    let answer = |input| {
        let closed = answered_elsewhere(wanted);
        send(input);
        closed
    };
    let (mut prompt, mut behind) = (String::new(), String::new());
    loop {
        let asked = wanted.recv().unwrap_or(Wanted::Closed);
        if ending() {
            return Ok(());
        }
        quiet_terminal()?;
        let initial = match asked {
            Wanted::Closed => return Ok(()),
            Wanted::Ask { prompt, echo } => {
                if answer(ask_line(&prompt, echo, keys.ending)?) {
                    return Ok(());
                }
                continue;
            }
            Wanted::Key { text, erase } => {
                if answer(one_key(&text, erase, keys.ending)?) {
                    return Ok(());
                }
                continue;
            }
            Wanted::Line { prompt: p, before, after } => {
                prompt = p;
                (before, after)
            }
            Wanted::Completed { before } => (before, std::mem::take(&mut behind)),
        };
        let result = editor.readline_with_initial(&prompt, (&initial.0, &initial.1));
        keys.editing.store(false, Ordering::Release);
        if answered_elsewhere(wanted) {
            return Ok(());
        }
        let stopped = keys.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (result, stopped) {
            (Ok(_), Some((what, before, after))) => {
                if matches!(what, Stop::Tab) {
                    behind.clone_from(&after);
                }
                stopped_line(&prompt, what, before, after, send)?;
            }
            (Ok(line), None) => {
                if !line.trim().is_empty() {
                    editor.add_history_entry(&line).map_err(io::Error::other)?;
                }
                send(ConsoleInput::Line(line));
            }
            (Err(_), _) if ending() => return Ok(()),
            (Err(ReadlineError::Interrupted), _) => send(ConsoleInput::Interrupt),
            (Err(ReadlineError::Eof), _) => {
                send(ConsoleInput::Leave);
            }
            (Err(e), _) => return Err(io::Error::other(e)),
        }
    }
}

/// rustyline has moved to a new line; puts the key where the cursor was, and says what was pressed.
fn stopped_line(
    prompt: &str,
    what: Stop,
    before: String,
    after: String,
    send: &impl Fn(ConsoleInput),
) -> io::Result<()> {
    let mut stdout = io::stdout();
    match what {
        Stop::Help => {
            write!(stdout, "\x1b[A\r{prompt}{before}?\x1b[K\r\n")?;
            send(ConsoleInput::Help { before, after });
        }
        Stop::Tab => {
            write!(stdout, "\x1b[A\r\x1b[K")?;
            send(ConsoleInput::Complete { before });
        }
        Stop::EndConfig => {
            write!(stdout, "\x1b[A\r{prompt}{before}{after}^Z\x1b[K\r\n")?;
            send(ConsoleInput::EndConfig { line: before + &after });
        }
        Stop::Leave => send(ConsoleInput::Leave),
    }
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_answered_is_not_asked_again() {
        let (ask, wanted) = channel();
        let line = |prompt: &str| Wanted::Line {
            prompt: prompt.into(),
            before: String::new(),
            after: String::new(),
        };
        for stale in [line("R>"), Wanted::Key { text: " --More-- ".into(), erase: true }, line("R#")] {
            ask.send(stale).unwrap();
        }
        assert!(!answered_elsewhere(&wanted));
        ask.send(line("R(config)#")).unwrap();
        assert!(matches!(wanted.try_recv(), Ok(Wanted::Line { prompt, .. }) if prompt == "R(config)#"));
        ask.send(line("R#")).unwrap();
        ask.send(Wanted::Closed).unwrap();
        assert!(answered_elsewhere(&wanted), "the end of a console is nobody's answer");
    }
}
