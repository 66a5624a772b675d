//! Trees that somebody has made to be difficult.

use std::{collections::BTreeSet, ffi::OsStr, fs, os::unix::fs::symlink, path::PathBuf};

use rustix::{
    fs::{CWD, FileType as Kind, Mode, mkdirat, mknodat, openat},
    thread::{CapabilitySet, capabilities, set_capabilities},
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{
    level::{FILES, PIECE},
    name::decode,
    *,
};

/// A folder to be walked.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    fn path(&self, at: &str) -> PathBuf {
        self.0.path().join(at)
    }

    /// Files of these names, and the directories they need.
    fn with(self, files: &[&str]) -> Self {
        for file in files {
            let path = self.path(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            fs::write(path, file).expect("written");
        }
        self
    }

    fn walk(&self) -> Walk {
        self.walk_from(Position::start())
    }

    fn walk_from(&self, from: Position) -> Walk {
        Walk::begin(self.0.path(), Path::new(""), from).expect("the folder is there")
    }
}

/// All that a walk says: files and what is unknown in their order, and what it tells of.
#[derive(Debug, Default, PartialEq)]
struct Said {
    files: Vec<String>,
    notes: Vec<String>,
    skipped: Vec<String>,
}

impl Said {
    fn hear(&mut self, step: Step) {
        match step {
            Step::Files(files) => {
                self.files.extend(files.found.iter().map(|found| files.shown(&found.name)));
                self.notes.extend(files.notes.iter().map(told));
            }
            Step::Skipped { from, upto, note } => {
                self.notes.push(told(&note));
                if from < upto {
                    self.skipped.push(shown(&from.directory));
                }
            }
        }
    }

    fn of(mut walk: Walk) -> Self {
        let mut said = Self::default();
        while let Some(step) = walk.step() {
            said.hear(step);
        }
        said
    }
}

fn told(note: &Note) -> String {
    format!("{}: {}", note.place, note.trouble)
}

fn upto(step: &Step) -> Position {
    match step {
        Step::Files(files) => files.upto.clone(),
        Step::Skipped { upto, .. } => upto.clone(),
    }
}

