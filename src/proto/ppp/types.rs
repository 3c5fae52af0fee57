//! The vocabulary that an owner of a [`Link`](super::Link) speaks.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Authentication protocols, RFC 1334, 1994, 2433, 2759.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuthProtocol {
    /// PAP, 0xC023.
    Pap,
    /// CHAP with MD5, 0xC223 algorithm 5.
    ChapMd5,
    /// MS-CHAP version 1, algorithm 0x80.
    MsChap,
    /// MS-CHAP version 2, algorithm 0x81.
    MsChapV2,
}

/// How the link came to be; IOS prints `Treating connection as a callin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The peer called: passive open, the peer is authenticated.
    Callin,
    /// This end called: active open.
    Callout,
}

/// IOS's phases (`PPP: Phase is ...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No carrier.
    Down,
    /// LCP.
    Establishing,
    /// Authentication.
    Authenticating,
    /// LAC: the frames go into a tunnel.
    Forwarding,
    /// NCPs.
    Up,
    /// Closing.
    Terminating,
}

/// What one end of a link wants and allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// How the connection came to be.
    pub direction: Direction,
    /// Print ` PPP: Using set call direction` first (a Virtual-Access).
    pub set_direction: bool,
    /// The MRU we ask for; 1500 sends no option.
    pub mru: u16,
    /// Send a magic number.
    pub magic: bool,
    /// What we demand of the peer, best first; empty for nothing.
    pub authentication: Vec<AuthProtocol>,
    /// What we let the peer demand of us.
    pub allow_authentication: Vec<AuthProtocol>,
    /// `ppp chap challenge-length`: octets of a challenge of CHAP with MD5, 16; those of MS-CHAP are fixed.
    pub chap_challenge: RangeInclusive<u8>,
    /// The name in our challenges, responses and PAP requests.
    pub local_name: String,
    /// `local_name` came from `ppp chap hostname`: print `CHAP: Using alternate hostname`.
    pub alternate_name: bool,
    /// Offer MRRU 1524 and the endpoint discriminator (`ppp multilink`).
    pub multilink: bool,
    /// Endpoint discriminator class 1 value (host name of the router).
    pub endpoint: String,
    /// Ask for protocol field compression.
    pub pfc: bool,
    /// Ask for address and control field compression.
    pub acfc: bool,
    /// The ACCM we ask for on an asynchronous line; `None` sends no option.
    pub accm: Option<u32>,
    /// IPCP, when the interface has IP.
    pub ipcp: Option<IpcpConfig>,
    /// Interval of LCP echo requests; zero for none. Five missed end the link.
    pub keepalive: Duration,
    /// `ppp timeout retry`, 2 s.
    pub retry: Duration,
    /// `ppp timeout authentication`, 10 s.
    pub authentication_timeout: Duration,
    /// `ppp max-bad-auth`: the failure with this number ends the link; 1.
    pub max_bad_auth: u32,
    /// `ppp max-configure`, 10.
    pub max_configure: u32,
    /// `ppp max-terminate`, 2.
    pub max_terminate: u32,
    /// `ppp max-failure`, 5.
    pub max_failure: u32,
}

/// Octets of a CHAP challenge unless configured: as many as a Request Authenticator of RADIUS has.
pub const CHAP_CHALLENGE: u8 = 16;

impl Default for LinkConfig {
    fn default() -> Self {
        LinkConfig {
            direction: Direction::Callin,
            set_direction: false,
            mru: 1500,
            magic: true,
            authentication: Vec::new(),
            allow_authentication: vec![
                AuthProtocol::ChapMd5,
                AuthProtocol::Pap,
                AuthProtocol::MsChapV2,
                AuthProtocol::MsChap,
            ],
            chap_challenge: CHAP_CHALLENGE..=CHAP_CHALLENGE,
            local_name: String::new(),
            alternate_name: false,
            multilink: false,
            endpoint: String::new(),
            pfc: false,
            acfc: false,
            accm: None,
            ipcp: None,
            keepalive: Duration::from_secs(10),
            retry: Duration::from_secs(2),
            authentication_timeout: Duration::from_secs(10),
            max_bad_auth: 1,
            max_configure: 10,
            max_terminate: 2,
            max_failure: 5,
        }
    }
}

/// What IPCP asks for and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpcpConfig {
    /// Our address; 0.0.0.0 asks the peer for one (`ip address negotiated`).
    pub local: Ipv4Addr,
    /// Offer VJ compression with this many slots (the documented client: 15).
    pub vj_slots: Option<u8>,
    /// DNS servers that we give to a peer that asks (RFC 1877).
    pub dns: Vec<Ipv4Addr>,
    /// WINS servers that we give.
    pub wins: Vec<Ipv4Addr>,
    /// Ask the peer for DNS servers.
    pub request_dns: bool,
}

