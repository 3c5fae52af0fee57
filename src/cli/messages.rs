//! The `% ...` messages of the command line, in the words of IOS.

use super::matcher::{MatchError, words};

/// What a refused line prints. `prompt` is what stood before the line: the caret points under the word.
pub fn refused(prompt: &str, line: &str, error: &MatchError) -> String {
    match error {
        MatchError::Ambiguous => format!("% Ambiguous command:  \"{}\"\n", line.trim()),
        MatchError::Incomplete => "% Incomplete command.\n\n".into(),
        MatchError::Invalid(column) => {
            let before = line.get(..*column).unwrap_or(line).chars().count();
            let width = prompt.chars().count() + before;
            format!("{:width$}^\n% Invalid input detected at '^' marker.\n\n", "")
        }
    }
}

/// What an unknown word at an EXEC prompt prints: it could have been the name of a host to connect to.
pub fn unknown_word(word: &str, domain_lookup: bool) -> String {
    let lookup = if domain_lookup { "...domain server (255.255.255.255)" } else { "" };
    format!(
        "Translating \"{word}\"{lookup}\n% Unknown command or computer name, or unable to find computer address\n"
    )
}

/// Whether the whole line is one word that fits nothing.
pub fn is_unknown_word(line: &str, error: &MatchError) -> bool {
    matches!((words(line).as_slice(), error), ([(start, word)], MatchError::Invalid(column)) if *column <= start + word.len())
}

/// `help`.
pub const HELP: &str = "Help may be requested at any point in a command by entering
a question mark '?'.  If nothing matches, the help list will
be empty and you must backup until entering a '?' shows the
available options.
Two styles of help are provided:
1. Full help is available when you are ready to enter a
   command argument (e.g. 'show ?') and describes each possible
   argument.
2. Partial help is provided when an abbreviated argument is entered
   and you want to know what arguments match the input
   (e.g. 'show pr?'.)

";

/// Most characters of a line, as IOS's line editor takes them (recalled). A banner's text is not a line.
const LINE_MAX: usize = 254;

/// What a longer line is told, none of which is taken: IOS rings the bell and takes no more keys, which a line that comes
/// in one piece would not hear.
pub const TOO_LONG: &str = "% Line is longer than 254 characters";

/// Whether a command line, which may have the text of a banner behind its end, is too long.
pub fn is_too_long(line: &str) -> bool {
    line.lines().next().is_some_and(|line| line.trim().chars().count() > LINE_MAX)
}

/// What `?` says where nothing is known.
pub const UNRECOGNIZED: &str = "% Unrecognized command\n";

/// What `configure terminal` prints.
pub const CONFIGURE: &str = "Enter configuration commands, one per line.  End with CNTL/Z.\n";

/// What the console port shows when its session is over.
pub fn available(hostname: &str) -> String {
    format!("\n\n{hostname} con0 is now available\n\n\n\nPress RETURN to get started.\n\n")
}
