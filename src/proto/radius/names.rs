//! Names of the numbers that integer attributes hold: as a `users` file writes them and as the debugs show them.

use super::dictionary::AttributeKey;
use super::dictionary::keys;

/// A named number of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueName {
    /// Of this attribute.
    pub key: AttributeKey,
    /// The number.
    pub number: u32,
    /// Its name in FreeRADIUS's dictionary.
    pub name: &'static str,
    /// What IOS shows.
    pub shown: &'static str,
}

const fn v(key: AttributeKey, number: u32, name: &'static str, shown: &'static str) -> ValueName {
    ValueName { key, number, name, shown }
}

use keys::{ACCT_STATUS_TYPE, FRAMED_PROTOCOL, NAS_PORT_TYPE, SERVICE_TYPE, TUNNEL_MEDIUM_TYPE, TUNNEL_TYPE};

const ROUTING: AttributeKey = AttributeKey::Standard(10);
const COMPRESSION: AttributeKey = AttributeKey::Standard(13);
const LOGIN_SERVICE: AttributeKey = AttributeKey::Standard(15);
const ACTION: AttributeKey = AttributeKey::Standard(29);
const AUTHENTIC: AttributeKey = AttributeKey::Standard(45);
const CAUSE: AttributeKey = AttributeKey::Standard(49);
const ERROR_CAUSE: AttributeKey = AttributeKey::Standard(101);

