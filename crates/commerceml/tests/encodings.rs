//! The same content is the same rows, however it is written and packed; and an encoding that lies is found out.

mod common;

use std::{fs, path::Path};

use common::{fixtures, framed, refusal, rows, rows_by_file, windows_1251};
use lockstep_commerceml::{Limits, Reader, Source, sample::Shop};

/// Copies a layout, each file of XML changed.
fn copy(from: &Path, to: &Path, change: &dyn Fn(&str) -> Vec<u8>) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy(&path, &target, change),
            false => fs::write(target, change(&fs::read_to_string(&path).expect("text"))).expect("written"),
        }
    }
}

/// Packs a folder as it lies.
fn pack(source: &Source, folder: &Path, archive: &Path) {
    let mut writer = zip::ZipWriter::new(fs::File::create(archive).expect("a file"));
    for part in source.parts() {
        writer.start_file(part.name(), zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::copy(&mut fs::File::open(folder.join(part.name())).expect("a part"), &mut writer).expect("packed");
    }
    writer.finish().expect("an archive");
}

fn open(root: &Path, name: &str) -> Source {
    Source::open(root, name, &Limits::default()).expect("a source")
}

#[test]
fn the_same_content_is_the_same_rows_in_every_encoding_loose_and_packed() {
    for layout in ["pair", "old", "folders", "module"] {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let expected = rows_by_file(&open(&fixtures(layout), ""));
        assert!(!expected.is_empty());

        copy(&fixtures(layout), &root.join("marked"), &|text| [b"\xef\xbb\xbf", text.as_bytes()].concat());
        copy(&fixtures(layout), &root.join("1251"), &windows_1251);
        copy(&fixtures(layout), &root.join("crlf"), &|text| text.replace('\n', "\r\n").into_bytes());
        pack(&open(root, "marked"), &root.join("marked"), &root.join("marked.zip"));
        pack(&open(root, "1251"), &root.join("1251"), &root.join("1251.zip"));

        for name in ["marked", "1251", "crlf", "marked.zip", "1251.zip"] {
            assert_eq!(rows_by_file(&open(root, name)), expected, "{layout} as {name}");
        }
    }
}

#[test]
fn utf_16_is_read_by_its_mark_and_other_encodings_of_1c_by_their_name() {
    let file = "<?xml version=\"1.0\" encoding=\"NAME\"?>\n<Каталог><Товары><Товар><Ид>т1</Ид><Наименование>Ёлка</Наименование></Товар></Товары></Каталог>";
    let expected = rows(file.replace("NAME", "utf-8").as_bytes());
    assert_eq!(expected.len(), 1);

    for (name, encoding) in [
        ("windows-1251", encoding_rs::WINDOWS_1251),
        ("CP1251", encoding_rs::WINDOWS_1251),
        ("koi8-r", encoding_rs::KOI8_R),
        ("cp866", encoding_rs::IBM866),
    ] {
        assert_eq!(rows(&*encoding.encode(&file.replace("NAME", name)).0), expected, "{name}");
    }
    let units = || file.encode_utf16();
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(rows(&little[..]), expected);
    assert_eq!(rows(&big[..]), expected);
}

#[test]
fn a_mark_beats_a_declaration_that_lies() {
    let file = framed("<Каталог><Товары><Товар><Ид>т1</Ид></Товар></Товары></Каталог>");
    let lying = format!("\u{feff}<?xml version='1.0' encoding='windows-1251'?>{file}");

    assert_eq!(rows(lying.as_bytes()), rows(file.as_bytes()));
}

#[test]
fn a_declaration_that_lies_is_found_out() {
    let file =
        "<?xml version=\"1.0\" encoding=\"NAME\"?>\n<Каталог>\n <Товары><Товар><Ид>т1</Ид></Товар></Товары></Каталог>";
    let utf8 = |name: &str| file.replace("NAME", name).into_bytes();
    let cyrillic = |name: &str| encoding_rs::WINDOWS_1251.encode(&file.replace("NAME", name)).0.into_owned();

    // The name of the first element is none that 1C writes.
    assert_eq!(refusal(&utf8("windows-1251")[..]), "2:1 not_commerceml");
    assert_eq!(refusal(&cyrillic("koi8-r")[..]), "2:1 not_commerceml");
    assert_eq!(refusal(&cyrillic("UTF-8")[..]), "2:2 bad_bytes");
    for unknown in ["utf-16", "iso-8859-5", "windows-1252", "ebcdic", ""] {
        assert_eq!(refusal(&utf8(unknown)[..]), "1:1 encoding", "{unknown}");
    }
}

#[test]
fn bytes_that_mean_nothing_are_told_by_their_place() {
    let file =
        framed("<Каталог>\n<Товары><Товар><Ид>т1</Ид><Наименование>Ёлка ?</Наименование></Товар></Товары></Каталог>");
    let bad = |byte: u8| file.bytes().map(|one| if one == b'?' { byte } else { one }).collect::<Vec<_>>();

    assert_eq!(refusal(&bad(0xff)[..]), "2:46 bad_bytes");
    assert_eq!(refusal(&bad(0xd0)[..]), "2:46 bad_bytes");
    let lone_half: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("<Каталог>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(refusal(&[&lone_half[..], b"\x00\xd8a\x00"].concat()[..]), "1:10 bad_bytes");
}

#[test]
fn a_declaration_that_comes_late_is_believed_or_refused_but_never_misread() {
    let file = |blanks: usize| {
        let blanks = " ".repeat(blanks);
        let text = format!(
            "<?xml version=\"1.0\" {blanks}encoding=\"windows-1251\"?><Каталог><Товары><Товар><Ид>т</Ид></Товар></Товары></Каталог>"
        );
        encoding_rs::WINDOWS_1251.encode(&text).0.into_owned()
    };

    assert_eq!(rows(&file(60)[..])[0].id(), "т");
    assert_eq!(rows(&file(900)[..])[0].id(), "т");
    assert_eq!(refusal(&file(2_000)[..]), "1:1 encoding");
    let middle = framed("<?xml version=\"1.0\" encoding=\"windows-1251\"?>");
    assert_eq!(refusal(middle.as_bytes()), "1:25 malformed");
}

#[test]
fn what_is_read_in_pieces_of_any_size_is_the_same() {
    let shop = Shop { products: 7, ..Shop::default() };
    let expected = rows(shop.goods());

    for size in [1, 2, 3, 7, 1_000] {
        assert_eq!(rows(Pieces { inner: shop.goods(), size }), expected, "{size}");
    }
    let in_1251 = Shop { encoding: lockstep_commerceml::sample::Encoding::Windows1251, ..shop };
    assert_eq!(rows(Pieces { inner: in_1251.goods(), size: 1 }), expected);
}

/// Gives little at a time.
struct Pieces<R> {
    inner: R,
    size: usize,
}

impl<R: std::io::Read> std::io::Read for Pieces<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let size = self.size.min(into.len());
        self.inner.read(&mut into[..size])
    }
}

#[test]
fn the_summary_says_what_the_file_is() {
    let text = fs::read_to_string(fixtures("pair/import.xml")).expect("a fixture");
    let summary = |bytes: &[u8]| Reader::new("a.xml", bytes, &Limits::default()).survey().expect("whole");

    let (utf8, cyrillic) = (summary(text.as_bytes()), summary(&windows_1251(&text)));

    assert_eq!((utf8.encoding, cyrillic.encoding), ("UTF-8", "windows-1251"));
    assert_eq!((utf8.bytes, cyrillic.bytes), (text.len() as u64, windows_1251(&text).len() as u64));
    assert_eq!(utf8.counts, cyrillic.counts);
    assert!(utf8.sha256.is_some() && utf8.sha256 != cyrillic.sha256);
    assert_eq!(utf8.sha256, summary(text.as_bytes()).sha256);
    let known = &[0xc8, 0xdb, 0xe3, 0x8f];
    assert_eq!(&summary("<Каталог/>".as_bytes()).sha256.expect("a survey takes it")[..4], known);
}
