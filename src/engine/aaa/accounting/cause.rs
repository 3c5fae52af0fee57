//! Why a session ended: Acct-Terminate-Cause (RFC 2866 section 5.10) and Cisco's extended disconnect cause.

use crate::proto::Dialect;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// The peer ended LCP.
    UserRequest,
    /// Somebody left the EXEC.
    UserExit,
    /// The call was cleared by the network or the peer, or no keepalive came back.
    LostCarrier,
    /// The LAC says that the call was cleared (CDN, result 1).
    TunnelCarrier,
    /// The tunnel, or its other end, is gone.
    LostService,
    /// Nothing was sent for too long.
    IdleTimeout,
    /// The session lasted as long as it may.
    SessionTimeout,
    /// `clear interface`, `shutdown`, `clear line`.
    AdminReset,
    /// `clear vpdn`, or the other end of the tunnel did so (CDN, result 3).
    TunnelAdmin,
    /// A server asked for it (RFC 5176).
    ServerRequest,
    /// `reload`: somebody wants the router to end.
    AdminReboot,
    /// The line is looped back, or its controller is down.
    PortError,
    /// This router or the peer of its tunnel lacks something.
    NasError,
    /// LCP came to no agreement.
    Negotiation,
    /// Authentication came to no end, the other end did not take our proof, or the user may not have what it asks for.
    Authentication,
    /// The user did not prove who it is, by PAP.
    Pap,
    /// The same, by CHAP or a form of Microsoft's of it.
    Chap,
}

/// A row: number of Acct-Terminate-Cause, number and text of `disc-cause-ext`.
struct Row(u32, u32, &'static str);

impl EndCause {
    /// The numbers of the first column are RFC 2866's. Those of the second are the published extensions of Cisco's
    /// Disconnect-Cause (1000 and more, 1600 and more for VPDN); their texts are recalled from captures. Of the three
    /// failures of authentication, 42 and 43 of that table are this router's word on a PAP or CHAP peer, and 44 the
    /// remote's (recalled); that 1043 is for MS-CHAP too is this project's choice.
    const fn row(self) -> Row {
        match self {
            EndCause::UserRequest => Row(1, 1045, "PPP Receive Term"),
            EndCause::UserExit => Row(1, 1020, "TS User Exit"),
            EndCause::LostCarrier => Row(2, 1011, "Lost Carrier"),
            EndCause::TunnelCarrier => Row(2, 1601, "VPDN Carrier Loss"),
            EndCause::LostService => Row(3, 1605, "VPDN Tunnel Down"),
            EndCause::IdleTimeout => Row(4, 1021, "TS Idle Timeout"),
            EndCause::SessionTimeout => Row(5, 1100, "Session Timeout"),
            EndCause::AdminReset => Row(6, 1151, "Admin Disconnect"),
            EndCause::TunnelAdmin => Row(6, 1604, "VPDN Admin Disconnect"),
            EndCause::ServerRequest => Row(6, 1150, "Radius Disconnect"),
            EndCause::AdminReboot => Row(7, 1002, "Unknown"),
            EndCause::PortError => Row(8, 1010, "No Carrier"),
            EndCause::NasError => Row(9, 1602, "VPDN No Resources"),
            EndCause::Negotiation => Row(9, 1041, "PPP LCP Fail"),
            EndCause::Authentication => Row(17, 1044, "PPP Auth Failure"),
            EndCause::Pap => Row(17, 1042, "PPP PAP Fail"),
            EndCause::Chap => Row(17, 1043, "PPP CHAP Fail"),
        }
    }

    /// Acct-Terminate-Cause.
    pub const fn terminate(self) -> u32 {
        self.row().0
    }

    /// The Cisco-AVPair: the number up to 12.x, then the text.
    pub fn pair(self, dialect: Dialect) -> String {
        let Row(_, number, text) = self.row();
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => format!("disc-cause-ext={number}"),
            Dialect::V15 => format!("disc-cause-ext={text}"),
        }
    }
}
