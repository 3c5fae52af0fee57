//! Whole calls on the dial-in lab in virtual time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use vpdnsh::lab::description::{Description, NodeId};
use vpdnsh::lab::entropy::Scripted;
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::{Player, Stage};
use vpdnsh::lab::segment::{Impairment, LinkChange, Ratio};
use vpdnsh::lab::virtual_lab::{VirtualLab, VirtualOptions};
use vpdnsh::proto::{Instant, Purpose};

use crate::transcript::{self, Chance};

pub fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dial-in")
}

fn description() -> Description {
    Description::load(&example()).unwrap()
}

/// A lab that has been switched on for a minute: what is there then may be there when nobody calls.
pub struct Bench {
    pub lab: VirtualLab,
    pub player: Player,
}

impl Bench {
    pub fn new(options: &VirtualOptions) -> Bench {
        Bench::of(&description(), options)
    }

    pub fn of(description: &Description, options: &VirtualOptions) -> Bench {
        let mut bench = Bench::switched_on(description, options);
        bench.play("sleep 60s").unwrap();
        bench.lab.take_baseline();
        bench
    }

    /// A lab that has just been switched on.
    pub fn switched_on(description: &Description, options: &VirtualOptions) -> Bench {
        let lab = VirtualLab::new(description, options).unwrap();
        Bench { lab, player: Player::new(description, None).unwrap() }
    }

    pub fn play(&mut self, text: &str) -> Result<(), String> {
        let play = Play::parse("test", text).unwrap();
        self.player.run(&mut self.lab, &play).map_err(|error| error.to_string())
    }

    fn node(&self, name: &str) -> NodeId {
        self.lab.description().node(name).unwrap()
    }

    pub fn screen(&self, name: &str) -> &str {
        self.player.screen(self.node(name)).unwrap().text()
    }

