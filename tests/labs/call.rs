//! Whole calls on the dial-in lab in virtual time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;
use vpdnsh::lab::description::{Description, NodeId};
use vpdnsh::lab::entropy::Scripted;
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::{Player, Stage};
use vpdnsh::lab::segment::{Impairment, LinkChange, Ratio};
use vpdnsh::lab::virtual_lab::{VirtualLab, VirtualOptions};
use vpdnsh::proto::{Instant, Purpose};
use vpdnsh::router::ConsoleInput;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dial-in")
}

fn description() -> Description {
    Description::load(&directory()).unwrap()
}

/// A lab that has been switched on for a minute: what is there then may be there when nobody calls.
struct Bench {
    lab: VirtualLab,
    player: Player,
}

impl Bench {
    fn new(options: &VirtualOptions) -> Bench {
        let description = description();
        let mut lab = VirtualLab::new(&description, options).unwrap();
        let mut player = Player::new(&description, None).unwrap();
        let minute = Play::parse("minute", "sleep 60s").unwrap();
        player.run(&mut lab, &minute).unwrap();
        lab.take_baseline();
        Bench { lab, player }
    }

    fn play(&mut self, text: &str) -> Result<(), String> {
        let play = Play::parse("test", text).unwrap();
        self.player.run(&mut self.lab, &play).map_err(|error| error.to_string())
    }

    fn node(&self, name: &str) -> NodeId {
        self.lab.description().node(name).unwrap()
    }

    fn screen(&self, name: &str) -> &str {
        self.player.screen(self.node(name)).unwrap().text()
    }

