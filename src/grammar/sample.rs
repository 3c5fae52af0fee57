//! Lines that follow a command's graph, drawn at random but repeatably: what is checked of every command at once is
//! checked with these.

use super::table::{ArgKind, CommandSpec, END, Shape, Token};

/// Small, repeatable randomness (xorshift64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed, which is not 0.
    pub const fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number below `sides`; 0 when there are none.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % sides.max(1)
    }

    /// One of `texts`; empty when there are none.
    pub fn of(&mut self, texts: &[&str]) -> String {
        let at = self.roll(texts.len());
        texts.get(at).copied().unwrap_or_default().to_owned()
    }
}

/// Text that an argument of this kind accepts.
pub fn argument(kind: ArgKind, dice: &mut Dice) -> String {
    match kind {
        ArgKind::Word => format!("zq{}", dice.roll(50)),
        ArgKind::Shape(Shape::Release) => dice.of(&["12.0", "12.1", "15.2(4)M"]),
        ArgKind::Shape(Shape::Hours) => dice.of(&["-7", "1", "+12"]),
        ArgKind::Shape(Shape::Delimiters) => dice.of(&["@", "%", "@/"]),
        ArgKind::Shape(Shape::Unit) => dice.of(&["0", "1/0", "0/0/1"]),
        ArgKind::Line => format!("zq some text {}", dice.roll(50)),
        ArgKind::Ipv4 => format!("10.{}.0.{}", dice.roll(9), dice.roll(250)),
        ArgKind::Mask => dice.of(&["255.255.255.0", "255.0.0.0", "255.255.255.255"]),
        ArgKind::Ipv6 => "2001:db8::1".to_owned(),
        ArgKind::Range(low, high) => {
            let sides = usize::try_from((high - low).saturating_add(1)).unwrap_or(usize::MAX);
            (low + u64::try_from(dice.roll(sides)).unwrap_or(0)).to_string()
        }
        ArgKind::Interface => {
            dice.of(&["Ethernet0", "Serial0:23", "Virtual-Template 1", "BRI0", "ATM0/0.32"])
        }
        ArgKind::Hex => "0x2142".to_owned(),
        ArgKind::Time => "12:34:56".to_owned(),
        ArgKind::Month => dice.of(&["March", "February"]),
        ArgKind::Mac => "0030.94fe.1bbf".to_owned(),
        ArgKind::Secret | ArgKind::Secret0 => dice.of(&["cisco", "7 094F471A1A0A", "0 zq"]),
        ArgKind::Hash => dice.of(&["5 $1$Q0Zl$LN7ONybETL5LJZF1", "0 zq"]),
        ArgKind::Banner => "^Czq text^C".to_owned(),
    }
}

/// A line that follows the command's graph, with the words that `argument` gives for its arguments.
pub fn line(spec: &CommandSpec, dice: &mut Dice, argument: impl Fn(ArgKind, &mut Dice) -> String) -> String {
    let (mut words, mut used, mut next) = (Vec::new(), Vec::new(), spec.start);
    loop {
        let open: Vec<usize> =
            next.iter().copied().filter(|&n| n == END || !used.contains(&spec.nodes[n].once)).collect();
        // Long repetitions teach nothing: past a dozen words the end is taken where there is one.
        let pick = if words.len() > 12 && open.contains(&END) { END } else { open[dice.roll(open.len())] };
        if pick == END {
            return words.join(" ");
        }
        let node = &spec.nodes[pick];
        if node.once != 0 {
            used.push(node.once);
        }
        words.push(match &node.token {
            Token::Keyword { word, .. } => (*word).to_owned(),
            Token::Arg { kind, .. } => argument(*kind, dice),
        });
        next = node.next;
    }
}
