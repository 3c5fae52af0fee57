//! The option negotiation automaton: the table of RFC 1661 section 4.1 as a pure function.

/// A state of the automaton, RFC 1661 section 4.2, numbered as in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 0: lower layer down, no Open.
    Initial,
    /// 1: Open, lower layer down.
    Starting,
    /// 2: lower layer up, no Open.
    Closed,
    /// 3: Open and waiting for the peer: IOS's `Listen`.
    Stopped,
    /// 4: Terminate-Request sent after a Close.
    Closing,
    /// 5: terminating on the peer's behalf.
    Stopping,
    /// 6: Configure-Request sent.
    ReqSent,
    /// 7: our Configure-Request is acknowledged.
    AckRcvd,
    /// 8: we acknowledged the peer's.
    AckSent,
    /// 9: both are.
    Opened,
}

/// An event, RFC 1661 section 4.3, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Lower layer up.
    Up,
    /// Lower layer down.
    Down,
    /// Administrative open.
    Open,
    /// Administrative close.
    Close,
    /// Restart timer expired, counter above zero.
    TimeoutRetry,
    /// Restart timer expired, counter zero.
    TimeoutFinal,
    /// RCR+: acceptable Configure-Request.
    ConfReqGood,
    /// RCR-: unacceptable Configure-Request.
    ConfReqBad,
    /// RCA: Configure-Ack.
    ConfAck,
    /// RCN: Configure-Nak or Configure-Reject.
    ConfNak,
    /// RTR: Terminate-Request.
    TermReq,
    /// RTA: Terminate-Ack.
    TermAck,
    /// RUC: unknown code.
    UnknownCode,
    /// RXJ+: Code-Reject or Protocol-Reject that can be lived with.
    RejectGood,
    /// RXJ-: one that cannot.
    RejectBad,
    /// RXR: Echo-Request, Echo-Reply or Discard-Request.
    Echo,
}

/// An action, RFC 1661 section 4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// This-Layer-Up.
    Tlu,
    /// This-Layer-Down.
    Tld,
    /// This-Layer-Started.
    Tls,
    /// This-Layer-Finished.
    Tlf,
    /// Initialize-Restart-Count.
    Irc,
    /// Zero-Restart-Count.
    Zrc,
    /// Send-Configure-Request.
    Scr,
    /// Send-Configure-Ack.
    Sca,
    /// Send-Configure-Nak or Send-Configure-Reject.
    Scn,
    /// Send-Terminate-Request.
    Str,
    /// Send-Terminate-Ack.
    Sta,
    /// Send-Code-Reject.
    Scj,
    /// Send-Echo-Reply.
    Ser,
}

