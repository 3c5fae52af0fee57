//! AV pairs and addresses as text.

use super::*;

#[test]
fn av_pairs() {
    let pair = AvPair::parse("vpdn:tunnel-id=hgw").unwrap();
    assert_eq!((pair.protocol.as_str(), pair.attribute.as_str()), ("vpdn", "tunnel-id"));
    assert_eq!((pair.value.as_str(), pair.mandatory, pair.tag), ("hgw", true, 0));
    let pair = AvPair::parse(":3:ip:route*10.0.0.0 255.0.0.0").unwrap();
    assert_eq!((pair.tag, pair.mandatory), (3, false));
    assert_eq!((pair.attribute.as_str(), pair.value.as_str()), ("route", "10.0.0.0 255.0.0.0"));
    let pair = AvPair::parse("addr=1.2.3.4").unwrap();
    assert_eq!((pair.protocol.as_str(), pair.attribute.as_str()), ("", "addr"));
    let pair = AvPair::parse("lcp:interface-config=ip policy a=b").unwrap();
    assert_eq!(pair.value, "ip policy a=b");
    for bad in ["", "nothing", ":x:ip:a=b", ":"] {
        assert_eq!(AvPair::parse(bad), None, "{bad}");
    }
    assert!(!format!("{:?}", AvPair::parse("vpdn:l2tp-tunnel-password=hello")).contains("hello"));
}

#[test]
fn addresses_of_servers() {
    let mut problems = Vec::new();
    let found = parse_addresses("10.0.0.1, 10.0.0.2 10.0.0.3/10.0.0.4/10.0.0.x", &mut problems);
    let a = |last| Endpoint::Address([10, 0, 0, last].into());
    let named = vec![Endpoint::Name("10.0.0.x".to_owned())];
    assert_eq!(found, [vec![a(1), a(2), a(3)], vec![a(4)], named]);
    assert_eq!(problems, [] as [&str; 0]);
    parse_addresses("10.0.0.1,10.0.0.300", &mut problems);
    assert_eq!(problems, ["10.0.0.300 is no IP address"]);
    problems.clear();
    let found =
        parse_addresses("10.0.0.1/10.0.0.2/10.0.0.3/10.0.0.4/10.0.0.5/10.0.0.6/10.0.0.7", &mut problems);
    assert_eq!((found.len(), problems.len()), (6, 1));
    assert!(parse_addresses("", &mut problems).is_empty());
}
