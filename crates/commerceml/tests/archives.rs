//! Archives that want to do harm or are damaged.

mod common;
#[path = "../../protocol/tests/nasty/mod.rs"]
mod nasty;

use std::{
    fs::{self, File},
    io::{Read, Write},
};

use common::{GOODS, archive, refused};
use lockstep_commerceml::{Limits, Reader, Source, sample::Shop};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// What the first part is refused for when it is read.
fn refusal_of_first(source: &Source) -> String {
    refused(source.read(&source.parts()[0]).and_then(Reader::survey))
}

#[test]
fn an_archive_with_an_entry_that_leads_elsewhere_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    for name in
        ["../goods.xml", "..\\goods.xml", "/goods.xml", "C:\\goods.xml", "a/../../b.jpg", "1/2/3/4/5/6/7/8/9.xml"]
    {
        archive(&path, &[("goods.xml", GOODS.as_bytes()), (name, b"<a/>")]);

        assert_eq!(refused(Source::open(folder.path(), "a.zip", &Limits::default())), "a.zip: path", "{name}");
    }
}

#[test]
fn links_and_doubles_in_an_archive_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let mut writer = ZipWriter::new(File::create(&path).expect("a file"));
    writer.add_symlink("goods.xml", "/etc/passwd", SimpleFileOptions::default()).expect("an entry");
    writer.finish().expect("an archive");
    assert_eq!(refused(Source::open(folder.path(), "a.zip", &Limits::default())), "a.zip/goods.xml: link");

    archive(&path, &[("goods/a.xml", GOODS.as_bytes()), ("goods\\a.xml", GOODS.as_bytes())]);
    assert_eq!(refused(Source::open(folder.path(), "a.zip", &Limits::default())), "a.zip/goods/a.xml: twice");

    // The same name twice: made by changing a letter of one of two.
    archive(&path, &[("a.xml", GOODS.as_bytes()), ("b.xml", GOODS.as_bytes())]);
    let bytes = fs::read(&path).expect("the archive");
    let doubled: Vec<u8> = bytes.windows(5).map(|five| if five == b"b.xml" { b'a' } else { five[0] }).collect();
    fs::write(&path, [&doubled[..], &bytes[bytes.len() - 4..]].concat()).expect("written");
    assert_eq!(refused(Source::open(folder.path(), "a.zip", &Limits::default())), "a.zip: twice");
}

#[test]
fn archives_that_grow_too_much_are_refused_before_they_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let bomb = vec![b' '; 4 << 20];
    archive(&path, &[("goods.xml", &bomb)]);
    assert_eq!(refused(Source::open(folder.path(), "a.zip", &Limits::default())), "a.zip/goods.xml: ratio");

    let real: Vec<u8> = {
        let mut bytes = Vec::new();
        let shop = Shop { products: 2_000, ..Default::default() };
        shop.goods().read_to_end(&mut bytes).expect("made");
        bytes
    };
    archive(&path, &[("goods.xml", &real), ("more.xml", &real)]);
    let open = |limits| Source::open(folder.path(), "a.zip", &limits);
    assert_eq!(open(Limits::default()).expect("real files are packed less").parts().len(), 2);
    let sum = 2 * real.len() as u64;
    assert_eq!(refused(open(Limits { unpacked: sum - 1, ..Limits::default() })), "a.zip/more.xml: unpacked");
    assert_eq!(open(Limits { unpacked: sum, ..Limits::default() }).expect("just enough").parts().len(), 2);
}

#[test]
fn an_entry_that_is_larger_than_it_says_is_refused_when_it_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let bomb = [b"<!--".as_slice(), &vec![b' '; 4 << 20]].concat();
    archive(&path, &[("goods.xml", &bomb)]);
    let (size, said) = ((bomb.len() as u32).to_le_bytes(), 1_000_u32.to_le_bytes());
    let mut bytes = fs::read(&path).expect("the archive");
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == size {
            bytes[at..at + 4].copy_from_slice(&said);
        }
    }
    fs::write(&path, bytes).expect("written");

    let source = Source::open(folder.path(), "a.zip", &Limits::default()).expect("it says that it is small");

    assert_eq!(source.parts()[0].size(), 1_000);
    assert_eq!(refusal_of_first(&source), "goods.xml: archive");
}

