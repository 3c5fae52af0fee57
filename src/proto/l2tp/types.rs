//! The vocabulary that an owner of an [`Endpoint`](super::Endpoint) speaks.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::proto::Instant;

/// The UDP port of L2TP.
pub const PORT: u16 = 1701;

/// A control connection, by the tunnel id that this end assigned. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TunnelId(pub u16);

/// A session, by the ids that this end assigned. Session id never 0. (IOS prints `Tnl/Cl 17688/7`.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// The tunnel that carries it.
    pub tunnel: TunnelId,
    /// The session id inside that tunnel.
    pub session: u16,
}

/// When a tunnel was last heard of, shared between its control connection and whoever carries its data: data that
/// comes in puts the HELLO off (RFC 2661 sections 4.5 and 6.5).
#[derive(Debug, Default)]
pub struct Heard(AtomicU64);

impl Heard {
    /// Never before `now`.
    pub fn new(now: Instant) -> Self {
        let heard = Heard::default();
        heard.note(now);
        heard
    }

    /// Something came in.
    pub fn note(&self, now: Instant) {
        let nanoseconds = u64::try_from(now.since_start().as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanoseconds, Ordering::Relaxed);
    }

    /// When something last came in.
    pub fn last(&self) -> Instant {
        Instant::from_start(Duration::from_nanos(self.0.load(Ordering::Relaxed)))
    }
}

/// Which end of a tunnel this router is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Access concentrator: takes the call in, sends the ICRQ.
    Lac,
    /// Network server: terminates the call's PPP.
    Lns,
}

/// State of a control connection in the words of IOS (CISCO-VPDN-MGMT-MIB): `wait-ctl-reply` stands for the
/// RFC's wait-ctl-reply and wait-ctl-conn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TunnelState {
    /// Nothing yet, or nothing any more.
    Idle,
    /// SCCRQ sent (RFC wait-ctl-reply), or SCCRP sent (RFC wait-ctl-conn).
    WaitCtlReply,
    /// Open.
    Established,
    /// Open, the last session went away, the no-session timer runs.
    NoSessionsLeft,
    /// StopCCN sent.
    ShuttingDown,
}

/// State of a session in the words of IOS (CISCO-VPDN-MGMT-MIB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionState {
    /// Nothing yet, or nothing any more.
    Idle,
    /// LAC: created, ICRQ not sent yet.
    WaitForTunnel,
    /// LAC: ICRQ sent.
    WaitReply,
    /// LNS: ICRP sent.
    WaitConnect,
    /// Open.
    Established,
    /// Being taken down.
    ShuttingDown,
}

/// How one tunnel behaves: what a vpdn-group says, with the defaults of IOS 12.0.
#[derive(Clone, PartialEq, Eq)]
pub struct TunnelConfig {
    /// Our Host Name AVP.
    pub local_name: String,
    /// Tunnel authentication: challenge the peer and demand a right response.
    pub authenticate: bool,
    /// The shared secret; `None` with `authenticate` fails tunnel authentication.
    pub secret: Option<String>,
    /// Firmware Revision AVP; 0x1120 for 12.0, 0x1130 for 12.1.
    pub firmware: u16,
    /// Vendor Name AVP.
    pub vendor_name: String,
    /// Framing Capabilities AVP bits (1 sync, 2 async).
    pub framing_capabilities: u32,
    /// Bearer Capabilities AVP bits (1 digital, 2 analog).
    pub bearer_capabilities: u32,
    /// Receive Window Size AVP; 300 for 12.0, 800 for 12.1.
    pub receive_window: u16,
    /// Hide every AVP that may be hidden (`l2tp hidden`).
    pub hidden: bool,
    /// Idle time after which a HELLO goes out; zero for never.
    pub hello: Duration,
    /// First retransmission timeout (`l2tp tunnel retransmit timeout min`).
    pub retransmit_min: Duration,
    /// Largest retransmission timeout (`... max`).
    pub retransmit_max: Duration,
    /// The same two for the first message (`l2tp tunnel retransmit initial timeout min`).
    pub initial_min: Duration,
    /// (`... initial timeout max`).
    pub initial_max: Duration,
    /// Retransmissions before the tunnel is given up.
    pub retries: u32,
    /// Retransmissions of the first message (`retransmit initial retries`).
    pub initial_retries: u32,
    /// How long a tunnel without sessions stays; `None` for ever. 15 s for a LAC, 10 s for an LNS.
    pub no_session_timeout: Option<Duration>,
    /// How long set-up may take.
    pub setup_timeout: Duration,
    /// Send a Tie Breaker AVP in the SCCRQ.
    pub tie_breaker: bool,
    /// Ask for sequence numbers on data (Sequencing Required AVP in the ICCN; S bit).
    pub sequencing: bool,
    /// Drop data messages that come out of order (`l2tp drop out-of-order`) instead of passing them on as they come.
    pub drop_out_of_order: bool,
    /// Most sessions in this tunnel; `None` for no limit.
    pub session_limit: Option<u16>,
}

