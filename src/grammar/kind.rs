//! The types of arguments: the same for the grammar compiler and for what it compiles into.

/// The type of an argument: what it accepts, and what `?` shows for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// `WORD`: one word.
    Word,
    /// `LINE`: the rest of the line.
    Line,
    /// `A.B.C.D`: an IPv4 address, mask or wildcard.
    Ipv4,
    /// `MASK`: a contiguous IPv4 subnet mask, shown as `A.B.C.D`.
    Mask,
    /// `X:X:X:X::X`: an IPv6 address.
    Ipv6,
    /// `a-b`: a decimal number.
    Range(u64, u64),
    /// `INTERFACE`: an interface name in one word or two.
    Interface,
    /// `HEX`: a hexadecimal number, with or without `0x`.
    Hex,
    /// `TIME`: hh:mm:ss.
    Time,
    /// `MONTH`: the name of a month, abbreviated to three letters or more.
    Month,
    /// `MAC`: H.H.H.
    Mac,
    /// `SECRET`: a password, `[0|7] text`, shown without a type when it is in clear.
    Secret,
    /// `SECRET0`: the same, shown with `0` when it is in clear.
    Secret0,
    /// `HASH`: a secret kept as a digest, `[0|5|8|9] text`.
    Hash,
    /// A word of a certain shape.
    Shape(Shape),
    /// `BANNER`: text between two delimiting characters, over several lines.
    Banner,
}

impl ArgKind {
    /// Which of several types takes a word that fits them all: the one of the lowest rank. Keywords have 0 and 1.
    pub const fn rank(self) -> u8 {
        match self {
            ArgKind::Range(..) => 2,
            ArgKind::Ipv4 | ArgKind::Mask | ArgKind::Ipv6 | ArgKind::Mac => 3,
            ArgKind::Time | ArgKind::Month => 4,
            ArgKind::Interface | ArgKind::Shape(_) => 5,
            ArgKind::Hex => 6,
            ArgKind::Word => 7,
            ArgKind::Secret | ArgKind::Secret0 | ArgKind::Hash => 8,
            ArgKind::Line | ArgKind::Banner => 9,
        }
    }
}

/// How a word must look that is more than a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `RELEASE`: a release of IOS, such as `12.0` or `12.2(8)T`.
    Release,
    /// `HOURS`: hours from UTC.
    Hours,
    /// `DELIMITERS`: characters that may stand between a user and a domain.
    Delimiters,
    /// `UNIT`: the place of a controller, one to three numbers. Those that there is hardware for are small; which ones is
    /// this project's choice.
    Unit,
}

impl Shape {
    /// The shape of a name of the grammar files.
    pub fn named(name: &str) -> Option<Shape> {
        match name {
            "RELEASE" => Some(Shape::Release),
            "HOURS" => Some(Shape::Hours),
            "DELIMITERS" => Some(Shape::Delimiters),
            "UNIT" => Some(Shape::Unit),
            _ => None,
        }
    }
}