/// Walks as somebody whom modes of files concern. The tests may be run by root, whom they do not.
fn as_a_mortal(walk: impl FnOnce() -> Said + Send) -> Said {
    std::thread::scope(|scope| {
        let mortal = scope.spawn(|| {
            let mut sets = capabilities(None).expect("known");
            sets.effective &= !(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
            set_capabilities(None, sets).expect("given up");
            walk()
        });
        mortal.join().expect("walked")
    })
}

#[test]
fn files_come_in_the_order_of_their_names_and_before_directories() {
    let tree = Tree::new().with(&["b.txt", "a/z.txt", "a/b/c.txt", "a b/d.txt", "c.txt", "a.txt", "ё/е.txt"]);
    fs::create_dir(tree.path("empty")).expect("made");

    let said = Said::of(tree.walk());

    assert_eq!(said.files, ["a.txt", "b.txt", "c.txt", "a/z.txt", "a/b/c.txt", "a b/d.txt", "ё/е.txt"]);
    assert_eq!(said.notes, [""; 0]);
}

#[test]
fn positions_rise_and_a_walk_goes_on_from_each_of_them_as_if_nothing_had_happened() {
    let tree = Tree::new().with(&["1", "2", "a/1", "a/b/1", "a/b/c/1", "a/d/1", "a b/1", "b/1", "b/2", "c\u{2}/1"]);
    symlink("/etc", tree.path("b/etc")).expect("linked");
    let mut steps = Vec::new();
    let mut walk = tree.walk();
    while let Some(step) = walk.step() {
        steps.push(step);
    }
    let places: Vec<Position> = steps.iter().map(upto).collect();
    assert!(places.is_sorted() && places.len() == 8, "{places:?}");

    let mut before = Said::default();
    for step in steps {
        let place = upto(&step);
        before.hear(step);
        let after = Said::of(tree.walk_from(place.clone()));
        let files: Vec<String> = before.files.iter().chain(&after.files).cloned().collect();
        assert_eq!(files, Said::of(tree.walk()).files, "from {place:?}");
    }
}

#[test]
fn names_that_are_no_text_are_escaped_and_recognised() {
    let tree = Tree::new();
    for name in [&b"report\xff.pdf"[..], b"report\\xff.pdf", b"line\nbreak", "\u{202e}fdp.exe".as_bytes()] {
        fs::write(tree.0.path().join(OsStr::from_bytes(name)), "x").expect("written");
    }
    fs::create_dir(tree.0.path().join(OsStr::from_bytes(b"dir\xfe"))).expect("made");
    fs::write(tree.0.path().join(OsStr::from_bytes(b"dir\xfe/in")), "x").expect("written");

    let said = Said::of(tree.walk());

    let expected = ["\\xe2\\x80\\xaefdp.exe", "line\\x0abreak", "report\\\\xff.pdf", "report\\xff.pdf", "dir\\xfe/in"];
    assert_eq!(said.files, expected);
    let Some(Step::Files(files)) = tree.walk().step() else { panic!("files first") };
    for found in &files.found {
        assert_eq!(decode(&found.name).as_ref(), Some(&found.raw));
        assert!(files.look(found, Some(10), &|| false).trouble.is_none(), "{} is opened by its bytes", found.name);
    }
}

#[test]
fn links_lead_nowhere() {
    let outside = Tree::new().with(&["secret.txt"]);
    let tree = Tree::new().with(&["a/in.txt"]);
    symlink(outside.0.path(), tree.path("out")).expect("linked");
    symlink(outside.path("secret.txt"), tree.path("secret.txt")).expect("linked");
    symlink("..", tree.path("a/loop")).expect("linked");
    symlink("nowhere", tree.path("dangling")).expect("linked");

    let said = Said::of(tree.walk());

    assert_eq!(said.files, ["a/in.txt"]);
    let link = "a link, not followed";
    let expected = ["dangling", "out", "secret.txt", "a/loop"].map(|place| format!("{place}: {link}"));
    assert_eq!(said.notes, expected);
    assert_eq!(said.skipped, [""; 0]);
}

#[test]
fn a_directory_that_becomes_a_link_under_our_feet_is_not_entered() {
    let outside = Tree::new().with(&["secret.txt"]);
    let tree = Tree::new().with(&["a/in.txt", "b/in.txt"]);
    let mut walk = tree.walk();
    let mut said = Said::default();
    said.hear(walk.step().expect("the files of the folder"));
    said.hear(walk.step().expect("those of a, and the names of the directories are known"));

    fs::rename(tree.path("b"), tree.path("c")).expect("renamed");
    symlink(outside.0.path(), tree.path("b")).expect("linked");
    while let Some(step) = walk.step() {
        said.hear(step);
    }

    assert_eq!(said.files, ["a/in.txt"]);
    assert_eq!(said.notes, ["b: gone while we looked"]);
}

#[test]
fn a_directory_that_cannot_be_read_is_told_and_nothing_is_known_of_it() {
    let tree = Tree::new().with(&["a/1", "closed/1", "closed/in/2", "z/1"]);
    fs::set_permissions(tree.path("closed"), std::os::unix::fs::PermissionsExt::from_mode(0o000)).expect("closed");

    let said = as_a_mortal(|| Said::of(tree.walk()));

    assert_eq!(said.files, ["a/1", "z/1"]);
    assert_eq!(said.skipped, ["closed"]);
    assert_eq!(said.notes, ["closed: cannot be read: Permission denied (os error 13)"]);
}

#[test]
fn a_file_that_cannot_be_read_is_there_all_the_same() {
    let tree = Tree::new().with(&["closed.pdf"]);
    fs::set_permissions(tree.path("closed.pdf"), std::os::unix::fs::PermissionsExt::from_mode(0o000)).expect("closed");

    let said = as_a_mortal(|| {
        let Some(Step::Files(files)) = tree.walk().step() else { panic!("files first") };
        let looked = files.look(&files.found[0], Some(100), &|| false);
        assert_eq!((looked.mime.as_str(), looked.sha256), ("application/pdf", None));
        assert!(looked.trouble.is_some_and(|trouble| trouble.is_failure()));
        Said::of(tree.walk())
    });

    assert_eq!(said.files, ["closed.pdf"]);
}

#[test]
fn pipes_and_sockets_are_left_out_and_not_waited_for() {
    let tree = Tree::new().with(&["file"]);
    mknodat(CWD, tree.path("pipe"), Kind::Fifo, Mode::RUSR, 0).expect("a pipe");
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("socket")).expect("a socket");

    let said = Said::of(tree.walk());

    let left_out = "neither a file nor a directory, left out";
    assert_eq!(said.files, ["file"]);
    assert_eq!(said.notes, [format!("pipe: {left_out}"), format!("socket: {left_out}")]);
}

#[test]
fn a_file_that_becomes_a_pipe_before_it_is_read_is_not_waited_for() {
    let tree = Tree::new().with(&["file.txt"]);
    let Some(Step::Files(files)) = tree.walk().step() else { panic!("files first") };
    fs::remove_file(tree.path("file.txt")).expect("gone");
    mknodat(CWD, tree.path("file.txt"), Kind::Fifo, Mode::RUSR, 0).expect("a pipe");

    let looked = files.look(&files.found[0], Some(100), &|| false);

    assert!(matches!(looked.trouble, Some(Trouble::Vanished)), "{looked:?}");
}

