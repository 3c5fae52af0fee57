//! `%FACILITY` messages and debug lines: stamps, levels, the logging buffer.

pub mod clock;
pub mod debugs;

use std::collections::VecDeque;

use crate::config::views::{LoggingConfig, SEVERITIES, SystemConfig};
use crate::engine::LogLine;
use crate::proto::{Dialect, Instant, redact};
use clock::Clock;

/// Who a stamped line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The whole text, stamp first, each line ended by `\n`.
    pub text: String,
    /// It goes to the console port.
    pub console: bool,
    /// It goes to terminals with `terminal monitor`.
    pub monitor: bool,
}

/// Stamps lines, decides where they go, keeps the buffer and the counts.
#[derive(Debug)]
pub struct Logging {
    /// The calendar clock.
    pub clock: Clock,
    buffer: VecDeque<String>,
    octets: usize,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    console: u64,
    monitor: u64,
    buffered: u64,
}

impl Logging {
    /// An empty log.
    pub fn new(clock: Clock) -> Self {
        Logging { clock, buffer: VecDeque::new(), octets: 0, counts: Counts::default() }
    }

    /// Takes a line: stamps it, buffers it, and says who else gets it. With `no logging on` only the console does.
    pub fn log(&mut self, now: Instant, config: &SystemConfig, line: &LogLine) -> Delivery {
        let (severity, text, form) = match line {
            LogLine::Debug(_, text) => (7, text, config.debug_stamp),
            LogLine::Syslog { severity, text } => (*severity, text, config.log_stamp),
        };
        let stamp = self.clock.stamp(now, form, config.timezone.as_ref());
        let text = format!("{stamp}{}\n", redact::screen(text));
        let reaches = |level: Option<u8>| config.logging.on && level.is_some_and(|l| severity <= l);
        let console = !config.logging.on || reaches(config.logging.console);
        let monitor = reaches(config.logging.monitor);
        self.counts.console += u64::from(console);
        self.counts.monitor += u64::from(monitor);
        if let Some((level, size)) = config.logging.buffered.filter(|_| config.logging.on)
            && severity <= level
        {
            self.keep(text.clone(), size);
        }
        Delivery { text, console, monitor }
    }

    fn keep(&mut self, text: String, size: usize) {
        self.counts.buffered += 1;
        self.octets += text.len();
        self.buffer.push_back(text);
        while self.octets > size {
            let Some(old) = self.buffer.pop_front() else { break };
            self.octets -= old.len();
        }
    }

