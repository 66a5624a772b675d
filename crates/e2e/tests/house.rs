//! The shape of the house: which crate may know which, which versions are too old to be safe, and that the tests that the threat model
//! names are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, semver::Version};

/// Who may know whom. An arrow that is not here is refused: if a change needs one, the house is mended first.
const ARROWS: [(&str, &[&str]); 7] = [
    ("lockstep-protocol", &[]),
    ("lockstep-commerceml", &[]),
    ("lockstep-sync-manager", &["lockstep-protocol"]),
    ("lockstep-store", &["lockstep-protocol"]),
    ("lockstep-app", &["lockstep-store", "lockstep-commerceml", "lockstep-protocol"]),
    ("lockstep-server", &["lockstep-app", "lockstep-sync-manager", "lockstep-protocol"]),
    ("lockstep-e2e", &["lockstep-protocol", "lockstep-commerceml"]),
];

/// What only one crate may know, so that it can be replaced there.
const SECRETS: [(&str, &str); 4] = [
    ("fred", "lockstep-sync-manager"),
    ("sqlx", "lockstep-store"),
    ("socketioxide", "lockstep-server"),
    ("axum", "lockstep-server"),
];

/// What the pure crate never needs.
const NOT_IN_PROTOCOL: [&str; 4] = ["tokio", "rand", "tracing", "uuid"];

/// What a reader of files never needs: it blocks, and says what it found to its caller alone.
const NOT_IN_COMMERCEML: [&str; 4] = ["tokio", "rand", "tracing", "futures-util"];

/// Earlier versions have remote panics and unbounded memory (GHSA-7xpx-rcqc-8qjh, GHSA-55mf-67qm-4wpg, GHSA-c6g7-r2mf-pf5g).
const FLOORS: [(&str, &str); 4] = [
    ("socketioxide", "0.18.9"),
    ("engineioxide", "0.17.9"),
    ("engineioxide-core", "0.2.3"),
    ("socketioxide-parser-common", "0.17.3"),
];

fn metadata() -> Metadata {
    MetadataCommand::new().other_options(["--locked".to_owned()]).exec().expect("cargo knows the workspace")
}

/// What a crate is built from; its tests may know more.
fn dependencies(package: &Package) -> BTreeSet<&str> {
    let built = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    built.map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn crates_know_only_those_they_may_know() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let arrows = BTreeMap::from(ARROWS);

    for package in packages {
        let name = package.name.as_str();
        let allowed =
            arrows.get(name).unwrap_or_else(|| panic!("{name} has no place in the house yet; add its arrows"));
        let ours = dependencies(package).into_iter().filter(|known| known.starts_with("lockstep-"));
        for known in ours {
            assert!(allowed.contains(&known), "{name} must not know {known}");
        }
    }
}

#[test]
fn each_secret_is_kept_by_one_crate() {
    let metadata = metadata();

    for package in metadata.workspace_packages() {
        let known = dependencies(package);
        for (secret, keeper) in SECRETS {
            assert!(
                package.name.as_str() == keeper || !known.contains(secret),
                "{} must not know {secret}",
                package.name
            );
        }
        if package.name.as_str() == "lockstep-protocol" {
            assert!(NOT_IN_PROTOCOL.iter().all(|impure| !known.contains(impure)), "the protocol is pure");
        }
        if package.name.as_str() == "lockstep-commerceml" {
            assert!(NOT_IN_COMMERCEML.iter().all(|busy| !known.contains(busy)), "commerceml only reads");
        }
    }
}

#[test]
fn versions_with_known_holes_are_not_linked() {
    let metadata = metadata();

    for (name, floor) in FLOORS {
        let floor = Version::parse(floor).expect("a version");
        let linked: Vec<_> = metadata.packages.iter().filter(|package| package.name.as_str() == name).collect();
        assert!(!linked.is_empty(), "{name} is not linked any more: take it out of this list");
        for package in linked {
            assert!(package.version >= floor, "{name} {} is below {floor}", package.version);
        }
    }
}

/// All files below `directory`, but for what other people wrote.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("readable").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        match path.is_dir() {
            true if name == "node_modules" || name == "target" => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// What stands between backticks in the third column of the tables under this heading.
fn named_in_third_column<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, below) = text.split_once(heading).expect("the heading");
    let section = below.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split(" | ").nth(2));
    rows.flat_map(|column| column.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_tests_that_the_threat_model_names_are_there() {
    let crates = lockstep_e2e::repository().join("crates");
    let model = fs::read_to_string(lockstep_e2e::repository().join("docs/security.md")).expect("the threat model");
    let mut found = Vec::new();
    files(&crates, &mut found);
    let code: String = found
        .iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect();

    let named = named_in_third_column(&model, "\n## Threats, controls, tests\n");

    for name in &named {
        let there = match name.contains(['.', '/']) {
            true => crates.join(name).exists() || found.iter().any(|path| path.ends_with(name)),
            false => code.contains(&format!("fn {name}()")),
        };
        assert!(there, "docs/security.md names `{name}`, which is not there");
    }
    assert!(named.len() > 60, "{}: hardly anything is named", named.len());
}
