//! `ip local pool`: addresses that are lent to peers.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::io::InterfaceId;
use crate::config::views::PoolConfig;

/// Every pool of a router. An address is lent at most once, whatever pools overlap.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pools: BTreeMap<String, Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    ranges: Vec<(u32, u32)>,
    /// Addresses that came back, oldest use first is not kept: IOS hands out the lowest free one.
    returned: BTreeSet<u32>,
    /// Where the part that was never lent begins: range and address.
    fresh: Option<(usize, u32)>,
    lent: BTreeMap<u32, InterfaceId>,
}

/// A pool for `show ip local pool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolView {
    /// Name.
    pub name: String,
    /// Inclusive ranges.
    pub ranges: Vec<(Ipv4Addr, Ipv4Addr)>,
    /// Addresses that may be lent now.
    pub free: u64,
    /// Who has which address.
    pub in_use: Vec<(Ipv4Addr, InterfaceId)>,
}

impl Pool {
    fn size(&self) -> u64 {
        self.ranges.iter().map(|(a, b)| u64::from(b - a) + 1).sum()
    }

    fn covers(&self, address: u32) -> bool {
        self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&address))
    }

    /// The next address that was never lent.
    fn next_fresh(&mut self) -> Option<u32> {
        let (range, address) = self.fresh?;
        let (_, last) = *self.ranges.get(range)?;
        self.fresh = if address < last {
            Some((range, address + 1))
        } else {
            self.ranges.get(range + 1).map(|(first, _)| (range + 1, *first))
        };
        Some(address)
    }

    fn take(&mut self, owner: InterfaceId) -> Option<Ipv4Addr> {
        loop {
            let address = match self.returned.pop_first() {
                Some(address) => address,
                None => self.next_fresh()?,
            };
            if let Entry::Vacant(free) = self.lent.entry(address) {
                free.insert(owner);
                return Some(Ipv4Addr::from_bits(address));
            }
        }
    }
}

impl Pools {
    /// Takes new definitions; what is lent from an address that stays in its pool stays lent.
    pub fn configure(&mut self, configs: &[PoolConfig]) {
        let mut old = std::mem::take(&mut self.pools);
        for config in configs {
            let ranges: Vec<(u32, u32)> = config
                .ranges
                .iter()
                .map(|(a, b)| (a.to_bits().min(b.to_bits()), a.to_bits().max(b.to_bits())))
                .collect();
            let before = old.remove(&config.name).unwrap_or_default();
            let pool = if before.ranges == ranges {
                before
            } else {
                let mut pool =
                    Pool { fresh: ranges.first().map(|(first, _)| (0, *first)), ranges, ..Pool::default() };
                pool.lent = before.lent.into_iter().filter(|(a, _)| pool.covers(*a)).collect();
                pool
            };
            self.pools.insert(config.name.clone(), pool);
        }
    }

    /// Lends the lowest free address of the first of `names` that has one.
    pub fn take(&mut self, names: &[String], owner: InterfaceId) -> Option<Ipv4Addr> {
        names.iter().find_map(|name| self.pools.get_mut(name)?.take(owner))
    }

    /// Takes back what `owner` was lent: `address`.
    pub fn give_back(&mut self, address: Ipv4Addr, owner: InterfaceId) {
        let bits = address.to_bits();
        for pool in self.pools.values_mut() {
            if pool.lent.get(&bits) == Some(&owner) {
                pool.lent.remove(&bits);
                pool.returned.insert(bits);
            }
        }
    }

    /// Every pool, by name.
    pub fn views(&self) -> Vec<PoolView> {
        let addresses = |(a, b): &(u32, u32)| (Ipv4Addr::from_bits(*a), Ipv4Addr::from_bits(*b));
        self.pools
            .iter()
            .map(|(name, pool)| PoolView {
                name: name.clone(),
                ranges: pool.ranges.iter().map(addresses).collect(),
                free: pool.size().saturating_sub(pool.lent.len() as u64),
                in_use: pool.lent.iter().map(|(a, o)| (Ipv4Addr::from_bits(*a), *o)).collect(),
            })
            .collect()
    }

    /// Whether nothing is lent.
    pub fn is_quiet(&self) -> bool {
        self.pools.values().all(|p| p.lent.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(name: &str, ranges: &[([u8; 4], [u8; 4])]) -> PoolConfig {
        let ranges = ranges.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        PoolConfig { name: name.to_owned(), ranges }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn lends_each_address_once_and_the_lowest_returned_first() {
        let mut pools = Pools::default();
        pools
            .configure(&[pool("default", &[([10, 0, 0, 1], [10, 0, 0, 2]), ([10, 0, 1, 9], [10, 0, 1, 9])])]);
        let from = names(&["default"]);
        let taken: Vec<_> = (1..=4).map(|i| pools.take(&from, InterfaceId(i))).collect();
        let expected: [[u8; 4]; 3] = [[10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 1, 9]];
        assert_eq!(taken[..3], expected.map(|a| Some(a.into())));
        assert_eq!(taken[3], None);
        pools.give_back([10, 0, 0, 2].into(), InterfaceId(9));
        assert_eq!(pools.take(&from, InterfaceId(5)), None, "only its owner may give an address back");
        pools.give_back([10, 0, 0, 2].into(), InterfaceId(2));
        assert_eq!(pools.take(&from, InterfaceId(5)), Some([10, 0, 0, 2].into()));
    }

    #[test]
    fn the_second_pool_is_used_when_the_first_is_empty() {
        let mut pools = Pools::default();
        pools.configure(&[pool("a", &[]), pool("b", &[([10, 0, 0, 1], [10, 0, 0, 1])])]);
        assert_eq!(pools.take(&names(&["a", "b"]), InterfaceId(1)), Some([10, 0, 0, 1].into()));
        assert_eq!(pools.take(&names(&["none"]), InterfaceId(1)), None);
    }

    #[test]
    fn a_changed_pool_keeps_what_is_lent() {
        let mut pools = Pools::default();
        let from = names(&["p"]);
        pools.configure(&[pool("p", &[([10, 0, 0, 1], [10, 0, 0, 2])])]);
        assert_eq!(pools.take(&from, InterfaceId(1)), Some([10, 0, 0, 1].into()));
        pools.configure(&[pool("p", &[([10, 0, 0, 1], [10, 0, 0, 9])])]);
        assert_eq!(pools.take(&from, InterfaceId(2)), Some([10, 0, 0, 2].into()));
        assert_eq!(pools.views()[0].free, 7);
        pools.configure(&[]);
        assert!(pools.is_quiet());
    }
}
