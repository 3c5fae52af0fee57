//! Traffic through tunnel and TUNs, and its capture in the eyes of a program that nobody here wrote.

use std::path::Path;
use std::process::Command;

use crate::bench::{Copy, succeeded, text};

/// What tshark says of the frames that `filter` lets through, a line each.
fn tshark(capture: &Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    // Its own preferences, not those of whoever runs the test.
    command.env("HOME", capture.parent().unwrap());
    command.arg("-r").arg(capture).args(["-o", "l2tp.shared_secret:hello"]);
    // Data that TCP sends once more is no affair of L2TP's.
    command.args(["-o", "tcp.desegment_tcp_streams:FALSE", "-Y", filter, "-T", "fields"]);
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let output = command.output().unwrap();
    succeeded(&output);
    text(&output.stdout).lines().map(str::to_owned).collect()
}

const SERVER: &str = "iperf3 --server --daemon --one-off";
/// The daemon is in the background before it listens at port 5201.
const LISTENS: &str =
    "timeout 120 sh -c 'until grep -q \":1451 00000000:0000 0A\" /proc/net/tcp; do sleep 0.05; done'";

pub fn traffic_both_ways_in_a_clean_capture() {
    // The tunnel to 614630 is described by Cisco-AVPair, which can ask for hidden AVPs.
    let lab = Copy::new(|name, text| match name {
        "users" => text.replace(
            "\"vpdn:l2tp-tunnel-password=hello\"",
            "\"vpdn:l2tp-tunnel-password=hello\",\n\tCisco-AVPair += \"vpdn:l2tp-hidden-avp=yes\"",
        ),
        "soho.cfg" => text.replace("614629", "614630"),
        "lns.cfg" => {
            text.replace(" l2tp tunnel password 0 hello\n", " l2tp tunnel password 0 hello\n l2tp hidden\n")
        }
        _ => text,
    });
    let capture = lab.path().join("call.pcapng");
    // Shut down, soho does not dial again for what TCP still has to say.
    let play = format!(
        "capture lac-lns {}\n\
         soho: enable\nsoho: ping 10.51.6.82\nlns: enable\nlns: debug vpdn l2x-events\n\
         shell soho: ping -c 3 -i 0.2 -w 60 10.51.6.82\n\
         shell lns: ping -c 3 -i 0.2 -w 60 10.10.53.2\n\
         shell lns: {SERVER} --bind 10.51.6.82 && {LISTENS}\n\
         shell soho: iperf3 --client 10.51.6.82 --time 2\n\
         shell lns: {SERVER} --bind 10.51.6.82 && {LISTENS}\n\
         shell soho: iperf3 --client 10.51.6.82 --time 2 --reverse\n\
         shell soho: {SERVER} --bind 10.10.53.2 && {LISTENS}\n\
         shell lns: iperf3 --client 10.10.53.2 --time 2\n\
         soho: configure terminal\nsoho: interface BRI0\nsoho: shutdown\nsoho: end\n\
         wait lns /Tunnel state change from shutting-down to idle/ 120s\nno capture\n",
        capture.display()
    );
    let output = lab.play(&play).output().unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stderr), lab.log("soho.shell"));
    for (node, clients) in [("soho", 2), ("lns", 1)] {
        let log = lab.log(&format!("{node}.shell"));
        assert_eq!(log.matches(" 3 received, ").count(), 1, "{log}");
        assert_eq!(log.matches("iperf Done.").count(), clients, "{log}");
    }

    let bad = "_ws.malformed || _ws.short";
    assert_eq!(tshark(&capture, bad, &["frame.number", "_ws.col.Info"]), [] as [&str; 0]);
    let strange = "udp.port == 1701 && !l2tp";
    assert_eq!(tshark(&capture, strange, &["frame.number"]), [] as [&str; 0]);
    let types = tshark(&capture, "l2tp.avp.message_type", &["l2tp.avp.message_type"]);
    for message in ["1", "2", "3", "10", "11", "12", "14", "4"] {
        assert!(types.iter().any(|shown| shown == message), "message {message} among {types:?}");
    }
    for source in ["10.51.6.68", "10.51.6.82"] {
        let hidden = format!("l2tp.avp.hidden == 1 && ip.src == {source}");
        assert!(!tshark(&capture, &hidden, &["frame.number"]).is_empty(), "hidden AVPs of {source}");
        let data = format!("l2tp.type == 0 && tcp && ip.src == {source}");
        assert!(tshark(&capture, &data, &["frame.number"]).len() > 100, "data of {source}");
    }
    // Cisco's AVP 100, in the ICRQ.
    let cisco = tshark(&capture, "l2tp.avp.vendor_id == 9", &["l2tp.avp.message_type", "l2tp.avp.ciscotype"]);
    assert_eq!(cisco, ["10\t100"]);
}
