//! The matcher: abbreviation, ambiguity, carets, `no` forms, `?`, Tab, and every command in its own words.

use super::*;
use crate::grammar::Command;
use crate::grammar::Mode;
use crate::grammar::command::clear::{ClearCommand, VpdnTunnelWhich};
use crate::grammar::command::debug::{DebugCommand, VpdnWhat};
use crate::grammar::command::exec::ExecCommand;
use crate::grammar::command::interface::{InterfaceCommand, IpAddressAddress};
use crate::grammar::command::ppp::{AuthenticationProtocols, PppCommand};
use crate::grammar::command::vpdn::{InitiateTo, SearchOrderOrder, VpdnCommand};
use crate::grammar::table::Op;

fn text(mode: Mode, line: &str) -> String {
    match parse(mode, line) {
        Ok(p) => format!("{:?}: {}", p.form, p.text(false)),
        Err(e) => format!("{e:?}"),
    }
}

fn help(mode: Mode, line: &str) -> String {
    super::help(&Clearance::full(), mode, line)
}

fn complete(mode: Mode, line: &str) -> Option<String> {
    super::complete(&Clearance::full(), mode, line)
}

fn command(mode: Mode, line: &str) -> Command {
    parse(mode, line).unwrap_or_else(|e| panic!("{line}: {e:?}")).command
}

#[test]
fn abbreviations_resolve_or_are_ambiguous() {
    assert_eq!(text(Mode::Privileged, "conf t"), "Set: configure terminal");
    assert_eq!(text(Mode::Privileged, "SH ip INT br"), "Set: show ip interface brief");
    assert_eq!(text(Mode::Privileged, "sh vp"), "Set: show vpdn");
    assert_eq!(text(Mode::Privileged, "sh v"), "Ambiguous");
    assert_eq!(text(Mode::Privileged, "wr"), "Set: write");
    assert_eq!(text(Mode::Privileged, "un all"), "No: undebug all");
    assert_eq!(text(Mode::Privileged, "show vpdn bogus"), "Invalid(10)");
    assert_eq!(text(Mode::VpdnGroup, "initiate-to ip"), "Incomplete");
    assert_eq!(text(Mode::VpdnGroup, "initiate-to ip 300.1.1.1"), "Invalid(15)");
    assert_eq!(text(Mode::Config, "do sh ver"), "Set: show version");
    assert_eq!(text(Mode::Config, "do sh bogus"), "Invalid(6)");
}

#[test]
fn interface_names_come_in_one_word_or_two() {
    for line in ["interface Virtual-Template 1", "int virtual-template1", "int vt1", "int virtual-t 1"] {
        assert_eq!(text(Mode::Config, line), "Set: interface Virtual-Template1");
    }
    assert_eq!(text(Mode::Config, "int v 1"), "Ambiguous");
    assert_eq!(text(Mode::Config, "int virtual-template"), "Incomplete");
    assert_eq!(text(Mode::Config, "int Serial0:23"), "Set: interface Serial0:23");
    assert_eq!(
        text(Mode::Privileged, "sh int virtual-access 4 conf"),
        "Set: show interfaces Virtual-Access4 configuration"
    );
    assert_eq!(text(Mode::Privileged, "clear int bri0"), "Set: clear interface BRI0");
}

#[test]
fn typed_commands_carry_their_arguments() {
    let to = InitiateTo { address: [10, 0, 0, 2].into(), limit: Some(10), priority: Some(5) };
    let set = Command::Vpdn(VpdnCommand::InitiateTo(Op::Set(to.clone())));
    assert_eq!(command(Mode::VpdnGroup, "initiate-to ip 10.0.0.2 priority 5 limit 10"), set);
    assert_eq!(
        text(Mode::VpdnGroup, "initiate-to ip 10.0.0.2 prio 5 lim 10"),
        "Set: initiate-to ip 10.0.0.2 limit 10 priority 5"
    );
    assert_eq!(command(Mode::Config, "vpdn enable"), Command::Vpdn(VpdnCommand::Enable(Op::Set(()))));
    let Command::Vpdn(VpdnCommand::SearchOrder(Op::Set(order))) =
        command(Mode::Config, "vpdn search-order domain dnis")
    else {
        panic!("not a search order")
    };
    assert_eq!(order.order, [SearchOrderOrder::Domain, SearchOrderOrder::Dnis]);
    assert_eq!(text(Mode::Config, "vpdn search-order dnis dnis"), "Invalid(24)");
    let Command::Ppp(PppCommand::Authentication(Op::Set(a))) =
        command(Mode::Interface, "ppp authentication chap pap vpdn callin")
    else {
        panic!("not an authentication")
    };
    assert_eq!(a.protocols, [AuthenticationProtocols::Chap, AuthenticationProtocols::Pap]);
    assert!(a.callin && !a.if_needed && a.list.is_some());
    let Command::Interface(InterfaceCommand::IpAddress(Op::Set(a))) =
        command(Mode::Interface, "ip address 10.0.0.1 255.0.0.0")
    else {
        panic!("not an address")
    };
    assert_eq!(
        a.address,
        IpAddressAddress::Address { address: [10, 0, 0, 1].into(), mask: [255, 0, 0, 0].into() }
    );
    assert_eq!(text(Mode::Interface, "ip address 10.0.0.1 255.0.255.0"), "Invalid(20)");
    let clear = command(Mode::Privileged, "clear vpdn tunnel l2tp hgw l2tp-gw");
    let Command::Clear(ClearCommand::VpdnTunnel { which: VpdnTunnelWhich::Name { name, local }, .. }) = clear
    else {
        panic!("{clear:?}")
    };
    assert_eq!((name.as_str(), local.as_deref()), ("hgw", Some("l2tp-gw")));
    let Command::Exec(ExecCommand::Ping { host, repeat, .. }) =
        command(Mode::Exec, "ping 10.51.6.82 repeat 3")
    else {
        panic!("not a ping")
    };
    assert_eq!((host.as_str(), repeat), ("10.51.6.82", Some(3)));
}

