//! `show arp` and `show ip arp`, in the columns of published captures and parsers.

use super::text::say;
use crate::engine::ArpView;
use crate::grammar::value::format_mac;

/// Writes the table. An address of the router itself has no age, and one that has not answered no hardware address.
pub fn show_arp<'a>(f: &mut String, entries: impl IntoIterator<Item = &'a ArpView>) {
    say!(f, "Protocol  Address          Age (min)  Hardware Addr   Type   Interface");
    for entry in entries {
        let address = entry.address.to_string();
        let age = entry.age.map_or_else(|| "-".to_owned(), |age| (age.as_secs() / 60).to_string());
        let hardware = entry.hardware.as_ref().map_or_else(|| "Incomplete".to_owned(), format_mac);
        say!(f, "Internet  {address:<15}{age:>10}   {hardware:<14}  ARPA   {}", entry.interface);
    }
}