impl Default for IpcpConfig {
    fn default() -> Self {
        IpcpConfig {
            local: Ipv4Addr::UNSPECIFIED,
            vj_slots: None,
            dns: Vec::new(),
            wins: Vec::new(),
            request_dns: false,
        }
    }
}

/// What a peer proved itself with.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// PAP password.
    Pap {
        /// The password as sent.
        password: Vec<u8>,
    },
    /// CHAP or MS-CHAP response.
    Chap {
        /// Which algorithm.
        protocol: AuthProtocol,
        /// The identifier that the response carried.
        id: u8,
        /// The challenge it answers.
        challenge: Vec<u8>,
        /// The response value (16 octets for MD5, 49 for MS-CHAP).
        response: Vec<u8>,
    },
}

impl Proof {
    /// By which protocol.
    pub const fn protocol(&self) -> AuthProtocol {
        match self {
            Proof::Pap { .. } => AuthProtocol::Pap,
            Proof::Chap { protocol, .. } => *protocol,
        }
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Proof::Pap { .. } => f.write_str("Pap { .. }"),
            Proof::Chap { protocol, id, .. } => write!(f, "Chap {{ {protocol:?}, id: {id}, .. }}"),
        }
    }
}

/// A peer's claim to be somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user name as sent.
    pub name: Vec<u8>,
    /// The proof.
    pub proof: Proof,
}

/// The owner's verdict on [`Credentials`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right. `message` goes into the Success or Ack; for MS-CHAPv2 it is the `S=...` authenticator response.
    Pass {
        /// Text for the peer.
        message: Vec<u8>,
    },
    /// Wrong. For MS-CHAP `message` is the `E=691 R=1 C=... V=3` text; another text becomes its `M=`.
    Fail {
        /// Text for the peer.
        message: Vec<u8>,
        /// How often the peer may try again on this link; `None` for as often as `max_bad_auth` allows.
        retries: Option<u32>,
    },
}

/// What the LAC agreed in LCP, as it travels in the ICCN; options only, without code, id and length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyLcp {
    /// First CONFREQ that the LAC received.
    pub initial_received: Option<Vec<u8>>,
    /// Last CONFREQ that the LAC sent (and the user acknowledged): becomes ours.
    pub last_sent: Vec<u8>,
    /// Last CONFREQ that the LAC received (and acknowledged): the user's.
    pub last_received: Vec<u8>,
}

/// Address of the peer: what the owner decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressDecision {
    /// The address it asked for is right.
    Accept,
    /// It must take this one (Configure-Nak).
    Assign(Ipv4Addr),
    /// There is none for it: Configure-Reject of the option, or the end of IPCP.
    Refuse,
}

/// What came out of a finished IPCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInfo {
    /// Our address as the peer acknowledged it.
    pub local: Ipv4Addr,
    /// The peer's address.
    pub peer: Ipv4Addr,
    /// DNS servers that the peer gave us.
    pub dns: Vec<Ipv4Addr>,
}

/// How frames to the peer may be written, once LCP is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    /// Leave out a leading zero of the protocol field.
    pub pfc: bool,
    /// Leave out FF 03.
    pub acfc: bool,
    /// Control characters to escape when sending on an asynchronous line.
    pub send_accm: u32,
    /// The peer's MRU: the largest information field that may be sent.
    pub peer_mru: u16,
}

/// What a link puts out. The owner takes them with `poll()` until `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this PPP frame: protocol field (two octets) and information, no address, control or FCS.
    Transmit(Vec<u8>),
    /// Something for the owner.
    Event(Event),
}

/// What the owner must know or decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// LCP is open, not yet authenticated.
    LcpUp(Framing),
    /// The peer claims to be somebody: answer with `authenticated`.
    Authenticate(Credentials),
    /// The peer challenged us in this name and wants this protocol: answer with `secret`.
    SecretWanted {
        /// The name in its challenge; empty for PAP.
        name: Vec<u8>,
        /// Protocol.
        protocol: AuthProtocol,
    },
    /// Authentication (if any) is over in both directions and the phase is UP: answer with `start_ipcp` when
    /// IP may start.
    Ready,
    /// IPCP: the peer asks for this address (0.0.0.0 for "give me one"): answer with `peer_address`.
    PeerAddress(Ipv4Addr),
    /// IPCP is open: IP may flow.
    NetworkUp(NetworkInfo),
    /// IPCP is closed: IP must stop.
    NetworkDown,
    /// The peer refused our proof.
    AuthenticationRefused {
        /// Its message.
        message: Vec<u8>,
    },
    /// The link is finished: the owner may drop the lower layer.
    Finished(FinishCause),
}

/// Why a link ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinishCause {
    /// This end closed it.
    Local,
    /// The peer sent Terminate-Request.
    Peer,
    /// LCP or an NCP did not converge, or retries ran out.
    Negotiation,
    /// Authentication failed or timed out.
    Authentication,
    /// The peer stopped answering echo requests.
    Keepalive,
    /// Our own magic number came back.
    Loopback,
}
