//! One dialer, several calls.

use vpdnsh::lab::description::Description;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::Bench;

const LAB: &str = "[[node]]\nname = \"hub\"\nconfig = \"hub\"\n\n[[node]]\nname = \"east\"\nconfig = \"east\"\n\n\
                   [[node]]\nname = \"west\"\nconfig = \"west\"\n\n[isdn.numbers]\n1001 = \"hub BRI0\"\n\
                   1002 = \"east BRI0\"\n1003 = \"west BRI0\"\n";

const HUB: &str = "hostname hub\ninterface Loopback0\n ip address 10.1.0.1 255.255.255.255\ninterface BRI0\n \
                   ip address 10.9.0.1 255.255.255.0\n encapsulation ppp\n dialer map ip 10.9.0.2 1002\n \
                   dialer map ip 10.9.0.3 1003\n dialer-group 1\nip route 10.2.0.0 255.255.0.0 10.9.0.2\n\
                   ip route 10.3.0.0 255.255.0.0 10.9.0.3\ndialer-list 1 protocol ip permit\n";

fn spoke(name: &str, number: u8) -> String {
    format!(
        "hostname {name}\ninterface Loopback0\n ip address 10.{number}.0.1 255.255.255.255\ninterface BRI0\n \
         ip address 10.9.0.{number} 255.255.255.0\n encapsulation ppp\n dialer map ip 10.9.0.1 1001\n \
         dialer-group 1\ndialer-list 1 protocol ip permit\n"
    )
}

fn bench() -> Bench {
    let directory = tempfile::tempdir().unwrap();
    for (name, config) in [("hub", HUB.to_owned()), ("east", spoke("east", 2)), ("west", spoke("west", 3))] {
        std::fs::write(directory.path().join(name), config).unwrap();
    }
    let description = Description::parse(LAB, directory.path()).unwrap();
    Bench::of(&description, &VirtualOptions::default())
}

/// What is typed at `node` to ping `address`, once the first packets have placed the call.
fn pings(node: &str, address: &str) -> String {
    let ping = format!("{node}: ping {address}\n");
    format!("{ping}wait {node} /Success rate is/ 60s\n{ping}wait {node} /!!!!!/ 20s\n")
}

#[test]
fn each_call_of_a_dialer_carries_what_goes_its_way() {
    let mut bench = bench();
    let addresses = ["10.9.0.2", "10.9.0.3", "10.2.0.1", "10.3.0.1", "10.9.0.2"];
    let all: String = addresses.map(|address| pings("hub", address)).concat();
    bench.play(&format!("hub: enable\n{all}")).unwrap();
    for channel in ["BRI0:1", "BRI0:2"] {
        let up = format!("hub: show interfaces {channel}\nwait hub /{channel} is up, line protocol is up/\n");
        bench.play(&up).unwrap();
    }
    for spoke in ["east", "west"] {
        bench.play(&format!("{spoke}: enable\n{}", pings(spoke, "10.9.0.1"))).unwrap();
    }
    // One of the two ends; the other goes on, and the first comes back when it is asked for.
    bench.play(&format!("east: clear interface bri0\nsleep 5s\n{}", pings("hub", "10.3.0.1"))).unwrap();
    bench.play(&(pings("hub", "10.2.0.1") + &pings("hub", "10.3.0.1"))).unwrap();
    assert_eq!(
        bench.screen("hub").matches("BRI0:1, changed state to up").count(),
        4,
        "link and protocol, twice"
    );
}

#[test]
fn a_next_hop_that_changes_takes_the_traffic_along() {
    let mut bench = bench();
    let addresses = ["10.9.0.2", "10.9.0.3", "10.2.0.1"];
    bench.play(&format!("hub: enable\n{}", addresses.map(|address| pings("hub", address)).concat())).unwrap();
    let route = |hop: &str| format!("ip route 10.2.0.0 255.255.0.0 {hop}");
    let change = ["configure terminal".to_owned(), format!("no {}", route("10.9.0.2")), route("10.9.0.3")];
    let change: String = change.iter().map(|line| format!("hub: {line}\n")).collect();
    // West is not where 10.2.0.1 is, and sends what it has no other route for back, until it is too old.
    bench
        .play(&format!("{change}hub: end\nhub: ping 10.2.0.1\nwait hub /Success rate is 0 percent/ 30s\n"))
        .unwrap();
}
