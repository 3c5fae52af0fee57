//! The console on the user's own terminal: rustyline on a tty, plain lines otherwise.
//!
//! Three threads. One edits lines. One takes what the router sends: it writes between the prompts, and passes on what needs
//! the keyboard. While a line is being typed the third one prints, above that line: rustyline takes one message at a
//! time and none between two lines, so whoever prints may have to wait for the next prompt, and must not be the one who
//! brings it. Nothing is printed from a key handler (that would deadlock rustyline).

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use owo_colors::OwoColorize;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Editor, Event, EventContext, EventHandler, ExternalPrinter,
    KeyEvent, Modifiers, RepeatCount,
};

use super::screen::{Expects, Screen};
use crate::router::{ConsoleInput, ConsoleOutput};

/// Ctrl-^, the escape character of IOS.
const ESCAPE: u8 = 0x1e;

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

/// Runs the console until the session or the input ends.
///
/// `send` takes what the user does; `receive` gives what the router (or lab) prints. On a tty the user has
/// editing, history, `?`, Tab, Ctrl-Z and Ctrl-^ x; from a pipe each line is one line of input, echoed as a
/// screen would show it.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn run(
    send: impl Fn(ConsoleInput) + Clone + Send + 'static,
    receive: Receiver<ConsoleOutput>,
) -> io::Result<()> {
    send(ConsoleInput::Open { console: true });
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        interactive(send, receive)
    } else {
        piped(send, receive, BufReader::new(io::stdin()), io::stdout())
    }
}

/// What happens at a console without a terminal.
enum Happened {
    Shown(ConsoleOutput),
    Typed(io::Result<String>),
    InputEnded,
    RouterGone,
}

/// Feeds one line per prompt, and shows what comes in between at once. At the end of the input the session is left
/// behind its last prompt.
fn piped(
    send: impl Fn(ConsoleInput),
    receive: Receiver<ConsoleOutput>,
    input: impl BufRead + Send + 'static,
    mut to: impl Write,
) -> io::Result<()> {
    let (mut screen, mut typed, mut ended) = (Screen::new(), VecDeque::new(), false);
    for happened in happenings(receive, input) {
        match happened {
            Happened::RouterGone => break,
            Happened::Typed(line) => typed.push_back(line?),
            Happened::InputEnded => ended = true,
            Happened::Shown(output) => screen.output(output),
        }
        let input = match screen.expects() {
            Expects::Nothing => None,
            Expects::Closed => break,
            // Nobody reads page by page through a pipe.
            Expects::More => Some(ConsoleInput::Key(' ')),
            Expects::Command | Expects::Answer { .. } => match typed.pop_front() {
                Some(line) => Some(ConsoleInput::Line(line)),
                None if ended => break,
                None => None,
            },
            Expects::Confirm => match typed.pop_front() {
                Some(line) => Some(ConsoleInput::Key(line.chars().next().unwrap_or('\n'))),
                None if ended => break,
                None => None,
            },
        };
        if let Some(input) = input {
            screen.typed(if let ConsoleInput::Line(line) = &input { line } else { "" });
            send(input);
        }
        to.write_all(screen.take().as_bytes())?;
        to.flush()?;
    }
    screen.finish();
    to.write_all(screen.take().as_bytes())?;
    to.flush()?;
    send(ConsoleInput::Leave);
    Ok(())
}

/// Both directions in one queue, so that neither waits for the other.
fn happenings(receive: Receiver<ConsoleOutput>, input: impl BufRead + Send + 'static) -> Receiver<Happened> {
    let (shown, happened) = channel();
    let typed = shown.clone();
    std::thread::spawn(move || {
        // The console has been left when nobody takes a line any more.
        let heard = input.lines().try_for_each(|line| typed.send(Happened::Typed(line)));
        heard.and_then(|()| typed.send(Happened::InputEnded)).unwrap_or(());
    });
    std::thread::spawn(move || {
        let heard = receive.iter().try_for_each(|output| shown.send(Happened::Shown(output)));
        heard.and_then(|()| shown.send(Happened::RouterGone)).unwrap_or(());
    });
    happened
}

/// The keyboard is read in a thread of its own, so that a hang-up or a SIGTERM ends the console whatever it waits for.
fn interactive(
    send: impl Fn(ConsoleInput) + Clone + Send + 'static,
    receive: Receiver<ConsoleOutput>,
) -> io::Result<()> {
    let saved = tcgetattr(io::stdin()).map_err(io::Error::from)?;
    let (over, ended) = channel();
    let escape = EscapeCell::default();
    forward_signals(send.clone(), escape.clone(), over.clone());
    std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
        // The console has ended by a signal when nobody takes the result.
        let _ = over.send(keyboard(&send, receive, escape));
    })?;
    let result = ended.recv().unwrap_or(Ok(()));
    // A terminal that was hung up takes no settings any more.
    let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &saved);
    result
}

