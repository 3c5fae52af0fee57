//! The lives of a router: its first word, and the numbers of its sessions.

use std::time::Duration;

use vpdnsh::lab::virtual_lab::VirtualOptions;
use vpdnsh::proto::Instant;

use super::{Books, CALL, LAC, LNS, ON, lab};
use crate::call::Bench;

#[test]
fn accounting_on_is_the_first_word_of_a_router_and_comes_as_soon_as_there_is_an_address_to_send_it_from() {
    let exec = format!("{ON}aaa accounting exec default start-stop group radius\n");
    let (_files, description) = lab(&exec, &exec);
    let mut bench = Bench::switched_on(&description, &VirtualOptions::default());
    bench.lab.run_until(Instant::from_start(Duration::from_millis(100)));
    let mut books = Books { bench, records: Vec::new(), _files };
    books.read();
    for nas in [LAC, LNS] {
        let own = books.records.iter().filter(|r| r["NAS-IP-Address"] == nas);
        let statuses: Vec<&str> = own.map(|r| &*r["Acct-Status-Type"]).collect();
        assert_eq!(statuses, ["Accounting-On", "Start"], "{nas}");
    }
}

#[test]
fn two_lives_of_a_router_have_no_session_id_in_common() {
    let mut books = Books::new("", ON);
    for _ in 0..2 {
        books.play(CALL);
        books.play("power lns off\nsleep 90s\npower lns on\nsleep 60s\n");
    }
    let mut ids: Vec<Vec<&str>> = vec![Vec::new()];
    for record in books.records.iter().filter(|r| r["NAS-IP-Address"] == LNS) {
        if record["Acct-Status-Type"] == "Accounting-On" && !ids[0].is_empty() {
            ids.push(Vec::new());
        }
        ids.last_mut().unwrap().push(&record["Acct-Session-Id"]);
    }
    assert_eq!(ids.len(), 3, "{ids:?}");
    for (life, ids) in ids.iter().enumerate() {
        assert!(ids.iter().all(|id| id.starts_with(&format!("{life:02X}"))), "{ids:?}");
    }
    assert_eq!(ids[0][0], "00000001");
}
