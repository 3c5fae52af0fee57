//! Two virtual hosts joined by their outputs.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use vpdnsh::config::views::{InterfaceKind, InterfaceName};
use vpdnsh::engine::{Counts, Faults, HostEvent, HostRequest, InterfaceId, RequestId, Socket};
use vpdnsh::lab::description::LinkId;
use vpdnsh::lab::virtual_host::{Attachment, HostOutput, VirtualHost};
use vpdnsh::proto::Instant;

const ETHERNET: InterfaceId = InterfaceId(1);
const TUN: InterfaceId = InterfaceId(2);
const NOW: Instant = Instant::ZERO;

fn attachment(port: usize) -> Attachment {
    Attachment { link: LinkId(0), port }
}

/// A host with Ethernet0 up and an address on it.
fn host(port: usize, address: &str) -> VirtualHost {
    let name = InterfaceName::new(InterfaceKind::Ethernet, "0");
    let mut host = VirtualHost::new(HashMap::from([(name.clone(), attachment(port))]));
    done(&mut host, HostRequest::BindDevice { interface: ETHERNET, name });
    done(&mut host, HostRequest::SetLink { interface: ETHERNET, up: true });
    done(&mut host, HostRequest::AddAddress { interface: ETHERNET, address: address.parse().unwrap() });
    host
}

fn ask(host: &mut VirtualHost, request: HostRequest) -> HostEvent {
    host.request(NOW, RequestId(7), request);
    match host.poll() {
        Some(HostOutput::Event(event)) => event,
        other => panic!("an answer expected: {other:?}"),
    }
}

fn done(host: &mut VirtualHost, request: HostRequest) {
    let text = format!("{request:?}");
    let raised = matches!(request, HostRequest::SetLink { interface: ETHERNET, up: true });
    assert_eq!(ask(host, request), HostEvent::Done(RequestId(7)), "{text}");
    if raised {
        let carrier = HostEvent::Carrier { interface: ETHERNET, up: true };
        assert_eq!(host.poll(), Some(HostOutput::Event(carrier)));
    }
}

fn echo(destination: &str) -> HostRequest {
    HostRequest::Echo {
        destination: destination.parse().unwrap(),
        source: None,
        sequence: 1,
        size: 100,
        timeout: Duration::from_secs(2),
    }
}

/// Carries what `from` sends over the wire to `to`; other outputs are returned.
fn carry(from: &mut VirtualHost, to: &mut VirtualHost) -> Vec<HostOutput> {
    let mut others = Vec::new();
    while let Some(output) = from.poll() {
        match output {
            HostOutput::Wire { attachment, packet, .. } => {
                let at = &Attachment { port: 1 - attachment.port, ..attachment };
                to.arrived(Instant::from_start(Duration::from_millis(5)), *at, &packet)
            }
            other => others.push(other),
        }
    }
    others
}

#[test]
fn an_echo_request_is_answered_by_the_neighbour() {
    let (mut a, mut b) = (host(0, "10.0.0.1/24"), host(1, "10.0.0.2/24"));
    assert!(b.answers_for(Ipv4Addr::new(10, 0, 0, 2), attachment(1)));
    assert!(!b.answers_for(Ipv4Addr::new(10, 0, 0, 2), attachment(0)));
    a.request(NOW, RequestId(1), echo("10.0.0.2"));
    assert_eq!(carry(&mut a, &mut b), []);
    assert_eq!(carry(&mut b, &mut a), []);
    let replied = HostEvent::EchoReply(RequestId(1), Duration::from_millis(5));
    assert_eq!(carry(&mut a, &mut b), [HostOutput::Event(replied)]);
    let counts = Counts { packets_out: 1, octets_out: 114, packets_in: 1, octets_in: 114 };
    let counted = HostEvent::Counted { interface: ETHERNET, counts, faults: Faults::default() };
    a.handle_timeout(a.next_timeout().expect("what was carried is to be reported"));
    assert_eq!(a.poll(), Some(HostOutput::Event(counted)));
    assert_eq!(a.next_timeout(), None, "nothing is waited for any more");
}

#[test]
fn an_echo_request_that_nobody_answers_times_out() {
    let mut a = host(0, "10.0.0.1/24");
    a.request(NOW, RequestId(1), echo("10.0.0.9"));
    assert!(matches!(a.poll(), Some(HostOutput::Wire { .. })));
    let deadline = NOW + Duration::from_secs(2);
    a.handle_timeout(NOW + Duration::from_secs(1));
    assert!(matches!(a.poll(), Some(HostOutput::Event(HostEvent::Counted { .. }))));
    assert_eq!(a.next_timeout(), Some(deadline));
    a.handle_timeout(deadline);
    assert_eq!(a.poll(), Some(HostOutput::Event(HostEvent::EchoTimeout(RequestId(1)))));
    assert_eq!(ask(&mut a, echo("192.0.2.1")), HostEvent::EchoUnreachable(RequestId(7)), "no route");
}

