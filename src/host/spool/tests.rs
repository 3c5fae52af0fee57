//! The spool with real files.

use super::*;

fn octets(spool: &Path) -> Vec<u8> {
    std::fs::read(spool.join(FILE)).expect("the file is there")
}

fn open(directory: &Path) -> (Spool, Found) {
    Spool::open(directory).expect("the spool opens")
}

#[test]
fn what_is_kept_is_found_again_and_what_is_forgotten_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("made/on/demand");
    let (mut spool, found) = open(&place);
    assert_eq!(found, Found::default());
    spool.keep(7, b"seven");
    spool.keep(8, b"eight");
    spool.commit().unwrap();
    spool.forget(7);
    spool.keep(9, b"");
    spool.commit().unwrap();
    drop(spool);
    let (_, found) = open(&place);
    assert_eq!(found, Found { records: vec![(8, b"eight".to_vec()), (9, Vec::new())], torn: 0 });
}

#[test]
fn an_entry_that_was_cut_by_the_power_is_recognised_at_every_octet() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(1, b"first");
    spool.commit().unwrap();
    let good = octets(directory.path()).len();
    spool.keep(2, b"the last one");
    spool.commit().unwrap();
    drop(spool);
    let whole = octets(directory.path());
    for cut in good..whole.len() {
        std::fs::write(directory.path().join(FILE), &whole[..cut]).unwrap();
        let (mut spool, found) = open(directory.path());
        let torn = u64::try_from(cut - good).unwrap();
        assert_eq!(found, Found { records: vec![(1, b"first".to_vec())], torn }, "cut at {cut}");
        // What is written next stands where the torn entry stood.
        spool.keep(3, b"later");
        spool.commit().unwrap();
        drop(spool);
        let (_, found) = open(directory.path());
        assert_eq!(found.records, [(1, b"first".to_vec()), (3, b"later".to_vec())], "cut at {cut}");
    }
}

#[test]
fn an_octet_that_changed_ends_what_is_believed() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(1, b"first");
    spool.keep(2, b"second");
    spool.commit().unwrap();
    drop(spool);
    let mut bad = octets(directory.path());
    *bad.last_mut().unwrap() ^= 1;
    std::fs::write(directory.path().join(FILE), &bad).unwrap();
    let (_, found) = open(directory.path());
    assert_eq!(found.records, [(1, b"first".to_vec())]);
    assert!(found.torn > 0);
}

#[test]
fn a_tail_of_zeros_is_no_entry() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(1, b"first");
    spool.commit().unwrap();
    drop(spool);
    let mut bad = octets(directory.path());
    bad.extend([0; 100]);
    std::fs::write(directory.path().join(FILE), &bad).unwrap();
    assert_eq!(open(directory.path()).1, Found { records: vec![(1, b"first".to_vec())], torn: 100 });
}

/// Keeps and forgets as many times fifty records.
fn come_and_go(spool: &mut Spool, times: usize) {
    for _ in 0..times {
        (1..=50).for_each(|id| spool.keep(id, &[0x55; 100]));
        spool.commit().unwrap();
        (1..=50).for_each(|id| spool.forget(id));
        spool.commit().unwrap();
    }
}

#[test]
fn the_file_does_not_grow_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(0, b"stays");
    come_and_go(&mut spool, 100);
    assert!(octets(directory.path()).len() < 300_000);
    spool.keep(6_000, b"new");
    spool.commit().unwrap();
    drop(spool);
    let (_, found) = open(directory.path());
    assert_eq!(found, Found { records: vec![(0, b"stays".to_vec()), (6_000, b"new".to_vec())], torn: 0 });
}

#[test]
fn a_spool_belongs_to_one_router_and_a_foreign_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (spool, _) = open(directory.path());
    assert_eq!(Spool::open(directory.path()).unwrap_err().to_string(), "another router uses it");
    drop(spool);
    std::fs::write(directory.path().join(FILE), b"somebody's diary").unwrap();
    assert_eq!(Spool::open(directory.path()).unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(octets(directory.path()), b"somebody's diary");
    assert!(Spool::open(&directory.path().join(FILE)).is_err(), "a file is no directory");
}

#[test]
fn a_disk_that_refuses_leaves_the_books_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(1, b"first");
    spool.commit().unwrap();
    // A file that can only be read takes nothing.
    spool.file = File::open(directory.path().join(FILE)).unwrap();
    spool.keep(2, b"second");
    assert!(spool.commit().is_err());
    assert_eq!(spool.live.keys().copied().collect::<Vec<_>>(), [1]);
    drop(spool);
    assert_eq!(open(directory.path()).1.records, [(1, b"first".to_vec())]);
}

#[test]
fn what_a_disk_has_refused_is_written_when_it_takes_more() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    for id in 1..=2 {
        spool.keep(id, b"early");
    }
    spool.commit().unwrap();
    let good = std::mem::replace(&mut spool.file, File::open(directory.path().join(FILE)).unwrap());
    spool.forget(1);
    spool.keep(3, b"third");
    assert!(spool.commit().is_err());
    spool.keep(4, b"fourth");
    spool.keep(5, b"fifth");
    spool.forget(5);
    assert!(spool.commit().is_err() && spool.is_behind());
    spool.file = good;
    spool.commit().unwrap();
    assert!(!spool.is_behind());
    drop(spool);
    let kept = [(2, b"early".to_vec()), (3, b"third".to_vec()), (4, b"fourth".to_vec())];
    assert_eq!(open(directory.path()).1, Found { records: kept.to_vec(), torn: 0 });
}

#[test]
fn a_file_that_cannot_be_written_anew_is_no_loss() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.keep(0, b"stays");
    spool.commit().unwrap();
    // There is no room for the new file.
    let beside = spool.beside();
    std::fs::create_dir(&beside).unwrap();
    come_and_go(&mut spool, 60);
    assert!(octets(directory.path()).len() > 100_000);
    std::fs::remove_dir(&beside).unwrap();
    come_and_go(&mut spool, 120);
    assert!(octets(directory.path()).len() < 100_000 && !beside.exists());
    drop(spool);
    assert_eq!(open(directory.path()).1.records, [(0, b"stays".to_vec())]);
}

#[test]
fn the_writer_answers_when_it_is_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (spool, _) = open(directory.path());
    let (answers, answered) = mpsc::channel();
    let answer = move |id, result: Result<(), String>| answers.send((id, result.is_ok())).unwrap();
    let (work, thread) = start(spool, answer).unwrap();
    for id in 0..100 {
        work.send(Work::Keep(RequestId(id), id, vec![1; 10])).unwrap();
    }
    work.send(Work::Forget(RequestId(100), 50)).unwrap();
    drop(work);
    thread.join().unwrap();
    let answered: Vec<_> = answered.iter().collect();
    assert_eq!(answered.len(), 101);
    assert!(answered.iter().all(|(_, good)| *good));
    assert_eq!(open(directory.path()).1.records.len(), 99);
}
