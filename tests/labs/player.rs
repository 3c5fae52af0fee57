//! The player on a stage of which the test is the router.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use vpdnsh::lab::description::{Description, LinkId, NodeId};
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::{Player, ShellOutcome, Stage};
use vpdnsh::lab::segment::LinkChange;
use vpdnsh::proto::Instant;
use vpdnsh::router::{ConsoleInput, ConsoleOutput};

const LAB: &str = "[[node]]\nname = \"r\"\n\n[[node]]\nname = \"s\"\n\n\
                   [[link]]\nname = \"lan\"\nends = [\"r Ethernet0\", \"s Ethernet0\"]\n";

/// A stage that answers commands from a list and shows lines at set times.
#[derive(Default)]
struct Fake {
    now: Duration,
    outputs: VecDeque<(Duration, ConsoleOutput)>,
    inputs: Vec<(Duration, ConsoleInput)>,
    links: Vec<LinkChange>,
    shell_status: i32,
}

fn prompt(text: &str) -> ConsoleOutput {
    ConsoleOutput::Prompt { prompt: text.into(), before: String::new(), after: String::new() }
}

impl Fake {
    fn show(&mut self, after: u64, output: ConsoleOutput) {
        let due = self.now + Duration::from_millis(after);
        let place = self.outputs.iter().position(|(d, _)| *d > due).unwrap_or(self.outputs.len());
        self.outputs.insert(place, (due, output));
    }
}

impl Stage for Fake {
    fn now(&self) -> Instant {
        Instant::from_start(self.now)
    }

    fn console(&mut self, _: NodeId, input: ConsoleInput) {
        self.inputs.push((self.now, input.clone()));
        match input {
            ConsoleInput::Line(line) if line == "slow" => {
                self.show(500, ConsoleOutput::Text("!".into()));
                self.show(4000, ConsoleOutput::Text("!\n".into()));
                self.show(4000, prompt("r#"));
            }
            ConsoleInput::Line(line) if line == "sure" => {
                self.show(0, ConsoleOutput::Confirm("Sure? [confirm]".into()))
            }
            ConsoleInput::Line(line) => {
                self.show(0, ConsoleOutput::Text(format!("done {line}\n")));
                self.show(1, prompt("r#"));
                self.show(1500, ConsoleOutput::Async("debug one\n".into()));
            }
            ConsoleInput::Help { before, .. } => {
                self.show(0, ConsoleOutput::Text("  word  Help\n".into()));
                self.show(0, ConsoleOutput::Prompt { prompt: "r#".into(), before, after: String::new() });
            }
            ConsoleInput::Key(key) => {
                self.show(0, ConsoleOutput::Text(format!("key {key:?}\n")));
                self.show(0, prompt("r#"));
            }
            _ => {}
        }
    }

    fn advance(&mut self, until: Instant) -> Vec<(NodeId, ConsoleOutput)> {
        match self.outputs.front() {
            Some((due, _)) if *due <= until.since_start() => {
                let Some((due, output)) = self.outputs.pop_front() else { return Vec::new() };
                self.now = self.now.max(due);
                vec![(NodeId(0), output)]
            }
            _ => {
                self.now = self.now.max(until.since_start());
                Vec::new()
            }
        }
    }

    fn shell(&mut self, _: NodeId, command: &str) -> Result<ShellOutcome, String> {
        Ok(ShellOutcome { output: format!("ran {command}\n"), status: Some(self.shell_status) })
    }

    fn link(&mut self, _: LinkId, change: LinkChange) {
        self.links.push(change);
    }

    fn capture(&mut self, _: LinkId, _: &Path) -> Result<(), String> {
        Err("no captures here".to_owned())
    }

    fn no_capture(&mut self) {}

    fn power(&mut self, _: NodeId, on: bool) -> Result<(), String> {
        if on {
            self.show(0, prompt("r>"));
        } else {
            self.outputs.clear();
        }
        Ok(())
    }
}

/// Runs a play and returns its result, the log of `r`, and the stage.
fn run(text: &str, mut stage: Fake) -> (Result<(), String>, String, Fake) {
    let out = tempfile::tempdir().unwrap();
    let lab = Description::parse(LAB, Path::new("dir")).unwrap();
    let mut player = Player::new(&lab, Some(out.path())).unwrap();
    stage.show(0, prompt("r>"));
    let result = player.run(&mut stage, &Play::parse("t.play", text).unwrap());
    player.finish(&mut stage).unwrap();
    let log = std::fs::read_to_string(out.path().join("r.log")).unwrap();
    (result.map_err(|e| e.to_string()), log, stage)
}

