//! One console, several watchers: the terminal of the lab, the connections to its port, a play.
//!
//! Everybody sees everything; whoever types a line types it for all, and the others see it as if they sat beside.

use std::collections::{BTreeMap, VecDeque};

use crate::router::{ConsoleInput, ConsoleOutput};

/// What a console printed while nobody watched is kept up to this many characters.
const BACKLOG: usize = 64 * 1024;

/// A watcher of a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u64);

/// Where a watcher gets what the console shows.
pub type Sink = Box<dyn Fn(ConsoleOutput) + Send>;

/// The console of one router. No I/O: what goes to the router is returned.
#[derive(Default)]
pub struct Hub {
    viewers: BTreeMap<ViewerId, Sink>,
    /// The prompt or question that stands on the last line.
    standing: Option<ConsoleOutput>,
    /// Lines that somebody sent while a command of somebody else was running.
    waiting: VecDeque<(ViewerId, ConsoleInput)>,
    /// Who pressed Tab.
    completing: Option<ViewerId>,
    backlog: VecDeque<ConsoleOutput>,
    backlog_size: usize,
}

impl Hub {
    /// A console that nobody watches.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody begins to watch. The first one sees what was printed before, everybody the prompt: a line that somebody else,
    /// or the same one earlier, had begun to type is not his.
    pub fn attach(&mut self, viewer: ViewerId, sink: Sink) {
        for output in self.backlog.drain(..) {
            sink(output);
        }
        self.backlog_size = 0;
        if let Some(mut standing) = self.standing.clone() {
            if let ConsoleOutput::Prompt { before, after, .. } = &mut standing {
                (*before, *after) = Default::default();
            }
            sink(standing);
        }
        self.viewers.insert(viewer, sink);
    }

    /// A watcher went away.
    pub fn detach(&mut self, viewer: ViewerId) {
        self.viewers.remove(&viewer);
        self.waiting.retain(|(from, _)| *from != viewer);
        if self.completing == Some(viewer) {
            self.completing = None;
        }
    }

    /// How many watch.
    pub fn viewers(&self) -> usize {
        self.viewers.len()
    }

    /// The router was switched off: nothing stands on the last line any more.
    pub fn power_off(&mut self) {
        self.standing = None;
        self.waiting.clear();
        self.completing = None;
    }

    /// The router shows this. Returns what it is to be sent because it waited for the prompt.
    pub fn from_router(&mut self, output: ConsoleOutput) -> Option<ConsoleInput> {
        match &output {
            ConsoleOutput::Completed { .. } => {
                if let Some(sink) = self.completing.take().and_then(|viewer| self.viewers.get(&viewer)) {
                    sink(output);
                }
                return None;
            }
            ConsoleOutput::Prompt { .. }
            | ConsoleOutput::More
            | ConsoleOutput::Confirm(_)
            | ConsoleOutput::Ask { .. } => self.standing = Some(output.clone()),
            ConsoleOutput::Text(_) => self.standing = None,
            ConsoleOutput::Async(_) | ConsoleOutput::Closed => {}
        }
        self.show(None, &output);
        match self.standing {
            Some(ConsoleOutput::Prompt { .. }) => {
                self.waiting.pop_front().and_then(|(viewer, input)| self.from_viewer(viewer, input))
            }
            _ => None,
        }
    }

    /// A watcher does this. Returns what goes to the router.
    pub fn from_viewer(&mut self, viewer: ViewerId, input: ConsoleInput) -> Option<ConsoleInput> {
        match input {
            // The console line is open as long as the router is on, whoever watches it.
            ConsoleInput::Open { .. } | ConsoleInput::Close | ConsoleInput::Leave => None,
            ConsoleInput::Size { .. } | ConsoleInput::Interrupt | ConsoleInput::Break => Some(input),
            ConsoleInput::Complete { .. } => {
                self.completing = Some(viewer);
                Some(input)
            }
            ConsoleInput::Line(_)
            | ConsoleInput::Help { .. }
            | ConsoleInput::EndConfig { .. }
            | ConsoleInput::Key(_) => self.typed(viewer, input),
        }
    }

    fn typed(&mut self, viewer: ViewerId, input: ConsoleInput) -> Option<ConsoleInput> {
        match (self.standing.take(), &input) {
            (Some(asked @ (ConsoleOutput::Prompt { .. } | ConsoleOutput::Ask { echo: true, .. })), _) => {
                let text = match &input {
                    ConsoleInput::Line(line) => format!("{line}\n"),
                    ConsoleInput::Help { before, after } => format!("{before}?{after}\n"),
                    ConsoleInput::EndConfig { line } => format!("{line}^Z\n"),
                    // A key that comes when the question is over already answers nothing.
                    _ => {
                        self.standing = Some(asked);
                        return None;
                    }
                };
                self.show(Some(viewer), &ConsoleOutput::Text(text));
                Some(input)
            }
            (Some(ConsoleOutput::Ask { echo: false, .. }), ConsoleInput::Line(_)) => {
                self.show(Some(viewer), &ConsoleOutput::Text("\n".to_owned()));
                Some(input)
            }
            (
                Some(asked @ (ConsoleOutput::More | ConsoleOutput::Confirm(_))),
                ConsoleInput::Key(_) | ConsoleInput::Line(_),
            ) => {
                if asked != ConsoleOutput::More {
                    self.show(Some(viewer), &ConsoleOutput::Text("\n".to_owned()));
                }
                Some(match input {
                    ConsoleInput::Line(line) => ConsoleInput::Key(line.chars().next().unwrap_or('\n')),
                    key => key,
                })
            }
            (Some(other), _) => {
                self.standing = Some(other);
                None
            }
            (None, ConsoleInput::Key(_)) => None,
            (None, _) => {
                self.waiting.push_back((viewer, input));
                None
            }
        }
    }

