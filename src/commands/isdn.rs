//! `show isdn status`, `active`, `history`, `show dialer` and `show controllers`.

use std::time::Duration;

use super::text::{clip, say};
use crate::config::views::{ControllerConfig, InterfaceKind, InterfaceName};
use crate::engine::views::{CallView, InterfaceView};
use crate::engine::{LinkState, Origin};
use crate::proto::Dialect;

/// Whether an interface is the D channel side of an ISDN access: calls of its B channels are signalled on it.
fn is_d_channel(view: &InterfaceView, all: &[InterfaceView]) -> bool {
    view.origin == Origin::Configured && channels(view, all).next().is_some()
}

fn channels<'a>(
    d: &'a InterfaceView,
    all: &'a [InterfaceView],
) -> impl Iterator<Item = (u8, &'a InterfaceView)> {
    all.iter().filter_map(|view| match view.origin {
        Origin::Channel { controller, channel } if controller == d.id => Some((channel, view)),
        Origin::Channel { .. } | Origin::Configured | Origin::Cloned { .. } => None,
    })
}

/// `show isdn status [INTERFACE]`: a block per D channel.
///
/// The lines are those of the published parser, tabs as in captures of 12.x. The emulated D channel has no layer 2 of
/// its own: what stands there follows its link. `only` names the interface that was asked for.
pub fn show_isdn_status(
    f: &mut String,
    dialect: Dialect,
    switch_type: Option<&str>,
    interfaces: &[InterfaceView],
    only: Option<&InterfaceName>,
) {
    let switch = switch_type.unwrap_or("none");
    say!(f, "Global ISDN Switchtype = {switch}");
    let mut total = 0;
    let d_channels = interfaces.iter().filter(|v| is_d_channel(v, interfaces));
    for (dsl, view) in d_channels.enumerate() {
        let calls = channels(view, interfaces).filter(|(_, b)| b.link == LinkState::Up).count();
        total += calls;
        if only.is_some_and(|name| *name != view.name) {
            continue;
        }
        let up = view.link == LinkState::Up;
        say!(f, "ISDN {} interface", view.name);
        say!(f, "\tdsl {dsl}, interface ISDN Switchtype = {switch}");
        say!(f, "    Layer 1 Status:");
        say!(f, "\t{}", if up { "ACTIVE" } else { "DEACTIVATED" });
        say!(f, "    Layer 2 Status:");
        let state = if up { "MULTIPLE_FRAME_ESTABLISHED" } else { "TEI_UNASSIGNED" };
        say!(f, "\tTEI = 0, Ces = 1, SAPI = 0, State = {state}");
        say!(f, "    Layer 3 Status:");
        say!(f, "\t{calls} Active Layer 3 Call(s)");
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => say!(f, "    Activated dsl {dsl} CCBs = {calls}"),
            Dialect::V15 => say!(f, "    Active dsl {dsl} CCBs = {calls}"),
        }
        let free = channels(view, interfaces)
            .filter(|(_, b)| up && b.link != LinkState::Up)
            .fold(0u32, |mask, (channel, _)| mask | 1u32.checked_shl(u32::from(channel)).unwrap_or(0));
        say!(f, "    The Free Channel Mask:  0x{free:08X}");
        if dialect == Dialect::V15 {
            say!(f, "    Number of L2 Discards = 0, L2 Session ID = 0");
        }
    }
    say!(f, "    Total Allocated ISDN CCBs = {total}");
}

const RULE: &str = "--------------------------------------------------------------------------------";

fn call_head(f: &mut String, title: &str) {
    say!(f, "{RULE}");
    say!(f, "{title:>49}");
    say!(f, "{RULE}");
}

/// How long until the idle timer ends a call that this router placed.
fn left(call: &CallView) -> Option<Duration> {
    call.idle_timeout.map(|limit| limit.saturating_sub(call.idle))
}

fn call_rows(f: &mut String, calls: &[CallView]) {
    say!(f, "Call    Calling      Called       Remote  Seconds Seconds Seconds Charges");
    say!(f, "Type    Number       Number       Name    Used    Left    Idle    Units/Currency");
    say!(f, "{RULE}");
    for call in calls {
        let seconds = |time: Option<Duration>| time.map_or_else(String::new, |t| t.as_secs().to_string());
        let kind = if call.outgoing { "Out" } else { "In" };
        let calling = clip(call.calling.as_deref().unwrap_or("-N/A-"), 12);
        let (called, user) = (clip(&call.called, 12), clip(&call.user, 7));
        let (used, left, idle) = (call.used.as_secs(), seconds(left(call)), call.idle.as_secs());
        let row = format!("{kind:<4} {calling:>12} {called:>12}  {user:>9} {used:>8} {left:>7} {idle:>7}");
        say!(f, "{}", row.trim_end());
    }
    say!(f, "{RULE}");
}

