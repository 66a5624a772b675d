//! However much is said, and by whomever.

use lockstep_protocol::{
    Actor, Refusal, Room,
    presence::{MAX_ENTRIES, MAX_NAME, MAX_OF_PAGE, MAX_TOLD, MAX_WORKERS, Presence, Said, Wish, shown},
};

use crate::{EDIT, VIEW, Worker, at, deliver, nasty::texts, wish};

const WORDS: [&str; 9] = [
    r#"{"worker":"h/0/7-1","n":1,"say":"change","set":[{"entity":"files","tab":"a","id":"7","mode":"edit","field":"name","user":{"id":"5","name":"Анна"},"since":1763760000123}],"gone":[["users","*","b"]]}"#,
    r#"{"worker":"h/0/7-1","n":2,"say":"all","from":null,"to":null,"set":[{"entity":"users","tab":"b","id":"*","mode":"view","user":{"id":"5","name":"Анна"},"since":-1}]}"#,
    r#"{"worker":"h/1/8-1","n":3,"say":"all","from":["files","7","a"],"to":["users","","b"],"set":[]}"#,
    r#"{"worker":"h/1/8-1","n":4,"say":"all","from":["users","7","a"],"to":["files","7","b"],"set":[]}"#,
    r#"{"worker":"","n":18446744073709551615,"say":"ask"}"#,
    r#"{"worker":"h/1/8-1","n":0,"say":"bye"}"#,
    r#"{"worker":"own","n":9,"say":"bye"}"#,
    r#"{"worker":"h/1/8-1","n":5,"say":"change","set":[{"entity":"logs","tab":"a","id":"7","mode":"edit","user":{"id":"","name":""},"since":0}],"gone":[]}"#,
    "null",
];

#[test]
fn a_page_has_at_most_twenty_entries_and_may_change_those_it_has() {
    let mut worker = Worker::new("w");
    (0..MAX_OF_PAGE).for_each(|id| worker.show("a", "olga", &id.to_string(), VIEW));

    assert_eq!(worker.try_show("a", "olga", wish("one more", VIEW), 1), Err(Refusal::TooMany));
    assert_eq!(worker.try_show("a", "olga", wish("0", EDIT), 1), Ok(()));
    worker.show("a", "olga", "0", None);
    assert_eq!(worker.try_show("a", "olga", wish("one more", VIEW), 1), Ok(()));
    assert_eq!(worker.0.len(), MAX_OF_PAGE);
}

#[test]
fn all_together_have_at_most_ten_thousand_wherever_they_are() {
    let (mut one, mut other) = (Worker::new("one"), Worker::new("other"));
    for page in 0..MAX_ENTRIES {
        one.show(&page.to_string(), "olga", "7", VIEW);
    }
    other.show("other", "vera", "7", VIEW);

    assert_eq!(one.try_show("x", "olga", wish("7", VIEW), 1), Err(Refusal::TooMany));
    one.turn(&mut [&mut other], at(0));

    assert_eq!(other.0.len(), MAX_ENTRIES);
    assert_eq!(other.try_show("x", "olga", wish("7", VIEW), 1), Err(Refusal::TooMany));
    other.show("other", "vera", "7", EDIT);
    deliver(&[one.0.bye()], &mut [&mut other], at(0));
    other.0.pass(at(10));
    assert_eq!(other.files(), ["other vera edits 7"]);
}

#[test]
fn a_message_fits_the_bus_however_long_the_texts_in_it_are() {
    let mut worker = Worker::new("w");
    let longest = "\"".repeat(64);
    for page in 0..1_000 {
        let wish =
            Wish { entity: Room::Registrators, id: longest.as_str().into(), mode: EDIT, field: Some(longest.clone()) };
        let user = shown(&longest, &"\"\u{0}💥".repeat(100));
        assert_eq!(user.name.chars().count(), MAX_NAME);
        worker.0.set(&format!("{page:064}").into(), wish, user, i64::MIN).expect("there is room");
    }

    let mut said = worker.0.turn().said;
    said.extend(worker.0.statement());
    (0..1_000).for_each(|page| worker.0.keep(&format!("{page:064}"), |_, _| false));
    said.extend(worker.0.turn().said);

    let lengths: Vec<usize> = said.iter().map(|said| serde_json::to_string(said).expect("string keys").len()).collect();
    assert!(lengths.iter().all(|length| *length <= 64 * 1024), "{lengths:?}");
    assert!(lengths.iter().max() > Some(&20_000), "a message takes what it can: {lengths:?}");
}

