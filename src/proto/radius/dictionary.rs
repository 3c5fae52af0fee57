//! The one table of attributes: type, name, value, how it is hidden, whether it carries a tag.
//!
//! Sources: RFC 2865, 2866, 2867, 2868, 2869, 3162, 3576 (5176), 2548 (vendor 311) and Cisco's vendor 9. Names are those
//! of the RFCs, which are also the names of FreeRADIUS's dictionary.

use std::fmt;

/// Vendor id of Cisco.
pub const CISCO: u32 = 9;
/// Vendor id of Microsoft, RFC 2548.
pub const MICROSOFT: u32 = 311;

/// Which attribute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttributeKey {
    /// A type of RFC 2865.
    Standard(u8),
    /// A vendor's id and type, inside Vendor-Specific.
    Vendor(u32, u8),
}

impl fmt::Debug for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttributeKey::Standard(kind) => write!(f, "{kind}"),
            AttributeKey::Vendor(vendor, kind) => write!(f, "{vendor}/{kind}"),
        }
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Octets without further meaning.
    Octets,
    /// IPv4 address, 4 octets.
    Address,
    /// 32 bits; 24 behind a tag.
    Integer,
    /// Seconds since 1970, 32 bits.
    Date,
}

/// How a value is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Not at all.
    None,
    /// As User-Password, RFC 2865 section 5.2.
    Password,
    /// With a salt, as Tunnel-Password (RFC 2868 section 3.5) and the MPPE keys (RFC 2548 section 2.4.2).
    Salted,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Which attribute.
    pub key: AttributeKey,
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// How it is hidden.
    pub encryption: Encryption,
    /// Whether a tag stands first (RFC 2868).
    pub tagged: bool,
    /// Its value is, or is made from, a secret: debugs print `*`.
    pub secret: bool,
}

const fn row(kind: u8, name: &'static str, value: Kind) -> Definition {
    Definition {
        key: AttributeKey::Standard(kind),
        name,
        kind: value,
        encryption: Encryption::None,
        tagged: false,
        secret: false,
    }
}

const fn vendor(vendor: u32, kind: u8, name: &'static str, value: Kind) -> Definition {
    Definition { key: AttributeKey::Vendor(vendor, kind), ..row(kind, name, value) }
}

impl Definition {
    const fn tagged(self) -> Self {
        Definition { tagged: true, ..self }
    }
    const fn hidden(self, encryption: Encryption) -> Self {
        Definition { encryption, secret: true, ..self }
    }
    const fn secret(self) -> Self {
        Definition { secret: true, ..self }
    }
}

use Kind::{Address, Date, Integer, Octets, Text};