/// `show isdn active`: the columns of captures of 12.x. Calls cost nothing here.
pub fn show_isdn_active(f: &mut String, calls: &[CallView]) {
    call_head(f, "ISDN ACTIVE CALLS");
    call_rows(f, calls);
}

/// `show isdn history`: calls that are over and calls that last, in the columns of `show isdn active`. `limit` is the
/// size of the table. The sentences are recalled.
pub fn show_isdn_history(f: &mut String, limit: usize, calls: &[CallView]) {
    call_head(f, "ISDN CALL HISTORY");
    say!(f, "Call History contains all active calls, and a maximum of {limit} inactive calls.");
    say!(f, "Inactive call data will be retained for a maximum of 15 minutes.");
    say!(f, "{RULE}");
    call_rows(f, calls);
}

/// `show dialer [interface NAME]`: the numbers that an interface calls, and the state of its channels. The words of
/// the states are those of captures of 12.x; counts that nobody keeps are left out.
pub fn show_dialer(
    f: &mut String,
    interfaces: &[InterfaceView],
    calls: &[CallView],
    only: Option<&InterfaceName>,
) {
    let dials = |v: &&InterfaceView| {
        is_d_channel(v, interfaces) && v.config.encapsulation_ppp && only.is_none_or(|name| *name == v.name)
    };
    for view in interfaces.iter().filter(dials) {
        say!(f);
        say!(f, "{} - dialer type = ISDN", view.name);
        let dialer = &view.config.dialer;
        if !dialer.maps.is_empty() || dialer.string.is_some() {
            say!(f);
            say!(f, "Dial String      Next hop         Name");
            for map in &dialer.maps {
                let (number, hop) = (clip(&map.number, 16), map.next_hop.to_string());
                let row = format!("{number:<16} {hop:<16} {}", map.name.as_deref().unwrap_or(""));
                say!(f, "{}", row.trim_end());
            }
            dialer.string.iter().for_each(|number| say!(f, "{number}"));
        }
        for (_, channel) in channels(view, interfaces) {
            dialer_channel(f, view, channel, calls);
        }
    }
}

fn dialer_channel(f: &mut String, d: &InterfaceView, channel: &InterfaceView, calls: &[CallView]) {
    let call = calls.iter().find(|c| c.interface.as_ref() == Some(&channel.name));
    // A PRI has too many channels to show those that do nothing.
    if call.is_none() && d.name.kind == InterfaceKind::Serial {
        return;
    }
    say!(f);
    say!(f, "{} - dialer type = ISDN", channel.name);
    say!(f, "Idle timer ({} secs)", d.config.dialer.idle_timeout.as_secs());
    let state = match (channel.link, channel.protocol) {
        (LinkState::Up, true) => "data link layer up",
        (LinkState::Up, false) => "physical layer up",
        (LinkState::Down, _) => "idle",
        (LinkState::AdministrativelyDown, _) => "shutdown",
    };
    say!(f, "Dialer state is {state}");
    let Some(call) = call else { return };
    if let Some(left) = left(call) {
        say!(f, "Time until disconnect {} secs", left.as_secs());
    }
    let number = if call.outgoing { Some(call.called.as_str()) } else { call.calling.as_deref() };
    let user = if call.user.is_empty() { String::new() } else { format!(" ({})", call.user) };
    say!(f, "Connected to {}{user}", number.unwrap_or("<unknown phone number>"));
}