    /// Shows something to everybody but `except`, or keeps it when nobody is there.
    fn show(&mut self, except: Option<ViewerId>, output: &ConsoleOutput) {
        for (viewer, sink) in &self.viewers {
            if Some(*viewer) != except {
                sink(output.clone());
            }
        }
        if let (true, ConsoleOutput::Text(text) | ConsoleOutput::Async(text)) =
            (self.viewers.is_empty(), output)
        {
            self.backlog_size += text.len();
            self.backlog.push_back(output.clone());
            while self.backlog_size > BACKLOG {
                let Some(ConsoleOutput::Text(text) | ConsoleOutput::Async(text)) = self.backlog.pop_front()
                else {
                    break;
                };
                self.backlog_size -= text.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    fn watcher(hub: &mut Hub, id: u64) -> Receiver<ConsoleOutput> {
        let (sender, receiver) = channel();
        hub.attach(ViewerId(id), Box::new(move |output| sender.send(output).unwrap_or(())));
        receiver
    }

    fn prompt() -> ConsoleOutput {
        ConsoleOutput::Prompt { prompt: "lac#".into(), before: String::new(), after: String::new() }
    }

    fn text(text: &str) -> ConsoleOutput {
        ConsoleOutput::Text(text.into())
    }

    #[test]
    fn what_one_types_the_others_see() {
        let mut hub = Hub::new();
        let (a, b) = (watcher(&mut hub, 1), watcher(&mut hub, 2));
        hub.from_router(prompt());
        let line = ConsoleInput::Line("show vpdn".into());
        assert_eq!(hub.from_viewer(ViewerId(1), line.clone()), Some(line));
        hub.from_router(text("nothing\n"));
        assert_eq!(a.try_iter().collect::<Vec<_>>(), [prompt(), text("nothing\n")]);
        assert_eq!(b.try_iter().collect::<Vec<_>>(), [prompt(), text("show vpdn\n"), text("nothing\n")]);
    }

    #[test]
    fn a_line_that_comes_while_a_command_runs_waits_for_the_prompt() {
        let mut hub = Hub::new();
        let _a = watcher(&mut hub, 1);
        let line = ConsoleInput::Line("one".into());
        assert_eq!(hub.from_viewer(ViewerId(1), line.clone()), None);
        assert_eq!(hub.from_router(text("out\n")), None);
        assert_eq!(hub.from_router(prompt()), Some(line));
        assert_eq!(hub.from_router(prompt()), None);
    }

    #[test]
    fn the_first_watcher_sees_what_was_printed_before() {
        let mut hub = Hub::new();
        hub.from_router(ConsoleOutput::Async("up\n".into()));
        hub.from_router(prompt());
        assert_eq!(watcher(&mut hub, 1).try_iter().count(), 2);
        assert_eq!(watcher(&mut hub, 2).try_iter().collect::<Vec<_>>(), [prompt()]);
    }

    #[test]
    fn who_comes_to_a_console_finds_no_line_begun() {
        let mut hub = Hub::new();
        let a = watcher(&mut hub, 1);
        let begun =
            ConsoleOutput::Prompt { prompt: "lac#".into(), before: "show vp".into(), after: "n".into() };
        hub.from_router(begun.clone());
        assert_eq!(a.try_iter().collect::<Vec<_>>(), [begun]);
        assert_eq!(watcher(&mut hub, 2).try_iter().collect::<Vec<_>>(), [prompt()]);
    }

    #[test]
    fn a_completion_goes_to_whoever_asked() {
        let mut hub = Hub::new();
        let (a, b) = (watcher(&mut hub, 1), watcher(&mut hub, 2));
        let ask = ConsoleInput::Complete { before: "sh".into() };
        assert_eq!(hub.from_viewer(ViewerId(2), ask.clone()), Some(ask));
        hub.from_router(ConsoleOutput::Completed { before: "show ".into() });
        assert_eq!((a.try_iter().count(), b.try_iter().count()), (0, 1));
    }

    #[test]
    fn a_key_that_comes_too_late_for_its_question_leaves_the_prompt_where_it_is() {
        let mut hub = Hub::new();
        let _a = watcher(&mut hub, 1);
        let line = ConsoleInput::Line("show clock".into());
        for standing in [prompt(), ConsoleOutput::Ask { prompt: "Repeat count [5]: ".into(), echo: true }] {
            hub.from_router(standing);
            assert_eq!(hub.from_viewer(ViewerId(1), ConsoleInput::Key('q')), None);
            assert_eq!(hub.from_viewer(ViewerId(1), line.clone()), Some(line.clone()));
        }
    }

    #[test]
    fn a_password_is_not_shown_to_the_others() {
        let mut hub = Hub::new();
        let (_a, b) = (watcher(&mut hub, 1), watcher(&mut hub, 2));
        hub.from_router(ConsoleOutput::Ask { prompt: "Password: ".into(), echo: false });
        hub.from_viewer(ViewerId(1), ConsoleInput::Line("cisco".into()));
        assert_eq!(b.try_iter().last(), Some(text("\n")));
    }
}
