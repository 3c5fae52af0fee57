//! `test aaa group` on a line: waits for AAA's answer.

use super::{Core, ExecResult, Job};
use crate::commands::test_aaa as text;
use crate::engine::aaa::{PasswordTest, TestOutcome, Ticket};
use crate::grammar::command::exec::{TestAaaGroup, TestAaaStyle};
use crate::proto::radius::Secret;
use crate::router::io::LineId;

/// Starts the command on `line` with its group, user name and password.
pub fn start(
    core: &mut Core,
    line: LineId,
    (group, user, password): (&TestAaaGroup, &str, &str),
    style: TestAaaStyle,
    out: &mut String,
) -> ExecResult {
    let group = match group {
        TestAaaGroup::Radius => None,
        TestAaaGroup::Name { name } => Some(name.clone()),
    };
    if style == TestAaaStyle::Legacy {
        out.push_str(&text::attempting(group.as_deref()));
    }
    let test = PasswordTest { group, user: user.to_owned(), password: Secret::new(password) };
    let ticket = core.engine.test_aaa(core.now, &test);
    core.jobs.insert(line, Job::TestAaa { style, user: test.user });
    core.tests.insert(ticket, line);
    ExecResult::Running
}

/// A test has ended: prints its outcome on the line that waits for it.
pub fn ended(core: &mut Core, ticket: Ticket, outcome: &TestOutcome) {
    let Some(line) = core.tests.remove(&ticket) else { return };
    if let Some(Job::TestAaa { style, user }) = core.jobs.remove(&line) {
        let text = match style {
            TestAaaStyle::Legacy => text::legacy(outcome),
            TestAaaStyle::NewCode => text::new_code(&user, outcome),
        };
        core.progress.push((line, text, Some(ExecResult::Done)));
    }
}

/// Nobody waits on `line` any more.
pub fn forget(core: &mut Core, line: LineId) {
    let waiting: Vec<Ticket> =
        core.tests.iter().filter(|(_, waiting)| **waiting == line).map(|(ticket, _)| *ticket).collect();
    for ticket in waiting {
        core.tests.remove(&ticket);
        core.engine.cancel_test_aaa(ticket);
    }
}
