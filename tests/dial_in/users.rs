//! The program for a user without privileges.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use crate::bench::{Copy, text};

const NOBODY: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups";

const PLAY: &str = "soho: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\nsoho: clear interface bri0\n";

/// Runs a play as `nobody`, from a shell that first runs `before`.
fn run(before: &str) -> Output {
    let lab = Copy::new(|_, text| text);
    let program = lab.path().join("vpdnsh");
    std::fs::copy(env!("CARGO_BIN_EXE_vpdnsh"), &program).unwrap();
    std::fs::write(lab.path().join("test.play"), PLAY).unwrap();
    std::fs::create_dir(lab.path().join("out")).unwrap();
    for (name, mode) in [("", 0o755), ("out", 0o777)] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(lab.path().join(name), permissions).unwrap();
    }
    let script = format!("{before} exec {NOBODY} ./vpdnsh lab . --play test.play --log out");
    Command::new("unshare").args(["--mount", "sh", "-c", &script]).current_dir(lab.path()).output().unwrap()
}

pub fn an_ordinary_user_has_a_lab_or_one_sentence() {
    let output = run("");
    if !output.status.success() {
        let error = text(&output.stderr);
        assert!(error.starts_with("vpdnsh: ") && error.lines().count() == 1, "{error}");
        assert!(error.contains("/dev/net/tun cannot be opened") || error.contains("namespace"), "{error}");
    }
}

pub fn an_ordinary_user_with_a_tun_device_has_a_lab() {
    let device = "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 &&";
    let output = run(device);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
