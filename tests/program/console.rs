//! A router whose console is a pipe or a terminal.

use std::process::Command;
use std::time::Duration;

use assert_cmd::Command as Program;

use crate::{in_namespaces, router, stderr, stdout};

pub fn a_console_on_a_pipe_echoes_what_it_is_given() {
    // An interface that needs nothing of Linux: no line of the log comes between what is typed.
    let (_directory, file) =
        router("hostname R\ninterface Virtual-Template1\n ip address 10.9.9.9 255.255.255.255\n");
    let output = Program::new("unshare")
        .args(["-Urn", env!("CARGO_BIN_EXE_vpdnsh"), "--config"])
        .arg(&file)
        .write_stdin("enable\nshow ip interface brief\nconfigure terminal\nhostname Q\nend\nwrite memory\n")
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.contains("R>enable\nR#show ip interface brief\nInterface "), "{text}");
    assert!(text.contains("Virtual-Template1      10.9.9.9        YES NVRAM "), "{text}");
    assert!(text.contains("R(config)#hostname Q\n") && text.contains("Q(config)#end\n"), "{text}");
    assert!(text.contains("Building configuration...\n[OK]\n") && text.ends_with("Q#\n"), "{text}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("hostname Q\n"));
}

pub fn a_device_that_was_not_named_is_not_there() {
    let (_directory, file) = router("hostname R\ninterface Ethernet0\n ip address 10.9.9.9 255.255.255.0\n");
    let output = Program::new("unshare")
        .args(["-Urn", env!("CARGO_BIN_EXE_vpdnsh"), "--config"])
        .arg(&file)
        .write_stdin("show ip interface brief\n")
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap();
    let text = stdout(&output);
    let line = text.lines().find(|l| l.starts_with("Ethernet0")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("down"), "{line}");
}

pub fn a_console_on_a_terminal_helps_completes_and_edits() {
    let (_directory, file) = router("hostname R\nline con 0\n exec-timeout 0 0\n");
    let command = format!("unshare -Urn {} --config {}", env!("CARGO_BIN_EXE_vpdnsh"), file.display());
    let mut console = rexpect::spawn(&command, Some(120_000)).unwrap();
    let mut step = |send: &str, expect: &str| {
        console.send(send).unwrap();
        console.flush().unwrap();
        console.exp_string(expect).unwrap_or_else(|error| panic!("{send:?}: {error}"));
    };
    step("", "R>");
    step("sh?", "show");
    step("\x15ena\t\r", "R#");
    step("show v?", "version");
    step("\x15conf t\r", "R(config)#");
    step("hostname Q\x1a", "%SYS-5-CONFIG_I: Configured from console by console");
    step("show clokc\r", "^\r\n% Invalid input detected at '^' marker.");
    step("exit\r", "Press RETURN to get started.");
    step("\r", "Q>");
    step("\x1ex", "");
    console.exp_eof().unwrap();
}

/// More interfaces than `select(2)` takes descriptors: each has a TUN of its own.
const MANY: usize = 1_100;

pub fn a_long_paste_leaves_every_line_and_the_console() {
    let (_directory, file) = router("hostname R\nline con 0\n exec-timeout 0 0\n length 0\n");
    let script = "ulimit -n 4096 && exec unshare -Urn \"$0\" --config \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_vpdnsh")]).arg(&file);
    let mut console = rexpect::session::spawn_command(command, Some(240_000)).unwrap();
    console.exp_string("R>").unwrap();
    console.send("enable\rconfigure terminal\r").unwrap();
    console.flush().unwrap();
    console.exp_string("R(config)#").unwrap();
    for interface in 0..MANY {
        let address = format!("10.{}.{}.1 255.255.255.255", interface / 200, interface % 200);
        console.send(&format!("interface Loopback{interface}\r ip address {address}\r")).unwrap();
        console.flush().unwrap();
    }
    console.send("end\rshow running-config | count ip address 10\r").unwrap();
    console.flush().unwrap();
    console.exp_string(&format!("Number of lines which match regexp = {MANY}")).unwrap();
    console.exp_string("R#").unwrap();
    console.send("\x1ex").unwrap();
    console.flush().unwrap();
    console.exp_eof().unwrap();
    assert!(format!("{:?}", console.process().wait()).contains("Exited"));
}

