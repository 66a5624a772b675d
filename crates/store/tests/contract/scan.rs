//! Files as a scan finds them: each figure exact, nothing written that says the same.

use lockstep_protocol::Room;
use lockstep_store::{
    Entity, Place, Query, ScanCounts, ScannedFile, ScannedFiles,
    jobs::{Claimant, Ending, Enqueued, Held, JobState, NewJob},
};
use serde_json::{Value as Json, json};

use crate::world::{Engine, World};

contract!(
    new_files_get_rows_in_the_category_of_their_registrator,
    a_second_scan_writes_nothing_and_makes_no_event,
    what_differs_is_corrected_and_told,
    files_that_are_gone_are_missing_only_at_the_end_and_come_back_as_they_were,
    rows_of_directories_that_are_gone_are_found_between_those_that_are_not,
    names_of_which_nothing_is_known_keep_their_rows,
    a_row_made_by_hand_becomes_that_of_its_file,
    a_row_that_somebody_files_elsewhere_stays_that_of_its_file,
    thousands_of_rows_without_a_file_are_taken_some_at_a_time,
    a_scan_begins_anew_for_another_job_and_goes_on_for_its_own,
    the_registrator_knows_when_it_was_scanned,
    a_registrator_can_go_when_its_files_have,
);

/// A file of a tree: directory, name, bytes, when it was written.
type File<'a> = (&'a str, &'a str, i64, i64);

const END: &str = "\u{10ffff}";

/// A registrator and a job that scans it.
struct Scan<'a, E> {
    world: &'a World<E>,
    registrator: String,
    held: Held,
    counts: ScanCounts,
}

async fn registrator<E: Engine>(world: &World<E>) -> String {
    let category = world.add(Entity::Categories, &json!({"name": "Letters"})).await.row.id;
    let fields = json!({"name": "Reception", "folder": "in", "category_id": category});
    world.add(Entity::Registrators, &fields).await.row.id
}

impl<'a, E: Engine> Scan<'a, E> {
    async fn begin(world: &'a World<E>, registrator: &str) -> Self {
        let held = job(world).await;
        let mut scan = Self { world, registrator: registrator.to_owned(), held, counts: ScanCounts::default() };
        let mut tx = world.store.begin_batch(held, "start", None).await.expect("held");
        scan.counts = tx.begin_scan(registrator).await.expect("begun").counts;
        tx.finish().await.expect("written").commit().await.expect("committed");
        scan
    }

