//! The wholesale lab: its play, its README, and the lines of its LAC.

use std::path::{Path, PathBuf};

use vpdnsh::lab::description::Description;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::Bench;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/wholesale")
}

fn bench() -> Bench {
    Bench::of(&Description::load(&example()).unwrap(), &VirtualOptions::default())
}

fn script() -> String {
    std::fs::read_to_string(example().join("wholesale.play")).unwrap()
}

#[test]
fn probe() {
    let mut bench = bench();
    let r = bench.play(&script());
    for n in ["nas", "beta1", "alpha1"] {
        println!("=== {n}\n{}", bench.screen(n));
    }
    r.unwrap();
}
