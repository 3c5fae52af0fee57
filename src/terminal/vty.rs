//! A network line as a terminal server gives it: telnet options, echo and line editing, sans-IO.
//!
//! Octets from the terminal become [`ConsoleInput`]; [`ConsoleOutput`] becomes octets for the terminal. What is
//! typed while a command runs is kept for the next prompt, as on a real line.

use std::collections::VecDeque;

use super::editor::{Edit, EditLine, Recall};
use crate::router::{ConsoleInput, ConsoleOutput};

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;
const WILL: u8 = 251;
const DO: u8 = 253;
const DONT: u8 = 254;
const ECHO: u8 = 1;
const SUPPRESS_GO_AHEAD: u8 = 3;
const NAWS: u8 = 31;

/// Most keys that are read before they are wanted: what comes behind them waits on the network.
const AHEAD: usize = 16_384;

/// What a server says first: it echoes, suppresses go-ahead and wants the window size (RFC 857, 858, 1073).
pub const GREETING: [u8; 9] = [IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO, NAWS];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Waiting {
    /// A command runs; typed keys wait.
    Command,
    /// A line is being edited behind this prompt.
    Line { prompt: String, echo: bool, recall: bool },
    /// One key is wanted.
    Key { shown: usize },
    /// Nothing more comes.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telnet {
    Data,
    Iac,
    Option(u8),
    Sub,
    SubIac,
}

/// One network line.
#[derive(Debug)]
pub struct Vty {
    waiting: Waiting,
    line: EditLine,
    recall: Recall,
    keys: VecDeque<Key>,
    telnet: Telnet,
    sub: Vec<u8>,
    escape: Vec<u8>,
    utf8: Vec<u8>,
    literal: bool,
    leave: bool,
    /// That key has already ended a command.
    aborted: bool,
    last_cr: bool,
    out: Vec<u8>,
    input: Vec<ConsoleInput>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Char(char),
    Edit(Edit),
    Older,
    Newer,
    Enter,
    Redraw,
    EndConfig,
    Tab,
    Question,
    Interrupt,
    Leave,
}

impl Default for Vty {
    fn default() -> Self {
        Vty {
            waiting: Waiting::Command,
            line: EditLine::default(),
            recall: Recall::default(),
            keys: VecDeque::new(),
            telnet: Telnet::Data,
            sub: Vec::new(),
            escape: Vec::new(),
            utf8: Vec::new(),
            literal: false,
            leave: false,
            aborted: false,
            last_cr: false,
            out: Vec::new(),
            input: Vec::new(),
        }
    }
}

impl Vty {
    /// A line on which nothing has been typed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether more octets from the terminal should be read: not while so much is typed ahead.
    pub fn has_room(&self) -> bool {
        self.keys.len() < AHEAD
    }