/// The table. Where a number has several names, the first is the one that is shown.
pub static VALUES: &[ValueName] = &[
    v(SERVICE_TYPE, 1, "Login-User", "Login"),
    v(SERVICE_TYPE, 2, "Framed-User", "Framed"),
    v(SERVICE_TYPE, 3, "Callback-Login-User", "Callback Login"),
    v(SERVICE_TYPE, 4, "Callback-Framed-User", "Callback Framed"),
    v(SERVICE_TYPE, 5, "Outbound-User", "Outbound"),
    v(SERVICE_TYPE, 6, "Administrative-User", "Administrative"),
    v(SERVICE_TYPE, 7, "NAS-Prompt-User", "NAS Prompt"),
    v(SERVICE_TYPE, 8, "Authenticate-Only", "Authenticate Only"),
    v(SERVICE_TYPE, 10, "Call-Check", "Call Check"),
    v(FRAMED_PROTOCOL, 1, "PPP", "PPP"),
    v(FRAMED_PROTOCOL, 2, "SLIP", "SLIP"),
    v(ROUTING, 0, "None", "None"),
    v(ROUTING, 1, "Broadcast", "Send"),
    v(ROUTING, 2, "Listen", "Listen"),
    v(ROUTING, 3, "Broadcast-Listen", "Send and Listen"),
    v(COMPRESSION, 0, "None", "None"),
    v(COMPRESSION, 1, "Van-Jacobson-TCP-IP", "VJ TCP/IP Header Comp"),
    v(COMPRESSION, 2, "IPX-Header-Compression", "IPX Header Comp"),
    v(COMPRESSION, 3, "Stac-LZS", "Stac-LZS"),
    v(LOGIN_SERVICE, 0, "Telnet", "Telnet"),
    v(LOGIN_SERVICE, 1, "Rlogin", "Rlogin"),
    v(LOGIN_SERVICE, 2, "TCP-Clear", "TCP-Clear"),
    v(ACTION, 0, "Default", "Default"),
    v(ACTION, 1, "RADIUS-Request", "RADIUS-Request"),
    v(ACCT_STATUS_TYPE, 1, "Start", "Start"),
    v(ACCT_STATUS_TYPE, 2, "Stop", "Stop"),
    v(ACCT_STATUS_TYPE, 3, "Interim-Update", "Watchdog"),
    v(ACCT_STATUS_TYPE, 3, "Alive", "Watchdog"),
    v(ACCT_STATUS_TYPE, 7, "Accounting-On", "Accounting-On"),
    v(ACCT_STATUS_TYPE, 8, "Accounting-Off", "Accounting-Off"),
    v(ACCT_STATUS_TYPE, 9, "Tunnel-Start", "Tunnel-Start"),
    v(ACCT_STATUS_TYPE, 10, "Tunnel-Stop", "Tunnel-Stop"),
    v(ACCT_STATUS_TYPE, 11, "Tunnel-Reject", "Tunnel-Reject"),
    v(ACCT_STATUS_TYPE, 12, "Tunnel-Link-Start", "Tunnel-Link-Start"),
    v(ACCT_STATUS_TYPE, 13, "Tunnel-Link-Stop", "Tunnel-Link-Stop"),
    v(ACCT_STATUS_TYPE, 14, "Tunnel-Link-Reject", "Tunnel-Link-Reject"),
    v(ACCT_STATUS_TYPE, 15, "Failed", "Failed"),
    v(AUTHENTIC, 1, "RADIUS", "RADIUS"),
    v(AUTHENTIC, 2, "Local", "Local"),
    v(AUTHENTIC, 3, "Remote", "Remote"),
    v(CAUSE, 1, "User-Request", "user-request"),
    v(CAUSE, 2, "Lost-Carrier", "lost-carrier"),
    v(CAUSE, 3, "Lost-Service", "lost-service"),
    v(CAUSE, 4, "Idle-Timeout", "idle-timeout"),
    v(CAUSE, 5, "Session-Timeout", "session-timeout"),
    v(CAUSE, 6, "Admin-Reset", "admin-reset"),
    v(CAUSE, 7, "Admin-Reboot", "admin-reboot"),
    v(CAUSE, 8, "Port-Error", "port-error"),
    v(CAUSE, 9, "NAS-Error", "nas-error"),
    v(CAUSE, 10, "NAS-Request", "nas-request"),
    v(CAUSE, 11, "NAS-Reboot", "nas-reboot"),
    v(CAUSE, 12, "Port-Unneeded", "port-unneeded"),
    v(CAUSE, 13, "Port-Preempted", "port-preempted"),
    v(CAUSE, 14, "Port-Suspended", "port-suspended"),
    v(CAUSE, 15, "Service-Unavailable", "service-unavailable"),
    v(CAUSE, 16, "Callback", "callback"),
    v(CAUSE, 17, "User-Error", "user-error"),
    v(CAUSE, 18, "Host-Request", "host-request"),
    v(NAS_PORT_TYPE, 0, "Async", "Async"),
    v(NAS_PORT_TYPE, 1, "Sync", "Sync"),
    v(NAS_PORT_TYPE, 2, "ISDN", "ISDN"),
    v(NAS_PORT_TYPE, 2, "ISDN-Sync", "ISDN"),
    v(NAS_PORT_TYPE, 3, "ISDN-V120", "ISDN-V120"),
    v(NAS_PORT_TYPE, 4, "ISDN-V110", "ISDN-V110"),
    v(NAS_PORT_TYPE, 5, "Virtual", "Virtual"),
    v(NAS_PORT_TYPE, 15, "Ethernet", "Ethernet"),
    v(NAS_PORT_TYPE, 16, "xDSL", "xDSL"),
    v(NAS_PORT_TYPE, 17, "Cable", "Cable"),
    v(NAS_PORT_TYPE, 19, "Wireless-802.11", "802.11 wireless"),
    v(NAS_PORT_TYPE, 31, "PPPoA", "PPPoA"),
    v(NAS_PORT_TYPE, 32, "PPPoEoA", "PPPoEoA"),
    v(NAS_PORT_TYPE, 33, "PPPoEoE", "PPPoEoE"),
    v(TUNNEL_TYPE, 1, "PPTP", "PPTP"),
    v(TUNNEL_TYPE, 2, "L2F", "L2F"),
    v(TUNNEL_TYPE, 3, "L2TP", "L2TP"),
    v(TUNNEL_TYPE, 4, "ATMP", "ATMP"),
    v(TUNNEL_TYPE, 5, "VTP", "VTP"),
    v(TUNNEL_TYPE, 6, "AH", "AH"),
    v(TUNNEL_TYPE, 7, "IP", "IP"),
    v(TUNNEL_TYPE, 8, "MIN-IP", "MIN-IP"),
    v(TUNNEL_TYPE, 9, "ESP", "ESP"),
    v(TUNNEL_TYPE, 10, "GRE", "GRE"),
    v(TUNNEL_TYPE, 11, "DVS", "DVS"),
    v(TUNNEL_TYPE, 12, "IP-in-IP", "IP-in-IP"),
    v(TUNNEL_TYPE, 13, "VLAN", "VLAN"),
    v(TUNNEL_MEDIUM_TYPE, 1, "IPv4", "IPv4"),
    v(TUNNEL_MEDIUM_TYPE, 1, "IP", "IPv4"),
    v(TUNNEL_MEDIUM_TYPE, 2, "IPv6", "IPv6"),
    v(TUNNEL_MEDIUM_TYPE, 6, "IEEE-802", "ALL_802"),
    v(ERROR_CAUSE, 201, "Residual-Context-Removed", "Residual Context Removed"),
    v(ERROR_CAUSE, 401, "Unsupported-Attribute", "Unsupported Attribute"),
    v(ERROR_CAUSE, 402, "Missing-Attribute", "Missing Attribute"),
    v(ERROR_CAUSE, 403, "NAS-Identification-Mismatch", "NAS Identification Mismatch"),
    v(ERROR_CAUSE, 404, "Invalid-Request", "Invalid Request"),
    v(ERROR_CAUSE, 405, "Unsupported-Service", "Unsupported Service"),
    v(ERROR_CAUSE, 501, "Administratively-Prohibited", "Administratively Prohibited"),
    v(ERROR_CAUSE, 503, "Session-Context-Not-Found", "Session Context Not Found"),
    v(ERROR_CAUSE, 506, "Resources-Unavailable", "Resources Unavailable"),
];

/// The number that `name` stands for in attribute `key`, in any case.
pub fn number_of(key: AttributeKey, name: &str) -> Option<u32> {
    VALUES.iter().find(|v| v.key == key && v.name.eq_ignore_ascii_case(name)).map(|v| v.number)
}

/// What IOS shows for this number.
pub fn shown(key: AttributeKey, number: u32) -> Option<&'static str> {
    VALUES.iter().find(|v| v.key == key && v.number == number).map(|v| v.shown)
}
