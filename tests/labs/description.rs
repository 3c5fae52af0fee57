use std::path::Path;

use vpdnsh::lab::description::{Description, LinkEnd, NodeKind, RadiusNode, RadiusProgram, parse_interface};

const GOOD: &str = r#"title = "A call"
console-port = 2001
seed = 7

[[node]]
name = "soho"
config = "soho.cfg"

[[node]]
name = "lac"
config = "lac.cfg"

[[node]]
name = "aaa"
kind = "radius"
address = "10.51.6.3/24"
users = "users"
clients = [{ address = "10.51.6.0/24", secret = "cisco" }]

[[link]]
name = "lan"
ends = ["lac Ethernet0", "aaa"]

[isdn.numbers]
2085730592 = "soho BRI0"
614629 = "lac Serial0:23"
614630 = "lac Serial0:23"
"#;

fn error(text: &str) -> String {
    Description::parse(text, Path::new("dir")).unwrap_err().to_string()
}

#[test]
fn a_lab_is_read_with_its_names_resolved() {
    let lab = Description::parse(GOOD, Path::new("dir")).unwrap();
    assert_eq!(lab.title, "A call");
    let lac = lab.node("lac").unwrap();
    let NodeKind::Router(router) = &lab.nodes[lac.0].kind else { panic!("lac is a router") };
    assert_eq!(router.config.as_deref(), Some(Path::new("dir/lac.cfg")));
    assert_eq!(router.console, Some(2002), "consoles are numbered in the order of the routers");
    let NodeKind::Radius(radius) = &lab.nodes[2].kind else { panic!("aaa is a RADIUS server") };
    assert_eq!(radius.clients[0].secret, "cisco");
    assert_eq!(lab.links[0].ends[0].interface().unwrap().to_string(), "Ethernet0");
    assert_eq!(lab.links[0].ends[1].interface(), None);
    let line = lab.isdn.iter().find(|l| l.node == lac).unwrap();
    assert_eq!(line.numbers, ["614629", "614630"], "two numbers may ring at one interface");
}

#[test]
fn every_mistake_names_its_line() {
    let cases = [
        ("config = \"lac.cfg\"", "konfig = \"lac.cfg\"", "dir/lab.toml:11: unknown field `konfig`"),
        (
            "kind = \"radius\"",
            "kind = \"radio\"",
            "dir/lab.toml:15: unknown kind `radio`: expected `router`, `radius` or `freeradius`",
        ),
        (
            "console-port = 2001",
            "console-port = 0",
            "dir/lab.toml:6: the console of `soho` would be at port 0",
        ),
        (
            "console-port = 2001",
            "console-port = 65535",
            "dir/lab.toml:10: the console of `lac` would be at port 65536",
        ),
        (
            "config = \"lac.cfg\"",
            "console = 2001",
            "dir/lab.toml:11: a second console at port 2001: that of line 6",
        ),
        ("name = \"lac\"", "name = \"soho\"", "dir/lab.toml:10: a second node with the name `soho`"),
        ("name = \"lac\"", "name = \"l ac\"", "dir/lab.toml:10: `l ac` is not a name"),
        ("\"lac Ethernet0\"", "\"lag Ethernet0\"", "dir/lab.toml:22: there is no node with the name `lag`"),
        ("\"lac Ethernet0\"", "\"lac\"", "dir/lab.toml:22: a router names its interface here"),
        (
            "\"lac Ethernet0\"",
            "\"lac Serial0:23\"",
            "dir/lab.toml:22: `Serial0:23` is not an Ethernet interface",
        ),
        ("\"aaa\"]", "\"aaa Ethernet0\"]", "dir/lab.toml:22: a RADIUS server does not name an interface"),
        (
            "\"aaa\"]",
            "\"lac Ethernet0\"]",
            "dir/lab.toml:22: this interface is connected already, in line 22",
        ),
        ("10.51.6.3/24\"\nu", "10.51.6.3\"\nu", "dir/lab.toml:16: `10.51.6.3` is not an address and prefix"),
        ("users = \"users\"\n", "", "dir/lab.toml:14: a RADIUS server needs `users`"),
        (
            "users = \"users\"",
            "users = \"users\"\nconfig = \"x\"",
            "dir/lab.toml:18: a RADIUS server has no `config`",
        ),
        (
            "kind = \"radius\"",
            "kind = \"freeradius\"\nconsole = 2009",
            "dir/lab.toml:16: a RADIUS server has no `console`",
        ),
        ("\"soho BRI0\"", "\"soho Ethernet1\"", "dir/lab.toml:25: `Ethernet1` is not an ISDN interface"),
        ("seed = 7", "seed = ", "dir/lab.toml:3: "),
    ];
    for (from, to, expected) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from} is in the good one");
        let message = error(&text);
        assert!(message.starts_with(expected), "{to}: {message}");
    }
}