    /// What is left five minutes later.
    pub fn leftovers(&mut self) -> Vec<String> {
        self.play("sleep 300s").unwrap();
        self.lab.leftovers()
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// The ids, magic numbers and challenges of the documented call, drawn when the LNS has taken `before` calls through
/// one other tunnel.
fn documented(before: u8) -> VirtualOptions {
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
        .push(Purpose::CallSerialNumber, &hex("D114C7C5"))
        // Of the lines that the source lost, nothing is documented: these are its neighbours' age.
        .push(Purpose::AaaId, &1_021_372_159_u32.to_be_bytes())
        .push(Purpose::RadiusId, &[21]);
    let mut lns = Scripted::seeded(3);
    if before > 0 {
        lns.push(Purpose::TunnelId, &[1]).push(Purpose::TunnelChallenge, &[1]);
    }
    for call in 0..before {
        lns.push(Purpose::SessionId, &[call + 1])
            .push(Purpose::ChapId, &[call])
            .push(Purpose::NcpId, &[call]);
        for _ in 0..4 {
            lns.push(Purpose::AaaId, &[call]);
        }
    }
    lns.push(Purpose::TunnelId, &55270u16.to_be_bytes())
        .push(Purpose::TunnelChallenge, &hex("98B296C28429E7ADC767237A45F31040"))
        .push(Purpose::SessionId, &45u16.to_be_bytes())
        .push(Purpose::HardwareAddress, &hex("FE1BBF"))
        .push(Purpose::ChapId, &[3])
        .push(Purpose::NcpId, &[1])
        // A client counts on from its first request.
        .push(Purpose::RadiusId, &[48 - before]);
    for id in [3_530_581_085u32, 1_947_215_169, 536_495_163, 2_669_954_081] {
        lns.push(Purpose::AaaId, &id.to_be_bytes());
    }
    options.entropy.extend([("soho".to_owned(), soho), ("lac".to_owned(), lac), ("lns".to_owned(), lns)]);
    options
}

/// The dial-in lab with a second LAC, whose three users have called before: Virtual-Access1 to 3 are taken.
fn crowded() -> (tempfile::TempDir, Description) {
    let directory = tempfile::tempdir().unwrap();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/dial-in");
    let read = |name: &str| std::fs::read_to_string(configs.join(name)).unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let with = |text: &str, changes: &[(&str, &str)]| {
        changes.iter().fold(text.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
    };
    let takes = "vpdn-group 2\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n \
                 terminate-from hostname other\n local name l2tp-gw\n l2tp tunnel password 0 hello\n \
                 l2tp tunnel hello 0\n!\ninterface Ethernet0";
    let sends = "vpdn-group 1\n request-dialin\n  protocol l2tp\n  dnis 614700\n initiate-to ip 10.51.6.82\n \
                 local name other\n l2tp tunnel password 0 hello\n l2tp tunnel hello 0\n!\ninterface Ethernet0";
    write("lns.cfg", &with(&read("lns.cfg"), &[("interface Ethernet0", takes)]));
    let other = with(&read("lac.cfg"), &[("interface Ethernet0", sends), ("10.51.6.68", "10.51.6.69")]);
    write("other.cfg", &other);
    write("lac.cfg", &read("lac.cfg"));
    write("soho.cfg", &read("soho.cfg"));
    let lab = std::fs::read_to_string(example().join("lab.toml")).unwrap();
    write("users", &std::fs::read_to_string(example().join("users")).unwrap());
    let mut nodes = "[[node]]\nname = \"other\"\nconfig = \"other.cfg\"\n\n".to_owned();
    let mut numbers = "[isdn.numbers]\n614700 = \"other Serial0:23\"\n".to_owned();
    for user in 1..=3 {
        let (number, address) = (format!("208573060{user}"), format!("10.10.53.1{user}"));
        let changes = [("2085730592", number.as_str()), ("10.10.53.2", &address), ("614629", "614700")];
        write(&format!("user{user}.cfg"), &with(&read("soho.cfg"), &changes));
        nodes += &format!("[[node]]\nname = \"user{user}\"\nconfig = \"user{user}.cfg\"\n\n");
        numbers += &format!("{number} = \"user{user} BRI0\"\n");
    }
    let lab = with(
        &lab,
        &[
            ("../../configs/dial-in/", ""),
            ("console-port = 2001\n", ""),
            ("[[link]]", &format!("{nodes}[[link]]")),
            ("\"lns Ethernet0\", ", "\"lns Ethernet0\", \"other Ethernet0\", "),
            ("[isdn.numbers]\n", &numbers),
        ],
    );
    write("lab.toml", &lab);
    let description = Description::load(directory.path()).unwrap();
    (directory, description)
}

#[test]
fn the_documented_call_comes_out_line_by_line_and_octet_by_octet() {
    let text = std::fs::read_to_string(example().join("call.play")).unwrap();
    let (_files, description) = crowded();
    let mut bench = Bench::of(&description, &documented(3));
    for user in 1..=3 {
        bench
            .play(&format!("user{user}: enable\nuser{user}: ping 10.51.6.82\nwait user{user} /!!!!!/ 30s\n"))
            .unwrap();
    }
    bench.play("sleep 5s\n").unwrap();
    bench.play(&text).unwrap();
    let lns = bench.screen("lns");
    let lns = &lns[lns.find("1600-3>enable").unwrap()..];
    let errors = transcript::call_differences(bench.screen("lac"), lns, &text, Chance::Documented);
    assert!(errors.is_empty(), "{}\n{}", errors.join("\n"), lns);
    for user in 1..=3 {
        bench.play(&format!("user{user}: clear interface bri0\n")).unwrap();
    }
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn the_same_seed_gives_the_same_screens() {
    let text = std::fs::read_to_string(example().join("call.play")).unwrap();
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

/// Dials a number for which nobody knows a tunnel. The phases on the LAC.
fn phases_without_tunnel(lac: &str) -> Vec<String> {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(&format!(
            "lac: enable\nlac: configure terminal\n{lac}lac: end\nlac: debug ppp negotiation\n\
             soho: enable\nsoho: configure terminal\nsoho: interface BRI0\n\
             soho: no dialer map ip 10.51.6.82 broadcast 614629\n\
             soho: dialer map ip 10.51.6.82 broadcast 614631\nsoho: end\n\
             soho: ping 10.51.6.82\nwait soho /Success rate/ 30s\n"
        ))
        .unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
    let phases = bench.screen("lac").lines().filter_map(|line| Some(line.split_once("Phase is ")?.1));
    phases.map(|phase| phase.split([',', ' ']).next().unwrap().to_owned()).collect()
}

#[test]
fn a_call_whose_tunnel_is_looked_for_in_vain_is_authenticated_here() {
    // The LAC has no users of its own: the call ends.
    let phases = phases_without_tunnel("");
    let expected = ["ESTABLISHING", "AUTHENTICATING", "FORWARDING", "AUTHENTICATING", "TERMINATING", "DOWN"];
    assert_eq!(phases[..expected.len()], expected);
}

#[test]
fn a_router_without_vpdn_forwards_nothing_and_says_nothing_of_it() {
    let phases = phases_without_tunnel("lac: no vpdn enable\n");
    let expected = ["ESTABLISHING", "AUTHENTICATING", "TERMINATING", "DOWN"];
    assert_eq!(phases[..expected.len()], expected);
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

/// The LAC still has its tunnel, of which the new LNS knows nothing: once that has stayed unanswered for a while, a call
/// opens another one, and the end of the old one is no reason to leave the LNS alone.
#[test]
fn an_lns_that_is_off_for_a_moment_takes_the_next_call() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "soho: enable\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nlac: enable\nlac: debug vpdn event\n\
             power lns off\nsleep 1s\npower lns on\nsoho: clear interface bri0\nsleep 8s\n\
             soho: ping 10.51.6.82\nwait soho /!!!!!/ 15s\n\
             wait lac /Select non-active address 10.51.6.82/ 1s\n\
             lac: show vpdn tunnel\nwait lac /l2tp-gw +est/ 1s\nsleep 90s\nsoho: ping 10.51.6.82\n\
             wait soho /!!!!!/ 5s\nlac: show vpdn dead-cache all\nsleep 1s\nsoho: clear interface bri0\n",
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

/// Runs `case` for every seed, on every core.
fn for_seeds(seeds: std::ops::Range<u64>, case: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(seeds.start);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    case(seed);
                }
            });
        }
    });
}

