//! `Cisco-AVPair = "vpdn:NAME=VALUE"`: a table of names. The names are those that a public listing of an IOS-XE router's
//! attributes has; how their values are written is recalled where no document shows one.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Endpoint, TunnelDefinition, TunnelType, parse_addresses, yes_no};
use crate::config::views::{L2tpSettings, NoSession};
use crate::engine::aaa::profile::{AvPair, put};
use crate::proto::radius::Secret;

/// `l2tp-...` pairs: each stands for a line of `l2tp ...` in a vpdn-group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// `l2tp-hello-interval`, 0 to 1000 s.
    pub hello: Option<Duration>,
    /// `l2tp-nosession-timeout`, 0 to 86400 s, or `never`.
    pub no_session: Option<NoSession>,
    /// `l2tp-recv-win`, `l2tp-cm-local-window-size`: 1 to 16384.
    pub receive_window: Option<u16>,
    /// `l2tp-hidden-avp`.
    pub hidden: Option<bool>,
    /// `l2tp-tunnel-authen`.
    pub authentication: Option<bool>,
    /// `l2tp-sequencing`.
    pub sequencing: Option<bool>,
    /// `l2tp-drop-out-of-order`.
    pub drop_out_of_order: Option<bool>,
    /// `l2tp-framing-capabilities`, bits.
    pub framing: Option<u32>,
    /// `l2tp-bearer-capabilities`, bits.
    pub bearer: Option<u32>,
    /// `l2tp-cm-min-timeout`, 1 to 8 s.
    pub retransmit_min: Option<Duration>,
    /// `l2tp-cm-max-timeout`, 1 to 8 s.
    pub retransmit_max: Option<Duration>,
    /// `l2tp-cm-retransmit-retries`, 5 to 1000.
    pub retries: Option<u32>,
    /// `l2tp-init-min-timeout`, 1 to 8 s.
    pub initial_min: Option<Duration>,
    /// `l2tp-init-max-timeout`, 1 to 8 s.
    pub initial_max: Option<Duration>,
    /// `l2tp-init-retransmit-retries`, 1 to 1000.
    pub initial_retries: Option<u32>,
    /// `l2tp-busy-list-timeout`, 60 to 65535 s.
    pub busy: Option<Duration>,
    /// `l2tp-tunnel-timeout-setup`, 10 to 6000 s.
    pub setup: Option<Duration>,
}

/// Gives `then` the settings that a tunnel definition and a vpdn-group keep in the same form.
macro_rules! with_settings {
    ($then:ident) => {
        $then!(
            hello,
            hidden,
            authentication,
            sequencing,
            drop_out_of_order,
            framing,
            bearer,
            retransmit_min,
            retransmit_max,
            retries,
            initial_min,
            initial_max,
            initial_retries,
            busy,
            setup
        )
    };
}

impl Knobs {
    /// Takes from `common` what is not said here.
    pub fn inherit(&mut self, common: &Knobs) {
        macro_rules! inherit {
            ($($field:ident),*) => { $(self.$field = self.$field.or(common.$field);)* };
        }
        with_settings!(inherit);
        inherit!(no_session, receive_window);
    }

    /// Puts what is said in place of the settings of a vpdn-group or of the defaults.
    pub fn apply(&self, settings: &mut L2tpSettings) {
        macro_rules! apply {
            ($($field:ident),*) => { $(if let Some(value) = self.$field { settings.$field = value; })* };
        }
        with_settings!(apply);
        settings.no_session = self.no_session.or(settings.no_session);
        settings.receive_window = self.receive_window.or(settings.receive_window);
    }

