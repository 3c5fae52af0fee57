use vpdnsh::config::views::{InterfaceKind, InterfaceName};
use vpdnsh::engine::{CallRef, IsdnMessage};
use vpdnsh::lab::isdn::{LineIndex, LineParams, Output, Switch, b_channels, cause};

const SOHO: LineIndex = LineIndex(0);
const LAC: LineIndex = LineIndex(1);
const HOME: LineIndex = LineIndex(2);

fn switch() -> Switch {
    let line = |numbers: &[&str], channels: &[u8]| LineParams {
        numbers: numbers.iter().map(|n| (*n).to_owned()).collect(),
        channels: channels.to_vec(),
    };
    let mut switch = Switch::new(vec![
        line(&["2085730592"], &[1, 2]),
        line(&["614629", "614630"], &[0, 1]),
        line(&["555"], &[1, 2]),
    ]);
    for line in [SOHO, LAC, HOME] {
        switch.set_line(line, true);
    }
    switch
}

fn setup(call: u32, called: &str) -> IsdnMessage {
    IsdnMessage::Setup {
        call: CallRef(call),
        called: called.to_owned(),
        calling: None,
        digital: true,
        speed: 64_000,
        channel: None,
    }
}

fn outputs(switch: &mut Switch) -> Vec<Output> {
    std::iter::from_fn(|| switch.poll()).collect()
}

/// The one message that was signalled, and to whom.
fn signal(switch: &mut Switch) -> (LineIndex, IsdnMessage) {
    match outputs(switch).as_slice() {
        [Output::Signal { line, message }] => (*line, message.clone()),
        other => panic!("one signal expected: {other:?}"),
    }
}

fn refusal(switch: &mut Switch) -> u8 {
    match signal(switch) {
        (SOHO, IsdnMessage::Disconnect { call: CallRef(9), cause }) => cause,
        other => panic!("a refusal expected: {other:?}"),
    }
}

/// Sets a call up from `from` and returns the called side's reference.
fn call(switch: &mut Switch, from: LineIndex, reference: u32, number: &str) -> CallRef {
    switch.signal(from, setup(reference, number));
    let (to, IsdnMessage::Setup { call, .. }) = signal(switch) else { panic!("a set-up expected") };
    switch.signal(to, IsdnMessage::Connect { call, channel: None });
    assert!(matches!(signal(switch), (line, IsdnMessage::Connect { .. }) if line == from));
    call
}

#[test]
fn a_call_goes_to_the_called_number_with_the_callers_own() {
    let mut switch = switch();
    switch.signal(SOHO, setup(9, "614629"));
    let (line, message) = signal(&mut switch);
    assert_eq!(line, LAC);
    let IsdnMessage::Setup { call, called, calling, digital, speed, channel } = message else {
        panic!("a set-up expected: {message:?}")
    };
    assert_ne!(call, CallRef(9), "the two ends have references of their own");
    assert_eq!((called.as_str(), calling.as_deref()), ("614629", Some("2085730592")));
    assert_eq!((digital, speed, channel), (true, 64_000, Some(0)));

    switch.octets(SOHO, 1, b"early");
    assert_eq!(outputs(&mut switch), [], "no octets before the call is answered");
    switch.signal(LAC, IsdnMessage::Connect { call, channel: Some(0) });
    assert_eq!(signal(&mut switch), (SOHO, IsdnMessage::Connect { call: CallRef(9), channel: Some(1) }));
    assert!(switch.calls()[0].connected);

    switch.octets(SOHO, 1, b"to lac");
    switch.octets(LAC, 0, b"to soho");
    switch.octets(LAC, 1, b"nobody there");
    assert_eq!(
        outputs(&mut switch),
        [
            Output::Octets { line: LAC, channel: 0, octets: b"to lac".to_vec() },
            Output::Octets { line: SOHO, channel: 1, octets: b"to soho".to_vec() },
        ]
    );

    switch.signal(SOHO, IsdnMessage::Disconnect { call: CallRef(9), cause: 16 });
    assert_eq!(signal(&mut switch), (LAC, IsdnMessage::Disconnect { call, cause: 16 }));
    switch.signal(LAC, IsdnMessage::Disconnect { call, cause: 16 });
    switch.octets(SOHO, 1, b"late");
    assert_eq!(outputs(&mut switch), [], "both ends may clear; the second finds nothing");
    assert_eq!(switch.calls(), []);
}

#[test]
fn a_number_that_is_nobodys_is_unassigned() {
    let mut switch = switch();
    switch.signal(SOHO, setup(9, "911"));
    assert_eq!(refusal(&mut switch), cause::UNASSIGNED);
}

#[test]
fn a_line_that_is_down_is_out_of_order_and_its_calls_end() {
    let mut switch = switch();
    call(&mut switch, SOHO, 1, "614629");
    switch.set_line(LAC, false);
    assert_eq!(
        signal(&mut switch),
        (SOHO, IsdnMessage::Disconnect { call: CallRef(1), cause: cause::OUT_OF_ORDER })
    );
    switch.signal(SOHO, setup(9, "614629"));
    assert_eq!(refusal(&mut switch), cause::OUT_OF_ORDER);
    switch.set_line(LAC, true);
    call(&mut switch, SOHO, 2, "614629");
}

#[test]
fn a_line_without_a_free_channel_is_busy_until_one_is_released() {
    let mut switch = switch();
    let first = call(&mut switch, HOME, 1, "614629");
    call(&mut switch, HOME, 2, "614630");
    switch.signal(SOHO, setup(9, "614629"));
    assert_eq!(refusal(&mut switch), cause::BUSY);
    switch.signal(LAC, IsdnMessage::Disconnect { call: first, cause: 16 });
    outputs(&mut switch);
    call(&mut switch, SOHO, 3, "614629");
}

#[test]
fn a_caller_without_a_free_channel_is_told_so() {
    let mut switch = switch();
    call(&mut switch, SOHO, 1, "614629");
    call(&mut switch, SOHO, 2, "614630");
    switch.signal(SOHO, setup(9, "555"));
    assert_eq!(refusal(&mut switch), cause::NO_CHANNEL);
}

#[test]
fn only_the_called_side_connects_a_call() {
    let mut switch = switch();
    switch.signal(SOHO, setup(9, "614629"));
    outputs(&mut switch);
    switch.signal(SOHO, IsdnMessage::Connect { call: CallRef(9), channel: None });
    assert_eq!(outputs(&mut switch), []);
    assert!(!switch.calls()[0].connected);
}

#[test]
fn the_channels_of_a_d_channel_leave_it_out() {
    let serial = |unit: &str| b_channels(&InterfaceName::new(InterfaceKind::Serial, unit));
    assert_eq!(serial("0:23"), (0..23).collect::<Vec<u8>>());
    assert_eq!(serial("0:15").len(), 30);
    assert!(!serial("0:15").contains(&15));
    assert!(serial("0:0").is_empty() && serial("0").is_empty());
    assert_eq!(b_channels(&InterfaceName::new(InterfaceKind::Bri, "0")), [1, 2]);
}
