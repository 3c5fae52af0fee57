//! Who a debug line of L2TP is about.

use std::fmt;

/// The words in front of a debug line, as the documented call (Cisco tech note 23980) prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prefix<'a> {
    /// `L2X: `, nothing exists yet and the line comes from the parser.
    L2x,
    /// `L2TP: `, nothing exists yet.
    L2tp,
    /// `Tnl 17688 L2TP: `.
    Tunnel {
        /// Our tunnel id.
        tunnel: u16,
    },
    /// `Tnl/Cl 17688/7 L2TP: `, with the interface in front once the session is bound to one.
    Session {
        /// The interface, `Se0:0`.
        label: Option<&'a str>,
        /// Our tunnel id.
        tunnel: u16,
        /// Our session id.
        session: u16,
    },
}

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Prefix::L2x => f.write_str("L2X: "),
            Prefix::L2tp => f.write_str("L2TP: "),
            Prefix::Tunnel { tunnel } => write!(f, "Tnl {tunnel} L2TP: "),
            Prefix::Session { label: None, tunnel, session } => write!(f, "Tnl/Cl {tunnel}/{session} L2TP: "),
            Prefix::Session { label: Some(label), tunnel, session } => {
                write!(f, "{label} Tnl/Cl {tunnel}/{session} L2TP: ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_documented_call() {
        let session = |label| Prefix::Session { label, tunnel: 17688, session: 7 };
        assert_eq!(Prefix::L2x.to_string(), "L2X: ");
        assert_eq!(Prefix::L2tp.to_string(), "L2TP: ");
        assert_eq!(Prefix::Tunnel { tunnel: 17688 }.to_string(), "Tnl 17688 L2TP: ");
        assert_eq!(session(None).to_string(), "Tnl/Cl 17688/7 L2TP: ");
        assert_eq!(session(Some("Se0:0")).to_string(), "Se0:0 Tnl/Cl 17688/7 L2TP: ");
    }
}
