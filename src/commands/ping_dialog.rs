//! The dialogue of a bare `ping` in privileged EXEC: one question after the other.
//!
//! The questions are those of published captures. Asked is what makes a difference here: of the extended commands the
//! source, and the sweep. What a wrong answer is told is recalled.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::exec::{YES_OR_NO, yes_or_no};
use super::ping::{PingOptions, Sweep};

/// The target was left out.
const NO_TARGET: &str = "% Bad IP address\n";

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Protocol,
    Target,
    Repeat,
    Size,
    Timeout,
    Extended,
    Source,
    Sweeping,
    SweepMin,
    SweepMax,
    SweepInterval,
}

/// Datagram sizes that may be asked for.
const SIZES: RangeInclusive<u32> = 36..=18024;

/// What answers are looked up in.
pub trait Lookup {
    /// The address of a host, or what is said of an unknown one.
    fn host(&self, name: &str) -> Result<Ipv4Addr, String>;
    /// The address that an address or an interface stands for, or why it cannot be a source.
    fn source(&self, text: &str) -> Result<Ipv4Addr, String>;
}

/// Where the dialogue stands after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It asks on; the text comes before the question.
    Ask(String),
    /// The answer is wrong, and that is the end of it.
    Refused(String),
    /// Everything is known.
    Ready(PingOptions),
}

/// A dialogue under way.
#[derive(Clone, Debug)]
pub struct PingDialog {
    question: Question,
    options: PingOptions,
}

impl PingDialog {
    /// At its first question, or at the second when the protocol was typed.
    pub const fn new(protocol: bool) -> Self {
        let question = if protocol { Question::Target } else { Question::Protocol };
        PingDialog { question, options: PingOptions::new(Ipv4Addr::UNSPECIFIED) }
    }

    /// The question.
    pub const fn question(&self) -> &'static str {
        match self.question {
            Question::Protocol => "Protocol [ip]: ",
            Question::Target => "Target IP address: ",
            Question::Repeat => "Repeat count [5]: ",
            Question::Size => "Datagram size [100]: ",
            Question::Timeout => "Timeout in seconds [2]: ",
            Question::Extended => "Extended commands [n]: ",
            Question::Source => "Source address or interface: ",
            Question::Sweeping => "Sweep range of sizes [n]: ",
            Question::SweepMin => "Sweep min size [36]: ",
            Question::SweepMax => "Sweep max size [18024]: ",
            Question::SweepInterval => "Sweep interval [1]: ",
        }
    }

    /// Takes the answer to the question. An empty one is what stands in brackets.
    pub fn answer(&mut self, answer: &str, lookup: &dyn Lookup) -> Step {
        match self.take(answer.trim(), lookup) {
            Ok(Some(next)) => {
                self.question = next;
                Step::Ask(String::new())
            }
            Ok(None) => Step::Ready(self.options),
            Err(Wrong::Again(text)) => Step::Ask(text),
            Err(Wrong::Over(text)) => Step::Refused(text),
        }
    }

    fn take(&mut self, answer: &str, lookup: &dyn Lookup) -> Result<Option<Question>, Wrong> {
        let size = |default| number(answer, default, &SIZES).map(octets);
        Ok(Some(match self.question {
            Question::Protocol if "ip".starts_with(&answer.to_ascii_lowercase()) => Question::Target,
            Question::Protocol => {
                let text = format!("% Unknown protocol - \"{answer}\", type \"ping ?\" for help\n");
                return Err(Wrong::Over(text));
            }
            Question::Target if answer.is_empty() => return Err(Wrong::Over(NO_TARGET.to_owned())),
            Question::Target => {
                self.options.destination = lookup.host(answer).map_err(Wrong::Over)?;
                Question::Repeat
            }
            Question::Repeat => {
                self.options.repeat = number(answer, 5, &(1..=2_147_483_647))?;
                Question::Size
            }
            Question::Size => {
                self.options.size = size(100)?;
                Question::Timeout
            }
            Question::Timeout => {
                self.options.timeout = Duration::from_secs(number(answer, 2, &(0..=3600))?.into());
                Question::Extended
            }
            Question::Extended if yes(answer)? => Question::Source,
            Question::Extended => Question::Sweeping,
            Question::Source => {
                if !answer.is_empty() {
                    self.options.source = Some(lookup.source(answer).map_err(Wrong::Over)?);
                }
                Question::Sweeping
            }
            Question::Sweeping if yes(answer)? => Question::SweepMin,
            Question::Sweeping => return Ok(None),
            Question::SweepMin => {
                self.options.sweep = Some(Sweep { min: size(36)?, max: octets(*SIZES.end()), interval: 1 });
                Question::SweepMax
            }
            Question::SweepMax => {
                let smallest = self.options.sweep.map_or(*SIZES.start(), |sweep| sweep.min.into());
                let max = octets(number(answer, *SIZES.end(), &(smallest..=*SIZES.end()))?);
                self.options.sweep = self.options.sweep.map(|sweep| Sweep { max, ..sweep });
                Question::SweepInterval
            }
            Question::SweepInterval => {
                let interval = octets(number(answer, 1, &(1..=*SIZES.end()))?);
                self.options.sweep = self.options.sweep.map(|sweep| Sweep { interval, ..sweep });
                return Ok(None);
            }
        }))
    }
}

/// Why an answer is not taken.
enum Wrong {
    /// The question is put again.
    Again(String),
    /// The dialogue ends.
    Over(String),
}

fn octets(size: u32) -> u16 {
    u16::try_from(size).unwrap_or(u16::MAX)
}

fn yes(answer: &str) -> Result<bool, Wrong> {
    match answer {
        "" => Ok(false),
        answer => yes_or_no(answer).ok_or_else(|| Wrong::Again(YES_OR_NO.to_owned())),
    }
}

fn number(answer: &str, default: u32, range: &RangeInclusive<u32>) -> Result<u32, Wrong> {
    if answer.is_empty() {
        return Ok(default);
    }
    answer.parse().ok().filter(|n| range.contains(n)).ok_or_else(|| {
        Wrong::Over(format!("% A decimal number between {} and {}.\n", range.start(), range.end()))
    })
}
