//! The state tables of RFC 2661 sections 7.2.1, 7.4.1, 7.4.2, 7.5.1 and 7.5.2 as pure functions, one cell an arm.
//!
//! A table says what is sent and where it leads; who sends it and what the message says is the business of
//! `tunnel.rs` and `session.rs`. Cells that the RFC leaves empty are marked "blank in the RFC": they are filled by
//! the nearest rule of the text (an improper sequence is invalid and clears, section 7.1; what is idle stays idle).

/// What a cell tells the machine to do, in this order, before it enters the next state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send SCCRQ.
    SendSccrq,
    /// Send SCCRP.
    SendSccrp,
    /// Send SCCCN.
    SendScccn,
    /// Send StopCCN.
    SendStopCcn,
    /// Send tunnel-open event to waiting sessions.
    TunnelOpen,
    /// Re-queue SCCRQ for idle state.
    Requeue,
    /// Initiate local tunnel open.
    OpenTunnel,
    /// Send ICRQ.
    SendIcrq,
    /// Send ICRP.
    SendIcrp,
    /// Send ICCN.
    SendIccn,
    /// Send OCRQ.
    SendOcrq,
    /// Send OCRP.
    SendOcrp,
    /// Send OCCN.
    SendOccn,
    /// Send CDN.
    SendCdn,
    /// Open bearer.
    OpenBearer,
    /// Prepare for data.
    PrepareData,
    /// Clean up.
    CleanUp,
}