#[test]
fn a_tree_deeper_than_any_path_is_walked_as_far_as_is_sane() {
    let tree = Tree::new();
    let name = "d".repeat(30);
    let mut directory = openat(CWD, tree.0.path(), rustix::fs::OFlags::DIRECTORY, Mode::empty()).expect("opened");
    for _ in 0..200 {
        mkdirat(&directory, &name, Mode::RWXU).expect("made");
        directory = openat(&directory, &name, rustix::fs::OFlags::DIRECTORY, Mode::empty()).expect("opened");
        openat(&directory, "file", rustix::fs::OFlags::CREATE, Mode::RUSR).expect("made");
    }

    let said = Said::of(tree.walk());

    assert_eq!(said.files.len(), MAX_DEPTH);
    assert_eq!(said.skipped.len(), 1, "nothing is known of what lies deeper");
    assert!(said.notes[0].ends_with("more than 64 directories deep, not entered"), "{:?}", said.notes);
}

#[test]
fn a_path_that_no_index_holds_is_told_and_left_out() {
    let tree = Tree::new();
    let name = "ж".repeat(120);
    let path: PathBuf = std::iter::repeat_n(&name, 10).collect();
    fs::create_dir_all(tree.0.path().join(&path)).expect("made");
    for depth in 0..10 {
        let path: PathBuf = std::iter::repeat_n(&name, depth).collect();
        fs::write(tree.0.path().join(path).join(&name[..200]), "x").expect("written");
    }

    let said = Said::of(tree.walk());

    assert!(said.files.iter().all(|file| file.len() < MAX_PLACE));
    assert_eq!(said.files.len(), 10, "2,400 bytes hold nine directories of 240 and a name");
    assert_eq!(said.notes.len(), 1);
}

#[test]
fn a_directory_of_more_names_than_are_kept_comes_whole_and_in_order() {
    let tree = Tree::new();
    let names: BTreeSet<String> = (0..FILES + 2_500).map(|n| format!("{:05}", (n * 7_919) % 90_001)).collect();
    for name in &names {
        fs::File::create(tree.path(name)).expect("made");
    }

    let mut pieces = Vec::new();
    let mut walk = tree.walk();
    while let Some(Step::Files(files)) = walk.step() {
        pieces.push(files.found.iter().map(|found| found.name.clone()).collect::<Vec<_>>());
    }

    assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
    assert_eq!(pieces.concat(), names.into_iter().collect::<Vec<_>>());
}

#[test]
fn what_vanishes_while_we_walk_is_no_failure() {
    let tree = Tree::new().with(&["1", "a/1", "b/1"]);
    let mut walk = tree.walk();
    let Some(Step::Files(first)) = walk.step() else { panic!("files first") };
    let second = walk.step().expect("those of a");

    fs::remove_file(tree.path("1")).expect("gone");
    fs::remove_dir_all(tree.path("b")).expect("gone");

    let looked = first.look(&first.found[0], None, &|| false);
    assert!(matches!(looked.trouble, Some(Trouble::Vanished)), "{looked:?}");
    let mut said = Said::default();
    said.hear(second);
    while let Some(step) = walk.step() {
        said.hear(step);
    }
    assert_eq!((said.files, said.skipped), (vec!["a/1".to_owned()], Vec::new()));
    assert_eq!(said.notes, ["b: gone while we looked"]);
}

#[test]
fn a_file_that_grows_while_it_is_read_has_no_digest() {
    let tree = Tree::new().with(&["log.txt"]);
    let Some(Step::Files(files)) = tree.walk().step() else { panic!("files first") };
    let before = files.look(&files.found[0], Some(100), &|| false);
    fs::write(tree.path("log.txt"), "more than before").expect("written");

    let after = files.look(&files.found[0], Some(100), &|| false);

    assert_eq!(before.sha256.map(|digest| digest.len()), Some(64));
    assert_eq!(after.sha256, None);
    assert!(matches!(after.trouble, Some(Trouble::Changed)));
}

#[test]
fn a_digest_has_a_limit_and_ends_when_it_is_told_to() {
    let tree = Tree::new();
    fs::write(tree.path("large"), vec![7; 100_000]).expect("written");
    let Some(Step::Files(files)) = tree.walk().step() else { panic!("files first") };
    let digest = |most, stop| files.look(&files.found[0], most, &move || stop).sha256;

    let known: String = Sha256::digest(vec![7; 100_000]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest(Some(100_000), false), Some(known));
    assert_eq!(digest(Some(99_999), false), None);
    assert_eq!(digest(Some(100_000), true), None);
    assert_eq!(digest(None, false), None);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_not_an_empty_one() {
    let tree = Tree::new().with(&["file"]);

    assert!(Walk::begin(tree.0.path(), Path::new("gone"), Position::start()).is_err());
    assert!(Walk::begin(tree.0.path(), Path::new("file"), Position::start()).is_err());
    symlink("/etc", tree.path("link")).expect("linked");
    assert!(Walk::begin(tree.0.path(), Path::new("link"), Position::start()).is_err(), "nor is a way that leads out");
}
