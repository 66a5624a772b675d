//! Workers that tell each other.

use lockstep_protocol::presence::{Said, Words};

use crate::{EDIT, VIEW, Worker, at, deliver};

#[test]
fn who_shows_something_on_one_worker_is_known_on_the_others() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));

    one.show("a", "olga", "7", EDIT);
    one.turn(&mut [&mut other], at(0));
    assert_eq!(other.turn(&mut [], at(0)), ["+a olga edits 7"]);
    one.show("a", "olga", "7", None);
    one.turn(&mut [&mut other], at(0));

    assert_eq!(other.turn(&mut [], at(0)), ["-a 7"]);
    assert!(other.0.is_empty());
}

#[test]
fn who_comes_back_on_another_worker_is_there_all_the_time() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    one.show("a", "olga", "7", EDIT);
    one.turn(&mut [&mut other], at(0));

    one.0.leave("a", at(10));
    other.show("b", "olga", "7", VIEW);
    other.turn(&mut [&mut one], at(11));

    assert_eq!(one.turn(&mut [&mut other], at(11)), ["+b olga views 7", "-a 7"]);
    assert_eq!(other.turn(&mut [&mut one], at(11)), ["-a 7"]);
    assert_eq!((one.files(), other.files()), (vec!["b olga views 7".into()], vec!["b olga views 7".into()]));
}

#[test]
fn the_pages_of_a_worker_that_goes_have_time_to_come_back_elsewhere() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    one.show("a", "olga", "7", EDIT);
    one.show("b", "vera", "7", VIEW);
    one.turn(&mut [&mut other], at(0));
    other.turn(&mut [], at(0));

    deliver(&[one.0.bye()], &mut [&mut other], at(10));
    other.show("c", "olga", "7", EDIT);
    assert_eq!(other.turn(&mut [], at(12)), ["+c olga edits 7", "-a 7"]);
    other.0.pass(at(15));

    assert_eq!(other.turn(&mut [], at(15)), ["-b 7"]);
}

#[test]
fn a_worker_that_is_silent_for_three_renewals_is_dead_and_one_that_renews_is_not() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    one.show("a", "olga", "7", EDIT);
    one.turn(&mut [&mut other], at(0));

    one.state(&mut [&mut other], at(40));
    other.0.pass(at(84));
    assert_eq!(other.files().len(), 1);
    other.0.lives("one", at(84));
    other.0.pass(at(85));

    assert!(other.0.is_empty(), "a heartbeat says nothing about its entries");
    one.state(&mut [&mut other], at(90));
    assert_eq!(other.files(), ["a olga edits 7"], "it was only out of reach");
}

#[test]
fn who_does_not_answer_a_call_is_dead() {
    let [mut killed, mut alive, mut quiet, mut other] = ["killed", "alive", "quiet", "other"].map(Worker::new);
    for (tab, worker) in [("k", &mut killed), ("a", &mut alive), ("q", &mut quiet)] {
        worker.show(tab, "olga", "7", EDIT);
        worker.turn(&mut [&mut other], at(0));
    }
    let mut born_again = Worker::new("killed, again");

    let ask = born_again.0.ask(at(10));
    deliver(&[ask], &mut [&mut other], at(10));
    alive.state(&mut [&mut other], at(10));
    other.0.lives("quiet", at(12));
    other.0.pass(at(14));
    assert_eq!(other.files().len(), 3, "there is time to answer");
    other.0.pass(at(15));

    assert_eq!(other.files(), ["a olga edits 7", "q olga edits 7"]);
    other.0.pass(at(30));
    assert_eq!(other.files().len(), 2, "one call is one call");
}

/// Two workers that started within seconds were once one call: of the earlier, which the dead had lived to hear.
#[test]
fn who_has_lived_to_hear_a_call_is_dead_after_the_next() {
    let [mut killed, mut early, mut late, mut other] = ["killed", "early", "late", "other"].map(Worker::new);
    let ask = early.0.ask(at(1));
    deliver(&[ask], &mut [&mut other], at(1));
    killed.show("k", "olga", "7", EDIT);
    killed.turn(&mut [&mut other], at(2));

    let ask = late.0.ask(at(4));
    deliver(&[ask], &mut [&mut other], at(4));
    (5..=8).for_each(|second| other.0.pass(at(second)));
    assert_eq!(other.files().len(), 1);
    other.0.pass(at(9));

    assert!(other.0.is_empty());
}

#[test]
fn a_call_wants_an_answer_and_nothing_else_does() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    let ask = one.0.ask(at(0));

    assert!(other.0.hear(ask.clone(), at(0)));
    assert!(!other.0.hear(ask.clone(), at(0)), "it was heard already");
    assert!(!one.0.hear(ask, at(0)), "it is one's own");
    one.0.statement().into_iter().for_each(|said| assert!(!other.0.hear(said, at(0))));
}

#[test]
fn what_comes_doubled_or_late_is_not_heard() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    one.show("a", "olga", "7", VIEW);
    let first = one.0.turn().said;
    one.show("a", "olga", "7", None);
    let second = one.0.turn().said;

    deliver(&second, &mut [&mut other], at(0));
    deliver(&first, &mut [&mut other], at(0));
    deliver(&second, &mut [&mut other], at(0));

    assert!(other.0.is_empty());
}

#[test]
fn a_statement_repairs_whatever_was_lost() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    one.show("a", "olga", "7", VIEW);
    one.turn(&mut [&mut other], at(0));

    one.show("a", "olga", "7", None);
    one.show("a", "olga", "8", EDIT);
    one.turn(&mut [], at(0));
    one.state(&mut [&mut other], at(15));

    assert_eq!(other.turn(&mut [], at(15)), ["+a olga edits 8", "-a 7"]);
    one.show("a", "olga", "8", None);
    one.turn(&mut [], at(15));
    one.state(&mut [&mut other], at(30));
    assert!(other.0.is_empty(), "none at all is told, too");
}

/// Part by part, since any of them may be lost.
#[test]
fn a_part_of_a_statement_that_is_lost_leaves_its_own_entries_as_they_were() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    let tabs: Vec<String> = (0..1_000).map(|page| format!("{page:064}")).collect();
    tabs.iter().for_each(|tab| one.show(tab, "olga", "7", VIEW));
    one.turn(&mut [&mut other], at(0));
    for (page, tab) in tabs.iter().enumerate() {
        one.show(tab, "olga", "7", if page % 2 == 0 { EDIT } else { None });
    }
    one.turn(&mut [], at(0));

    let mut parts = one.0.statement();
    assert!(parts.len() > 2, "{}", parts.len());
    let lost = parts.remove(1);
    deliver(&parts, &mut [&mut other], at(15));

    let Words::All { from: Some(from), to: Some(to), .. } = &lost.words else { panic!("{lost:?}") };
    let known = other.files();
    let within = |entry: &str| entry[..64] >= from.2[..] && entry[..64] < to.2[..];
    assert!(known.iter().all(|entry| within(entry) == entry.contains("views")), "{known:?}");
    assert!(known.len() > 500, "what the lost part speaks of is still there");
    assert!(matches!(&parts[0], Said { words: Words::All { from: None, .. }, .. }));
    one.state(&mut [&mut other], at(30));
    assert_eq!((other.files().len(), other.all() == one.all()), (500, true));
}
