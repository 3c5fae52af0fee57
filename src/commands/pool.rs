//! `show ip local pool`.

use std::net::Ipv4Addr;

use super::text::{clip, say};
use crate::config::views::InterfaceName;
use crate::engine::{InterfaceId, PoolView};
use crate::proto::Dialect;

/// Who has an address of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The interface to it.
    pub interface: InterfaceName,
    /// The user; empty when it has no name.
    pub user: String,
}

/// Free addresses that are listed at most.
const LISTED: usize = 256;

/// The columns of `show ip local pool`, of two published captures: of later releases with the groups, of 12.x and of one
/// pool by its name without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PoolColumns {
    Groups,
    Plain,
}

/// `show ip local pool [NAME]`. With a name the free and the lent addresses follow, as recalled.
pub fn show_ip_local_pool(
    f: &mut String,
    dialect: Dialect,
    pools: &[PoolView],
    name: Option<&str>,
    holder: &dyn Fn(InterfaceId) -> Option<Holder>,
) {
    let columns = match (dialect, name) {
        (Dialect::V15, None) => PoolColumns::Groups,
        (Dialect::V15, Some(_)) | (Dialect::V12_0 | Dialect::V12_1, _) => PoolColumns::Plain,
    };
    match columns {
        PoolColumns::Plain => say!(f, " Pool           Begin           End             Free  In use"),
        PoolColumns::Groups => {
            say!(f, " PoolGroup                     Begin           End             Free  In use")
        }
    }
    for pool in pools.iter().filter(|p| name.is_none_or(|n| n == p.name)) {
        pool_rows(f, columns, pool);
    }
    if let Some(pool) = pools.iter().find(|p| name == Some(p.name.as_str())) {
        addresses(f, pool, holder);
    }
}

fn pool_rows(f: &mut String, columns: PoolColumns, pool: &PoolView) {
    let mut name = pool.name.as_str();
    for (first, last) in &pool.ranges {
        let used = pool.in_use.iter().filter(|(a, _)| (first..=last).contains(&a)).count();
        let size = u64::from(last.to_bits().saturating_sub(first.to_bits())) + 1;
        let free = size.saturating_sub(used as u64);
        let (first, last) = (first.to_string(), last.to_string());
        match columns {
            PoolColumns::Plain => {
                say!(f, " {:<14} {first:<15} {last:<15} {free:>4}{used:>7}", clip(name, 14));
            }
            PoolColumns::Groups => {
                say!(f, " {:<24} {first:<15} {last:<15} {free:>4}{used:>8}", clip(name, 24))
            }
        }
        name = "";
    }
}

fn addresses(f: &mut String, pool: &PoolView, holder: &dyn Fn(InterfaceId) -> Option<Holder>) {
    say!(f, "Available addresses:");
    let lent: Vec<Ipv4Addr> = pool.in_use.iter().map(|(a, _)| *a).collect();
    let mut free = pool
        .ranges
        .iter()
        .flat_map(|(first, last)| first.to_bits()..=last.to_bits())
        .map(Ipv4Addr::from_bits)
        .filter(|a| lent.binary_search(a).is_err());
    free.by_ref().take(LISTED).for_each(|address| say!(f, "   {address}"));
    let more = pool.free.saturating_sub(LISTED as u64);
    if pool.free == 0 {
        say!(f, "   None");
    } else if more > 0 {
        say!(f, "   and {more} more");
    }
    say!(f, "Inuse addresses:");
    if pool.in_use.is_empty() {
        say!(f, "   None");
    }
    for (address, id) in &pool.in_use {
        let (interface, user) =
            holder(*id).map_or_else(|| ("-".to_owned(), String::new()), |h| (h.interface.short(), h.user));
        say!(f, "   {:<15}   {interface:<8} {user}", address.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::screen;
    use crate::config::views::InterfaceKind;

    fn pool() -> PoolView {
        PoolView {
            name: "IP-JAIL".to_owned(),
            ranges: vec![
                ([172, 16, 0, 60].into(), [172, 16, 0, 119].into()),
                ([172, 16, 0, 30].into(), [172, 16, 0, 33].into()),
            ],
            free: 61,
            in_use: vec![
                ([172, 16, 0, 30].into(), InterfaceId(9)),
                ([172, 16, 0, 60].into(), InterfaceId(8)),
                ([172, 16, 0, 61].into(), InterfaceId(7)),
            ],
        }
    }

    fn holder(id: InterfaceId) -> Option<Holder> {
        let interface = InterfaceName::new(InterfaceKind::VirtualAccess, 4);
        (id == InterfaceId(9)).then(|| Holder { interface, user: "2500-1".to_owned() })
    }

    #[test]
    fn show_ip_local_pool_has_the_published_columns() {
        let shown = |dialect| screen(|f| show_ip_local_pool(f, dialect, &[pool()], None, &holder));
        assert_eq!(
            shown(Dialect::V15),
            " PoolGroup                     Begin           End             Free  In use
 IP-JAIL                  172.16.0.60     172.16.0.119      58       2
                          172.16.0.30     172.16.0.33        3       1
"
        );
        assert_eq!(
            shown(Dialect::V12_0),
            " Pool           Begin           End             Free  In use
 IP-JAIL        172.16.0.60     172.16.0.119      58      2
                172.16.0.30     172.16.0.33        3      1
"
        );
    }

    #[test]
    fn a_named_pool_lists_who_has_what() {
        let shown = screen(|f| show_ip_local_pool(f, Dialect::V12_0, &[pool()], Some("IP-JAIL"), &holder));
        assert!(shown.contains("Available addresses:\n   172.16.0.62\n"), "{shown}");
        assert!(shown.contains("   172.16.0.33\nInuse addresses:\n"), "{shown}");
        assert!(shown.contains("\n   172.16.0.30       Vi4      2500-1\n"), "{shown}");
        let later = screen(|f| show_ip_local_pool(f, Dialect::V15, &[pool()], Some("IP-JAIL"), &holder));
        assert_eq!(later, shown, "one pool is shown alike by every release");
        let none = screen(|f| show_ip_local_pool(f, Dialect::V12_0, &[pool()], Some("other"), &holder));
        assert_eq!(none.lines().count(), 1, "{none}");
    }
}