#[test]
fn ten_thousand_entries_are_read_and_more_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let picture = |number| {
        format!(
            "goods/import_files/ab/{number:08}-be08-11e7-a56d-38d547224d22_{number:08}-b3ce-11e7-80ed-bfaadcf435ce.jpg"
        )
    };
    let mut writer = ZipWriter::new(File::create(&path).expect("a file"));
    for number in 0..9_999 {
        writer.start_file(picture(number), SimpleFileOptions::default()).expect("an entry");
    }
    writer.start_file("goods.xml", SimpleFileOptions::default()).expect("an entry");
    writer.write_all(GOODS.as_bytes()).expect("packed");
    writer.finish().expect("an archive");

    let open = |limits| Source::open(folder.path(), "a.zip", &limits);

    assert_eq!(open(Limits::default()).expect("just enough").ignored(), 9_999);
    assert_eq!(refused(open(Limits { entries: 9_999, ..Limits::default() })), "a.zip: entries");
    assert_eq!(refused(open(Limits { entries: 10, ..Limits::default() })), "a.zip: entries");
}

#[test]
fn archives_that_are_locked_packed_otherwise_or_damaged_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let open = || Source::open(folder.path(), "a.zip", &Limits::default());
    archive(&path, &[("goods.xml", GOODS.repeat(20).as_bytes())]);
    let good = fs::read(&path).expect("the archive");

    // Flags stand at byte 6 of a local header and 8 of the directory's, the method 2 further on.
    let changed = |offset: usize, value: u8| {
        let mut bytes = good.clone();
        let central = good.windows(4).position(|four| four == b"PK\x01\x02").expect("a directory");
        bytes[6 + offset] |= value;
        bytes[central + 8 + offset] |= value;
        fs::write(&path, bytes).expect("written");
    };
    changed(0, 1);
    assert_eq!(refused(open()), "a.zip/goods.xml: archive");
    changed(2, 4);
    assert_eq!(refused(open()), "a.zip/goods.xml: archive");

    let mut damaged = good.clone();
    damaged[60] ^= 0x55;
    fs::write(&path, damaged).expect("written");
    let found = refusal_of_first(&open().expect("its directory is whole"));
    assert!(
        ["archive", "malformed", "bad_bytes", "truncated", "not_commerceml"].iter().any(|code| found.ends_with(code)),
        "{found}"
    );

    fs::write(&path, &good[..good.len() - 30]).expect("written");
    assert_eq!(refused(open()), "a.zip: archive");
}

#[test]
fn damage_that_leaves_good_xml_is_found_by_the_sum() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    let mut writer = ZipWriter::new(File::create(&path).expect("a file"));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("goods.xml", stored).expect("an entry");
    writer.write_all(b"<\xd0\x9a\xd0\xb0\xd1\x82\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xb3><!-- 12.50 --></\xd0\x9a\xd0\xb0\xd1\x82\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xb3>").expect("packed");
    writer.finish().expect("an archive");
    let bytes = fs::read(&path).expect("the archive");
    let at = bytes.windows(5).position(|five| five == b"12.50").expect("the price");
    let other = [&bytes[..at], b"92.50", &bytes[at + 5..]].concat();

    let survey = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("written");
        let source = Source::open(folder.path(), "a.zip", &Limits::default()).expect("a directory");
        source.read(&source.parts()[0]).and_then(Reader::survey)
    };

    survey(&bytes).expect("as it was packed");
    assert_eq!(refused(survey(&other)), "goods.xml: archive");
}

#[test]
fn no_archive_makes_the_reader_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zip");
    archive(
        &path,
        &[("goods/goods_1_1.xml", GOODS.as_bytes()), ("a.jpg", b"picture"), ("offers.xml", GOODS.as_bytes())],
    );
    let seed = fs::read(&path).expect("the archive");

    for mutant in nasty::bytes(&[&seed, b"PK\x03\x04", b"PK\x05\x06"], 1_000) {
        fs::write(&path, mutant).expect("written");
        if let Ok(source) = Source::open(folder.path(), "a.zip", &Limits::default()) {
            for part in source.parts() {
                drop(source.read(part).and_then(Reader::survey));
            }
        }
    }
}