type Cell = Option<(&'static [Action], State)>;

const fn to(actions: &'static [Action], number: usize) -> Cell {
    Some((actions, State::ALL[number]))
}

/// `-` in the RFC's table: the event cannot happen in this state.
const NEVER: Cell = None;

use Action::{Irc, Sca, Scj, Scn, Scr, Ser, Sta, Str, Tld, Tlf, Tls, Tlu, Zrc};

/// RFC 1661 section 4.1, both halves side by side: one row per event, states 0 to 9.
#[rustfmt::skip]
const TABLE: [[Cell; 10]; 16] = [
    // Up
    [to(&[], 2), to(&[Irc, Scr], 6), NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER],
    // Down
    [NEVER, NEVER, to(&[], 0), to(&[Tls], 1), to(&[], 0), to(&[], 1),
     to(&[], 1), to(&[], 1), to(&[], 1), to(&[Tld], 1)],
    // Open
    [to(&[Tls], 1), to(&[], 1), to(&[Irc, Scr], 6), to(&[], 3), to(&[], 5), to(&[], 5),
     to(&[], 6), to(&[], 7), to(&[], 8), to(&[], 9)],
    // Close
    [to(&[], 0), to(&[Tlf], 0), to(&[], 2), to(&[], 2), to(&[], 4), to(&[], 4),
     to(&[Irc, Str], 4), to(&[Irc, Str], 4), to(&[Irc, Str], 4), to(&[Tld, Irc, Str], 4)],
    // TO+
    [NEVER, NEVER, NEVER, NEVER, to(&[Str], 4), to(&[Str], 5),
     to(&[Scr], 6), to(&[Scr], 6), to(&[Scr], 8), NEVER],
    // TO-
    [NEVER, NEVER, NEVER, NEVER, to(&[Tlf], 2), to(&[Tlf], 3),
     to(&[Tlf], 3), to(&[Tlf], 3), to(&[Tlf], 3), NEVER],
    // RCR+
    [NEVER, NEVER, to(&[Sta], 2), to(&[Irc, Scr, Sca], 8), to(&[], 4), to(&[], 5),
     to(&[Sca], 8), to(&[Sca, Tlu], 9), to(&[Sca], 8), to(&[Tld, Scr, Sca], 8)],
    // RCR-
    [NEVER, NEVER, to(&[Sta], 2), to(&[Irc, Scr, Scn], 6), to(&[], 4), to(&[], 5),
     to(&[Scn], 6), to(&[Scn], 7), to(&[Scn], 6), to(&[Tld, Scr, Scn], 6)],
    // RCA
    [NEVER, NEVER, to(&[Sta], 2), to(&[Sta], 3), to(&[], 4), to(&[], 5),
     to(&[Irc], 7), to(&[Scr], 6), to(&[Irc, Tlu], 9), to(&[Tld, Scr], 6)],
    // RCN
    [NEVER, NEVER, to(&[Sta], 2), to(&[Sta], 3), to(&[], 4), to(&[], 5),
     to(&[Irc, Scr], 6), to(&[Scr], 6), to(&[Irc, Scr], 8), to(&[Tld, Scr], 6)],
    // RTR
    [NEVER, NEVER, to(&[Sta], 2), to(&[Sta], 3), to(&[Sta], 4), to(&[Sta], 5),
     to(&[Sta], 6), to(&[Sta], 6), to(&[Sta], 6), to(&[Tld, Zrc, Sta], 5)],
    // RTA
    [NEVER, NEVER, to(&[], 2), to(&[], 3), to(&[Tlf], 2), to(&[Tlf], 3),
     to(&[], 6), to(&[], 6), to(&[], 8), to(&[Tld, Scr], 6)],
    // RUC
    [NEVER, NEVER, to(&[Scj], 2), to(&[Scj], 3), to(&[Scj], 4), to(&[Scj], 5),
     to(&[Scj], 6), to(&[Scj], 7), to(&[Scj], 8), to(&[Scj], 9)],
    // RXJ+
    [NEVER, NEVER, to(&[], 2), to(&[], 3), to(&[], 4), to(&[], 5),
     to(&[], 6), to(&[], 6), to(&[], 8), to(&[], 9)],
    // RXJ-
    [NEVER, NEVER, to(&[Tlf], 2), to(&[Tlf], 3), to(&[Tlf], 2), to(&[Tlf], 3),
     to(&[Tlf], 3), to(&[Tlf], 3), to(&[Tlf], 3), to(&[Tld, Irc, Str], 5)],
    // RXR
    [NEVER, NEVER, to(&[], 2), to(&[], 3), to(&[], 4), to(&[], 5),
     to(&[], 6), to(&[], 7), to(&[], 8), to(&[Ser], 9)],
];

/// What `event` does in `state`: the actions in the order of the table and the next state. `None` for
/// the dash of the table: a combination that no correct caller produces.
pub const fn transition(state: State, event: Event) -> Option<(&'static [Action], State)> {
    TABLE[event as usize][state as usize]
}

impl State {
    /// Every state, by its number in the table.
    pub const ALL: [State; 10] = [
        State::Initial,
        State::Starting,
        State::Closed,
        State::Stopped,
        State::Closing,
        State::Stopping,
        State::ReqSent,
        State::AckRcvd,
        State::AckSent,
        State::Opened,
    ];

    /// The name that IOS 12.x prints in `[...]` and in `show`.
    pub const fn ios(self) -> &'static str {
        match self {
            State::Initial | State::Closed => "Closed",
            State::Starting => "Starting",
            State::Stopped => "Listen",
            State::Closing | State::Stopping => "TERMsent",
            State::ReqSent => "REQsent",
            State::AckRcvd => "ACKrcvd",
            State::AckSent => "ACKsent",
            State::Opened => "Open",
        }
    }

    /// The name that IOS 15.x and XE print.
    pub const fn ios_xe(self) -> &'static str {
        match self {
            State::Initial => "Initial",
            State::Starting => "Starting",
            State::Closed => "Closed",
            State::Stopped => "Stopped",
            State::Closing => "Closing",
            State::Stopping => "Stopping",
            State::ReqSent => "REQsent",
            State::AckRcvd => "ACKrcvd",
            State::AckSent => "ACKsent",
            State::Opened => "Open",
        }
    }

    /// Whether the restart timer runs in this state: the columns that have TO events.
    pub const fn timed(self) -> bool {
        transition(self, Event::TimeoutRetry).is_some()
    }

    /// Whether options are being negotiated: a Configure-Request of ours is under way.
    pub const fn negotiating(self) -> bool {
        match self {
            State::ReqSent | State::AckRcvd | State::AckSent => true,
            State::Initial
            | State::Starting
            | State::Closed
            | State::Stopped
            | State::Closing
            | State::Stopping
            | State::Opened => false,
        }
    }
}

