//! Every fuzz target on its seeds, on what one changed octet or a cut makes of them, and on octets of no meaning: so the
//! targets are compiled and hold with every test run, and a reproducer that a fuzzer finds becomes a seed.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// How many inputs of no meaning and how many changed seeds each target gets.
const CASES: u32 = 64;

/// No meaning is longer.
const LONGEST: usize = 512;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 18] = [
    ("config_load", targets::config_load),
    ("forward_table", targets::forward_table),
    ("grammar", targets::grammar),
    ("l2tp_data", targets::l2tp_data),
    ("l2tp_endpoint", targets::l2tp_endpoint),
    ("l2tp_header", targets::l2tp_header),
    ("l2tp_hidden", targets::l2tp_hidden),
    ("l2tp_message", targets::l2tp_message),
    ("ppp_hdlc", targets::ppp_hdlc),
    ("ppp_link", targets::ppp_link),
    ("ppp_options", targets::ppp_options),
    ("radius_client", targets::radius_client),
    ("radius_dynamic", targets::radius_dynamic),
    ("radius_packet", targets::radius_packet),
    ("radius_server", targets::radius_server),
    ("radius_users", targets::radius_users),
    ("radius_value", targets::radius_value),
    ("terminal_vty", targets::terminal_vty),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = folder("seeds").join(target).read_dir() else { return Vec::new() };
    entries.map(|e| std::fs::read(e.unwrap().path()).unwrap()).collect()
}

/// A seed of which one octet is another, or the end is missing.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(seeds), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        |(mut seed, at, octet, cut)| {
            if !seed.is_empty() {
                let at = at.index(seed.len());
                if cut { seed.truncate(at) } else { seed[at] = octet }
            }
            seed
        },
    )
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() })
}

#[test]
fn every_target_holds_on_its_seeds_and_on_random_octets() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        seeds.iter().for_each(|seed| target(seed));
        let run = |octets: Vec<u8>| {
            target(&octets);
            Ok(())
        };
        let told = |e| panic!("{name}: {e}");
        runner().run(&prop::collection::vec(any::<u8>(), 0..LONGEST), run).unwrap_or_else(told);
        if !seeds.is_empty() {
            runner().run(&changed(seeds), run).unwrap_or_else(told);
        }
    }
}

#[test]
fn every_target_that_is_built_is_tested_and_every_seed_has_a_target() {
    let tested: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("fuzz_targets")), tested);
    assert!(names(&folder("seeds")).is_subset(&tested), "{:?}", names(&folder("seeds")));
}