    /// What is left five minutes later.
    fn leftovers(&mut self) -> Vec<String> {
        self.play("sleep 300s").unwrap();
        self.lab.leftovers()
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// The ids, magic numbers and challenges of the documented call.
fn documented() -> VirtualOptions {
    let mut options = VirtualOptions::default();
    let mut soho = Scripted::seeded(1);
    soho.push(Purpose::MagicNumber, &hex("6EE4E865"))
        .push(Purpose::LcpId, &[118])
        .push(Purpose::NcpId, &[187]);
    let mut lac = Scripted::seeded(2);
    lac.push(Purpose::MagicNumber, &hex("109D08F2"))
        .push(Purpose::LcpId, &[11])
        .push(Purpose::ChapId, &[6])
        .push(Purpose::ChapChallenge, &hex("5D0D008CB1677CF8BC354556321A7A74"))
        .push(Purpose::TunnelId, &17688u16.to_be_bytes())
        .push(Purpose::TunnelChallenge, &hex("545A2343FBE20EA08BCA7B56E4A7D29E"))
        .push(Purpose::SessionId, &7u16.to_be_bytes())
        .push(Purpose::CallSerialNumber, &hex("D114C7C5"));
    let mut lns = Scripted::seeded(3);
    lns.push(Purpose::TunnelId, &55270u16.to_be_bytes())
        .push(Purpose::TunnelChallenge, &hex("98B296C28429E7ADC767237A45F31040"))
        .push(Purpose::SessionId, &45u16.to_be_bytes())
        .push(Purpose::HardwareAddress, &hex("FE1BBF"))
        .push(Purpose::ChapId, &[3])
        .push(Purpose::NcpId, &[1])
        .push(Purpose::RadiusId, &[48]);
    for id in [3_530_581_085u32, 1_947_215_169, 536_495_163, 2_669_954_081] {
        lns.push(Purpose::AaaId, &id.to_be_bytes());
    }
    options.entropy.extend([("soho".to_owned(), soho), ("lac".to_owned(), lac), ("lns".to_owned(), lns)]);
    options
}

/// Lines without their stamps, with blanks squeezed and with what time and earlier calls decide made equal.
fn lines(text: &str) -> Vec<String> {
    let stamp = Regex::new(r"^[*.]?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.\d{3}: ?").unwrap();
    let free = [
        (Regex::new(r"\bVi\d+\b").unwrap(), "Vi#"),
        (Regex::new(r"Virtual-Access\d+").unwrap(), "Virtual-Access#"),
        (Regex::new(r"VACCESS\d+").unwrap(), "VACCESS#"),
        (Regex::new(r"Attribute 5 6 [0-9A-F]{8}").unwrap(), "Attribute 5 6 #"),
        (Regex::new(r"call lasted \d+ seconds").unwrap(), "call lasted # seconds"),
        (Regex::new(r"\s+").unwrap(), " "),
    ];
    text.lines()
        .map(|line| {
            let line = stamp.replace(line, "").into_owned();
            free.iter().fold(line, |line, (regex, with)| regex.replace_all(&line, *with).into_owned())
        })
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The first documented line that does not come, in order.
fn first_missing(documented: &str, log: &str) -> Option<String> {
    let log = lines(log);
    let mut at = log.iter();
    lines(documented).into_iter().find(|wanted| !at.any(|line| line == wanted))
}

#[test]
fn the_documented_call_comes_out_line_by_line_and_octet_by_octet() {
    let text = std::fs::read_to_string(directory().join("call.play")).unwrap();
    let mut bench = Bench::new(&documented());
    bench.play(&text).unwrap();
    for (node, golden) in
        [("lac", include_str!("golden/dial-in-lac.txt")), ("lns", include_str!("golden/dial-in-lns.txt"))]
    {
        let log = bench.screen(node);
        assert_eq!(first_missing(golden, log), None, "{node}:\n{log}");
    }
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn the_same_seed_gives_the_same_screens() {
    let text = std::fs::read_to_string(directory().join("call.play")).unwrap();
    let run = || {
        let mut bench = Bench::new(&VirtualOptions { seed: 7, ..VirtualOptions::default() });
        bench.play(&text).unwrap();
        ["soho", "lac", "lns"].map(|node| bench.screen(node).to_owned())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_second_number_finds_its_tunnel_by_cisco_avpair() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "soho: enable\nsoho: configure terminal\nsoho: interface BRI0\n\
             soho: no dialer map ip 10.51.6.82 broadcast 614629\n\
             soho: dialer map ip 10.51.6.82 broadcast 614630\nsoho: end\n\
             soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\n",
        )
        .unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_number_that_is_nobodys_and_one_without_a_tunnel_give_no_traffic() {
    for number in ["911", "614631"] {
        let mut bench = Bench::new(&VirtualOptions::default());
        bench
            .play(&format!(
                "soho: enable\nsoho: configure terminal\nsoho: interface BRI0\n\
                 soho: no dialer map ip 10.51.6.82 broadcast 614629\n\
                 soho: dialer map ip 10.51.6.82 broadcast {number}\nsoho: end\n\
                 soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\n\
                 soho: clear interface bri0\n"
            ))
            .unwrap();
        assert_eq!(bench.leftovers(), [] as [String; 0], "{number}");
    }
}

#[test]
fn a_wrong_tunnel_secret_brings_no_tunnel() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "lns: enable\nlns: configure terminal\nlns: vpdn-group 1\nlns: l2tp tunnel password wrong\nlns: end\n\
             soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\n\
             soho: enable\nsoho: clear interface bri0\n",
        )
        .unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_wrong_password_is_rejected_by_the_lns() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "soho: enable\nsoho: configure terminal\nsoho: username 5300-1 password wrong\nsoho: end\n\
             lns: enable\nlns: debug radius\n\
             soho: ping 10.51.6.82\nwait lns /Access-Reject/ 30s\nwait soho /Success rate is 0 percent/ 30s\n\
             soho: clear interface bri0\n",
        )
        .unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn an_lns_that_is_switched_off_is_noticed_and_one_that_comes_back_is_used_again() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "soho: enable\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n\
             lac: enable\nlac: debug vpdn l2x-events\npower lns off\n\
             wait lac /Tunnel state change from .* to idle/ 300s\n\
             power lns on\nsleep 10s\nsoho: clear interface bri0\nsleep 5s\n\
             soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\n",
        )
        .unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

/// A third lost, a third twice and a third out of order, in each direction, of everything between LAC, LNS and RADIUS.
fn bad_line() -> Impairment {
    Impairment {
        loss: Ratio::percent(30),
        duplicate: Ratio::percent(30),
        reorder: Ratio::percent(30),
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(5),
    }
}

#[test]
fn on_a_bad_line_a_call_comes_up_or_fails_cleanly_whatever_the_seed() {
    let mut up = 0;
    for seed in 0..1000 {
        let mut bench = Bench::new(&VirtualOptions { seed, ..VirtualOptions::default() });
        let link = bench.lab.description().link("lac-lns").unwrap();
        bench.lab.segment(link).unwrap().impair(bad_line());
        let soho = bench.node("soho");
        bench.play("soho: enable\nsoho: ping 10.51.6.82\nsleep 60s\n").unwrap();
        up += u32::from(bench.screen("soho").contains('!'));
        bench.lab.console(soho, ConsoleInput::Line("clear interface bri0".to_owned()));
        let left = bench.leftovers();
        assert_eq!(left, [] as [String; 0], "seed {seed}");
    }
    assert!(up > 500, "most calls come up: {up}");
}

#[test]
fn a_link_that_goes_away_in_the_middle_leaves_nothing() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench.play("soho: enable\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n").unwrap();
    let link = bench.lab.description().link("lac-lns").unwrap();
    LinkChange::Up(false).apply(bench.lab.segment(link).unwrap());
    bench.play("soho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
    assert!(bench.lab.now() > Instant::ZERO);
}
