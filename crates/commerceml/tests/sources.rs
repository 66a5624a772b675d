//! Folders and files as sources: what is found in them, and what is not let in.

mod common;

use std::{fs, os::unix::fs::symlink};

use common::{GOODS, archive, refused, rows_of};
use lockstep_commerceml::{Limits, Part, Reader, Source, list, sample::Shop};

fn names(source: &Source) -> Vec<&str> {
    source.parts().iter().map(Part::name).collect()
}

#[test]
fn a_file_alone_a_folder_and_an_archive_are_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("set/goods")).expect("folders");
    fs::write(root.join("set/goods/goods_1_1.xml"), GOODS).expect("written");
    fs::write(root.join("set/notes.txt"), "not for us").expect("written");
    archive(&root.join("set/more.zip"), &[("goods\\goods_1_2.xml", GOODS.as_bytes()), ("a.jpg", b"picture")]);

    let open = |name| Source::open(root, name, &Limits::default()).expect("a source");

    assert_eq!(names(&open("set/goods/goods_1_1.xml")), ["goods_1_1.xml"]);
    assert_eq!(names(&open("set/more.zip")), ["goods/goods_1_2.xml"]);
    let whole = open("set");
    assert_eq!(names(&whole), ["goods/goods_1_1.xml", "more.zip/goods/goods_1_2.xml"]);
    assert_eq!(whole.ignored(), 2);
    assert_eq!(names(&open("")).len(), 2);
    for part in whole.parts() {
        assert_eq!(part.size(), GOODS.len() as u64);
        assert!(part.modified().is_some());
        assert_eq!(rows_of(whole.read(part).expect("readable"))[0].id(), "т1");
    }
}

#[test]
fn a_name_never_leads_out_of_the_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("set")).expect("a folder");
    fs::write(folder.path().join("secret.xml"), GOODS).expect("written");
    symlink(folder.path(), root.join("out")).expect("a link");
    symlink(folder.path().join("secret.xml"), root.join("link.xml")).expect("a link");

    for name in ["..", "../secret.xml", "/etc", "set/../../secret.xml", "..\\secret.xml"] {
        assert!(refused(Source::open(&root, name, &Limits::default())).ends_with(": path"), "{name}");
    }
    for name in ["out", "out/secret.xml", "link.xml"] {
        let refused = refused(Source::open(&root, name, &Limits::default()));
        assert!(refused.ends_with(": link") || refused.ends_with(": missing"), "{name}: {refused}");
    }
    assert_eq!(refused(Source::open(&root, "set/none", &Limits::default())), "set/none: missing");
    assert_eq!(refused(Source::open(&root, "link.xml/a", &Limits::default())), "link.xml/a: link");
}

#[test]
fn links_pipes_and_deep_folders_in_a_set_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let set = |name: &str| {
        let set = root.join(name);
        fs::create_dir_all(&set).expect("a folder");
        set
    };
    symlink("/etc/passwd", set("link").join("goods.xml")).expect("a link");
    let pipe = set("pipe").join("goods.xml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    fs::create_dir_all(set("deep").join("1/2/3/4/5/6/7/8/9")).expect("folders");

    assert_eq!(refused(Source::open(root, "link", &Limits::default())), "goods.xml: link");
    assert_eq!(refused(Source::open(root, "pipe", &Limits::default())), "goods.xml: link");
    assert_eq!(refused(Source::open(root, "deep", &Limits::default())), "1/2/3/4/5/6/7/8/9: path");
}

#[test]
fn a_file_that_became_a_link_after_it_was_listed_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("goods.xml");
    fs::write(&path, GOODS).expect("written");
    let source = Source::open(folder.path(), "", &Limits::default()).expect("a source");

    fs::remove_file(&path).expect("gone");
    symlink("/etc/passwd", &path).expect("a link");

    assert_eq!(refused(source.read(&source.parts()[0]).map(drop)), "goods.xml: link");
}

#[test]
fn more_or_larger_files_than_allowed_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..4 {
        fs::write(folder.path().join(format!("{number}.xml")), GOODS).expect("written");
    }
    let open = |limits| Source::open(folder.path(), "", &limits);

    assert_eq!(refused(open(Limits { entries: 3, ..Limits::default() })), "3.xml: entries");
    assert_eq!(refused(open(Limits { file: 10, ..Limits::default() })), "0.xml: file_size");
    assert_eq!(open(Limits { entries: 4, ..Limits::default() }).expect("just enough").parts().len(), 4);
}

#[test]
fn what_lies_below_a_root_is_listed_without_links_and_pictures() {
    let root = tempfile::tempdir().expect("a folder");
    for folder in ["1c/2026-10", "1c/2026-9", "photos"] {
        fs::create_dir_all(root.path().join(folder)).expect("made");
    }
    for file in ["1c/set.zip", "1c/a.jpg", "one.xml"] {
        fs::write(root.path().join(file), b"").expect("written");
    }
    symlink("/etc", root.path().join("elsewhere")).expect("linked");
    let names = |folder: &str| -> Vec<(String, bool)> {
        let listed = list(root.path(), folder).expect("listed");
        listed.into_iter().map(|listed| (listed.name, listed.is_folder)).collect()
    };

    assert_eq!(names(""), [("1c".into(), true), ("one.xml".into(), false), ("photos".into(), true)]);
    assert_eq!(names("1c"), [("1c/2026-9".into(), true), ("1c/2026-10".into(), true), ("1c/set.zip".into(), false)]);
    assert_eq!(refused(list(root.path(), "elsewhere")), "elsewhere: link");
    assert_eq!(refused(list(root.path(), "../x")), "../x: path");
}

#[test]
fn a_survey_that_nobody_waits_for_ends_early() {
    let shop = Shop { products: 500, ..Shop::default() };
    let mut asked = 0;
    let reader = Reader::new("goods.xml", shop.goods(), &Limits::default());

    let summary = reader.survey_while(|_| {
        asked += 1;
        asked < 10
    });

    assert_eq!((summary.expect("no error"), asked), (None, 10));
}