    /// Takes octets from the terminal.
    pub fn receive(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.octet(b);
        }
        self.work();
    }

    /// Takes what the router sends.
    pub fn send(&mut self, output: ConsoleOutput) {
        match output {
            ConsoleOutput::Text(text) => self.print(&text),
            ConsoleOutput::Async(text) => self.interject(&text),
            ConsoleOutput::Prompt { prompt, before, after } => {
                self.line = EditLine::new(&before, &after);
                self.waiting = Waiting::Line { prompt, echo: true, recall: true };
                self.draw();
            }
            ConsoleOutput::Ask { prompt, echo } => {
                self.line = EditLine::default();
                self.waiting = Waiting::Line { prompt, echo, recall: false };
                self.draw();
            }
            ConsoleOutput::More => self.ask_key(" --More-- "),
            ConsoleOutput::Confirm(text) => self.ask_key(&text),
            ConsoleOutput::Completed { before } => {
                let after = self.line.after();
                self.line = EditLine::new(&before, &after);
                self.redraw();
            }
            ConsoleOutput::Closed => self.waiting = Waiting::Nothing,
        }
        self.work();
    }

    /// Octets for the terminal, and input for the router, since the last call.
    pub fn take(&mut self) -> (Vec<u8>, Vec<ConsoleInput>) {
        (std::mem::take(&mut self.out), std::mem::take(&mut self.input))
    }

    /// Whether the session is over and the connection is to be closed.
    pub fn is_closed(&self) -> bool {
        self.waiting == Waiting::Nothing
    }

    fn octet(&mut self, b: u8) {
        self.telnet = match (self.telnet, b) {
            (Telnet::Data, IAC) => Telnet::Iac,
            (Telnet::Data, b) => {
                self.data(b);
                Telnet::Data
            }
            (Telnet::Iac, IAC) => {
                self.data(IAC);
                Telnet::Data
            }
            (Telnet::Iac, SB) => {
                self.sub.clear();
                Telnet::Sub
            }
            (Telnet::Iac, WILL..=DONT) => Telnet::Option(b),
            (Telnet::Iac, _) | (Telnet::Option(_), _) => Telnet::Data,
            (Telnet::Sub, IAC) => Telnet::SubIac,
            (Telnet::Sub, b) => {
                if self.sub.len() < 64 {
                    self.sub.push(b);
                }
                Telnet::Sub
            }
            (Telnet::SubIac, SE) => {
                self.window_size();
                Telnet::Data
            }
            (Telnet::SubIac, _) => Telnet::Sub,
        };
    }

    fn window_size(&mut self) {
        if let [NAWS, a, b, c, d] = self.sub[..] {
            let (width, length) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            self.input.push(ConsoleInput::Size { width, length });
        }
    }

    fn data(&mut self, b: u8) {
        if std::mem::take(&mut self.last_cr) && matches!(b, b'\n' | 0) {
            return;
        }
        let aborted = std::mem::take(&mut self.aborted);
        if std::mem::take(&mut self.leave) {
            match (b, aborted) {
                (b'x' | b'X', _) => return self.keys.push_back(Key::Leave),
                (_, false) => return self.keys.push_back(Key::Interrupt),
                // Pressed twice, as some do to be sure.
                (0x1e, true) => return,
                (_, true) => {}
            }
        }
        if matches!(b, 0x03 | 0x1e) && self.waiting == Waiting::Command {
            return self.abort(b);
        }
        if !self.escape.is_empty() {
            return self.escape_sequence(b);
        }
        if !self.utf8.is_empty() || b >= 0x80 {
            return self.multibyte(b);
        }
        let literal = std::mem::take(&mut self.literal);
        if let Some(key) = self.control(b, literal) {
            self.keys.push_back(key);
        }
    }

    /// Ctrl-C or Ctrl-^ while a command runs ends it at once; what was typed ahead is dropped.
    fn abort(&mut self, b: u8) {
        self.keys.clear();
        self.input.push(ConsoleInput::Interrupt);
        (self.leave, self.aborted) = (b == 0x1e, b == 0x1e);
    }

    fn control(&mut self, b: u8, literal: bool) -> Option<Key> {
        Some(match b {
            b'?' if !literal => Key::Question,
            0x20..=0x7e => Key::Char(char::from(b)),
            b'\r' => {
                self.last_cr = true;
                Key::Enter
            }
            b'\n' => Key::Enter,
            0x01 => Key::Edit(Edit::Home),
            0x02 => Key::Edit(Edit::Left),
            0x03 => Key::Interrupt,
            0x04 => Key::Edit(Edit::Delete),
            0x05 => Key::Edit(Edit::End),
            0x06 => Key::Edit(Edit::Right),
            0x08 | 0x7f => Key::Edit(Edit::Backspace),
            0x09 => Key::Tab,
            0x0b => Key::Edit(Edit::KillToEnd),
            0x0c | 0x12 => Key::Redraw,
            0x0e => Key::Newer,
            0x10 => Key::Older,
            0x14 => Key::Edit(Edit::Transpose),
            0x15 | 0x18 => Key::Edit(Edit::KillToStart),
            0x16 => {
                self.literal = true;
                return None;
            }
            0x17 => Key::Edit(Edit::KillWord),
            0x1a => Key::EndConfig,
            0x1b => {
                self.escape.push(b);
                return None;
            }
            0x1e => {
                self.leave = true;
                return None;
            }
            _ => return None,
        })
    }

    fn multibyte(&mut self, b: u8) {
        self.utf8.push(b);
        match std::str::from_utf8(&self.utf8) {
            Ok(s) => {
                self.keys.extend(s.chars().map(Key::Char));
                self.utf8.clear();
            }
            Err(e) if e.error_len().is_some() || self.utf8.len() >= 4 => self.utf8.clear(),
            Err(_) => {}
        }
    }

    fn escape_sequence(&mut self, b: u8) {
        self.escape.push(b);
        let key = match self.escape[1..] {
            [b'[' | b'O'] => return,
            [b'b' | b'B'] => Some(Key::Edit(Edit::WordLeft)),
            [b'f' | b'F'] => Some(Key::Edit(Edit::WordRight)),
            [b'[' | b'O', b'A'] => Some(Key::Older),
            [b'[' | b'O', b'B'] => Some(Key::Newer),
            [b'[' | b'O', b'C'] => Some(Key::Edit(Edit::Right)),
            [b'[' | b'O', b'D'] => Some(Key::Edit(Edit::Left)),
            [b'[' | b'O', b'H'] | [b'[', b'1', b'~'] => Some(Key::Edit(Edit::Home)),
            [b'[' | b'O', b'F'] | [b'[', b'4', b'~'] => Some(Key::Edit(Edit::End)),
            [b'[', b'3', b'~'] => Some(Key::Edit(Edit::Delete)),
            [b'[', b'0'..=b'9' | b';', ..]
                if !b.is_ascii_alphabetic() && b != b'~' && self.escape.len() < 8 =>
            {
                return;
            }
            _ => None,
        };
        self.escape.clear();
        self.keys.extend(key);
    }

    /// Uses up typed keys as far as the router is ready for them.
    fn work(&mut self) {
        while let Some(&key) = self.keys.front() {
            match (&self.waiting, key) {
                (_, Key::Leave) => self.input.push(ConsoleInput::Leave),
                (Waiting::Command, Key::Interrupt) => self.input.push(ConsoleInput::Interrupt),
                (Waiting::Command | Waiting::Nothing, _) => return,
                (Waiting::Key { shown }, _) => {
                    let shown = *shown;
                    self.answer(key, shown);
                }
                (Waiting::Line { echo, recall, .. }, _) => {
                    let (echo, recall) = (*echo, *recall);
                    self.line_key(key, echo, recall);
                }
            }
            self.keys.pop_front();
        }
    }

    fn answer(&mut self, key: Key, shown: usize) {
        let c = match key {
            Key::Char(c) => c,
            Key::Enter => '\n',
            Key::Question => '?',
            Key::Interrupt => {
                self.erase(shown);
                self.waiting = Waiting::Command;
                return self.input.push(ConsoleInput::Interrupt);
            }
            Key::Edit(_) | Key::Older | Key::Newer | Key::Redraw | Key::EndConfig | Key::Tab | Key::Leave => {
                return;
            }
        };
        self.erase(shown);
        self.waiting = Waiting::Command;
        self.input.push(ConsoleInput::Key(c));
    }

    /// Takes a `--More--` off the screen; a `[confirm]` (0) stays and its answer begins a new line.
    fn erase(&mut self, shown: usize) {
        if shown == 0 {
            return self.out.extend(b"\r\n");
        }
        for unit in [&b"\x08"[..], b" ", b"\x08"] {
            (0..shown).for_each(|_| self.out.extend(unit));
        }
    }

    fn line_key(&mut self, key: Key, echo: bool, recall: bool) {
        match key {
            Key::Char(c) => self.edit(Edit::Insert(c), echo),
            Key::Question if !recall => self.edit(Edit::Insert('?'), echo),
            Key::Edit(e) => self.edit(e, echo),
            Key::Older | Key::Newer if recall => {
                let text = if key == Key::Older { self.recall.older() } else { self.recall.newer() };
                if let Some(text) = text {
                    self.line = EditLine::new(text, "");
                    self.redraw();
                }
            }
            Key::Older | Key::Newer => {}
            Key::Redraw => {
                self.out.extend(b"\r\n");
                self.draw();
            }
            Key::Enter => {
                let text = self.line.text();
                if recall {
                    self.recall.push(&text);
                }
                self.submit(b"\r\n", ConsoleInput::Line(text));
            }
            Key::EndConfig => self.submit(b"^Z\r\n", ConsoleInput::EndConfig { line: self.line.text() }),
            Key::Interrupt => self.submit(b"^C\r\n", ConsoleInput::Interrupt),
            Key::Question => {
                let (before, after) = (self.line.before(), self.line.after());
                self.submit(b"?\r\n", ConsoleInput::Help { before, after });
            }
            Key::Tab if recall => self.input.push(ConsoleInput::Complete { before: self.line.before() }),
            Key::Tab | Key::Leave => {}
        }
    }

    fn submit(&mut self, shown: &[u8], input: ConsoleInput) {
        self.out.extend(shown);
        self.line = EditLine::default();
        self.waiting = Waiting::Command;
        self.input.push(input);
    }

    fn edit(&mut self, edit: Edit, echo: bool) {
        let at_end = self.line.after().is_empty();
        if !self.line.apply(edit) {
            return self.out.push(7);
        }
        match edit {
            _ if !echo => {}
            Edit::Insert(c) if at_end => self.out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Edit::Backspace if at_end => self.out.extend(b"\x08 \x08"),
            Edit::Left => self.out.push(8),
            _ => self.redraw(),
        }
    }

    fn ask_key(&mut self, text: &str) {
        self.print(text);
        let shown = if text.contains("--More--") { text.len() } else { 0 };
        self.waiting = Waiting::Key { shown };
    }

    fn print(&mut self, text: &str) {
        self.out.extend(text.replace('\n', "\r\n").into_bytes());
    }

    /// Shows a line that comes by itself above the one being edited, which is overwritten with blanks: programs that read
    /// a router's lines know no terminal's sequences.
    fn interject(&mut self, text: &str) {
        match &self.waiting {
            Waiting::Line { prompt, echo, .. } => {
                let typed = if *echo { self.line.text().chars().count() } else { 0 };
                let blanks = " ".repeat(prompt.chars().count() + typed);
                self.out.extend(format!("\r{blanks}\r").into_bytes());
                self.print(text);
                self.draw();
            }
            Waiting::Key { .. } | Waiting::Command | Waiting::Nothing => self.print(text),
        }
    }

    fn redraw(&mut self) {
        self.out.extend(b"\r\x1b[K");
        self.draw();
    }

    fn draw(&mut self) {
        if let Waiting::Line { prompt, echo, .. } = &self.waiting {
            let mut text = prompt.clone();
            if *echo {
                text.push_str(&self.line.text());
                text.extend(std::iter::repeat_n('\u{8}', self.line.after().chars().count()));
            }
            self.out.extend(text.into_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
