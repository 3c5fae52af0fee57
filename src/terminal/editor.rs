//! A line being edited: text, cursor, and the keys that IOS gives a meaning. No I/O.

/// Most characters of a line: more than a command has, and not so many that a terminal which never ends its line can fill
/// the memory.
const LINE_MAX: usize = 8_192;

/// A line and the place of the cursor in it, in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditLine {
    text: Vec<char>,
    cursor: usize,
}

/// An editing command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Put in this character.
    Insert(char),
    /// Ctrl-H, DEL.
    Backspace,
    /// Ctrl-D, Delete.
    Delete,
    /// Ctrl-B, left arrow.
    Left,
    /// Ctrl-F, right arrow.
    Right,
    /// Ctrl-A.
    Home,
    /// Ctrl-E.
    End,
    /// Ctrl-K.
    KillToEnd,
    /// Ctrl-U, Ctrl-X: from the cursor back to the start.
    KillToStart,
    /// Ctrl-W.
    KillWord,
    /// Ctrl-T.
    Transpose,
    /// Esc b.
    WordLeft,
    /// Esc f.
    WordRight,
}

impl EditLine {
    /// A line with `before` in front of the cursor and `after` behind it.
    pub fn new(before: &str, after: &str) -> Self {
        let mut text: Vec<char> = before.chars().collect();
        let cursor = text.len();
        text.extend(after.chars());
        EditLine { text, cursor }
    }

    /// The text in front of the cursor.
    pub fn before(&self) -> String {
        self.text.iter().take(self.cursor).collect()
    }

    /// The text behind the cursor.
    pub fn after(&self) -> String {
        self.text.iter().skip(self.cursor).collect()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Carries out `edit`; false when it changes nothing (the terminal may beep).
    pub fn apply(&mut self, edit: Edit) -> bool {
        let old = (self.text.len(), self.cursor);
        match edit {
            Edit::Insert(_) if self.text.len() >= LINE_MAX => {}
            Edit::Insert(c) => {
                self.text.insert(self.cursor, c);
                self.cursor += 1;
            }
            Edit::Backspace => {
                if self.cursor > 0 {
                    self.cursor -= 1;
                    self.text.remove(self.cursor);
                }
            }
            Edit::Delete => {
                if self.cursor < self.text.len() {
                    self.text.remove(self.cursor);
                }
            }
            Edit::Left => self.cursor = self.cursor.saturating_sub(1),
            Edit::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::KillToEnd => self.text.truncate(self.cursor),
            Edit::KillToStart => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            Edit::KillWord => {
                let start = self.word_start();
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            Edit::Transpose => {
                if self.cursor >= 2 {
                    self.text.swap(self.cursor - 2, self.cursor - 1);
                    return true;
                }
            }
            Edit::WordLeft => self.cursor = self.word_start(),
            Edit::WordRight => self.cursor = self.word_end(),
        }
        old != (self.text.len(), self.cursor)
    }

    fn word_start(&self) -> usize {
        let mut at = self.cursor;
        while at > 0 && self.text[at - 1] == ' ' {
            at -= 1;
        }
        while at > 0 && self.text[at - 1] != ' ' {
            at -= 1;
        }
        at
    }

    fn word_end(&self) -> usize {
        let mut at = self.cursor;
        while at < self.text.len() && self.text[at] == ' ' {
            at += 1;
        }
        while at < self.text.len() && self.text[at] != ' ' {
            at += 1;
        }
        at
    }
}

/// The lines typed before, for the arrows.
#[derive(Clone, Debug)]
pub struct Recall {
    lines: Vec<String>,
    at: usize,
    most: usize,
}

impl Default for Recall {
    fn default() -> Self {
        Recall { lines: Vec::new(), at: 0, most: 10 }
    }
}

impl Recall {
    /// Keeps a line that was entered; empty lines and repetitions are not kept.
    pub fn push(&mut self, line: &str) {
        if !line.trim().is_empty() && self.lines.last().map(String::as_str) != Some(line) {
            self.lines.push(line.to_owned());
            if self.lines.len() > self.most {
                self.lines.remove(0);
            }
        }
        self.at = self.lines.len();
    }

    /// Ctrl-P, up arrow.
    pub fn older(&mut self) -> Option<&str> {
        self.at = self.at.checked_sub(1)?;
        self.lines.get(self.at).map(String::as_str)
    }

    /// Ctrl-N, down arrow; past the newest line an empty one.
    pub fn newer(&mut self) -> Option<&str> {
        if self.at >= self.lines.len() {
            return None;
        }
        self.at += 1;
        Some(self.lines.get(self.at).map_or("", String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> EditLine {
        EditLine::new(text, "")
    }

    #[test]
    fn words_are_killed_with_the_blanks_behind_them() {
        let mut line = typed("show vpdn  ");
        assert!(line.apply(Edit::KillWord));
        assert_eq!(line.text(), "show ");
    }

    #[test]
    fn editing_in_the_middle_keeps_both_sides() {
        let mut line = EditLine::new("sho", "vpdn");
        for c in ['w', ' '] {
            line.apply(Edit::Insert(c));
        }
        assert_eq!((line.before(), line.after()), ("show ".into(), "vpdn".into()));
        line.apply(Edit::KillToEnd);
        assert_eq!(line.text(), "show ");
        assert!(!line.apply(Edit::Delete));
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut line = typed(&"x".repeat(LINE_MAX - 1));
        assert!(line.apply(Edit::Insert('y')));
        assert!(!line.apply(Edit::Insert('z')), "the bell");
        assert_eq!(line.text().len(), LINE_MAX);
        assert!(line.apply(Edit::Backspace) && line.apply(Edit::Insert('z')));
    }

    #[test]
    fn transpose_swaps_the_two_characters_before_the_cursor() {
        let mut line = typed("shwo");
        assert!(line.apply(Edit::Transpose));
        assert_eq!(line.text(), "show");
    }

    #[test]
    fn recall_goes_back_and_forth_and_ends_empty() {
        let mut recall = Recall::default();
        for l in ["a", "b", "b", " "] {
            recall.push(l);
        }
        assert_eq!(recall.older(), Some("b"));
        assert_eq!(recall.older(), Some("a"));
        assert_eq!(recall.older(), None);
        assert_eq!(recall.newer(), Some("b"));
        assert_eq!(recall.newer(), Some(""));
        assert_eq!(recall.newer(), None);
    }

    proptest! {
        #[test]
        fn no_sequence_of_edits_leaves_the_line(edits in prop::collection::vec((0u8..13, any::<char>()), 0..60)) {
            let mut line = EditLine::default();
            for (n, c) in edits {
                let edit = [Edit::Insert(c), Edit::Backspace, Edit::Delete, Edit::Left, Edit::Right, Edit::Home,
                    Edit::End, Edit::KillToEnd, Edit::KillToStart, Edit::KillWord, Edit::Transpose, Edit::WordLeft,
                    Edit::WordRight][usize::from(n)];
                line.apply(edit);
                prop_assert!(line.cursor <= line.text.len());
                prop_assert_eq!(line.before() + &line.after(), line.text());
            }
        }
    }
}
