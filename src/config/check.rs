//! `vpdnsh check FILE`: what would become of each line of a configuration.

use super::load::{LineReport, Verdict};
use super::store::Store;
use std::io::{self, Write};
use std::path::Path;

/// What `check` found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Lines that take effect, comments and empty lines among them.
    pub accepted: usize,
    /// Lines without effect here.
    pub inert: usize,
    /// Lines that were refused.
    pub refused: usize,
}

impl Totals {
    /// Counts `reports`.
    pub fn of(reports: &[LineReport]) -> Self {
        let mut t = Totals::default();
        for r in reports {
            match r.verdict {
                Verdict::Accepted => t.accepted += 1,
                Verdict::Inert => t.inert += 1,
                Verdict::Refused(_) => t.refused += 1,
            }
        }
        t
    }

    /// The exit code: 0, or 1 when a line was refused.
    pub fn exit_code(self) -> u8 {
        u8::from(self.refused > 0)
    }
}

/// One line of the report.
pub fn describe(report: &LineReport) -> String {
    let (number, text) = (report.number, &report.text);
    match &report.verdict {
        Verdict::Accepted => format!("accepted {number}: {text}"),
        Verdict::Inert => format!("inert {number}: {text}"),
        Verdict::Refused(error) => format!("refused {number}: {text}: {error}"),
    }
}

/// Writes the report of a configuration: `accepted N: text`, `inert N: text` or `refused N: text: error` for each of its
/// lines, then the totals. Fails when `out` does.
pub fn check_text(text: &str, out: &mut dyn Write) -> io::Result<Totals> {
    let reports = Store::new().load(text);
    for report in &reports {
        writeln!(out, "{}", describe(report).trim_end())?;
    }
    let totals = Totals::of(&reports);
    writeln!(out, "{} accepted, {} inert, {} refused", totals.accepted, totals.inert, totals.refused)?;
    Ok(totals)
}

/// `vpdnsh check FILE`. Gives the exit code: 0, 1 when a line is refused, 2 when the file cannot be read (or the report
/// cannot be written), which `errors` then explains.
pub fn check_file(path: &Path, out: &mut dyn Write, errors: &mut dyn Write) -> u8 {
    let report = std::fs::read(path).and_then(|bytes| check_text(&String::from_utf8_lossy(&bytes), out));
    match report {
        Ok(totals) => totals.exit_code(),
        Err(error) => {
            // Where even the error cannot be written, the exit code still tells.
            let _ = writeln!(errors, "{}: {error}", path.display());
            2
        }
    }
}