impl std::fmt::Debug for TunnelConfig {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TunnelConfig")
            .field("local_name", &self.local_name)
            .field("authenticate", &self.authenticate)
            .finish_non_exhaustive()
    }
}

impl Default for TunnelConfig {
    fn default() -> Self {
        TunnelConfig {
            local_name: String::new(),
            authenticate: true,
            secret: None,
            firmware: 0x1120,
            vendor_name: "Cisco Systems, Inc.".to_owned(),
            framing_capabilities: 3,
            bearer_capabilities: 3,
            receive_window: 300,
            hidden: false,
            hello: Duration::from_secs(60),
            retransmit_min: Duration::from_secs(1),
            retransmit_max: Duration::from_secs(8),
            initial_min: Duration::from_secs(1),
            initial_max: Duration::from_secs(8),
            retries: 10,
            initial_retries: 2,
            no_session_timeout: Some(Duration::from_secs(15)),
            setup_timeout: Duration::from_secs(10),
            tie_breaker: false,
            sequencing: false,
            drop_out_of_order: false,
            session_limit: None,
        }
    }
}

/// The body of a Result Code AVP, RFC 2661 section 4.4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultCode {
    /// StopCCN: 1 general request to clear, 2 general error, 3 exists, 4 not authorized, 5 version,
    /// 6 shutting down, 7 FSM error. CDN: 1 loss of carrier, 2 general error, 3 administrative, 4 no
    /// facilities (temporary), 5 (permanent), 6 invalid destination, 7 no carrier, 8 busy, 9 no dial tone,
    /// 10 timeout, 11 framing.
    pub result: u16,
    /// General error code 0 to 8; `None` leaves the field out (a StopCCN of the documented call).
    pub error: Option<u16>,
    /// Human-readable message.
    pub message: Option<String>,
}

/// What a LAC says of a call in its ICRQ (RFC 2661 section 6.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// Call Serial Number AVP.
    pub serial: u32,
    /// Bearer Type AVP (1 digital, 2 analog); left out when `None`.
    pub bearer_type: Option<u32>,
    /// Calling Number AVP.
    pub calling_number: Option<String>,
    /// Called Number AVP.
    pub called_number: Option<String>,
    /// Sub-Address AVP.
    pub sub_address: Option<String>,
    /// Physical Channel ID AVP.
    pub physical_channel: Option<u32>,
    /// Cisco AVP 100, Client NAS Port (`Serial0:0`).
    pub nas_port: Option<String>,
}

/// Proxy authentication type, RFC 2661 section 4.4.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyAuthType {
    /// 1, textual user name and password exchange.
    Textual,
    /// 2, PPP CHAP.
    Chap,
    /// 3, PPP PAP.
    Pap,
    /// 4, no authentication.
    None,
    /// 5, MS-CHAP version 1.
    MsChap,
    /// Another value, kept.
    Other(u16),
}

/// What a LAC tells of the PPP it has done so far, in its ICCN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectInfo {
    /// (Tx) Connect Speed AVP, bits per second.
    pub tx_speed: u32,
    /// Rx Connect Speed AVP.
    pub rx_speed: Option<u32>,
    /// Framing Type AVP (1 synchronous, 2 asynchronous; the documented LAC sends 2).
    pub framing_type: u32,
    /// Initial Received LCP CONFREQ AVP (options only).
    pub initial_received_lcp: Option<Vec<u8>>,
    /// Last Sent LCP CONFREQ AVP (options only).
    pub last_sent_lcp: Option<Vec<u8>>,
    /// Last Received LCP CONFREQ AVP (options only).
    pub last_received_lcp: Option<Vec<u8>>,
    /// Proxy Authen Type AVP.
    pub proxy_auth_type: Option<ProxyAuthType>,
    /// Proxy Authen Name AVP.
    pub proxy_auth_name: Option<Vec<u8>>,
    /// Proxy Authen Challenge AVP.
    pub proxy_auth_challenge: Option<Vec<u8>>,
    /// Proxy Authen ID AVP (low octet).
    pub proxy_auth_id: Option<u8>,
    /// Proxy Authen Response AVP.
    pub proxy_auth_response: Option<Vec<u8>>,
    /// Private Group ID AVP.
    pub private_group: Option<Vec<u8>>,
    /// Sequencing Required AVP was or is to be there.
    pub sequencing_required: bool,
}

