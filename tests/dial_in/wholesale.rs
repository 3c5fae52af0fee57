//! The wholesale lab for real.

use crate::bench::{program, root, succeeded};

/// Two companies, two LNSs, one of them switched off and on again: the script is the test, for each of its waits must
/// be shown in time.
pub fn calls_by_domain_with_failover() {
    let out = tempfile::tempdir().unwrap();
    let example = root().join("examples/wholesale");
    let mut command = program();
    command.arg("lab").arg(&example).arg("--play").arg(example.join("wholesale.play"));
    let output = command.arg("--log").arg(out.path()).output().unwrap();
    let log =
        |node: &str| std::fs::read_to_string(out.path().join(format!("{node}.log"))).unwrap_or_default();
    if !output.status.success() {
        println!("{}\n{}\n{}", log("nas"), log("lns1"), log("beta1"));
    }
    succeeded(&output);
    let nas = log("nas");
    let failed_over =
        nas.split_once("LNS 10.20.0.12 is unreachable").expect("lns2 was tried while it was off").1;
    assert!(failed_over.contains("Forward to address 10.20.0.11"), "{nas}");
    let comes_back = failed_over.split_once("dead cache entry 10.20.0.12 cleared").expect("it is cleared").1;
    assert!(comes_back.contains("Forward to address 10.20.0.12"), "{nas}");
    for (lns, shown) in [("lns1", "user2@alpha.example"), ("lns2", "10.200.2.1")] {
        assert!(log(lns).contains(shown), "{}", log(lns));
    }
}