    /// `clear logging`.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.octets = 0;
    }

    /// `show logging`. 15.x is laid out as published parsers read it; 12.x as recalled. XML, filters, discriminators and
    /// files are what this router never has.
    pub fn show(&self, dialect: Dialect, config: &LoggingConfig) -> String {
        let state = if config.on { "enabled" } else { "disabled" };
        let levels = [
            ("Console", config.console, self.counts.console),
            ("Monitor", config.monitor, self.counts.monitor),
            ("Buffer", config.buffered.map(|b| b.0), self.counts.buffered),
        ];
        let word = |level: u8| SEVERITIES[usize::from(level.min(7))];
        let mut out = match dialect {
            Dialect::V12_0 | Dialect::V12_1 => {
                format!("Syslog logging: {state} (0 messages dropped, 0 flushes, 0 overruns)\n")
            }
            Dialect::V15 => format!(
                "Syslog logging: {state} (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns, \
                 xml disabled, filtering disabled)\n\nNo Active Message Discriminator.\n\n\n\n\
                 No Inactive Message Discriminator.\n\n\n"
            ),
        };
        for (name, level, count) in levels {
            let head = match (dialect, level) {
                (Dialect::V15, _) if name == "Buffer" => format!("    {name} logging:  "),
                _ => format!("    {name} logging: "),
            };
            let what = level.map_or_else(
                || "disabled".to_owned(),
                |level| format!("level {}, {count} messages logged", word(level)),
            );
            out += &match dialect {
                Dialect::V12_0 | Dialect::V12_1 => format!("{head}{what}\n"),
                Dialect::V15 => format!("{head}{what}, xml disabled,\n{:21}filtering disabled\n", ""),
            };
        }
        out += match dialect {
            Dialect::V12_0 | Dialect::V12_1 => "    Trap logging: disabled\n",
            Dialect::V15 => {
                "    Exception Logging: disabled\n    Count and timestamp logging messages: disabled\n\
                 \x20   Persistent logging: disabled\n\nNo active filter modules.\n\n    Trap logging: disabled\n"
            }
        };
        if let Some((_, size)) = config.buffered {
            out += &format!("\nLog Buffer ({size} bytes):\n\n");
            self.buffer.iter().for_each(|line| out += line);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::StampForm;
    use crate::proto::Switch;

    fn syslog(severity: u8, text: &str) -> LogLine {
        LogLine::Syslog { severity, text: text.to_owned() }
    }

    #[test]
    fn levels_decide_where_a_line_goes() {
        let mut log = Logging::new(Clock::new(None));
        let mut config = SystemConfig::default();
        config.logging.console = Some(4);
        let d = log.log(Instant::ZERO, &config, &syslog(5, "%LINK-5-CHANGED: x"));
        assert!(!d.console && d.monitor);
        let d = log.log(Instant::ZERO, &config, &syslog(3, "%LINK-3-UPDOWN: x"));
        assert!(d.console && d.monitor);
        config.logging.console = None;
        assert!(!log.log(Instant::ZERO, &config, &syslog(0, "%X")).console);
    }

    #[test]
    fn a_name_in_a_line_does_not_drive_the_terminal() {
        let config = SystemConfig { log_stamp: StampForm::None, ..SystemConfig::default() };
        let line = syslog(5, "%AAA-5-X: user \x1b[2Jroot");
        let mut log = Logging::new(Clock::new(None));
        assert_eq!(log.log(Instant::ZERO, &config, &line).text, "%AAA-5-X: user .[2Jroot\n");
    }

    #[test]
    fn the_first_line_of_a_debug_takes_the_stamp() {
        let mut log = Logging::new(Clock::new(None));
        let config = SystemConfig { debug_stamp: StampForm::Uptime, ..SystemConfig::default() };
        let line = LogLine::Debug(Switch::L2xPackets, "a\n         C8 02".to_owned());
        assert_eq!(log.log(Instant::ZERO, &config, &line).text, "00:00:00: a\n         C8 02\n");
    }

    #[test]
    fn the_buffer_forgets_its_oldest_lines() {
        let mut log = Logging::new(Clock::new(None));
        let mut config = SystemConfig::default();
        config.logging.buffered = Some((7, 20));
        for i in 0..5 {
            log.log(Instant::ZERO, &config, &syslog(5, &format!("%LINE-{i}")));
        }
        let shown = log.show(Dialect::V12_0, &config.logging);
        assert!(!shown.contains("%LINE-1") && shown.contains("%LINE-4"), "{shown}");
        assert!(shown.contains("Buffer logging: level debugging, 5 messages logged"), "{shown}");
        log.clear();
        assert!(!log.show(Dialect::V12_0, &config.logging).contains("%LINE-4"));
    }

    #[test]
    fn the_screen_of_15_is_the_one_that_parsers_read() {
        let mut config = SystemConfig::default();
        config.logging.buffered = Some((7, 4096));
        config.logging.console = None;
        let mut log = Logging::new(Clock::new(None));
        log.log(Instant::ZERO, &config, &syslog(5, "%LINE-5-X: y"));
        let shown = log.show(Dialect::V15, &config.logging);
        for line in [
            "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)",
            "    Console logging: disabled, xml disabled,",
            "    Monitor logging: level debugging, 1 messages logged, xml disabled,",
            "                     filtering disabled",
            "    Buffer logging:  level debugging, 1 messages logged, xml disabled,",
            "    Count and timestamp logging messages: disabled",
            "Log Buffer (4096 bytes):",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
        }
    }
}
