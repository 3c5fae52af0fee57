//! The console without a terminal: a script on the standard input, the screen as text on the standard output.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use super::screen::{Expects, Screen};
use crate::router::{ConsoleInput, ConsoleOutput};

/// Most lines that are read before they are asked for: what comes behind them waits in the pipe.
const AHEAD: usize = 256;

/// Longest line, in octets. A terminal of Linux takes 4,095 (termios(3)).
const LINE_MAX: usize = 8_192;

/// What happens at a console without a terminal.
enum Happened {
    Shown(ConsoleOutput),
    /// Nothing comes after an error.
    Typed(io::Result<String>),
    InputEnded,
    RouterGone,
}

/// Feeds one line per prompt, and shows what comes in between at once. At the end of the input, and where it cannot be
/// read any further, the session is left behind its last prompt.
///
/// # Errors
/// What cannot be read or written; a line that is no text or too long, by its number. The lines before it have been
/// fed.
pub(super) fn run(
    send: impl Fn(ConsoleInput),
    receive: Receiver<ConsoleOutput>,
    input: impl BufRead + Send + 'static,
    mut to: impl Write,
) -> io::Result<()> {
    let mut screen = Screen::new();
    let fed = feed(&send, receive, input, &mut screen, &mut to);
    screen.finish();
    let shown = show(&mut screen, &mut to);
    send(ConsoleInput::Leave);
    fed.and(shown)
}

fn show(screen: &mut Screen, to: &mut impl Write) -> io::Result<()> {
    to.write_all(screen.take().as_bytes())?;
    to.flush()
}

fn feed(
    send: &impl Fn(ConsoleInput),
    receive: Receiver<ConsoleOutput>,
    input: impl BufRead + Send + 'static,
    screen: &mut Screen,
    to: &mut impl Write,
) -> io::Result<()> {
    let (permit, permits) = sync_channel(AHEAD);
    let (mut typed, mut ended) = (VecDeque::new(), false);
    for happened in happenings(receive, input, permit) {
        match happened {
            Happened::RouterGone => break,
            Happened::Typed(line) => typed.push_back(line),
            Happened::InputEnded => ended = true,
            Happened::Shown(output) => screen.output(output),
        }
        let input = match screen.expects() {
            Expects::Nothing => None,
            Expects::Closed => break,
            // Nobody reads page by page through a pipe.
            Expects::More => Some(ConsoleInput::Key(' ')),
            asked @ (Expects::Command | Expects::Answer { .. } | Expects::Confirm) => match typed.pop_front()
            {
                Some(line) => {
                    // One for each line that was read: it is there.
                    let _ = permits.try_recv();
                    let line: String = line?;
                    Some(match asked {
                        Expects::Confirm => ConsoleInput::Key(line.chars().next().unwrap_or('\n')),
                        _ => ConsoleInput::Line(line),
                    })
                }
                None if ended => break,
                None => None,
            },
        };
        if let Some(input) = input {
            screen.typed(if let ConsoleInput::Line(line) = &input { line } else { "" });
            send(input);
        }
        show(screen, to)?;
    }
    Ok(())
}