fn keyboard(
    send: &impl Fn(ConsoleInput),
    receive: Receiver<ConsoleOutput>,
    escape: EscapeCell,
) -> io::Result<()> {
    let stop = StopCell::default();
    let mut editor = editor(&stop, escape).map_err(io::Error::other)?;
    let printer = editor.create_external_printer().map_err(io::Error::other)?;
    let (ask, wanted) = channel();
    let (above, printed) = channel();
    let editing = Editing::default();
    std::thread::Builder::new().name("printer".to_owned()).spawn(move || print_above(printer, &printed))?;
    let screen = Screens { editing: editing.clone(), above };
    std::thread::Builder::new()
        .name("screen".to_owned())
        .spawn(move || write_all(&screen, &receive, &ask))?;
    edit_all(&mut editor, &stop, &editing, &wanted, send)
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

fn edit_all(
    editor: &mut Editor<(), DefaultHistory>,
    stop: &StopCell,
    editing: &Editing,
    wanted: &Receiver<Wanted>,
    send: &impl Fn(ConsoleInput),
) -> io::Result<()> {
    let (mut prompt, mut behind) = (String::new(), String::new());
    loop {
        quiet_terminal()?;
        let initial = match wanted.recv() {
            Err(_) | Ok(Wanted::Closed) => return Ok(()),
            Ok(Wanted::Ask { prompt, echo }) => {
                send(ask_line(&prompt, echo)?);
                continue;
            }
            Ok(Wanted::Key { text, erase }) => {
                send(one_key(&text, erase)?);
                continue;
            }
            Ok(Wanted::Line { prompt: p, before, after }) => {
                prompt = p;
                (before, after)
            }
            Ok(Wanted::Completed { before }) => (before, std::mem::take(&mut behind)),
        };
        let result = editor.readline_with_initial(&prompt, (&initial.0, &initial.1));
        editing.store(false, Ordering::Release);
        let stopped = stop.lock().unwrap_or_else(PoisonError::into_inner).take();
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

/// Between prompts nothing that is typed is echoed; it waits in the terminal for the next prompt. Ctrl-C and
/// Ctrl-^ are signals.
fn quiet_terminal() -> io::Result<()> {
    change_terminal(|t| {
        t.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON);
        t.local_flags.insert(LocalFlags::ISIG);
        t.control_chars[SpecialCharacterIndices::VQUIT as usize] = ESCAPE;
        t.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        t.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    })
}

fn change_terminal(change: impl FnOnce(&mut Termios)) -> io::Result<()> {
    let mut termios = tcgetattr(io::stdin()).map_err(io::Error::from)?;
    change(&mut termios);
    tcsetattr(io::stdin(), SetArg::TCSANOW, &termios).map_err(io::Error::from)
}

fn read_octet() -> io::Result<Option<u8>> {
    let mut octet = [0];
    loop {
        match nix::unistd::read(io::stdin(), &mut octet) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(octet[0])),
            Err(nix::errno::Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Shows `text` and takes one key.
fn one_key(text: &str, erase: bool) -> io::Result<ConsoleInput> {
    let mut stdout = io::stdout();
    write!(stdout, "{text}")?;
    stdout.flush()?;
    change_terminal(|t| t.local_flags.remove(LocalFlags::ISIG))?;
    let input = match read_octet()? {
        None => ConsoleInput::Leave,
        Some(3) => ConsoleInput::Interrupt,
        Some(ESCAPE) => escaped()?,
        Some(b'\r') => ConsoleInput::Key('\n'),
        Some(b) => ConsoleInput::Key(char::from(b)),
    };
    stdout.write_all(if erase { b"\r\x1b[K" } else { b"\r\n" })?;
    stdout.flush()?;
    Ok(input)
}

/// What the key behind Ctrl-^ makes of it.
fn escaped() -> io::Result<ConsoleInput> {
    Ok(match read_octet()? {
        None | Some(b'x' | b'X') => ConsoleInput::Leave,
        Some(_) => ConsoleInput::Interrupt,
    })
}

/// Edits a line that is not a command: no history, no help, perhaps no echo.
fn ask_line(prompt: &str, echo: bool) -> io::Result<ConsoleInput> {
    let mut stdout = io::stdout();
    write!(stdout, "{prompt}")?;
    stdout.flush()?;
    change_terminal(|t| t.local_flags.remove(LocalFlags::ISIG))?;
    let mut line = Vec::new();
    let input = loop {
        match read_octet()? {
            None => break ConsoleInput::Leave,
            Some(3) => break ConsoleInput::Interrupt,
            Some(ESCAPE) => break escaped()?,
            Some(b'\r' | b'\n') => break ConsoleInput::Line(String::from_utf8_lossy(&line).into_owned()),
            Some(8 | 0x7f) => {
                if line.pop().is_some() && echo {
                    write!(stdout, "\x08 \x08")?;
                }
            }
            Some(octet) => {
                line.push(octet);
                if echo {
                    stdout.write_all(&[octet])?;
                }
            }
        }
        stdout.flush()?;
    };
    writeln!(stdout)?;
    Ok(input)
}

/// Ctrl-C and Ctrl-^ while a command runs; an x behind Ctrl-^ still leaves. A hang-up and SIGTERM end the console.
fn forward_signals(
    send: impl Fn(ConsoleInput) + Send + 'static,
    escape: EscapeCell,
    over: Sender<io::Result<()>>,
) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async move {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut int), Ok(mut quit), Ok(mut hangup), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::quit()),
                signal(SignalKind::hangup()),
                signal(SignalKind::terminate()),
            ) else {
                return;
            };
            loop {
                let ends = tokio::select! {
                    _ = int.recv() => false,
                    _ = quit.recv() => {
                        escape.store(true, Ordering::Relaxed);
                        false
                    }
                    _ = hangup.recv() => true,
                    _ = terminate.recv() => true,
                };
                if ends {
                    send(ConsoleInput::Close);
                    // Nobody waits any more when the console has ended by itself.
                    let _ = over.send(Ok(()));
                    return;
                }
                send(ConsoleInput::Break);
            }
        });
    });
}
