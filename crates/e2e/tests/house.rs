//! The shape of the house: which crate may know which, and which versions are too old to be safe.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, semver::Version};

/// Who may know whom. An arrow that is not here is refused: if a change needs one, the house is mended first.
const ARROWS: [(&str, &[&str]); 6] = [
    ("lockstep-protocol", &[]),
    ("lockstep-sync-manager", &["lockstep-protocol"]),
    ("lockstep-store", &["lockstep-protocol"]),
    ("lockstep-app", &["lockstep-store", "lockstep-protocol"]),
    ("lockstep-server", &["lockstep-app", "lockstep-sync-manager", "lockstep-protocol"]),
    ("lockstep-e2e", &["lockstep-protocol"]),
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