/// Both directions in one queue, so that neither waits for the other. A line is read when there is a `permit` for it.
fn happenings(
    receive: Receiver<ConsoleOutput>,
    mut input: impl BufRead + Send + 'static,
    permit: SyncSender<()>,
) -> Receiver<Happened> {
    let (shown, happened) = channel();
    let typed = shown.clone();
    std::thread::spawn(move || {
        // Each of these fails when the console has been left.
        let mut number = 0;
        while permit.send(()).is_ok() {
            number += 1;
            let line = read_line(&mut input, number);
            let last = !matches!(line, Ok(Some(_)));
            let what = line.transpose().map_or(Happened::InputEnded, Happened::Typed);
            if typed.send(what).is_err() || last {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        let heard = receive.iter().try_for_each(|output| shown.send(Happened::Shown(output)));
        heard.and_then(|()| shown.send(Happened::RouterGone)).unwrap_or(());
    });
    happened
}

/// The next line without its end; `None` behind the last one.
fn read_line(input: &mut impl BufRead, number: u64) -> io::Result<Option<String>> {
    let bad =
        |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("line {number} of its input {what}"));
    let mut line = Vec::new();
    // Room for the end of the longest one.
    let limit = LINE_MAX as u64 + 2;
    if input.take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    if line.len() > LINE_MAX {
        return Err(bad(&format!("is longer than {LINE_MAX} octets")));
    }
    String::from_utf8(line).map(Some).map_err(|_| bad("is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::Sender;

    use super::*;

    fn prompt() -> ConsoleOutput {
        ConsoleOutput::Prompt { prompt: "R#".to_owned(), before: String::new(), after: String::new() }
    }

    /// A router that says nothing but its prompt, and what it was given.
    fn play(
        input: impl BufRead + Send + 'static,
        mut each: impl FnMut(&str),
    ) -> (io::Result<()>, usize, String) {
        let (to_console, receive) = channel();
        let (send, typed) = channel();
        to_console.send(prompt()).unwrap();
        let console = std::thread::spawn(move || {
            let mut to = Vec::new();
            let send: Sender<ConsoleInput> = send;
            let result = run(|input| send.send(input).unwrap(), receive, input, &mut to);
            (result, String::from_utf8(to).unwrap())
        });
        let mut lines = 0;
        for input in typed {
            match input {
                ConsoleInput::Line(line) => each(&line),
                ConsoleInput::Leave => break,
                other => panic!("{other:?}"),
            }
            lines += 1;
            // The console may be over already.
            let _ = to_console.send(prompt());
        }
        let (result, shown) = console.join().unwrap();
        (result, lines, shown)
    }

    /// Lines without end, which are counted as they are read.
    struct Endless {
        line: &'static [u8],
        at: usize,
        left: usize,
        read: Arc<AtomicUsize>,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.fill_buf()?.read(buffer)?;
            self.consume(length);
            Ok(length)
        }
    }

    impl BufRead for Endless {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(if self.left == 0 { &[] } else { &self.line[self.at..] })
        }
        fn consume(&mut self, length: usize) {
            self.at += length;
            if self.at == self.line.len() {
                self.at = 0;
                self.left = self.left.saturating_sub(1);
                self.read.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    #[test]
    fn many_megabytes_are_not_read_before_they_are_wanted_and_all_are_fed() {
        let read = Arc::new(AtomicUsize::new(0));
        let line: &'static [u8] = Box::leak(vec![b'!'; 999].into_boxed_slice());
        let line: &'static [u8] = Box::leak([line, b"\n"].concat().into_boxed_slice());
        let lines = 20_000;
        let input = Endless { line, at: 0, left: lines, read: read.clone() };
        let (mut fed, mut farthest) = (0, 0);
        let (result, seen, shown) = play(input, |line| {
            assert_eq!(line.len(), 999);
            fed += 1;
            farthest = farthest.max(read.load(Ordering::SeqCst) - fed);
        });
        result.unwrap();
        assert_eq!((seen, shown.lines().count()), (lines, lines + 1));
        assert!(farthest <= AHEAD + 1, "{farthest} lines were read ahead");
    }

    #[test]
    fn a_line_that_is_too_long_is_named_and_those_before_it_are_fed() {
        let text = format!("one\n{}\r\n{}\nfour\n", "2".repeat(LINE_MAX), "3".repeat(LINE_MAX + 1));
        let (result, lines, shown) = play(io::Cursor::new(text), |_| {});
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "line 3 of its input is longer than 8192 octets");
        assert_eq!(lines, 2);
        assert!(shown.starts_with("R#one\nR#22") && shown.ends_with("22\nR#\n"), "{shown}");
        let endless = Endless { line: b"!", at: 0, left: usize::MAX, read: Arc::default() };
        assert!(play(endless, |_| {}).0.unwrap_err().to_string().contains("line 1 "));
    }

    #[test]
    fn what_is_no_text_is_named_and_the_last_line_needs_no_end() {
        let (result, lines, _) = play(io::Cursor::new(b"one\ntw\xf6\n".to_vec()), |_| {});
        assert_eq!(result.unwrap_err().to_string(), "line 2 of its input is not UTF-8 text");
        assert_eq!(lines, 1);
        let (result, lines, shown) = play(io::Cursor::new("one\n\ntwo"), |_| {});
        result.unwrap();
        assert_eq!((lines, shown.as_str()), (3, "R#one\nR#\nR#two\nR#\n"));
    }
}
