//! Captures, judged by a program that nobody here wrote.

use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use vpdnsh::host::{CaptureWriter, LinkType};

/// IPv4 and UDP 1701 around a payload.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let udp_length = (8 + payload.len()) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend((20 + udp_length).to_be_bytes());
    packet.extend([0, 0, 0, 0, 255, 17, 0, 0, 10, 51, 6, 68, 10, 51, 6, 82]);
    packet.extend([1701u16.to_be_bytes(), 1701u16.to_be_bytes(), udp_length.to_be_bytes(), [0, 0]].concat());
    packet.extend(payload);
    packet
}

pub fn tshark_reads_a_capture() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lac-lns.pcapng");
    let mut writer = CaptureWriter::create(&path).unwrap();
    let ethernet = writer.interface("lac-lns", LinkType::Ethernet).unwrap();
    let raw = writer.interface("Vi4", LinkType::RawIp).unwrap();
    let zlb = datagram(&[0xc8, 2, 0, 12, 0, 1, 0, 0, 0, 2, 0, 3]);
    let header = [&[0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 8, 0][..], &zlb].concat();
    let time = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
    writer.packet(ethernet, time, &header).unwrap();
    writer.packet(raw, time + Duration::from_nanos(1), &zlb).unwrap();
    writer.into_inner().unwrap();

    let output = Command::new("tshark")
        // Its own preferences, not those of whoever runs the test.
        .env("HOME", directory.path())
        .arg("-r")
        .arg(&path)
        .args(["-T", "fields", "-E", "separator=|"])
        .args([
            "-e",
            "frame.interface_name",
            "-e",
            "frame.time_epoch",
            "-e",
            "_ws.col.Protocol",
            "-e",
            "l2tp.Nr",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines[0].starts_with("lac-lns|1700000000.123456789|L2TP|3"), "{text}");
    assert!(lines[1].starts_with("Vi4|1700000000.123456790|L2TP|3"), "{text}");
}
