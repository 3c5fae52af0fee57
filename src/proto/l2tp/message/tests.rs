//! Messages against the documented call, as values and back, and against what a broken peer sends.

mod documented;
mod faults;
mod properties;
mod transcript;

use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::l2tp::prefix::Prefix;
use crate::proto::{Context, Dialect, Instant, Switch, Trace};

/// A trace that writes `* ` for the time stamp and keeps the texts of every switch, or of `l2x-errors` only.
struct Lines {
    dialect: Dialect,
    errors_only: bool,
    text: String,
}

impl Lines {
    fn new(dialect: Dialect) -> Self {
        Lines { dialect, errors_only: false, text: String::new() }
    }
}

impl Trace for Lines {
    fn enabled(&self, switch: Switch) -> bool {
        !self.errors_only || switch == Switch::L2xErrors
    }
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn print(&mut self, _: Switch, text: String) {
        self.text.push_str("* ");
        self.text.push_str(&text);
        self.text.push('\n');
    }
}

/// Runs `f` with a context that prints into `lines`.
fn with<R>(lines: &mut Lines, f: impl FnOnce(&mut Context) -> R) -> R {
    f(&mut Context { now: Instant::ZERO, entropy: &mut Seeded::new(1), trace: lines })
}

/// What a body decodes to, and the errors that are printed on the way.
fn read(body: &[u8], secret: Option<&[u8]>) -> (Result<Message, Fault>, String) {
    let mut lines = Lines { errors_only: true, ..Lines::new(Dialect::V12_0) };
    let result = with(&mut lines, |cx| decode(cx, Prefix::L2x, body, secret));
    (result, lines.text)
}
