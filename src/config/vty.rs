//! Network lines in ranges: `line vty 0 15` speaks to every one of them, whatever blocks they stand in, and lines that say
//! the same are shown together. The first five stand apart from those that were added, as IOS shows them.

use super::store::{Line, StoreError};
use crate::cli::parse;
use crate::grammar::command::line::{LineCommand, LineLine};
use crate::grammar::table::Op;
use crate::grammar::{Command, Mode};

/// The first line that a router has not had from the beginning.
pub const ADDED: u32 = 5;

/// The numbers of the network lines that a block, or a command that opens one, is about.
pub fn range(command: &Command) -> Option<(u32, u32)> {
    match command {
        Command::Line(LineCommand::Line(Op::Set(line))) => match line.line {
            LineLine::Vty { first, last } => Some((first, last.unwrap_or(first))),
            LineLine::Console { .. } | LineLine::Aux { .. } | LineLine::First { .. } => None,
        },
        _ => None,
    }
}

/// The first of the network lines that a command takes away: with it go those behind it, as lines follow each other
/// (recalled).
pub fn removed(command: &Command) -> Option<u32> {
    match command {
        Command::Line(LineCommand::Line(Op::No(Some(line)))) => match line.line {
            LineLine::Vty { first, .. } => Some(first),
            LineLine::Console { .. } | LineLine::Aux { .. } | LineLine::First { .. } => None,
        },
        _ => None,
    }
}

/// Takes the network lines from this one on away. True when there were any.
pub fn remove(lines: &mut Vec<Line>, from: u32) -> bool {
    split(lines, from);
    let before = lines.len();
    lines.retain(|l| range(&l.command).is_none_or(|(first, _)| first < from));
    lines.len() < before
}

/// A block of these lines which says nothing yet; `None` when the numbers are none of a line.
fn block(first: u32, last: u32) -> Option<Line> {
    let text = if first == last { format!("line vty {first}") } else { format!("line vty {first} {last}") };
    parse(Mode::Config, &text).ok().map(|parsed| Line::new(&parsed))
}

/// Makes blocks of exactly these lines: splits what is larger and adds what there is not yet. True when lines were added.
///
/// # Errors
/// When they would not follow those that there are.
pub fn open(lines: &mut Vec<Line>, (first, last): (u32, u32)) -> Result<bool, StoreError> {
    let next = lines.iter().filter_map(|l| range(&l.command)).map(|(_, last)| last + 1).max().unwrap_or(0);
    if first > next || first > last {
        return Err(StoreError::Vty);
    }
    for cut in [first, last + 1] {
        split(lines, cut);
    }
    let added = next..last + 1;
    for (from, to) in [(added.start, added.end.min(ADDED)), (added.start.max(ADDED), added.end)] {
        if from < to {
            lines.extend(block(from, to - 1));
        }
    }
    Ok(!added.is_empty())
}

/// Splits the block in whose middle this line stands.
fn split(lines: &mut Vec<Line>, cut: u32) {
    let inside = |l: &Line| range(&l.command).is_some_and(|(first, last)| first < cut && cut <= last);
    let Some(at) = lines.iter().position(inside) else { return };
    let Some((first, last)) = lines.get(at).and_then(|l| range(&l.command)) else { return };
    if let (Some(mut left), Some(mut right), Some(old)) =
        (block(first, cut - 1), block(cut, last), lines.get(at))
    {
        left.children.clone_from(&old.children);
        right.children.clone_from(&old.children);
        lines.splice(at..=at, [left, right]);
    }
}

/// Puts neighbours together that say the same.
pub fn join(lines: &mut Vec<Line>) {
    loop {
        let ranges: Vec<(usize, (u32, u32))> =
            lines.iter().enumerate().filter_map(|(at, l)| Some((at, range(&l.command)?))).collect();
        let mut pairs = ranges.iter().flat_map(|a| ranges.iter().map(move |b| (a, b)));
        let alike =
            |a: usize, b: usize| lines.get(a).map(|l| &l.children) == lines.get(b).map(|l| &l.children);
        let found = pairs
            .find(|((a, (_, last)), (b, (first, _)))| last + 1 == *first && *first != ADDED && alike(*a, *b));
        let Some((&(a, (first, _)), &(b, (_, last)))) = found else { return };
        let (Some(mut whole), Some(old)) = (block(first, last), lines.get(a)) else { return };
        whole.children.clone_from(&old.children);
        if let Some(place) = lines.get_mut(a) {
            *place = whole;
        }
        lines.remove(b);
    }
}
