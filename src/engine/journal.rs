//! Everything that leaves the engine passes through here, in order: outputs, log lines and debugs.

use std::collections::VecDeque;

use super::io::{LogLine, Output};
use super::syslog::Syslog;
use crate::proto::{Dialect, Switch, Trace, redact};

/// A set of debug switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwitchSet(u32);

impl SwitchSet {
    /// Whether `switch` is on.
    pub const fn contains(&self, switch: Switch) -> bool {
        self.0 & Self::bit(switch) != 0
    }

    /// Turns `switch` on or off.
    pub const fn set(&mut self, switch: Switch, on: bool) {
        if on {
            self.0 |= Self::bit(switch);
        } else {
            self.0 &= !Self::bit(switch);
        }
    }

    /// Whether every switch is off.
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// The switches that are on, in the order of [`Switch::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Switch> + '_ {
        Switch::ALL.into_iter().filter(|s| self.contains(*s))
    }

    const fn bit(switch: Switch) -> u32 {
        1 << switch as u32
    }
}

/// The output queue of an engine, which is also the debug sink of its protocol machines.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub switches: SwitchSet,
    pub dialect: Dialect,
    outputs: VecDeque<Output>,
}

impl Journal {
    /// Queues `output` behind everything that was said before.
    pub fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Queues a `%FACILITY-SEVERITY-MNEMONIC` line.
    pub fn syslog(&mut self, message: &Syslog<'_>) {
        // One line, whatever the names in it.
        let text = redact::one_line(message.to_string());
        let line = LogLine::Syslog { severity: message.severity(), text };
        self.outputs.push_back(Output::Log(line));
    }

    /// The oldest output.
    pub fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}

impl Trace for Journal {
    fn enabled(&self, switch: Switch) -> bool {
        self.switches.contains(switch)
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn print(&mut self, switch: Switch, text: String) {
        self.outputs.push_back(Output::Log(LogLine::Debug(switch, text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_exactly_what_was_put_in() {
        let mut set = SwitchSet::default();
        assert!(set.is_empty());
        set.set(Switch::Vtemplate, true);
        set.set(Switch::Dialer, true);
        set.set(Switch::Vtemplate, false);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Switch::Dialer]);
        for switch in Switch::ALL {
            set.set(switch, true);
            assert!(set.contains(switch), "{switch:?}");
        }
        assert_eq!(set.iter().count(), Switch::ALL.len());
    }
}