/// The table.
pub static TABLE: &[Definition] = &[
    // RFC 2865
    row(1, "User-Name", Text),
    row(2, "User-Password", Octets).hidden(Encryption::Password),
    row(3, "CHAP-Password", Octets).secret(),
    row(4, "NAS-IP-Address", Address),
    row(5, "NAS-Port", Integer),
    row(6, "Service-Type", Integer),
    row(7, "Framed-Protocol", Integer),
    row(8, "Framed-IP-Address", Address),
    row(9, "Framed-IP-Netmask", Address),
    row(10, "Framed-Routing", Integer),
    row(11, "Filter-Id", Text),
    row(12, "Framed-MTU", Integer),
    row(13, "Framed-Compression", Integer),
    row(14, "Login-IP-Host", Address),
    row(15, "Login-Service", Integer),
    row(16, "Login-TCP-Port", Integer),
    row(18, "Reply-Message", Text),
    row(19, "Callback-Number", Text),
    row(20, "Callback-Id", Text),
    row(22, "Framed-Route", Text),
    row(23, "Framed-IPX-Network", Integer),
    row(24, "State", Octets),
    row(25, "Class", Octets),
    row(26, "Vendor-Specific", Octets),
    row(27, "Session-Timeout", Integer),
    row(28, "Idle-Timeout", Integer),
    row(29, "Termination-Action", Integer),
    row(30, "Called-Station-Id", Text),
    row(31, "Calling-Station-Id", Text),
    row(32, "NAS-Identifier", Text),
    row(33, "Proxy-State", Octets),
    row(34, "Login-LAT-Service", Text),
    row(35, "Login-LAT-Node", Text),
    row(36, "Login-LAT-Group", Octets),
    row(37, "Framed-AppleTalk-Link", Integer),
    row(38, "Framed-AppleTalk-Network", Integer),
    row(39, "Framed-AppleTalk-Zone", Text),
    row(60, "CHAP-Challenge", Octets),
    row(61, "NAS-Port-Type", Integer),
    row(62, "Port-Limit", Integer),
    row(63, "Login-LAT-Port", Text),
    // RFC 2866
    row(40, "Acct-Status-Type", Integer),
    row(41, "Acct-Delay-Time", Integer),
    row(42, "Acct-Input-Octets", Integer),
    row(43, "Acct-Output-Octets", Integer),
    row(44, "Acct-Session-Id", Text),
    row(45, "Acct-Authentic", Integer),
    row(46, "Acct-Session-Time", Integer),
    row(47, "Acct-Input-Packets", Integer),
    row(48, "Acct-Output-Packets", Integer),
    row(49, "Acct-Terminate-Cause", Integer),
    row(50, "Acct-Multi-Session-Id", Text),
    row(51, "Acct-Link-Count", Integer),
    // RFC 2869
    row(52, "Acct-Input-Gigawords", Integer),
    row(53, "Acct-Output-Gigawords", Integer),
    row(55, "Event-Timestamp", Date),
    row(70, "ARAP-Password", Octets).secret(),
    row(71, "ARAP-Features", Octets),
    row(72, "ARAP-Zone-Access", Integer),
    row(73, "ARAP-Security", Integer),
    row(74, "ARAP-Security-Data", Octets),
    row(75, "Password-Retry", Integer),
    row(76, "Prompt", Integer),
    row(77, "Connect-Info", Text),
    row(78, "Configuration-Token", Text),
    row(79, "EAP-Message", Octets),
    row(80, "Message-Authenticator", Octets),
    row(84, "ARAP-Challenge-Response", Octets),
    row(85, "Acct-Interim-Interval", Integer),
    row(87, "NAS-Port-Id", Text),
    row(88, "Framed-Pool", Text),
    // RFC 2868 and 2867
    row(64, "Tunnel-Type", Integer).tagged(),
    row(65, "Tunnel-Medium-Type", Integer).tagged(),
    row(66, "Tunnel-Client-Endpoint", Text).tagged(),
    row(67, "Tunnel-Server-Endpoint", Text).tagged(),
    row(68, "Acct-Tunnel-Connection", Text),
    row(69, "Tunnel-Password", Octets).tagged().hidden(Encryption::Salted),
    row(81, "Tunnel-Private-Group-Id", Text).tagged(),
    row(82, "Tunnel-Assignment-Id", Text).tagged(),
    row(83, "Tunnel-Preference", Integer).tagged(),
    row(86, "Acct-Tunnel-Packets-Lost", Integer),
    row(90, "Tunnel-Client-Auth-Id", Text).tagged(),
    row(91, "Tunnel-Server-Auth-Id", Text).tagged(),
    // RFC 3162
    row(95, "NAS-IPv6-Address", Octets),
    row(96, "Framed-Interface-Id", Octets),
    row(97, "Framed-IPv6-Prefix", Octets),
    row(98, "Login-IPv6-Host", Octets),
    row(99, "Framed-IPv6-Route", Text),
    row(100, "Framed-IPv6-Pool", Text),
    // RFC 4372
    row(89, "Chargeable-User-Identity", Octets),
    // RFC 5176
    row(101, "Error-Cause", Integer),
    // Cisco
    vendor(CISCO, 1, "Cisco-AVPair", Text),
    vendor(CISCO, 2, "Cisco-NAS-Port", Text),
    vendor(CISCO, 187, "Cisco-Multilink-ID", Integer),
    vendor(CISCO, 188, "Cisco-Num-In-Multilink", Integer),
    vendor(CISCO, 190, "Cisco-Pre-Input-Octets", Integer),
    vendor(CISCO, 191, "Cisco-Pre-Output-Octets", Integer),
    vendor(CISCO, 192, "Cisco-Pre-Input-Packets", Integer),
    vendor(CISCO, 193, "Cisco-Pre-Output-Packets", Integer),
    vendor(CISCO, 194, "Cisco-Maximum-Time", Integer),
    vendor(CISCO, 195, "Cisco-Disconnect-Cause", Integer),
    vendor(CISCO, 197, "Cisco-Data-Rate", Integer),
    vendor(CISCO, 198, "Cisco-PreSession-Time", Integer),
    vendor(CISCO, 217, "Cisco-IP-Pool-Definition", Text),
    vendor(CISCO, 218, "Cisco-Assign-IP-Pool", Integer),
    vendor(CISCO, 244, "Cisco-Idle-Limit", Integer),
    vendor(CISCO, 255, "Cisco-Xmit-Rate", Integer),
    // RFC 2548
    vendor(MICROSOFT, 1, "MS-CHAP-Response", Octets).secret(),
    vendor(MICROSOFT, 2, "MS-CHAP-Error", Octets),
    vendor(MICROSOFT, 3, "MS-CHAP-CPW-1", Octets).secret(),
    vendor(MICROSOFT, 4, "MS-CHAP-CPW-2", Octets).secret(),
    vendor(MICROSOFT, 5, "MS-CHAP-LM-Enc-PW", Octets).secret(),
    vendor(MICROSOFT, 6, "MS-CHAP-NT-Enc-PW", Octets).secret(),
    vendor(MICROSOFT, 7, "MS-MPPE-Encryption-Policy", Integer),
    vendor(MICROSOFT, 8, "MS-MPPE-Encryption-Types", Integer),
    vendor(MICROSOFT, 10, "MS-CHAP-Domain", Octets),
    vendor(MICROSOFT, 11, "MS-CHAP-Challenge", Octets),
    vendor(MICROSOFT, 12, "MS-CHAP-MPPE-Keys", Octets).hidden(Encryption::Password),
    vendor(MICROSOFT, 16, "MS-MPPE-Send-Key", Octets).hidden(Encryption::Salted),
    vendor(MICROSOFT, 17, "MS-MPPE-Recv-Key", Octets).hidden(Encryption::Salted),
    vendor(MICROSOFT, 25, "MS-CHAP2-Response", Octets).secret(),
    vendor(MICROSOFT, 26, "MS-CHAP2-Success", Octets).secret(),
    vendor(MICROSOFT, 27, "MS-CHAP2-CPW", Octets).secret(),
    vendor(MICROSOFT, 28, "MS-Primary-DNS-Server", Address),
    vendor(MICROSOFT, 29, "MS-Secondary-DNS-Server", Address),
    vendor(MICROSOFT, 30, "MS-Primary-NBNS-Server", Address),
    vendor(MICROSOFT, 31, "MS-Secondary-NBNS-Server", Address),
];