    /// Takes all of a tree, whose files are in order, and what lies beyond.
    async fn tree(&mut self, files: &[File<'_>]) {
        let mut after = Place::default();
        let mut rest = files;
        while let Some((directory, ..)) = rest.first() {
            let (here, later) = rest.split_at(rest.partition_point(|file| file.0 == *directory));
            let upto = Place { directory: (*directory).to_owned(), entry: END.to_owned() };
            self.stretch(&after, &upto, here, &[]).await;
            (after, rest) = (upto, later);
        }
        let end = Place { directory: END.to_owned(), entry: END.to_owned() };
        self.stretch(&after, &end, &[], &[]).await;
    }

    /// Takes what lies between two places, in as many batches as the store wants.
    async fn stretch(&mut self, after: &Place, upto: &Place, files: &[File<'_>], unknown: &[String]) {
        let mut after = after.clone();
        let mut files: Vec<ScannedFile> = files.iter().map(file).collect();
        loop {
            let reached = self.world.store.scan_stretch(&self.registrator, &after, upto).await.expect("read").upto;
            let here = reached.directory == upto.directory;
            let later = files.split_off(files.partition_point(|file| here && file.entry <= reached.entry));
            let mut tx = self.world.store.begin_batch(self.held, &reached.entry, None).await.expect("held");
            let scanned = ScannedFiles {
                registrator: &self.registrator,
                after: &after,
                upto: &reached,
                files: &files,
                unknown,
                counts: self.counts,
            };
            self.counts = tx.scan_files(&scanned).await.expect("taken");
            tx.finish().await.expect("written").commit().await.expect("committed");
            if reached == *upto {
                return;
            }
            (after, files) = (reached, later);
        }
    }

    async fn end(mut self) -> ScanCounts {
        loop {
            let mut tx = self.world.store.begin_batch(self.held, "missing", None).await.expect("held");
            let marked = tx.mark_missing(&self.registrator, 700, self.counts).await.expect("marked");
            if marked.is_none() {
                tx.end_scan(&self.registrator).await.expect("ended");
            }
            tx.finish().await.expect("written").commit().await.expect("committed");
            match marked {
                Some(counts) => self.counts = counts,
                None => return self.finish().await,
            }
        }
    }

    /// Ends the job, which says all that is owed.
    async fn finish(self) -> ScanCounts {
        let ending = Ending { state: JobState::Completed, error: None, report: None, progress: None };
        let pending = self.world.store.finish_job(self.held, ending).await.expect("held");
        pending.commit().await.expect("committed");
        self.counts
    }
}

async fn job<E: Engine>(world: &World<E>) -> Held {
    let event = "jobs:changed".parse().expect("a name");
    let new = NewJob::new("scan", json!({}), Room::Registrators, event);
    let Enqueued::New(pending) = world.store.enqueue_job(&new).await.expect("wanted") else { panic!("nobody has it") };
    let (job, _) = pending.commit().await.expect("committed");
    let claimant = Claimant { kinds: vec!["scan"], host: None, boot: "b".into(), max_runtime_ms: 3_600_000 };
    loop {
        let claimed = world.store.claim_job(&claimant).await.expect("claimed").expect("there is one");
        let held = claimed.commit().await.expect("committed").0.held();
        if held.id == job.id {
            return held;
        }
    }
}

fn file((directory, entry, size, modified): &File<'_>) -> ScannedFile {
    let directory = directory.replace('\u{1}', "/");
    let path = ["in", &directory, entry].into_iter().filter(|step| !step.is_empty()).collect::<Vec<_>>().join("/");
    let mime = "text/plain".to_owned();
    ScannedFile { entry: (*entry).to_owned(), path, size: *size, modified: *modified, mime, looked: true, sha256: None }
}

async fn scan<E: Engine>(world: &World<E>, registrator: &str, files: &[File<'_>]) -> ScanCounts {
    let mut scan = Scan::begin(world, registrator).await;
    scan.tree(files).await;
    scan.end().await
}

/// What the rows say, by path.
async fn rows<E: Engine>(world: &World<E>) -> Vec<Json> {
    let query = Query { sort: Some("path".into()), page: 1, per_page: 1000, ..Query::default() };
    world.store.list(Entity::Files, &query).await.expect("listed").items
}

async fn statuses<E: Engine>(world: &World<E>) -> Vec<(String, String)> {
    let text = |row: &Json, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows(world).await.iter().map(|row| (text(row, "path"), text(row, "status"))).collect()
}

/// The events of the room of files, and what they tell.
async fn told<E: Engine>(world: &World<E>) -> Vec<Json> {
    let log = world.log().await;
    let files = log.into_iter().filter(|record| record.event.as_str() == "files:changed");
    files.map(|record| serde_json::from_str(record.data.expect("data").get()).expect("JSON")).collect()
}

const TREE: [File<'static>; 4] =
    [("", "a.txt", 1, 10), ("", "b.txt", 2, 20), ("sub", "c.txt", 3, 30), ("sub\u{1}deep", "d\\xff", 4, 40)];

async fn new_files_get_rows_in_the_category_of_their_registrator<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;

    let counts = scan(&world, &registrator, &TREE).await;

    assert_eq!(counts, ScanCounts { new: 4, bytes: 10, ..ScanCounts::default() });
    let rows = rows(&world).await;
    let paths: Vec<&str> = rows.iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, ["in/a.txt", "in/b.txt", "in/sub/c.txt", "in/sub/deep/d\\xff"]);
    let row = &rows[2];
    assert_eq!((&row["name"], &row["size"], &row["status"]), (&json!("c.txt"), &json!(3), &json!("new")));
    assert_eq!((&row["category_name"], &row["registrator_name"]), (&json!("Letters"), &json!("Reception")));
    let query = Query { q: Some("SUB/C.TXT".into()), ..Query::default() };
    assert_eq!(world.names(Entity::Files, query).await.expect("found"), ["c.txt"]);
}

async fn a_second_scan_writes_nothing_and_makes_no_event<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    scan(&world, &registrator, &TREE).await;
    let (before, events) = (rows(&world).await, told(&world).await.len());
    world.hands.set(crate::world::NOON + 60_000);

    let counts = scan(&world, &registrator, &TREE).await;

    assert_eq!(counts, ScanCounts { unchanged: 4, bytes: 10, ..ScanCounts::default() });
    assert_eq!(rows(&world).await, before);
    assert_eq!(told(&world).await.len(), events);
}

async fn what_differs_is_corrected_and_told<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    scan(&world, &registrator, &TREE).await;
    let id = rows(&world).await[1]["id"].as_str().expect("an id").to_owned();
    world
        .change(Entity::Files, &id, &json!({"status": "ready", "note": "read", "sha256": "ab".repeat(32)}))
        .await
        .expect("done");
    world.hands.set(crate::world::NOON + 60_000);