/// A filled cell: the actions and the new state.
pub type Cell<S> = (&'static [Action], S);

/// Section 7.2.1, Control Connection Establishment. Originator and receiver share it.
pub mod control {
    use super::Action::*;
    use super::Cell;

    /// State of a control connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// idle
        Idle,
        /// wait-ctl-reply: SCCRQ sent
        WaitCtlReply,
        /// wait-ctl-conn: SCCRP sent
        WaitCtlConn,
        /// established
        Established,
    }

    /// What happens to a control connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Local Open request (in established: a new call)
        OpenRequest,
        /// Receive SCCRQ, acceptable
        SccrqAcceptable,
        /// Receive SCCRQ, not acceptable
        SccrqNotAcceptable,
        /// Receive SCCRQ, lose tie-breaker
        SccrqLoseTie,
        /// Receive SCCRP, acceptable
        SccrpAcceptable,
        /// Receive SCCRP, not acceptable
        SccrpNotAcceptable,
        /// Receive SCCCN, acceptable
        ScccnAcceptable,
        /// Receive SCCCN, not acceptable
        ScccnNotAcceptable,
        /// Receive StopCCN
        StopCcn,
        /// Admin Tunnel Close
        AdminClose,
    }

    /// The cell for `event` in `state`.
    pub const fn transition(state: State, event: Event) -> Cell<State> {
        use Event as E;
        use State::*;
        match (state, event) {
            (Idle, E::OpenRequest) => (&[SendSccrq], WaitCtlReply),
            (Idle, E::SccrqAcceptable) => (&[SendSccrp], WaitCtlConn),
            (Idle, E::SccrqNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (Idle, E::SccrpAcceptable | E::SccrpNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (Idle, E::ScccnAcceptable | E::ScccnNotAcceptable) => (&[CleanUp], Idle),
            // Blank in the RFC: there is nothing to lose and nothing to close.
            (Idle, E::SccrqLoseTie | E::AdminClose) => (&[CleanUp], Idle),

            (WaitCtlReply, E::SccrpAcceptable) => (&[SendScccn, TunnelOpen], Established),
            (WaitCtlReply, E::SccrpNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (WaitCtlReply, E::SccrqLoseTie) => (&[CleanUp, Requeue], Idle),
            (WaitCtlReply, E::ScccnAcceptable | E::ScccnNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            // Blank in the RFC: a second request waits for the same answer, and an SCCRQ that does not win a tie
            // is not about this connection.
            (WaitCtlReply, E::OpenRequest | E::SccrqAcceptable | E::SccrqNotAcceptable) => {
                (&[], WaitCtlReply)
            }
            // Blank in the RFC: as in established.
            (WaitCtlReply, E::AdminClose) => (&[SendStopCcn, CleanUp], Idle),

            (WaitCtlConn, E::ScccnAcceptable) => (&[TunnelOpen], Established),
            (WaitCtlConn, E::ScccnNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (WaitCtlConn, E::SccrpAcceptable | E::SccrpNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (WaitCtlConn, E::SccrqAcceptable | E::SccrqNotAcceptable | E::SccrqLoseTie) => {
                (&[SendStopCcn, CleanUp], Idle)
            }
            // Blank in the RFC.
            (WaitCtlConn, E::OpenRequest) => (&[], WaitCtlConn),
            (WaitCtlConn, E::AdminClose) => (&[SendStopCcn, CleanUp], Idle),

            (Established, E::OpenRequest) => (&[TunnelOpen], Established),
            (Established, E::AdminClose) => (&[SendStopCcn, CleanUp], Idle),
            (Established, E::SccrqAcceptable | E::SccrqNotAcceptable | E::SccrqLoseTie) => {
                (&[SendStopCcn, CleanUp], Idle)
            }
            (Established, E::SccrpAcceptable | E::SccrpNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),
            (Established, E::ScccnAcceptable | E::ScccnNotAcceptable) => (&[SendStopCcn, CleanUp], Idle),

            (Idle | WaitCtlReply | WaitCtlConn | Established, E::StopCcn) => (&[CleanUp], Idle),
        }
    }
}

/// Section 7.4.1, LAC Incoming Call States.
pub mod lac_incoming {
    use super::Action::*;
    use super::Cell;

    /// State of an incoming call on the LAC.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// idle
        Idle,
        /// wait-tunnel
        WaitTunnel,
        /// wait-reply: ICRQ sent
        WaitReply,
        /// established
        Established,
    }

    /// What happens to an incoming call on the LAC.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Bearer Ring or Ready to indicate incoming connection
        BearerRing,
        /// tunnel-open
        TunnelOpen,
        /// Bearer line drop or local close request
        LocalClose,
        /// Receive ICRQ
        Icrq,
        /// Receive ICRP, acceptable
        IcrpAcceptable,
        /// Receive ICRP, not acceptable
        IcrpNotAcceptable,
        /// Receive ICCN
        Iccn,
        /// Receive CDN
        Cdn,
    }

    /// The cell for `event` in `state`.
    pub const fn transition(state: State, event: Event) -> Cell<State> {
        use Event as E;
        use State::*;
        match (state, event) {
            (Idle, E::BearerRing) => (&[OpenTunnel], WaitTunnel),
            (Idle, E::Iccn | E::IcrpAcceptable | E::IcrpNotAcceptable | E::Cdn) => (&[CleanUp], Idle),
            // Blank in the RFC.
            (Idle, E::TunnelOpen | E::LocalClose | E::Icrq) => (&[CleanUp], Idle),

            (WaitTunnel, E::LocalClose) => (&[CleanUp], Idle),
            (WaitTunnel, E::TunnelOpen) => (&[SendIcrq], WaitReply),
            // Blank in the RFC: the peer cannot know the session, its messages are not about it.
            (WaitTunnel, E::BearerRing | E::Icrq | E::IcrpAcceptable | E::IcrpNotAcceptable | E::Iccn) => {
                (&[], WaitTunnel)
            }
            (WaitTunnel, E::Cdn) => (&[CleanUp], Idle),

            (WaitReply, E::IcrpAcceptable) => (&[SendIccn], Established),
            (WaitReply, E::IcrpNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            (WaitReply, E::Icrq) => (&[SendCdn, CleanUp], Idle),
            (WaitReply, E::Cdn | E::Iccn) => (&[CleanUp], Idle),
            (WaitReply, E::LocalClose) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC.
            (WaitReply, E::BearerRing | E::TunnelOpen) => (&[], WaitReply),

            (Established, E::Cdn) => (&[CleanUp], Idle),
            (Established, E::Icrq | E::IcrpAcceptable | E::IcrpNotAcceptable | E::Iccn) => {
                (&[SendCdn, CleanUp], Idle)
            }
            (Established, E::LocalClose) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC.
            (Established, E::BearerRing | E::TunnelOpen) => (&[], Established),
        }
    }
}

/// Section 7.4.2, LNS Incoming Call States.
pub mod lns_incoming {
    use super::Action::*;
    use super::Cell;

    /// State of an incoming call on the LNS.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// idle
        Idle,
        /// wait-connect: ICRP sent
        WaitConnect,
        /// established
        Established,
    }

    /// What happens to an incoming call on the LNS.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Receive ICRQ, acceptable
        IcrqAcceptable,
        /// Receive ICRQ, not acceptable
        IcrqNotAcceptable,
        /// Receive ICRP
        Icrp,
        /// Receive ICCN, acceptable
        IccnAcceptable,
        /// Receive ICCN, not acceptable
        IccnNotAcceptable,
        /// Receive CDN
        Cdn,
        /// Local close request
        LocalClose,
    }

    /// The cell for `event` in `state`.
    pub const fn transition(state: State, event: Event) -> Cell<State> {
        use Event as E;
        use State::*;
        match (state, event) {
            (Idle, E::IcrqAcceptable) => (&[SendIcrp], WaitConnect),
            (Idle, E::IcrqNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            (Idle, E::Icrp) => (&[SendCdn, CleanUp], Idle),
            (Idle, E::IccnAcceptable | E::IccnNotAcceptable) => (&[CleanUp], Idle),
            // Blank in the RFC.
            (Idle, E::LocalClose) => (&[CleanUp], Idle),

            (WaitConnect, E::IccnAcceptable) => (&[PrepareData], Established),
            (WaitConnect, E::IccnNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            (WaitConnect, E::IcrqAcceptable | E::IcrqNotAcceptable | E::Icrp) => (&[SendCdn, CleanUp], Idle),

            (Idle | WaitConnect | Established, E::Cdn) => (&[CleanUp], Idle),

            (WaitConnect | Established, E::LocalClose) => (&[SendCdn, CleanUp], Idle),

            (Established, E::IcrqAcceptable | E::IcrqNotAcceptable | E::Icrp) => (&[SendCdn, CleanUp], Idle),
            (Established, E::IccnAcceptable | E::IccnNotAcceptable) => (&[SendCdn, CleanUp], Idle),
        }
    }
}

/// Section 7.5.1, LAC Outgoing Call States.
pub mod lac_outgoing {
    use super::Action::*;
    use super::Cell;

    /// State of an outgoing call on the LAC.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// idle
        Idle,
        /// wait-cs-answer: OCRP sent, the bearer is being connected
        WaitCsAnswer,
        /// established
        Established,
    }

    /// What happens to an outgoing call on the LAC.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Receive OCRQ, acceptable
        OcrqAcceptable,
        /// Receive OCRQ, not acceptable
        OcrqNotAcceptable,
        /// Receive OCRP
        Ocrp,
        /// Receive OCCN
        Occn,
        /// Receive CDN
        Cdn,
        /// Bearer answer, framing detected
        BearerAnswer,
        /// Bearer failure
        BearerFailure,
        /// Bearer line drop, Local close request
        LocalClose,
    }

    /// The cell for `event` in `state`.
    pub const fn transition(state: State, event: Event) -> Cell<State> {
        use Event as E;
        use State::*;
        match (state, event) {
            (Idle, E::OcrqAcceptable) => (&[SendOcrp, OpenBearer], WaitCsAnswer),
            (Idle, E::OcrqNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            (Idle, E::Ocrp) => (&[SendCdn, CleanUp], Idle),
            (Idle, E::Occn | E::Cdn) => (&[CleanUp], Idle),
            // Blank in the RFC.
            (Idle, E::BearerAnswer | E::BearerFailure | E::LocalClose) => (&[CleanUp], Idle),

            (WaitCsAnswer, E::BearerAnswer) => (&[SendOccn], Established),
            (WaitCsAnswer, E::BearerFailure) => (&[SendCdn, CleanUp], Idle),
            (WaitCsAnswer | Established, E::OcrqAcceptable | E::OcrqNotAcceptable | E::Ocrp | E::Occn) => {
                (&[SendCdn, CleanUp], Idle)
            }
            (WaitCsAnswer | Established, E::Cdn) => (&[CleanUp], Idle),
            // Blank in the RFC: section 7.5.1's text, "if the call is not completed ... send a CDN".
            (WaitCsAnswer, E::LocalClose) => (&[SendCdn, CleanUp], Idle),

            (Established, E::LocalClose) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC: the bearer has answered already; its failure is a line drop.
            (Established, E::BearerAnswer) => (&[], Established),
            (Established, E::BearerFailure) => (&[SendCdn, CleanUp], Idle),
        }
    }
}

/// Section 7.5.2, LNS Outgoing Call States.
pub mod lns_outgoing {
    use super::Action::*;
    use super::Cell;

    /// State of an outgoing call on the LNS.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// idle
        Idle,
        /// wait-tunnel
        WaitTunnel,
        /// wait-reply: OCRQ sent
        WaitReply,
        /// wait-connect: OCRP received
        WaitConnect,
        /// established
        Established,
    }

    /// What happens to an outgoing call on the LNS.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Local open request
        OpenRequest,
        /// tunnel-open
        TunnelOpen,
        /// Receive OCRQ
        Ocrq,
        /// Receive OCRP, acceptable
        OcrpAcceptable,
        /// Receive OCRP, not acceptable
        OcrpNotAcceptable,
        /// Receive OCCN
        Occn,
        /// Receive CDN
        Cdn,
        /// Local Close request
        LocalClose,
    }

    /// The cell for `event` in `state`.
    pub const fn transition(state: State, event: Event) -> Cell<State> {
        use Event as E;
        use State::*;
        match (state, event) {
            (Idle, E::OpenRequest) => (&[OpenTunnel], WaitTunnel),
            (Idle, E::Occn | E::OcrpAcceptable | E::OcrpNotAcceptable) => (&[CleanUp], Idle),
            // Blank in the RFC.
            (Idle, E::TunnelOpen | E::Ocrq | E::LocalClose) => (&[CleanUp], Idle),

            (WaitTunnel, E::TunnelOpen) => (&[SendOcrq], WaitReply),
            (WaitTunnel, E::LocalClose) => (&[CleanUp], Idle),
            // Blank in the RFC: the peer cannot know the session.
            (WaitTunnel, E::OpenRequest | E::Ocrq | E::OcrpAcceptable | E::OcrpNotAcceptable | E::Occn) => {
                (&[], WaitTunnel)
            }
            (WaitTunnel, E::Cdn) => (&[CleanUp], Idle),

            (WaitReply, E::OcrpAcceptable) => (&[], WaitConnect),
            (WaitReply, E::OcrpNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            (WaitReply, E::Occn | E::Ocrq) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC.
            (WaitReply, E::OpenRequest | E::TunnelOpen) => (&[], WaitReply),

            (WaitConnect, E::Occn) => (&[], Established),
            (WaitConnect, E::Ocrq | E::OcrpAcceptable | E::OcrpNotAcceptable) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC.
            (WaitConnect, E::OpenRequest | E::TunnelOpen) => (&[], WaitConnect),

            (Idle | WaitReply | WaitConnect | Established, E::Cdn) => (&[CleanUp], Idle),

            (Established, E::Ocrq | E::OcrpAcceptable | E::OcrpNotAcceptable | E::Occn) => {
                (&[SendCdn, CleanUp], Idle)
            }
            (WaitReply | WaitConnect | Established, E::LocalClose) => (&[SendCdn, CleanUp], Idle),
            // Blank in the RFC.
            (Established, E::OpenRequest | E::TunnelOpen) => (&[], Established),
        }
    }
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