#[test]
fn no_forms_may_stop_early_where_one_command_is_meant() {
    assert_eq!(
        command(Mode::Interface, "no ip address"),
        Command::Interface(InterfaceCommand::IpAddress(Op::No(None)))
    );
    assert_eq!(text(Mode::VpdnGroup, "no initiate-to ip"), "Incomplete");
    assert_eq!(text(Mode::VpdnGroup, "no initiate-to ip 10.0.0.2"), "No: initiate-to ip 10.0.0.2");
    assert_eq!(text(Mode::VpdnGroup, "no l2tp tunnel"), "Incomplete");
    assert_eq!(text(Mode::VpdnGroup, "no l2tp tunnel auth"), "No: l2tp tunnel authentication");
    assert_eq!(text(Mode::VpdnGroup, "default l2tp tunnel hello"), "Default: l2tp tunnel hello");
    assert_eq!(text(Mode::Config, "no username bob"), "No: username bob");
    assert_eq!(text(Mode::Config, "no end"), "Invalid(5)");
    assert_eq!(text(Mode::Privileged, "no debug vpdn"), "Incomplete");
    for line in ["no debug vpdn l2x-events", "undebug vpdn l2x-events"] {
        let Command::Debug(DebugCommand::Vpdn(Op::No(Some(v)))) = command(Mode::Privileged, line) else {
            panic!("{line}")
        };
        assert_eq!(v.what, VpdnWhat::L2xEvents);
    }
}

#[test]
fn passwords_are_read_in_clear_and_as_type_7() {
    for line in
        ["l2tp tunnel password 7 094F471A1A0A", "l2tp tunnel password 0 cisco", "l2tp tunnel password cisco"]
    {
        let Command::Vpdn(VpdnCommand::L2tpTunnelPassword(Op::Set(p))) = command(Mode::VpdnGroup, line)
        else {
            panic!("{line}")
        };
        assert_eq!(p.password.reveal(), "cisco");
    }
    assert_eq!(text(Mode::Config, "username bob password cisco"), "Set: username bob password 0 cisco");
    assert_eq!(text(Mode::VpdnGroup, "l2tp tunnel password 7 zz"), "Invalid(23)");
    assert_eq!(text(Mode::VpdnGroup, "l2tp tunnel password 7"), "Incomplete");
    assert_eq!(text(Mode::VpdnGroup, "l2tp tunnel password 0 7"), "Set: l2tp tunnel password 0 7");
    let p = parse(Mode::Config, "username bob password cisco").unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(p.redacted(), "username bob password <removed>");
}

#[test]
fn help_lists_placeholders_then_keywords_then_cr() {
    assert_eq!(help(Mode::VpdnGroup, "initiate-to ip "), "  A.B.C.D  IP address of the remote host\n");
    assert_eq!(
        help(Mode::VpdnGroup, "initiate-to ip 10.0.0.2 "),
        "  limit     Limit of sessions\n  priority  Priority of the host\n  <cr>\n"
    );
    assert_eq!(help(Mode::VpdnGroup, "l2tp tunnel hello "), "  <0-1000>  Seconds, 0 for none\n");
    assert_eq!(help(Mode::Privileged, "sh?".trim_end_matches('?')), "show\n");
    assert_eq!(help(Mode::Privileged, "show bogus "), "% Unrecognized command\n");
    assert_eq!(help(Mode::Privileged, "show v x"), "% Ambiguous command:  \"show v x\"\n");
    assert!(help(Mode::Config, "").starts_with("Configure commands:\n  aaa "));
    assert!(help(Mode::Privileged, "").starts_with("Exec commands:\n"));
    assert_eq!(
        help(Mode::VpdnGroup, "l2tp tunnel password "),
        "  0     Specifies an UNENCRYPTED password will follow\n  7     Specifies a HIDDEN password will follow\n  LINE  The tunnel password\n"
    );
}

#[test]
fn tab_completes_a_single_keyword_only() {
    assert_eq!(complete(Mode::VpdnGroup, "init").as_deref(), Some("initiate-to "));
    assert_eq!(complete(Mode::Privileged, "show ver").as_deref(), Some("show version "));
    assert_eq!(complete(Mode::Privileged, "show v"), None);
    assert_eq!(complete(Mode::Privileged, "show "), None);
    assert_eq!(complete(Mode::Config, "do sh ver").as_deref(), Some("do sh version "));
    assert_eq!(complete(Mode::Config, "n"), None);
    assert_eq!(complete(Mode::Config, "interface virtual-t").as_deref(), Some("interface Virtual-Template "));
}
