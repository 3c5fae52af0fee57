//! What goes into a [`Router`](super::Router) and what comes out of it.

use crate::engine::{self, Action};

/// A terminal line of one router: 0 is the console, others are numbered as they are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub u16);

/// What a terminal front end sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleInput {
    /// A terminal was attached (`console` for line con 0: debugs and log go there by default).
    Open {
        /// It is the console port.
        console: bool,
    },
    /// Enter was pressed after this text.
    Line(String),
    /// `?` was pressed with this text before and after the cursor.
    Help {
        /// Before the cursor.
        before: String,
        /// After the cursor.
        after: String,
    },
    /// Tab was pressed.
    Complete {
        /// Text before the cursor.
        before: String,
    },
    /// Ctrl-Z was pressed after this text.
    EndConfig {
        /// The text.
        line: String,
    },
    /// Ctrl-C or Ctrl-^, pressed at a prompt or a question.
    Interrupt,
    /// The same, pressed while nothing was asked for: ends the command that runs. It means nothing to a command that has
    /// ended in the meantime, so that no prompt is shown twice.
    Break,
    /// A single key answers `--More--` or `[confirm]`.
    Key(char),
    /// The terminal has this size.
    Size {
        /// Columns.
        width: u16,
        /// Rows; 0 is endless.
        length: u16,
    },
    /// Ctrl-^ x: leave this console for what lies behind it (a lab). A router itself ignores it.
    Leave,
    /// The terminal went away.
    Close,
}

/// What a router sends to a terminal front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleOutput {
    /// Output of the running command; lines end with `\n`.
    Text(String),
    /// A debug or log line that arrives by itself: it appears above the line being typed.
    Async(String),
    /// The command is over: show this prompt and edit a line, which starts with `before` and has `after` behind
    /// the cursor (both empty but after `?`).
    Prompt {
        /// Prompt text.
        prompt: String,
        /// Text before the cursor.
        before: String,
        /// Text behind the cursor.
        after: String,
    },
    /// Show ` --More-- ` and send the next key as `Key`.
    More,
    /// Show this question and send the next key as `Key` (`[confirm]`).
    Confirm(String),
    /// Show this question and edit a line of its own (`Password: ` without echo).
    Ask {
        /// The question.
        prompt: String,
        /// Echo what is typed.
        echo: bool,
    },
    /// The word before the cursor completes to this line (Tab).
    Completed {
        /// New text before the cursor.
        before: String,
    },
    /// The session is over (`exit` on a vty, `quit`).
    Closed,
}

/// What goes into a router.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// For the engine.
    Engine(engine::Input<'a>),
    /// From a terminal.
    Console(LineId, ConsoleInput),
    /// What became of an [`Output::SaveStartup`]; each is answered once, in their order. The text says why it could not be
    /// kept.
    Saved(Result<(), String>),
    /// Somebody switches the router off with care: it says farewell to its servers, and then [`Output::Off`].
    PowerOff,
}

/// What comes out of a router.
#[derive(Clone, Debug)]
pub enum Output {
    /// What the engine wants of the edge.
    Act(Action),
    /// To a terminal.
    Console(LineId, ConsoleOutput),
    /// `write memory`: keep this text as startup-config, and say by [`Input::Saved`] whether that was possible.
    SaveStartup(String),
    /// `reload`: drop this router and make a new one from its startup-config.
    Reload,
    /// The router that was asked to end has said everything: drop it.
    Off,
}