pub fn a_full_disk_is_said_and_leaves_the_file_as_it_was() {
    let (_directory, file) = router("hostname R\n");
    let script = "mkdir disk && mount -t tmpfs -o size=8k none disk && mv router.cfg disk
        head -c 8192 /dev/zero >disk/fill 2>/dev/null
        printf 'enable\nconfigure terminal\nhostname Q\nend\nwrite memory\n' | \"$0\" --config disk/router.cfg
        echo status $?; ls -A disk; cat disk/router.cfg";
    let output = in_namespaces(script, &file);
    let text = stdout(&output);
    let refused = "startup-config file open failed (disk/router.cfg: No space left on device)\nQ#\n";
    assert!(text.contains(refused) && !text.contains("[OK]"), "{text}{}", stderr(&output));
    assert!(text.ends_with("status 0\nfill\nrouter.cfg\nhostname R\n"), "{text}");
}

pub fn megabytes_on_a_pipe_are_fed_line_by_line_in_little_memory() {
    let (_directory, file) = router("hostname R\n");
    // The first command takes its time; what waits behind it waits in the pipe.
    let script = "mkfifo typed
        \"$0\" --config router.cfg <typed >shown &
        router=$!
        exec 3>typed
        echo 'ping 192.0.2.1 repeat 2' >&3
        yes \"! $(head -c 4000 /dev/zero | tr '\\0' x)\" | head -c 40000000 >&3
        echo 'show clock' >&3
        grep VmHWM /proc/$router/status
        exec 3>&-
        wait $router; echo status $?; grep -c '^R>! ' shown; tail -2 shown";
    let output = in_namespaces(script, &file);
    let text = stdout(&output);
    let peak = text.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok());
    assert!(peak.is_some_and(|kilobytes| kilobytes < 40_000), "{text}{}", stderr(&output));
    let lines = 40_000_000_usize.div_ceil(4_003);
    assert!(text.contains(&format!("status 0\n{lines}\n")) && text.ends_with("R>\n"), "{text}");
}

pub fn what_cannot_be_typed_is_named_by_its_line() {
    let (_directory, file) = router("hostname R\n");
    let script =
        "printf 'enable\nshow clock\ndescription M\\374nchen\n' | \"$0\" --config router.cfg; echo status $?";
    let output = in_namespaces(script, &file);
    let text = stdout(&output);
    assert!(text.contains("R#show clock\n") && text.ends_with("R#\nstatus 1\n"), "{text}");
    assert_eq!(stderr(&output), "vpdnsh: the terminal: line 3 of its input is not UTF-8 text\n");
}

pub fn a_device_that_others_remove_is_waited_for_and_an_address_given_back() {
    let (_directory, file) = router(
        "hostname R\nip route 172.16.0.0 255.240.0.0 10.9.9.1\n\
         interface Ethernet0\n ip address 10.9.9.9 255.255.255.0\n no shutdown\n",
    );
    let script = "mkfifo typed
        until_there() {
            until ip address show dev d0 2>/dev/null | grep -q 10.9.9.9 && ip route | grep -q 172.16.0.0; do
                kill -0 $router || exit 3
            done
        }
        make() { ip link add d0 type veth peer name d1 && ip link set d1 up; }
        make
        \"$0\" --config router.cfg --interface Ethernet0=d0 <typed >shown & router=$!
        exec 3>typed
        until_there; ip link del d0; make
        until_there; ip address flush dev d0
        until_there; ip link del d0
        until grep -q 'is gone' shown && test $(grep -c 'is gone' shown) = 2; do kill -0 $router || exit 3; done
        echo 'show ip interface brief' >&3; exec 3>&-
        wait $router; echo status $?; cat shown";
    let output = in_namespaces(script, &file);
    let text = stdout(&output);
    assert!(text.starts_with("status 0\n"), "{text}{}", stderr(&output));
    assert!(
        text.contains("%SYS-3-HOST: Ethernet0 address 10.9.9.9/24: it was taken away on Linux"),
        "{text}"
    );
    assert!(
        text.contains("Ethernet0              10.9.9.9        YES NVRAM  down                  down"),
        "{text}"
    );
}