    let changed = [TREE[0], ("", "b.txt", 5, 21), TREE[2], TREE[3]];
    let counts = scan(&world, &registrator, &changed).await;

    assert_eq!((counts.changed, counts.unchanged, counts.new), (1, 3, 0));
    let row = &rows(&world).await[1];
    assert_eq!((&row["size"], &row["status"], &row["note"]), (&json!(5), &json!("ready"), &json!("read")));
    assert_eq!(row["sha256"], Json::Null, "the digest of what was there before is none");
    let told = told(&world).await.pop().expect("an event");
    assert_eq!((&told["bulk"], &told["updated"], &told["ids"]), (&json!(true), &json!(1), &json!([id])));
}

async fn files_that_are_gone_are_missing_only_at_the_end_and_come_back_as_they_were<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    scan(&world, &registrator, &TREE).await;
    let id = rows(&world).await[0]["id"].as_str().expect("an id").to_owned();
    world.change(Entity::Files, &id, &json!({"status": "ready"})).await.expect("done");

    let mut second = Scan::begin(&world, &registrator).await;
    second.tree(&TREE[1..3]).await;
    let words = |words: [&str; 4]| words.map(ToOwned::to_owned).to_vec();
    let status = |rows: Vec<(String, String)>| rows.into_iter().map(|(_, status)| status).collect::<Vec<_>>();
    assert_eq!(status(statuses(&world).await), words(["ready", "new", "new", "new"]), "not before the end");
    let counts = second.end().await;
    assert_eq!((counts.missing, counts.unchanged), (2, 2));
    assert_eq!(status(statuses(&world).await), words(["missing", "new", "new", "missing"]));

    assert_eq!(scan(&world, &registrator, &TREE[1..3]).await.missing, 0, "missing already");
    let counts = scan(&world, &registrator, &TREE).await;
    assert_eq!((counts.returned, counts.changed, counts.unchanged), (2, 0, 2));
    assert_eq!(status(statuses(&world).await), words(["ready", "new", "new", "new"]));
}

async fn rows_of_directories_that_are_gone_are_found_between_those_that_are_not<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    let tree = [
        ("", "1", 1, 1),
        ("a", "2", 1, 1),
        ("a\u{1}b", "3", 1, 1),
        ("a b", "4", 1, 1),
        ("c", "5", 1, 1),
        ("z", "6", 1, 1),
    ];
    scan(&world, &registrator, &tree).await;

    let counts = scan(&world, &registrator, &[tree[1], tree[4]]).await;

    assert_eq!((counts.missing, counts.unchanged), (4, 2));
    let there = statuses(&world).await.into_iter().filter(|(_, status)| status == "new").map(|(path, _)| path);
    assert_eq!(there.collect::<Vec<_>>(), ["in/a/2", "in/c/5"]);
}

async fn names_of_which_nothing_is_known_keep_their_rows<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    scan(&world, &registrator, &TREE).await;

    let mut second = Scan::begin(&world, &registrator).await;
    let root = Place { directory: String::new(), entry: END.to_owned() };
    second.stretch(&Place::default(), &root, &[TREE[0]], &["b.txt".to_owned()]).await;
    let counts = second.end().await;

    assert_eq!((counts.missing, counts.unchanged), (0, 1));
}

