//! Keys in, octets and inputs out.

use super::*;
use proptest::prelude::*;

fn prompt(vty: &mut Vty) {
    vty.send(ConsoleOutput::Prompt { prompt: "R#".into(), before: String::new(), after: String::new() });
}

fn at_prompt() -> Vty {
    let mut vty = Vty::new();
    prompt(&mut vty);
    vty.take();
    vty
}

#[test]
fn enter_sends_the_line_once_for_cr_lf() {
    let mut vty = at_prompt();
    vty.receive(b"show ver\r\n");
    let (out, input) = vty.take();
    assert_eq!(out, b"show ver\r\n");
    assert_eq!(input, [ConsoleInput::Line("show ver".into())]);
}

#[test]
fn keys_typed_while_a_command_runs_wait_for_the_prompt() {
    let mut vty = at_prompt();
    vty.receive(b"a\rb\r");
    assert_eq!(vty.take().1, [ConsoleInput::Line("a".into())]);
    prompt(&mut vty);
    assert_eq!(vty.take().1, [ConsoleInput::Line("b".into())]);
}

#[test]
fn a_question_mark_asks_at_once_and_the_line_comes_back() {
    let mut vty = at_prompt();
    vty.receive(b"show v?");
    assert_eq!(vty.take().1, [ConsoleInput::Help { before: "show v".into(), after: String::new() }]);
    vty.send(ConsoleOutput::Prompt { prompt: "R#".into(), before: "show v".into(), after: String::new() });
    assert_eq!(vty.take().0, b"R#show v");
}

#[test]
fn ctrl_v_takes_the_question_mark_literally() {
    let mut vty = at_prompt();
    vty.receive(b"a\x16?\r");
    assert_eq!(vty.take().1, [ConsoleInput::Line("a?".into())]);
}

#[test]
fn a_debug_line_appears_above_the_line_being_typed() {
    let mut vty = at_prompt();
    vty.receive(b"sh");
    vty.take();
    vty.send(ConsoleOutput::Async("L2X: x\n".into()));
    assert_eq!(vty.take().0, b"\r    \rL2X: x\r\nR#sh");
}

#[test]
fn the_pager_takes_one_key_and_disappears() {
    let mut vty = at_prompt();
    vty.receive(b"x\r");
    vty.take();
    vty.send(ConsoleOutput::More);
    assert_eq!(vty.take().0, b" --More-- ");
    vty.receive(b" ");
    let (out, input) = vty.take();
    assert_eq!(out.len(), 30);
    assert_eq!(input, [ConsoleInput::Key(' ')]);
}

#[test]
fn arrows_recall_and_move() {
    let mut vty = at_prompt();
    vty.receive(b"one\r");
    prompt(&mut vty);
    vty.receive(b"\x1b[A\x1b[D\x08X\r");
    assert_eq!(vty.take().1, [ConsoleInput::Line("one".into()), ConsoleInput::Line("oXe".into())]);
}

#[test]
fn telnet_options_do_not_reach_the_line_and_the_window_size_does() {
    let mut vty = at_prompt();
    vty.receive(&[IAC, DO, ECHO, IAC, SB, NAWS, 0, 132, 0, 40, IAC, SE]);
    vty.receive(b"x\r");
    let size = ConsoleInput::Size { width: 132, length: 40 };
    assert_eq!(vty.take().1, [size, ConsoleInput::Line("x".into())]);
}

#[test]
fn ctrl_caret_x_leaves_and_ctrl_caret_alone_interrupts() {
    let mut vty = at_prompt();
    vty.receive(b"ping 1.1.1.1\r");
    vty.take();
    vty.receive(b"\x1ex");
    assert_eq!(vty.take().1, [ConsoleInput::Interrupt, ConsoleInput::Leave]);
    vty.receive(b"\x1e\x1e");
    assert_eq!(vty.take().1, [ConsoleInput::Interrupt]);
}

#[test]
fn a_password_is_not_echoed() {
    let mut vty = Vty::new();
    vty.send(ConsoleOutput::Ask { prompt: "Password: ".into(), echo: false });
    vty.receive(b"cis?co\r");
    let (out, input) = vty.take();
    assert_eq!(out, b"Password: \r\n");
    assert_eq!(input, [ConsoleInput::Line("cis?co".into())]);
}

#[test]
fn the_escape_character_ends_a_running_command_without_waiting_for_another_key() {
    let mut vty = at_prompt();
    vty.receive(b"ping 10.0.0.1\r");
    vty.take();
    vty.receive(b"typed ahead\x1e");
    assert_eq!(vty.take().1, [ConsoleInput::Interrupt]);
    vty.receive(b"x");
    assert_eq!(vty.take().1, [ConsoleInput::Leave]);
}

#[test]
fn only_so_much_is_typed_ahead() {
    let mut vty = at_prompt();
    vty.receive(b"ping 10.0.0.1\r");
    let line = b"show clock\r";
    let lines = (0..100_000).take_while(|_| vty.has_room().then(|| vty.receive(line)).is_some()).count();
    assert_eq!(lines, AHEAD.div_ceil(line.len()));
    vty.take();
    for _ in 0..lines {
        prompt(&mut vty);
        assert_eq!(vty.take().1, [ConsoleInput::Line("show clock".into())], "nothing is lost");
    }
    assert!(vty.has_room());
}

#[test]
fn the_end_of_a_session_closes_the_line() {
    let mut vty = at_prompt();
    vty.send(ConsoleOutput::Closed);
    vty.receive(b"x\r");
    assert!(vty.is_closed() && vty.take().1.is_empty());
}

proptest! {
    #[test]
    fn garbage_never_hangs_or_panics(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let mut vty = at_prompt();
        for chunk in chunks {
            vty.receive(&chunk);
            vty.take();
            prompt(&mut vty);
        }
    }
}
