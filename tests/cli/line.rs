//! A line of a whole router, typed at from outside.

use std::time::Duration;

use vpdnsh::proto::Instant;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::router::{ConsoleInput, ConsoleOutput, Input, LineId, Output, Router, RouterParams};

/// A router and one of its lines.
pub struct Terminal {
    pub router: Router,
    line: LineId,
    now: Instant,
    pub screen: String,
    echo: bool,
    pub closed: bool,
}

impl Terminal {
    pub fn open(config: &str, console: bool) -> Self {
        let now = Instant::from_start(Duration::from_secs(1));
        let params = RouterParams {
            entropy: Box::new(Seeded::new(7)),
            startup_config: format!("hostname R\n{config}"),
            wall_clock: None,
            reloaded: false,
            spooled: None,
        };
        let router = Router::new(now, params);
        let line = LineId(if console { 0 } else { 1 });
        let mut terminal = Terminal { router, line, now, screen: String::new(), echo: true, closed: false };
        terminal.send(ConsoleInput::Open { console });
        terminal
    }

    pub fn send(&mut self, input: ConsoleInput) {
        self.router.handle(self.now, Input::Console(self.line, input));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.router.poll() {
            let Output::Console(_, output) = output else { continue };
            match output {
                ConsoleOutput::Text(text) => self.screen += &text,
                ConsoleOutput::Prompt { prompt, .. } => {
                    (self.screen, self.echo) = (format!("{}{prompt}", self.screen), true)
                }
                ConsoleOutput::Ask { prompt, echo } => {
                    (self.screen, self.echo) = (format!("{}{prompt}", self.screen), echo)
                }
                ConsoleOutput::Closed => self.closed = true,
                ConsoleOutput::Async(_)
                | ConsoleOutput::More
                | ConsoleOutput::Confirm(_)
                | ConsoleOutput::Completed { .. } => {}
            }
        }
    }

    /// Types lines; what the terminal has shown since the last time.
    pub fn keys(&mut self, lines: &str) -> String {
        for line in lines.split('\n') {
            if self.echo {
                self.screen += line;
            }
            self.screen += "\n";
            self.send(ConsoleInput::Line(line.to_owned()));
        }
        std::mem::take(&mut self.screen)
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.router.next_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.router.handle(at, Input::Engine(vpdnsh::engine::Input::Timeout));
            self.drain();
        }
        self.now = end;
    }
}