#[test]
fn of_very_many_a_page_is_told_of_those_who_edit_and_of_those_who_came_last() {
    let mut worker = Worker::new("w");
    for page in 0..2 * MAX_TOLD {
        let mode = if page == 0 { EDIT } else { VIEW };
        worker.try_show(&page.to_string(), "olga", wish("7", mode), page as i64).expect("there is room");
    }

    let diffs: Vec<_> = worker.0.turn().diffs.into_iter().map(|diff| (diff.n, diff.set.len())).collect();
    let entries = worker.0.state(&Room::Files).entries;

    assert_eq!(diffs, [(1, MAX_TOLD), (2, MAX_TOLD)]);
    assert_eq!((entries.len(), &*entries[0].tab, &*entries[1].tab), (MAX_TOLD, "0", "1999"));
}

#[test]
fn names_of_workers_are_bounded_and_made_up_ones_forgotten() {
    let mut worker = Worker::new("w");
    for name in 0..2 * MAX_WORKERS {
        let mut stranger = Worker::new(&name.to_string());
        stranger.show("a", "olga", &name.to_string(), VIEW);
        stranger.turn(&mut [&mut worker], at(0));
    }

    assert_eq!(worker.0.len(), MAX_WORKERS - 1, "one of them is the worker itself");
    worker.0.pass(at(45));
    assert!(worker.0.is_empty());
    let mut late = Worker::new("late");
    late.show("a", "olga", "7", VIEW);
    late.turn(&mut [&mut worker], at(46));
    assert_eq!(worker.0.len(), 1);
}

#[test]
fn whatever_a_stranger_says_is_read_whole_or_not_at_all_and_within_bounds() {
    let (mut worker, mut taken) = (Presence::new("own"), 0);
    worker
        .set(&"mine".into(), wish("7", EDIT), Actor { id: "1".into(), name: "Olga".into() }, 1)
        .expect("there is room");
    for (number, text) in texts(&WORDS, 20_000).enumerate() {
        let Ok(said) = Said::read(&text) else { continue };
        let again = serde_json::to_string(&said).expect("string keys");
        assert_eq!(Said::read(&again).as_ref(), Ok(&said), "{text}");
        worker.hear(said, at(number as u64 / 100));
        worker.pass(at(number as u64 / 100));
        for diff in worker.turn().diffs {
            let text = serde_json::to_string(&diff).expect("string keys");
            assert!(text.len() < 10_000 && !text.contains("\\u00"), "{text}");
        }
        taken += 1;
    }
    assert!(taken > 100, "{taken}: nearly nothing was understood");

    worker.pass(at(1_000));
    assert_eq!(worker.len(), 1, "strangers can neither take away what is ours nor stay for ever");
}

#[test]
fn words_beyond_their_bounds_are_none_of_ours() {
    let entry = |change: &str, to: &str| WORDS[0].replace(change, to);
    assert!(Said::read(WORDS[0]).is_ok());
    for wrong in [
        entry("h/0/7-1", &"x".repeat(513)),
        entry("\"7\"", "\"\""),
        entry("\"7\"", &format!("\"{}\"", "7".repeat(65))),
        entry(":\"name\"", &format!(":\"{}\"", "7".repeat(65))),
        entry("Анна", &"й".repeat(101)),
        entry("Анна", "\\u0000"),
        entry("\"5\"", "\"\""),
        entry("files", "logs"),
        entry("files", "user:5"),
        entry("edit", "write"),
        entry("[[\"users\",\"*\",\"b\"]]", "[[\"users\",\"*\"]]"),
        WORDS[3].to_owned(),
    ] {
        assert!(Said::read(&wrong).is_err(), "{wrong}");
    }
}