    /// As the debugs of a lookup list them.
    pub fn pairs(&self) -> Vec<String> {
        let seconds = |name: &str, time: Option<Duration>| time.map(|t| format!("{name}={}", t.as_secs()));
        let number = |name: &str, number: Option<u32>| number.map(|n| format!("{name}={n}"));
        let flag = |name: &str, flag: Option<bool>| flag.map(|on| format!("{name}={}", yes_no(on)));
        let no_session = self.no_session.map(|after| match after {
            NoSession::Never => "l2tp-nosession-timeout=never".to_owned(),
            NoSession::After(time) => format!("l2tp-nosession-timeout={}", time.as_secs()),
        });
        [
            seconds("l2tp-hello-interval", self.hello),
            no_session,
            number("l2tp-recv-win", self.receive_window.map(u32::from)),
            flag("l2tp-hidden-avp", self.hidden),
            flag("l2tp-tunnel-authen", self.authentication),
            flag("l2tp-sequencing", self.sequencing),
            flag("l2tp-drop-out-of-order", self.drop_out_of_order),
            number("l2tp-framing-capabilities", self.framing),
            number("l2tp-bearer-capabilities", self.bearer),
            seconds("l2tp-cm-min-timeout", self.retransmit_min),
            seconds("l2tp-cm-max-timeout", self.retransmit_max),
            number("l2tp-cm-retransmit-retries", self.retries),
            seconds("l2tp-init-min-timeout", self.initial_min),
            seconds("l2tp-init-max-timeout", self.initial_max),
            number("l2tp-init-retransmit-retries", self.initial_retries),
            seconds("l2tp-busy-list-timeout", self.busy),
            seconds("l2tp-tunnel-timeout-setup", self.setup),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Takes a value; false when it is no value of this pair.
type Take = fn(&mut TunnelDefinition, &str) -> bool;

/// Every pair that has an effect.
const PAIRS: &[(&str, Take)] = &[
    ("tunnel-type", |d, v| put(&mut d.kind, Some(kind(v)))),
    ("tunnel-id", |d, v| put(&mut d.client_name, text(v))),
    ("gw-name", |d, v| put(&mut d.server_name, text(v))),
    ("ip-addresses", |d, v| {
        let found = parse_addresses(v, &mut d.problems);
        d.servers.extend(found);
        true
    }),
    ("source-ip", |d, v| put(&mut d.client, Endpoint::parse(v))),
    ("vpdn-group", |d, v| put(&mut d.vpdn_group, text(v))),
    ("vpdn-vtemplate", |d, v| put(&mut d.virtual_template, number(v, 1..=4095))),
    ("vpn-domain-list", |d, v| put(&mut d.domains, Some(list(v)))),
    ("l2tp-tx-speed", |d, v| put(&mut d.tx_speed, number(v, 1..=u32::MAX))),
    ("l2tp-rx-speed", |d, v| put(&mut d.rx_speed, number(v, 1..=u32::MAX))),
    ("l2tp-busy-disconnect", |d, v| put(&mut d.busy_disconnect, flag(v))),
    ("l2tp-tunnel-password", |d, v| put(&mut d.password, text(v).map(Secret::new))),
    ("l2tp-hello-interval", |d, v| put(&mut d.knobs.hello, seconds(v, 0..=1000))),
    ("l2tp-nosession-timeout", |d, v| put(&mut d.knobs.no_session, no_session(v))),
    ("l2tp-recv-win", |d, v| put(&mut d.knobs.receive_window, window(v))),
    ("l2tp-cm-local-window-size", |d, v| put(&mut d.knobs.receive_window, window(v))),
    ("l2tp-hidden-avp", |d, v| put(&mut d.knobs.hidden, flag(v))),
    ("l2tp-tunnel-authen", |d, v| put(&mut d.knobs.authentication, flag(v))),
    ("l2tp-sequencing", |d, v| put(&mut d.knobs.sequencing, flag(v))),
    ("l2tp-drop-out-of-order", |d, v| put(&mut d.knobs.drop_out_of_order, flag(v))),
    ("l2tp-framing-capabilities", |d, v| put(&mut d.knobs.framing, bits(v, ["sync", "async"]))),
    ("l2tp-bearer-capabilities", |d, v| put(&mut d.knobs.bearer, bits(v, ["digital", "analog"]))),
    ("l2tp-cm-min-timeout", |d, v| put(&mut d.knobs.retransmit_min, seconds(v, 1..=8))),
    ("l2tp-cm-max-timeout", |d, v| put(&mut d.knobs.retransmit_max, seconds(v, 1..=8))),
    ("l2tp-cm-retransmit-retries", |d, v| put(&mut d.knobs.retries, number(v, 5..=1000))),
    ("l2tp-init-min-timeout", |d, v| put(&mut d.knobs.initial_min, seconds(v, 1..=8))),
    ("l2tp-init-max-timeout", |d, v| put(&mut d.knobs.initial_max, seconds(v, 1..=8))),
    ("l2tp-init-retransmit-retries", |d, v| put(&mut d.knobs.initial_retries, number(v, 1..=1000))),
    ("l2tp-busy-list-timeout", |d, v| put(&mut d.knobs.busy, seconds(v, 60..=65535))),
    ("l2tp-tunnel-timeout-setup", |d, v| put(&mut d.knobs.setup, seconds(v, 10..=6000))),
];

/// How many pairs have an effect.
#[cfg(test)]
pub const PAIR_COUNT: usize = PAIRS.len();

/// Pairs that IOS has and that have no effect here, as the commands that they stand for.
const WITHOUT_EFFECT: &[&str] = &["vpdn-template", "vpdn-domain", "l2tp-udp-checksum", "vpn-vrf", "vpn-id"];

/// Takes a pair of protocol `vpdn`: it has its effect, or a line in `problems`.
pub fn take(definition: &mut TunnelDefinition, pair: &AvPair) {
    let name = pair.attribute.as_str();
    match PAIRS.iter().find(|(known, _)| *known == name) {
        Some((_, take)) if take(definition, &pair.value) => {}
        Some(_) => definition.problems.push(format!("vpdn:{name} has a wrong value")),
        None if WITHOUT_EFFECT.contains(&name) => {
            definition.problems.push(format!("vpdn:{name} is not supported"));
        }
        None => definition.problems.push(format!("vpdn:{name} is unknown")),
    }
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn list(value: &str) -> Vec<String> {
    value.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn kind(value: &str) -> TunnelType {
    match value.to_ascii_lowercase().as_str() {
        "l2tp" => TunnelType::L2tp,
        "l2f" => TunnelType::L2f,
        "pptp" => TunnelType::Pptp,
        other => TunnelType::Other(other.parse().unwrap_or(0)),
    }
}

fn number(value: &str, range: RangeInclusive<u32>) -> Option<u32> {
    value.parse().ok().filter(|n| range.contains(n))
}

fn seconds(value: &str, range: RangeInclusive<u32>) -> Option<Duration> {
    number(value, range).map(|s| Duration::from_secs(s.into()))
}

fn no_session(value: &str) -> Option<NoSession> {
    match value {
        "never" => Some(NoSession::Never),
        _ => seconds(value, 0..=86400).map(NoSession::After),
    }
}

fn window(value: &str) -> Option<u16> {
    number(value, 1..=16384).and_then(|n| u16::try_from(n).ok())
}

fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "on" | "true" | "enable" | "enabled" => Some(true),
        "0" | "no" | "off" | "false" | "disable" | "disabled" => Some(false),
        _ => None,
    }
}

/// The bits of a Framing or Bearer Capabilities AVP: `all`, `none`, one of two names, or the number.
fn bits(value: &str, names: [&str; 2]) -> Option<u32> {
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "all" => Some(3),
        "none" => Some(0),
        name if name == names[0] => Some(1),
        name if name == names[1] => Some(2),
        _ => number(&value, 0..=3),
    }
}
