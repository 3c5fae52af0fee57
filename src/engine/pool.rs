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
    /// Who has which address, whatever has become of its pool.
    lent: BTreeMap<u32, InterfaceId>,
}

#[derive(Debug, Default)]
struct Pool {
    ranges: Vec<(u32, u32)>,
    /// Addresses that came back, oldest use first is not kept: IOS hands out the lowest free one.
    returned: BTreeSet<u32>,
    /// Where the part that was never lent begins: range and address.
    fresh: Option<(usize, u32)>,
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

    fn take(&mut self, lent: &mut BTreeMap<u32, InterfaceId>, owner: InterfaceId) -> Option<Ipv4Addr> {
        loop {
            let address = match self.returned.pop_first() {
                Some(address) => address,
                None => self.next_fresh()?,
            };
            if let Entry::Vacant(free) = lent.entry(address) {
                free.insert(owner);
                return Some(Ipv4Addr::from_bits(address));
            }
        }
    }

    /// Its addresses that somebody has.
    fn lent<'a>(
        &self,
        lent: &'a BTreeMap<u32, InterfaceId>,
    ) -> impl Iterator<Item = (Ipv4Addr, InterfaceId)> + use<'a, '_> {
        let of_pool = lent.iter().filter(|(address, _)| self.covers(**address));
        of_pool.map(|(address, owner)| (Ipv4Addr::from_bits(*address), *owner))
    }
}

impl Pools {
    /// Takes new definitions; what is lent stays lent.
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
                Pool { fresh: ranges.first().map(|(first, _)| (0, *first)), ranges, ..Pool::default() }
            };
            self.pools.insert(config.name.clone(), pool);
        }
    }

    /// Lends the lowest free address of the first of `names` that has one.
    pub fn take(&mut self, names: &[String], owner: InterfaceId) -> Option<Ipv4Addr> {
        names.iter().find_map(|name| self.pools.get_mut(name)?.take(&mut self.lent, owner))
    }

    /// Takes back what `owner` was lent: `address`.
    pub fn give_back(&mut self, address: Ipv4Addr, owner: InterfaceId) {
        let bits = address.to_bits();
        if self.lent.get(&bits) != Some(&owner) {
            return;
        }
        self.lent.remove(&bits);
        for pool in self.pools.values_mut().filter(|pool| pool.covers(bits)) {
            pool.returned.insert(bits);
        }
    }

    /// Whether there is a pool of this name.
    pub fn exists(&self, name: &str) -> bool {
        self.pools.contains_key(name)
    }

    /// Every pool, by name.
    pub fn views(&self) -> Vec<PoolView> {
        let addresses = |(a, b): &(u32, u32)| (Ipv4Addr::from_bits(*a), Ipv4Addr::from_bits(*b));
        self.pools
            .iter()
            .map(|(name, pool)| {
                let in_use: Vec<_> = pool.lent(&self.lent).collect();
                PoolView {
                    name: name.clone(),
                    ranges: pool.ranges.iter().map(addresses).collect(),
                    free: pool.size().saturating_sub(in_use.len() as u64),
                    in_use,
                }
            })
            .collect()
    }

    /// Whether nothing is lent.
    pub fn is_quiet(&self) -> bool {
        self.lent.is_empty()
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
        // A pool that goes and comes back finds its addresses lent.
        pools.configure(&[]);
        assert!(!pools.is_quiet());
        pools.configure(&[pool("p", &[([10, 0, 0, 1], [10, 0, 0, 9])])]);
        assert_eq!(pools.take(&from, InterfaceId(3)), Some([10, 0, 0, 3].into()));
        assert_eq!(pools.views()[0].free, 6);
        pools.configure(&[]);
        (1..=3).for_each(|i| pools.give_back(Ipv4Addr::from([10, 0, 0, i]), InterfaceId(i.into())));
        assert!(pools.is_quiet());
    }

    #[test]
    fn an_address_of_two_pools_is_lent_once() {
        let mut pools = Pools::default();
        let range = [([10, 0, 0, 1], [10, 0, 0, 2])];
        pools.configure(&[pool("a", &range), pool("b", &range)]);
        let (a, b) = (names(&["a"]), names(&["b"]));
        assert_eq!(pools.take(&a, InterfaceId(1)), Some([10, 0, 0, 1].into()));
        assert_eq!(pools.take(&b, InterfaceId(2)), Some([10, 0, 0, 2].into()));
        assert_eq!((pools.take(&a, InterfaceId(3)), pools.take(&b, InterfaceId(3))), (None, None));
        assert!(pools.views().iter().all(|view| view.free == 0 && view.in_use.len() == 2));
        pools.give_back([10, 0, 0, 1].into(), InterfaceId(1));
        assert_eq!(pools.take(&b, InterfaceId(4)), Some([10, 0, 0, 1].into()));
        assert_eq!(pools.take(&a, InterfaceId(5)), None, "it is not free in the other one any more");
        pools.give_back([10, 0, 0, 1].into(), InterfaceId(4));
        assert_eq!(pools.take(&a, InterfaceId(5)), Some([10, 0, 0, 1].into()));
    }
}