#[test]
fn freeradius_is_the_embedded_server_under_another_kind() {
    let radius = |text: &str| match Description::parse(text, Path::new("dir")).unwrap().nodes.remove(2).kind {
        NodeKind::Radius(radius) => radius,
        NodeKind::Router(_) => panic!("aaa is a RADIUS server"),
    };
    let other = radius(&GOOD.replacen("\"radius\"", "\"freeradius\"", 1));
    let free = |config| RadiusProgram::FreeRadius { config };
    assert_eq!(other, RadiusNode { program: free(None), ..radius(GOOD) });
    let own = radius(&GOOD.replacen("\"radius\"", "\"freeradius\"\nconfig = \"raddb\"", 1));
    assert_eq!(own.program, free(Some("dir/raddb".into())));

    let dir = tempfile::tempdir().unwrap();
    let text = GOOD.replacen("\"radius\"", "\"freeradius\"\nconfig = \"raddb\"", 1);
    std::fs::write(dir.path().join("lab.toml"), text).unwrap();
    for file in ["soho.cfg", "lac.cfg", "users"] {
        std::fs::write(dir.path().join(file), "").unwrap();
    }
    let message = Description::load(dir.path()).unwrap_err().to_string();
    assert!(message.contains("raddb/radiusd.conf: there is no such file"), "{message}");
}

#[test]
fn the_machine_itself_is_an_end_with_a_device() {
    let end = |end: &str| {
        let text = GOOD.replacen("\"aaa\"]", &format!("\"aaa\", \"{end}\"]"), 1);
        Description::parse(&text, Path::new("dir")).map(|lab| lab.links[0].ends[2].clone())
    };
    let host = |device: &str, address: Option<&str>| {
        Ok(LinkEnd::Host { device: device.to_owned(), address: address.map(|a| a.parse().unwrap()) })
    };
    assert_eq!(end("host vlab0"), host("vlab0", None));
    assert_eq!(end("host vlab0 10.99.0.1/24"), host("vlab0", Some("10.99.0.1/24")));
    let cases = [
        ("host", "the end of the machine itself is `host DEVICE` or"),
        ("host vlab0 10.99.0.1/24 x", "the end of the machine itself is `host DEVICE` or"),
        ("host vlab0 10.99.0.1", "`10.99.0.1` is not an address and prefix"),
        ("host a-very-long-name", "\"a-very-long-name\" cannot name a network device: 1 to 15 characters"),
        ("host v/0", "\"v/0\" cannot name a network device"),
        ("host v0\", \"host v0", "a second device with the name `v0`: it is in line 22 already"),
    ];
    for (text, expected) in cases {
        let message = end(text).unwrap_err().to_string();
        assert!(message.starts_with(&format!("dir/lab.toml:22: {expected}")), "{text}: {message}");
    }
    let node = error(&GOOD.replacen("name = \"soho\"", "name = \"host\"", 1));
    assert_eq!(node, "dir/lab.toml:6: `host` is the machine itself, no node");
}

#[test]
fn a_radius_server_without_a_link_is_a_mistake() {
    let text = GOOD.replacen("\"lac Ethernet0\", \"aaa\"", "\"lac Ethernet0\", \"soho Ethernet0\"", 1);
    assert_eq!(error(&text), "dir/lab.toml:14: `aaa` is on no link");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("lab.toml"), GOOD).unwrap();
    std::fs::write(dir.path().join("soho.cfg"), "").unwrap();
    std::fs::write(dir.path().join("users"), "").unwrap();
    let message = Description::load(dir.path()).unwrap_err().to_string();
    assert!(message.contains("lac.cfg: there is no such file"), "{message}");
    std::fs::write(dir.path().join("lac.cfg"), "").unwrap();
    Description::load(dir.path()).unwrap();
    assert!(Description::load(&dir.path().join("none")).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn interface_names_are_long_or_short_in_any_case() {
    for (text, name) in
        [("Ethernet0", "Ethernet0"), ("et0", "Ethernet0"), ("SE0:23", "Serial0:23"), ("bri0", "BRI0")]
    {
        assert_eq!(parse_interface(text).unwrap().to_string(), name);
    }
    for text in ["Ethernet", "0", "Token0", "Ethernet0x"] {
        assert_eq!(parse_interface(text), None, "{text}");
    }
}