#[test]
fn the_log_is_the_screen_with_debug_lines_above_the_prompt() {
    let (result, log, _) = run("r: one\nwait r /debug one/ 5s\nr: two\n", Fake::default());
    assert_eq!(result, Ok(()));
    assert_eq!(log, "r>one\ndone one\ndebug one\nr#two\ndone two\nr#\n");
}

#[test]
fn a_debug_line_in_the_middle_of_a_line_begins_a_new_one() {
    let mut stage = Fake::default();
    stage.show(700, ConsoleOutput::Async("debug\n".into()));
    let (result, log, _) = run("r: slow\nwait r /^r#$/ 10s\n", stage);
    assert_eq!(result, Ok(()));
    assert_eq!(log, "r>slow\n!\ndebug\n!\nr#\n");
}

#[test]
fn a_line_is_typed_when_the_command_before_it_is_over_but_others_go_on_after_a_second() {
    let (result, _, stage) = run("r: slow\nlink lan down\nr: one\n", Fake::default());
    assert_eq!(result, Ok(()));
    let times: Vec<u64> = stage.inputs.iter().map(|(t, _)| t.as_millis() as u64).collect();
    assert_eq!(times, [0, 4000]);
    assert_eq!(stage.links, [LinkChange::Up(false)]);
}

#[test]
fn a_wait_that_fails_says_which_line_it_waited_for() {
    let (result, log, stage) = run("r: one\nwait r /never/ 3s\nr: two\n", Fake::default());
    assert_eq!(result.unwrap_err(), "t.play:2: wait r /never/ 3s: r did not show this within 3s");
    assert_eq!(stage.inputs.len(), 1, "the play has ended");
    assert!(log.ends_with("debug one\nr#\n"), "the log is complete up to there: {log}");
}

#[test]
fn a_wait_begins_behind_the_last_match_and_the_last_command() {
    let (result, ..) = run("r: one\nwait r /done/\nwait r /done/ 1s\n", Fake::default());
    assert!(result.unwrap_err().starts_with("t.play:3:"));
    let (result, ..) = run("r: one\nr: two\nwait r /done one/ 1s\n", Fake::default());
    assert!(result.unwrap_err().starts_with("t.play:3:"));
    let (result, ..) = run("r: one\nwait r /one$/ 1s\nwait r /debug one/ 5s\n", Fake::default());
    assert_eq!(result, Ok(()));
}

#[test]
fn questions_are_answered_by_a_key_and_a_question_mark_leaves_its_line() {
    let (result, log, stage) = run("r: sure\nr: y\nr: show ?\nr: one\n", Fake::default());
    assert_eq!(result, Ok(()));
    assert_eq!(stage.inputs[1].1, ConsoleInput::Key('y'));
    assert!(matches!(&stage.inputs[2].1, ConsoleInput::Help { before, .. } if before == "show "));
    assert!(
        log.starts_with("r>sure\nSure? [confirm]\nkey 'y'\nr#show ?\n  word  Help\nr#one\ndone one\n"),
        "{log}"
    );
}

#[test]
fn a_linux_command_that_fails_fails_the_play() {
    let (result, ..) = run("shell s: true\n", Fake::default());
    assert_eq!(result, Ok(()));
    let (result, ..) = run("shell s: false\n", Fake { shell_status: 1, ..Fake::default() });
    assert_eq!(result.unwrap_err(), "t.play:1: shell s: false: exit status 1\nran false");
}

#[test]
fn a_capture_that_cannot_be_written_fails_the_play() {
    let (result, ..) = run("capture lan x.pcapng\n", Fake::default());
    assert_eq!(result.unwrap_err(), "t.play:1: capture lan x.pcapng: no captures here");
}

#[test]
fn a_router_that_is_switched_off_expects_nothing_until_it_prompts_again() {
    let (result, log, stage) = run("r: one\npower r off\nsleep 1s\npower r on\nr: two\n", Fake::default());
    assert_eq!(result, Ok(()));
    assert_eq!(stage.inputs.len(), 2);
    assert!(log.starts_with("r>one\ndone one\nr#\nr>two\n"), "{log}");
}

#[test]
fn what_an_earlier_play_has_logged_is_no_part_of_this_one() {
    let out = tempfile::tempdir().unwrap();
    let lab = Description::parse(LAB, Path::new("dir")).unwrap();
    for command in ["first", "second"] {
        let mut player = Player::new(&lab, Some(out.path())).unwrap();
        let play = Play::parse("t.play", &format!("shell r: {command}\n")).unwrap();
        player.run(&mut Fake::default(), &play).unwrap();
        let log = std::fs::read_to_string(out.path().join("r.shell.log")).unwrap();
        assert_eq!(log, format!("$ {command}\nran {command}\n"));
    }
}