#[test]
fn whatever_the_seed_the_call_is_the_documented_one_with_other_numbers() {
    let text = std::fs::read_to_string(example().join("call.play")).unwrap();
    for_seeds(100..150, |seed| {
        let mut bench = Bench::new(&VirtualOptions { seed, ..VirtualOptions::default() });
        bench.play(&text).unwrap();
        let (lac, lns) = (bench.screen("lac"), bench.screen("lns"));
        let errors = transcript::call_differences(lac, lns, &text, Chance::Free);
        assert!(errors.is_empty(), "seed {seed}:\n{}", errors.join("\n"));
        assert_eq!(bench.leftovers(), [] as [String; 0], "seed {seed}");
    });
}

/// Whether the host route of the user stands on the LNS.
fn is_up(bench: &Bench) -> bool {
    let lns = bench.lab.router(bench.node("lns")).unwrap();
    lns.host().routes().iter().any(|route| route.network == "10.10.53.2/32".parse().unwrap())
}

/// A call over a bad line, hung up while it is still bad. Whether it came up.
fn call_on_a_bad_line(seed: u64) -> bool {
    let mut bench = Bench::new(&VirtualOptions { seed, ..VirtualOptions::default() });
    let link = bench.lab.description().link("lac-lns").unwrap();
    bench.lab.segment(link).unwrap().impair(bad_line());
    bench.play("soho: enable\nsoho: ping 10.51.6.82\n").unwrap();
    let mut up = false;
    for _ in 0..12 {
        bench.play("sleep 5s\n").unwrap();
        up |= is_up(&bench);
    }
    let calls = || {
        let mut views = ["lac", "lns"].map(|node| {
            let router = bench.lab.router(bench.node(node)).unwrap().machine().unwrap();
            router.engine().sessions().len()
        });
        views.sort_unstable();
        views
    };
    assert!(calls()[1] <= 1, "seed {seed}: one call, one session: {:?}", calls());
    bench.play("soho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0], "seed {seed}");

    // What was there stands in nobody's way: on a good line the next call comes up at once.
    bench.lab.segment(link).unwrap().impair(Impairment::default());
    bench.play("soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0], "seed {seed}, second call");
    up
}

#[test]
fn on_a_bad_line_a_call_comes_up_or_fails_cleanly_whatever_the_seed() {
    let up = AtomicU64::new(0);
    for_seeds(0..1000, |seed| {
        up.fetch_add(u64::from(call_on_a_bad_line(seed)), Ordering::Relaxed);
    });
    // The user waits ten seconds for the verdict on its password, as long as it takes to repeat the SCCRQ, the ICRQ
    // or an Access-Request a few times: of calls that lose every third packet each way about half get through.
    let up = up.into_inner();
    assert!((300..700).contains(&up), "calls that came up: {up}");
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

#[test]
fn a_line_that_is_forwarded_says_when_it_was_last_used() {
    let mut bench = Bench::new(&VirtualOptions::default());
    bench
        .play(
            "soho: enable\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsleep 3s\n\
             lac: enable\nlac: show interfaces serial 0:0\nsleep 1s\n",
        )
        .unwrap();
    let screen = bench.screen("lac");
    assert!(screen.contains("Last input 00:00:0"), "{screen}");
}
