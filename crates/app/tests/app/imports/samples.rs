//! Exports of real shops, which are not ours to hand on: they are imported where `LOCKSTEP_COMMERCEML_SAMPLES` says that they lie, and what the
//! catalogue holds then is compared with what a counter found that shares no code with us (`totals.json` there).

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use lockstep_app::{ImportOrder, ImportType, jobs::JobState};
use serde_json::Value as Json;

use super::site::{catalog, changed};
use crate::common::{World, world};

/// Their place, or none, and then that is said.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should see that these did nothing")]
fn samples() -> Option<PathBuf> {
    let place = std::env::var_os("LOCKSTEP_COMMERCEML_SAMPLES");
    if place.is_none() {
        eprintln!("skipped: LOCKSTEP_COMMERCEML_SAMPLES does not say where the samples are");
    }
    place.map(PathBuf::from)
}

/// The XML files of a folder, by their names in it.
fn files(folder: &Path, below: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = Path::new(below).join(entry.file_name()).display().to_string();
        match entry.file_type().expect("known").is_dir() {
            true => found.extend(files(folder, &name)),
            false if name.ends_with(".xml") => found.push((name, fs::read(entry.path()).expect("read"))),
            false => {}
        }
    }
    found
}

/// The same text in windows-1251, where that can spell it.
fn transcoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).to_vec()).ok()?;
    let (head, rest) = text.split_once("?>")?;
    let head = head.to_lowercase().replace("utf-8", "windows-1251");
    let text = format!("{head}?>{rest}");
    let (bytes, _, lost) = encoding_rs::WINDOWS_1251.encode(&text);
    (!lost).then(|| bytes.into_owned())
}

fn put(world: &World, source: &str, files: &[(String, Vec<u8>)]) {
    for (name, bytes) in files {
        let path = world.imports().join(source).join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, bytes).expect("written");
    }
}

fn pack(world: &World, source: &str, files: &[(String, Vec<u8>)]) {
    let mut writer = zip::ZipWriter::new(File::create(world.imports().join(source)).expect("made"));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).expect("begun");
        writer.write_all(bytes).expect("packed");
    }
    writer.finish().expect("an archive");
}

/// Dry, for good, its customers, and all of it again.
async fn check(world: &World, source: &str, expected: &Json) {
    let number = |key: &str| expected[key].as_u64().unwrap_or_default();
    let errors = |job: &lockstep_app::jobs::Job| job.shown()["issues"]["error"].as_u64().expect("counted");
    let dry = world.import(ImportOrder { dry_run: true, ..catalog(source) }).await;
    assert!(world.held().await.is_nothing(), "{source}: a dry run writes nothing");

    let first = world.import(catalog(source)).await;

    let unknown: u64 = expected["issues"].as_object().map_or(0, |codes| codes.values().filter_map(Json::as_u64).sum());
    let state = if unknown > 0 { JobState::CompletedWithErrors } else { JobState::Completed };
    assert_eq!((first.state, errors(&first)), (state, unknown), "{source}: {:?}", world.issues(&first).await);
    assert_eq!(first.shown()["counts"], dry.shown()["counts"], "{source}: the dry run has counted what came");
    assert_eq!(first.shown()["issues"], dry.shown()["issues"], "{source}");
    if number("customers") > 0 {
        world.import(ImportOrder::new(ImportType::Customers, source)).await;
    }
    let held = world.held().await;
    for (name, rows) in held.rows.iter().filter(|(name, _)| **name != "brands") {
        assert_eq!(u64::try_from(*rows).expect("a count"), number(name), "{source}: {name}");
    }
    let sum = |key: &str| expected[key].as_str().unwrap_or("0").parse().expect("a decimal");
    assert_eq!((held.sum_price, held.sum_qty), (sum("sum_price"), sum("sum_qty")), "{source}");

    let told = world.news().len();
    let second = world.import(catalog(source)).await;
    assert_eq!((second.state, changed(&second)), (state, 0), "{source}");
    assert_eq!((world.held().await, world.news().len()), (held, told), "{source}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exports_of_real_shops_are_held_as_an_independent_counter_found_them() {
    let Some(samples) = samples() else { return };
    let totals = fs::read_to_string(samples.join("totals.json")).expect("totals.json beside the samples");
    let totals: Json = serde_json::from_str(&totals).expect("JSON");

    for (folder, expected) in totals.as_object().expect("one entry a folder") {
        let (expected, files) = (&expected["accepted"], files(&samples.join(folder), ""));
        let loose = world().await;
        put(&loose, folder, &files);
        check(&loose, folder, expected).await;
        let (packed, archive) = (world().await, format!("{folder}.zip"));
        pack(&packed, &archive, &files);
        check(&packed, &archive, expected).await;
        let other = files.iter().map(|(name, bytes)| Some((name.clone(), transcoded(bytes)?)));
        if let Some(other) = other.collect::<Option<Vec<_>>>() {
            let transcoded = world().await;
            put(&transcoded, folder, &other);
            check(&transcoded, folder, expected).await;
        }
    }
}