/// Keys that code names.
pub mod keys {
    use super::AttributeKey::{self, Standard, Vendor};
    use super::{CISCO, MICROSOFT};

    macro_rules! keys {
        ($($name:ident = $key:expr, $doc:literal;)*) => {
            $(#[doc = $doc] pub const $name: AttributeKey = $key;)*
        };
    }

    keys! {
        USER_NAME = Standard(1), "User-Name";
        USER_PASSWORD = Standard(2), "User-Password";
        CHAP_PASSWORD = Standard(3), "CHAP-Password: identifier, then the response of 16 octets";
        NAS_IP_ADDRESS = Standard(4), "NAS-IP-Address";
        NAS_PORT = Standard(5), "NAS-Port";
        SERVICE_TYPE = Standard(6), "Service-Type";
        FRAMED_PROTOCOL = Standard(7), "Framed-Protocol";
        FRAMED_IP_ADDRESS = Standard(8), "Framed-IP-Address";
        FRAMED_IP_NETMASK = Standard(9), "Framed-IP-Netmask";
        FILTER_ID = Standard(11), "Filter-Id";
        FRAMED_MTU = Standard(12), "Framed-MTU";
        REPLY_MESSAGE = Standard(18), "Reply-Message";
        FRAMED_ROUTE = Standard(22), "Framed-Route";
        STATE = Standard(24), "State";
        CLASS = Standard(25), "Class";
        SESSION_TIMEOUT = Standard(27), "Session-Timeout";
        IDLE_TIMEOUT = Standard(28), "Idle-Timeout";
        CALLED_STATION_ID = Standard(30), "Called-Station-Id";
        CALLING_STATION_ID = Standard(31), "Calling-Station-Id";
        PROXY_STATE = Standard(33), "Proxy-State";
        PASSWORD_RETRY = Standard(75), "Password-Retry";
        PROMPT = Standard(76), "Prompt";
        ACCT_STATUS_TYPE = Standard(40), "Acct-Status-Type";
        ACCT_DELAY_TIME = Standard(41), "Acct-Delay-Time";
        ACCT_INPUT_OCTETS = Standard(42), "Acct-Input-Octets";
        ACCT_OUTPUT_OCTETS = Standard(43), "Acct-Output-Octets";
        ACCT_SESSION_ID = Standard(44), "Acct-Session-Id";
        ACCT_AUTHENTIC = Standard(45), "Acct-Authentic";
        ACCT_SESSION_TIME = Standard(46), "Acct-Session-Time";
        ACCT_INTERIM_INTERVAL = Standard(85), "Acct-Interim-Interval";
        ACCT_INPUT_PACKETS = Standard(47), "Acct-Input-Packets";
        ACCT_OUTPUT_PACKETS = Standard(48), "Acct-Output-Packets";
        ACCT_TERMINATE_CAUSE = Standard(49), "Acct-Terminate-Cause";
        ACCT_MULTI_SESSION_ID = Standard(50), "Acct-Multi-Session-Id";
        ACCT_LINK_COUNT = Standard(51), "Acct-Link-Count";
        ACCT_INPUT_GIGAWORDS = Standard(52), "Acct-Input-Gigawords";
        ACCT_OUTPUT_GIGAWORDS = Standard(53), "Acct-Output-Gigawords";
        EVENT_TIMESTAMP = Standard(55), "Event-Timestamp";
        CHAP_CHALLENGE = Standard(60), "CHAP-Challenge";
        NAS_PORT_TYPE = Standard(61), "NAS-Port-Type";
        TUNNEL_TYPE = Standard(64), "Tunnel-Type";
        TUNNEL_MEDIUM_TYPE = Standard(65), "Tunnel-Medium-Type";
        TUNNEL_CLIENT_ENDPOINT = Standard(66), "Tunnel-Client-Endpoint";
        TUNNEL_SERVER_ENDPOINT = Standard(67), "Tunnel-Server-Endpoint";
        ACCT_TUNNEL_CONNECTION = Standard(68), "Acct-Tunnel-Connection";
        TUNNEL_PASSWORD = Standard(69), "Tunnel-Password";
        CONNECT_INFO = Standard(77), "Connect-Info";
        MESSAGE_AUTHENTICATOR = Standard(80), "Message-Authenticator";
        TUNNEL_PRIVATE_GROUP_ID = Standard(81), "Tunnel-Private-Group-Id";
        TUNNEL_ASSIGNMENT_ID = Standard(82), "Tunnel-Assignment-Id";
        TUNNEL_PREFERENCE = Standard(83), "Tunnel-Preference";
        ACCT_TUNNEL_PACKETS_LOST = Standard(86), "Acct-Tunnel-Packets-Lost";
        FRAMED_POOL = Standard(88), "Framed-Pool";
        TUNNEL_CLIENT_AUTH_ID = Standard(90), "Tunnel-Client-Auth-Id";
        TUNNEL_SERVER_AUTH_ID = Standard(91), "Tunnel-Server-Auth-Id";
        CISCO_AVPAIR = Vendor(CISCO, 1), "Cisco-AVPair";
        CISCO_NAS_PORT = Vendor(CISCO, 2), "Cisco-NAS-Port: the interface by name";
        MS_CHAP_RESPONSE = Vendor(MICROSOFT, 1), "MS-CHAP-Response";
        MS_CHAP_ERROR = Vendor(MICROSOFT, 2), "MS-CHAP-Error";
        MS_CHAP_CHALLENGE = Vendor(MICROSOFT, 11), "MS-CHAP-Challenge";
        MS_MPPE_SEND_KEY = Vendor(MICROSOFT, 16), "MS-MPPE-Send-Key";
        MS_MPPE_RECV_KEY = Vendor(MICROSOFT, 17), "MS-MPPE-Recv-Key";
        MS_CHAP2_RESPONSE = Vendor(MICROSOFT, 25), "MS-CHAP2-Response";
        MS_CHAP2_SUCCESS = Vendor(MICROSOFT, 26), "MS-CHAP2-Success";
        MS_PRIMARY_DNS = Vendor(MICROSOFT, 28), "MS-Primary-DNS-Server";
        MS_SECONDARY_DNS = Vendor(MICROSOFT, 29), "MS-Secondary-DNS-Server";
        MS_PRIMARY_NBNS = Vendor(MICROSOFT, 30), "MS-Primary-NBNS-Server";
        MS_SECONDARY_NBNS = Vendor(MICROSOFT, 31), "MS-Secondary-NBNS-Server";
    }
}

/// The row of `key`.
pub fn find(key: AttributeKey) -> Option<&'static Definition> {
    TABLE.iter().find(|row| row.key == key)
}

/// The row named `name`, in any case.
pub fn find_name(name: &str) -> Option<&'static Definition> {
    TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// A vendor as the debugs name it.
pub fn vendor_name(vendor: u32) -> Option<&'static str> {
    match vendor {
        CISCO => Some("Cisco"),
        MICROSOFT => Some("Microsoft"),
        _ => None,
    }
}
