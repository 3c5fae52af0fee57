//! What can stand in a `lab.toml`, before its names are looked up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::Ipv4Net;
use serde::Deserialize;
use toml::Spanned;

use super::RadiusClient;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawLab {
    pub title: Option<String>,
    pub console_port: Option<u16>,
    pub seed: Option<u64>,
    #[serde(default)]
    pub node: Vec<RawNode>,
    #[serde(default)]
    pub link: Vec<RawLink>,
    pub isdn: Option<RawIsdn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawNode {
    pub name: Spanned<String>,
    pub kind: Option<Spanned<String>>,
    pub config: Option<Spanned<PathBuf>>,
    pub console: Option<Spanned<u16>>,
    pub spool: Option<Spanned<PathBuf>>,
    pub address: Option<Spanned<RawNet>>,
    pub users: Option<Spanned<PathBuf>>,
    pub clients: Option<Spanned<Vec<RadiusClient>>>,
    pub require_message_authenticator: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLink {
    pub name: Spanned<String>,
    pub ends: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIsdn {
    pub numbers: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
pub(super) struct RawNet(#[serde(deserialize_with = "net")] pub Ipv4Net);

/// An address with the length of its prefix.
pub(super) fn net<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Ipv4Net, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is not an address and prefix such as 10.51.6.3/24"))
    })
}