/// `show controllers [T1 | E1 [UNIT]]`: the controllers that the filter left. The first line is IOS's; an emulated line
/// has no framing and no alarms to tell of, so the others are this project's choice.
pub fn show_controllers(f: &mut String, controllers: &[ControllerConfig], interfaces: &[InterfaceView]) {
    for controller in controllers {
        let kind = if controller.timeslots == 24 { "T1" } else { "E1" };
        let state = if controller.shutdown { "administratively down" } else { "up" };
        say!(f, "{kind} {} is {state}.", controller.unit);
        say!(f, "  Emulated line: no framing, no line code, no alarms.");
        if controller.pri_group {
            let d = format!("{}:{}", controller.unit, controller.d_channel());
            let name = InterfaceName::new(InterfaceKind::Serial, d);
            say!(f, "  PRI group: timeslots 1-{}, D channel {name}", controller.timeslots);
            if let Some(view) = interfaces.iter().find(|v| v.name == name) {
                let total = channels(view, interfaces).count();
                let used = channels(view, interfaces).filter(|(_, b)| b.link == LinkState::Up).count();
                say!(f, "  B channels: {used} of {total} in use");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{named, screen};
    use crate::config::views::DialerMap;
    use crate::engine::InterfaceId;
    use std::sync::Arc;

    fn pri() -> Vec<InterfaceView> {
        let mut d = named(InterfaceKind::Serial, "0:23");
        d.id = InterfaceId(23);
        (d.protocol, d.spoofing) = (false, true);
        let mut config = (*d.config).clone();
        config.encapsulation_ppp = true;
        d.config = Arc::new(config);
        let mut all = vec![d];
        for channel in 0..3u8 {
            let mut b = named(InterfaceKind::Serial, &format!("0:{channel}"));
            b.id = InterfaceId(100 + u32::from(channel));
            b.origin = Origin::Channel { controller: InterfaceId(23), channel };
            if channel > 0 {
                (b.link, b.protocol) = (LinkState::Down, false);
            }
            all.push(b);
        }
        all
    }

    fn call() -> CallView {
        CallView {
            controller: InterfaceName::new(InterfaceKind::Serial, "0:23"),
            interface: Some(InterfaceName::new(InterfaceKind::Serial, "0:0")),
            outgoing: false,
            called: "614629".to_owned(),
            calling: Some("2085730592".to_owned()),
            user: "2500-1".into(),
            used: Duration::from_secs(12),
            idle: Duration::from_secs(12),
            idle_timeout: Some(Duration::from_secs(120)),
        }
    }

    #[test]
    fn show_isdn_status_has_the_lines_of_the_published_parser() {
        let shown = |dialect| screen(|f| show_isdn_status(f, dialect, Some("primary-5ess"), &pri(), None));
        assert_eq!(
            shown(Dialect::V15),
            "Global ISDN Switchtype = primary-5ess
ISDN Serial0:23 interface
\tdsl 0, interface ISDN Switchtype = primary-5ess
    Layer 1 Status:
\tACTIVE
    Layer 2 Status:
\tTEI = 0, Ces = 1, SAPI = 0, State = MULTIPLE_FRAME_ESTABLISHED
    Layer 3 Status:
\t1 Active Layer 3 Call(s)
    Active dsl 0 CCBs = 1
    The Free Channel Mask:  0x00000006
    Number of L2 Discards = 0, L2 Session ID = 0
    Total Allocated ISDN CCBs = 1
"
        );
        assert!(shown(Dialect::V12_1).contains("    Activated dsl 0 CCBs = 1\n"));
        let other = InterfaceName::new(InterfaceKind::Bri, 0);
        let none = screen(|f| show_isdn_status(f, Dialect::V12_1, None, &pri(), Some(&other)));
        assert_eq!(none, "Global ISDN Switchtype = none\n    Total Allocated ISDN CCBs = 1\n");
    }

    #[test]
    fn show_isdn_active_and_history() {
        let row = "In     2085730592       614629     2500-1       12     108      12\n";
        let active = screen(|f| show_isdn_active(f, &[call()]));
        assert!(active.contains("ISDN ACTIVE CALLS\n") && active.contains(row), "{active}");
        assert_eq!(active.lines().count(), 8, "{active}");
        let over = CallView { outgoing: true, calling: None, idle_timeout: None, ..call() };
        let history = screen(|f| show_isdn_history(f, 100, &[over]));
        assert!(history.contains("a maximum of 100 inactive calls.\n"), "{history}");
        assert!(
            history.contains("Out         -N/A-       614629     2500-1       12              12\n"),
            "{history}"
        );
    }

    #[test]
    fn show_dialer_tells_the_state_of_the_channels() {
        let shown = screen(|f| show_dialer(f, &pri(), &[call()], None));
        assert_eq!(
            shown,
            "
Serial0:23 - dialer type = ISDN

Serial0:0 - dialer type = ISDN
Idle timer (120 secs)
Dialer state is data link layer up
Time until disconnect 108 secs
Connected to 2085730592 (2500-1)
"
        );
        let mut bri = pri();
        bri[0].name = InterfaceName::new(InterfaceKind::Bri, 0);
        let mut config = (*bri[0].config).clone();
        config.dialer.maps = vec![DialerMap {
            next_hop: [10, 10, 53, 1].into(),
            name: Some("5300-1".to_owned()),
            number: "614629".to_owned(),
        }];
        bri[0].config = Arc::new(config);
        let shown = screen(|f| show_dialer(f, &bri, &[], None));
        assert!(shown.contains("\n614629           10.10.53.1       5300-1\n"), "{shown}");
        assert!(shown.contains("\nDialer state is idle\n"), "{shown}");
    }

    #[test]
    fn show_controllers_counts_channels() {
        let t1 = ControllerConfig { timeslots: 24, unit: "0".to_owned(), pri_group: true, shutdown: false };
        assert_eq!(
            screen(|f| show_controllers(f, &[t1], &pri())),
            "T1 0 is up.
  Emulated line: no framing, no line code, no alarms.
  PRI group: timeslots 1-24, D channel Serial0:23
  B channels: 1 of 3 in use
"
        );
    }
}