async fn a_row_made_by_hand_becomes_that_of_its_file<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    let by_hand = json!({"name": "A letter", "registrator_id": registrator, "path": "in/a.txt", "status": "ready"});
    let id = world.add(Entity::Files, &by_hand).await.row.id;
    let elsewhere = json!({"name": "Another", "registrator_id": registrator, "path": "in/never.txt"});
    world.add(Entity::Files, &elsewhere).await;

    let counts = scan(&world, &registrator, &TREE).await;

    assert_eq!((counts.new, counts.changed, counts.missing), (3, 1, 0));
    let row = &rows(&world).await[0];
    let expected = (json!(id), json!("A letter"), json!(1), json!("ready"));
    assert_eq!((row["id"].clone(), row["name"].clone(), row["size"].clone(), row["status"].clone()), expected);
    assert_eq!(scan(&world, &registrator, &TREE).await.unchanged, 4);
}

async fn a_row_that_somebody_files_elsewhere_stays_that_of_its_file<E: Engine>(world: World<E>) {
    let first = registrator(&world).await;
    let other = world.add(Entity::Registrators, &json!({"name": "Other"})).await.row.id;
    scan(&world, &first, &TREE).await;
    scan(&world, &other, &TREE).await;
    let mine = rows(&world).await.into_iter().find(|row| row["registrator_id"] == json!(first)).expect("one");
    let change = json!({"registrator_id": other, "name": "Renamed"});
    world.change(Entity::Files, mine["id"].as_str().expect("an id"), &change).await.expect("filed elsewhere");

    let counts = scan(&world, &first, &TREE).await;

    assert_eq!((counts.unchanged, counts.new, counts.missing), (4, 0, 0));
    assert_eq!(scan(&world, &other, &TREE).await.unchanged, 4);
}

async fn thousands_of_rows_without_a_file_are_taken_some_at_a_time<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    let names: Vec<String> = (0..2_600).map(|n| format!("{n:05}")).collect();
    let mut tree: Vec<File<'_>> = names.iter().map(|name| ("many", name.as_str(), 1, 1)).collect();
    tree.push(("z", "last", 1, 1));
    scan(&world, &registrator, &tree).await;

    let counts = scan(&world, &registrator, &[("many", "02300", 1, 1), ("z", "last", 1, 1)]).await;

    assert_eq!((counts.missing, counts.unchanged, counts.new), (2_599, 2, 0));
    let told = told(&world).await;
    assert!(told.iter().all(|event| event["ids"].as_array().is_none_or(|ids| ids.len() <= 200)));
    let sum = |name: &str| told.iter().filter_map(|event| event[name].as_u64()).sum::<u64>();
    assert_eq!(sum("created"), 2_601);
}

async fn a_scan_begins_anew_for_another_job_and_goes_on_for_its_own<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    let mut first = Scan::begin(&world, &registrator).await;
    first.tree(&TREE).await;

    let state = world.store.scan_state(&registrator, first.held.id).await.expect("read").expect("begun");
    assert_eq!((state.live, state.counts.new), (0, 4));
    let second = Scan::begin(&world, &registrator).await;
    assert_eq!(world.store.scan_state(&registrator, first.held.id).await.expect("read"), None);
    let state = world.store.scan_state(&registrator, second.held.id).await.expect("read").expect("begun");
    assert_eq!((state.live, state.counts), (4, ScanCounts::default()));
}

async fn the_registrator_knows_when_it_was_scanned<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;

    scan(&world, &registrator, &TREE).await;

    let (row, _) = world.store.get(Entity::Registrators, &registrator).await.expect("there");
    assert_eq!((row.rev, &row.value["last_scan_at"]), (2, &row.value["updated_at"]));
    let log = world.log().await;
    let told = log.iter().rfind(|record| record.event.as_str() == "registrators:changed").expect("told");
    assert_eq!((told.rev, &*told.id), (Some(2), registrator.as_str()));
    let data: Json = serde_json::from_str(told.data.as_ref().expect("data").get()).expect("JSON");
    assert_eq!(data, row.value);
}

async fn a_registrator_can_go_when_its_files_have<E: Engine>(world: World<E>) {
    let registrator = registrator(&world).await;
    scan(&world, &registrator, &TREE[..1]).await;
    let mut second = Scan::begin(&world, &registrator).await;
    second.tree(&[]).await;
    let id = rows(&world).await[0]["id"].as_str().expect("an id").to_owned();

    world.change(Entity::Files, &id, &json!({"registrator_id": null})).await.expect("changed");
    world.delete(Entity::Registrators, &registrator).await.expect("nobody refers to it");
    world.delete(Entity::Files, &id).await.expect("it can go, too");
}