#[test]
fn a_route_through_a_tun_takes_packets_there_until_it_is_gone() {
    let (mut a, mut b) = (host(0, "10.0.0.1/24"), host(1, "10.0.0.2/24"));
    done(&mut b, HostRequest::CreateTun { interface: TUN, name: "Vi1".into(), mtu: 1500 });
    done(&mut b, HostRequest::SetLink { interface: TUN, up: true });
    let network = "10.10.53.2/32".parse().unwrap();
    let route = HostRequest::AddRoute { network, gateway: None, interface: Some(TUN), source: None };
    done(&mut b, route.clone());
    assert!(matches!(ask(&mut b, route), HostEvent::Refused(_, reason) if reason == "File exists"));
    let via = HostRequest::AddRoute {
        network: "10.10.53.0/24".parse().unwrap(),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 2)),
        interface: None,
        source: None,
    };
    done(&mut a, via);

    a.request(NOW, RequestId(1), echo("10.10.53.2"));
    carry(&mut a, &mut b);
    assert!(matches!(b.poll(), Some(HostOutput::FromTun { tun: TUN, .. })));
    assert_eq!((b.tuns(), b.routes().len()), (vec!["Vi1".to_owned()], 1));

    done(&mut b, HostRequest::DeleteTun { interface: TUN });
    assert_eq!((b.tuns(), b.routes().len()), (vec![], 0), "its routes went with it");
    a.request(NOW, RequestId(2), echo("10.10.53.2"));
    carry(&mut a, &mut b);
    carry(&mut b, &mut a);
    assert_eq!(a.poll(), Some(HostOutput::Event(HostEvent::EchoUnreachable(RequestId(2)))));
}

#[test]
fn datagrams_reach_open_ports_only() {
    let (mut a, mut b) = (host(0, "10.0.0.1/24"), host(1, "10.0.0.2/24"));
    let to = "10.0.0.2:1701".parse().unwrap();
    a.send_datagram("0.0.0.0:1701".parse().unwrap(), to, b"one");
    carry(&mut a, &mut b);
    assert_eq!(b.poll(), None);
    done(&mut b, HostRequest::OpenSocket { socket: Socket::L2tp, port: 1701 });
    a.send_datagram("0.0.0.0:1701".parse().unwrap(), to, b"two");
    carry(&mut a, &mut b);
    let Some(HostOutput::Datagram { port, remote, bytes, .. }) = b.poll() else {
        panic!("a datagram expected")
    };
    assert_eq!((port, remote, bytes.as_slice()), (1701, "10.0.0.1:1701".parse().unwrap(), &b"two"[..]));
}

#[test]
fn an_interface_that_was_not_named_is_refused() {
    let mut a = host(0, "10.0.0.1/24");
    let name = InterfaceName::new(InterfaceKind::Ethernet, "1");
    let refused = ask(&mut a, HostRequest::BindDevice { interface: TUN, name });
    assert!(matches!(refused, HostEvent::Refused(..)));
}

#[test]
fn a_cable_that_is_pulled_is_told_while_the_interface_is_up_and_when_it_comes_up() {
    let mut host = host(0, "10.0.0.1/24");
    let carrier = |host: &mut VirtualHost| match host.poll() {
        Some(HostOutput::Event(HostEvent::Carrier { interface: ETHERNET, up })) => Some(up),
        None => None,
        other => panic!("{other:?}"),
    };
    for on in [false, true] {
        host.plug(attachment(0), on);
        assert_eq!(carrier(&mut host), Some(on));
        host.plug(attachment(0), on);
        assert_eq!(carrier(&mut host), None, "it is so already");
    }
    done(&mut host, HostRequest::SetLink { interface: ETHERNET, up: false });
    host.plug(attachment(0), false);
    assert_eq!(carrier(&mut host), None, "nobody looks");
    // The cables stay where they are when the power goes.
    host.switch_off();
    let name = InterfaceName::new(InterfaceKind::Ethernet, "0");
    done(&mut host, HostRequest::BindDevice { interface: ETHERNET, name });
    let up = HostRequest::SetLink { interface: ETHERNET, up: true };
    assert_eq!(ask(&mut host, up), HostEvent::Done(RequestId(7)));
    assert_eq!(carrier(&mut host), Some(false));
}