impl Event {
    /// The words of IOS 15.x and XE in `Event[...]`.
    pub const fn ios_xe(self) -> &'static str {
        match self {
            Event::Up => "UP",
            Event::Down => "DOWN",
            Event::Open => "OPEN",
            Event::Close => "CLOSE",
            Event::TimeoutRetry => "Timeout+",
            Event::TimeoutFinal => "Timeout-",
            Event::ConfReqGood => "Receive ConfReq+",
            Event::ConfReqBad => "Receive ConfReq-",
            Event::ConfAck => "Receive ConfAck",
            Event::ConfNak => "Receive ConfNak/Rej",
            Event::TermReq => "Receive TermReq",
            Event::TermAck => "Receive TermAck",
            Event::UnknownCode => "Receive UnknownCode",
            Event::RejectGood => "Receive CodeRej+",
            Event::RejectBad => "Receive CodeRej-",
            Event::Echo => "Receive Echo",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as the RFC prints it (footnote letters left out), the two halves joined.
    const RFC: [(Event, &str); 16] = [
        (Event::Up, "2 irc,scr/6 - - - - - - - -"),
        (Event::Down, "- - 0 tls/1 0 1 1 1 1 tld/1"),
        (Event::Open, "tls/1 1 irc,scr/6 3 5 5 6 7 8 9"),
        (Event::Close, "0 tlf/0 2 2 4 4 irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4"),
        (Event::TimeoutRetry, "- - - - str/4 str/5 scr/6 scr/6 scr/8 -"),
        (Event::TimeoutFinal, "- - - - tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 -"),
        (Event::ConfReqGood, "- - sta/2 irc,scr,sca/8 4 5 sca/8 sca,tlu/9 sca/8 tld,scr,sca/8"),
        (Event::ConfReqBad, "- - sta/2 irc,scr,scn/6 4 5 scn/6 scn/7 scn/6 tld,scr,scn/6"),
        (Event::ConfAck, "- - sta/2 sta/3 4 5 irc/7 scr/6 irc,tlu/9 tld,scr/6"),
        (Event::ConfNak, "- - sta/2 sta/3 4 5 irc,scr/6 scr/6 irc,scr/8 tld,scr/6"),
        (Event::TermReq, "- - sta/2 sta/3 sta/4 sta/5 sta/6 sta/6 sta/6 tld,zrc,sta/5"),
        (Event::TermAck, "- - 2 3 tlf/2 tlf/3 6 6 8 tld,scr/6"),
        (Event::UnknownCode, "- - scj/2 scj/3 scj/4 scj/5 scj/6 scj/7 scj/8 scj/9"),
        (Event::RejectGood, "- - 2 3 4 5 6 6 8 9"),
        (Event::RejectBad, "- - tlf/2 tlf/3 tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 tld,irc,str/5"),
        (Event::Echo, "- - 2 3 4 5 6 7 8 ser/9"),
    ];

    fn printed(cell: Cell) -> String {
        match cell {
            None => "-".into(),
            Some(([], state)) => (state as usize).to_string(),
            Some((actions, state)) => {
                let names: Vec<String> = actions.iter().map(|a| format!("{a:?}").to_lowercase()).collect();
                format!("{}/{}", names.join(","), state as usize)
            }
        }
    }

    #[test]
    fn every_cell_is_the_rfcs() {
        for (event, row) in RFC {
            let cells: Vec<&str> = row.split(' ').collect();
            assert_eq!(cells.len(), 10, "{event:?}");
            for (state, expected) in State::ALL.into_iter().zip(cells) {
                assert_eq!(printed(transition(state, event)), expected, "{event:?} in {state:?}");
            }
        }
    }

    #[test]
    fn the_restart_timer_runs_where_the_rfc_has_timeouts() {
        for state in State::ALL {
            assert_eq!(state.timed(), (4..=8).contains(&(state as usize)), "{state:?}");
        }
    }
}