/// What an SCCRQ says, for the owner's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelRequest {
    /// The peer's Host Name AVP.
    pub host_name: String,
    /// The peer's address and port.
    pub remote: SocketAddr,
    /// The address it sent to.
    pub local: IpAddr,
}

/// Where data of an established session goes, and how (RFC 2661 section 3.1 and 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// Our ids.
    pub id: SessionId,
    /// The peer's tunnel id.
    pub remote_tunnel: u16,
    /// The peer's session id.
    pub remote_session: u16,
    /// The peer's address and port.
    pub remote: SocketAddr,
    /// Our address.
    pub local: IpAddr,
    /// Ns and Nr are to be present.
    pub sequencing: bool,
    /// What comes out of order is dropped.
    pub drop_out_of_order: bool,
    /// Which end we are.
    pub role: Role,
}

/// What happened in an [`Endpoint`](super::Endpoint). The owner takes them with `poll()` until `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this datagram to UDP `remote` from `local` port 1701.
    Transmit {
        /// Source address, unspecified for "as routed".
        local: IpAddr,
        /// Destination.
        remote: SocketAddr,
        /// The whole L2TP datagram.
        bytes: Vec<u8>,
    },
    /// Something for the owner.
    Event(Event),
}

/// What the owner must know or decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An SCCRQ without fault, or one with hidden AVPs that only a secret shows, arrived: answer with `accept_tunnel` or
    /// `reject_tunnel` at once or later.
    TunnelRequested {
        /// The id reserved for it (not shown to the peer before it is accepted).
        tunnel: TunnelId,
        /// What it says.
        request: TunnelRequest,
    },
    /// The control connection is established; sessions may be created.
    TunnelUp {
        /// Which.
        tunnel: TunnelId,
        /// The peer's Host Name AVP.
        remote_name: String,
    },
    /// The control connection is gone, its sessions with it (each has had its own `SessionDown` before).
    TunnelDown {
        /// Which.
        tunnel: TunnelId,
        /// The peer's id for it; 0 when it has told none.
        remote_id: u16,
        /// Why.
        cause: DownCause,
    },
    /// LNS: an ICRQ arrived: answer with `accept_call` or `reject_call`.
    CallRequested {
        /// The id reserved for it.
        session: SessionId,
        /// What it says.
        request: CallRequest,
    },
    /// The session is established. On the LNS `info` is what the ICCN said.
    SessionUp {
        /// Which.
        session: SessionId,
        /// Where its data goes.
        path: DataPath,
        /// LNS: the ICCN.
        info: Option<ConnectInfo>,
    },
    /// The session is gone.
    SessionDown {
        /// Which.
        session: SessionId,
        /// Why.
        cause: DownCause,
    },
    /// The LAC sent new ACCMs (SLI).
    SetLinkInfo {
        /// Which session.
        session: SessionId,
        /// Send ACCM, then receive ACCM.
        accm: (u32, u32),
    },
    /// The LAC reported line errors (WEN).
    WanError {
        /// Which session.
        session: SessionId,
        /// CRC, framing, hardware overrun, buffer overrun, time-out and alignment errors.
        counters: [u32; 6],
    },
    /// Somebody sends L2F (version 1) to port 1701, which is not spoken here. Not again of the same peer for a while, and
    /// not of everybody when there are many.
    L2f {
        /// Who.
        peer: IpAddr,
    },
}

/// Why a tunnel or session went down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownCause {
    /// This end closed it with this result.
    Local(ResultCode),
    /// The peer closed it with this result.
    Remote(ResultCode),
    /// The peer did not answer (retransmissions used up, or set-up timer).
    Timeout,
    /// Tunnel authentication failed.
    Authentication,
    /// The peer broke the protocol; the text says how.
    Protocol(String),
    /// The peer's new SCCRQ shows that it has forgotten this tunnel.
    PeerRestarted,
    /// Both ends opened a tunnel at once and the peer's Tie Breaker AVP won; its SCCRQ follows as a
    /// [`Event::TunnelRequested`], unless both values were equal.
    LostTie,
}
