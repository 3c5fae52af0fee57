//! The session in configuration mode: lines, banners, and the way in and out.

use super::{Session, State};
use crate::cli::matcher::parse;
use crate::cli::messages::CONFIGURE;
use crate::cli::pager::split_pipe;
use crate::cli::token::open_banner;
use crate::cli::{Executor, Parsed};
use crate::config::load::Cursor;
use crate::config::store::{Path, Store};
use crate::grammar::{Command, Mode};
use crate::router::ConsoleOutput;

impl Session {
    pub(super) fn configure(&mut self, at: &Cursor, line: &str, executor: &mut dyn Executor) {
        let (command, pipe) = split_pipe(line);
        let (parsed, place) = match at.resolve(command, &self.clearance(executor.store())) {
            Ok(found) => found,
            Err(error) => return self.refuse(line, &error, executor.store()),
        };
        if !parsed.mode.is_config() {
            return self.run(parsed, line, pipe, executor);
        }
        if let Command::Session(command) = parsed.command.clone() {
            return self.own(&command, executor);
        }
        if let Some(delimiter) = open_banner(line).map(str::to_owned) {
            self.text(&format!("Enter TEXT message.  End with the character '{delimiter}'.\n"));
            self.outputs.push_back(ConsoleOutput::Ask { prompt: String::new(), echo: true });
            self.state = State::Banner { line: line.to_owned(), delimiter };
            return;
        }
        self.apply(line, place, &parsed, executor);
    }

    fn apply(&mut self, line: &str, place: Path, parsed: &Parsed, executor: &mut dyn Executor) {
        match executor.configure(self.line, &place, parsed) {
            Ok(applied) => self.config.get_or_insert_default().advance(line, place, applied.enter),
            Err(message) => {
                self.config.get_or_insert_default().stay_at(place);
                self.text(&format!("{message}\n"));
            }
        }
        self.back(executor.store());
    }

    pub(super) fn banner_line(
        &mut self,
        start: String,
        delimiter: String,
        line: &str,
        executor: &mut dyn Executor,
    ) {
        let whole = format!("{start}\n{line}");
        if !line.contains(&delimiter) {
            self.ask("", true);
            self.state = State::Banner { line: whole, delimiter };
            return;
        }
        match parse(Mode::Config, &whole) {
            Ok(parsed) => self.apply(&whole, Path::root(), &parsed, executor),
            Err(error) => self.refuse(&start, &error, executor.store()),
        }
    }

    pub(super) fn end_config(&mut self, line: &str, executor: &mut dyn Executor) {
        // A question is answered with it as with Return, the text of a banner among them: whoever sits there waits for more.
        if self.config.is_none() || !matches!(self.state, State::Prompt) {
            return self.answer(line, executor);
        }
        if !line.trim().is_empty() {
            self.answer(line, executor);
            // The prompt of the mode that is left at once is not shown.
            if matches!(self.outputs.back(), Some(ConsoleOutput::Prompt { .. })) {
                self.outputs.pop_back();
            }
        }
        if self.config.is_some() && matches!(self.state, State::Prompt) {
            self.leave_config(executor);
        }
    }

    pub(super) fn enter_config(&mut self, store: &Store) {
        self.config = Some(Cursor::default());
        self.text(CONFIGURE);
        self.back(store);
    }

    pub(super) fn leave_config(&mut self, executor: &mut dyn Executor) {
        self.config = None;
        executor.configured(self.line);
        self.back(executor.store());
    }
}
