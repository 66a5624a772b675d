//! Scans of real trees by real workers: nothing is missed, doubled or lost, whoever dies meanwhile.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use lockstep_e2e::{Api, Cluster, Page, Shape, eventually, repository, runs};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Longer than any scan here takes beside other tests, and than a lease.
const LONG: Duration = Duration::from_secs(240);

/// A registrator of a folder; its id.
async fn registrator(admin: &Api, name: &str, folder: &Path) -> String {
    let row = admin.create("registrators", json!({"name": name, "folder": folder, "enabled": true})).await;
    row["id"].as_str().expect("an id").to_owned()
}

async fn begin(admin: &Api, registrator: &str) -> String {
    let job = admin.post(&format!("/api/registrators/{registrator}/scan"), &json!({})).await.expect(202).json();
    job["id"].as_str().expect("an id").to_owned()
}

async fn job(admin: &Api, id: &str) -> Value {
    admin.get(&format!("/api/jobs/{id}")).await.expect(200).json()
}

fn is_active(job: &Value) -> bool {
    ["queued", "running", "retry_wait"].iter().any(|state| job["state"] == *state)
}

/// The job once it is over.
async fn over(admin: &Api, id: &str) -> Value {
    eventually("the end of the scan", LONG, || async { Some(job(admin, id).await).filter(|job| !is_active(job)) }).await
}

async fn scan(admin: &Api, registrator: &str) -> Value {
    over(admin, &begin(admin, registrator).await).await
}

fn count(job: &Value, name: &str) -> u64 {
    job["report"]["counts"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {job}"))
}

/// The events of a room, newest first.
async fn changes(admin: &Api, scope: &str) -> Vec<Value> {
    let changes = admin.get("/api/changes?limit=200").await.expect(200).json();
    changes["items"].as_array().expect("items").iter().filter(|event| event["scope"] == scope).cloned().collect()
}

async fn files(admin: &Api) -> u64 {
    admin.get("/api/files?per_page=1").await.expect(200).json()["total"].as_u64().expect("a number")
}

/// So many files in some directories of `folder`.
fn fill(folder: &Path, number: usize) {
    for n in 0..number {
        let directory = folder.join(format!("{:02}/{}", n % 40, n % 3));
        if n < 120 {
            fs::create_dir_all(&directory).expect("made");
        }
        fs::write(directory.join(format!("{n}.txt")), "x").expect("written");
    }
}

/// What `find` says: how many, and of how many bytes.
fn find(folder: &Path, kind: &str) -> (u64, u64) {
    let found = Command::new("find").arg(folder).args(["-type", kind, "-printf", "%s\\n"]).output().expect("find runs");
    let text = String::from_utf8(found.stdout).expect("numbers");
    let sizes: Vec<u64> = text.lines().map(|line| line.parse().expect("a number")).collect();
    (sizes.len() as u64, sizes.iter().sum())
}

#[tokio::test]
async fn a_scan_of_a_real_tree_finds_what_find_finds_and_the_next_one_is_silent() {
    let tree = repository().join("crates").canonicalize().expect("it is there");
    let cluster = Shape::embedded().set("jobs", "scan_roots", &tree.display().to_string()).start().await;
    let admin = cluster.admin().await;
    let id = registrator(&admin, "The source", &tree).await;

    let job = scan(&admin, &id).await;

    let ((number, bytes), (directories, _)) = (find(&tree, "f"), find(&tree, "d"));
    assert_eq!((&job["state"], count(&job, "failed")), (&json!("completed"), 0), "{job}");
    let expected = [number, bytes, directories];
    assert_eq!([count(&job, "new"), count(&job, "bytes"), count(&job, "directories")], expected);
    assert_eq!(files(&admin).await, number);
    let told = changes(&admin, "room:files").await;
    let created: u64 = told.iter().map(|event| event["data"]["created"].as_u64().expect("a bulk event")).sum();
    assert!(created == number && told.len() <= 20, "{created} files in {} events", told.len());
    let source = admin.get("/api/files?q=road/scan.rs").await.expect(200).json();
    assert_eq!((&source["total"], &source["items"][0]["status"]), (&json!(1), &json!("new")));

    let again = scan(&admin, &id).await;

    assert_eq!((count(&again, "unchanged"), count(&again, "new"), count(&again, "changed")), (number, 0, 0));
    assert_eq!(changes(&admin, "room:files").await.len(), told.len());
}

#[tokio::test]
async fn a_shell_has_a_folder_scanned_and_is_told_what_came_of_it() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    fill(&cluster.directory().join("data/files/in"), 30);
    registrator(&admin, "Reception", Path::new("in")).await;

    let done = cluster.command(&["scan", "Reception"], "");
    let missing = cluster.command(&["scan", "Nobody"], "");

    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(said.trim(), "new 30, changed 0, missing 0, returned 0, unchanged 0, failed 0, directories 61");
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no registrator `Nobody`"));
    fs::remove_dir_all(cluster.directory().join("data/files/in")).expect("gone");
    let refused = cluster.command(&["scan", "Reception"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("[jobs] scan_roots"), "{refused:?}");
}

#[tokio::test]
async fn a_scan_that_somebody_cancels_on_another_worker_stops_in_the_middle() {
    const FILES: usize = 20_000;
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    fill(&cluster.directory().join("data/files/in"), FILES);
    let registrator = registrator(&admin, "Reception", Path::new("in")).await;
    let id = begin(&admin, &registrator).await;
    let worker = eventually("a worker that has found something", LONG, || async {
        let job = job(&admin, &id).await;
        (job["progress"]["done"].as_u64() > Some(0)).then(|| job["worker"].as_u64().expect("a worker"))
    })
    .await;

    let mut other = None;
    for address in cluster.all() {
        let page = Page::open(address, &admin).await;
        if page.hello["worker"].as_u64() != Some(worker) {
            other = Some(admin.at(address));
        }
    }
    let other = other.expect("two workers");
    let _ = other.post(&format!("/api/jobs/{id}/cancel"), &json!({})).await.expect(202);
    let job = over(&admin, &id).await;

    assert_eq!(job["state"], "cancelled", "{job}");
    let known = files(&admin).await;
    assert!((1..FILES as u64).contains(&known), "{known} files");
    let told = changes(&admin, "room:registrators").await;
    assert_eq!((&told[0]["id"], &told[0]["data"]["state"]), (&json!(id), &json!("cancelled")));
}

#[tokio::test]
async fn a_scan_outlives_the_workers_that_die_of_it() {
    const FILES: u64 = 15_000;
    let mut cluster = Shape::workers(3).start().await;
    let admin = cluster.admin().await;
    let folder: PathBuf = cluster.directory().join("data/files/in");
    fill(&folder, 15_000);
    let registrator = registrator(&admin, "Reception", Path::new("in")).await;
    let id = begin(&admin, &registrator).await;

    let mut victims = Vec::new();
    while victims.len() < 2 {
        let done = victims.len() as u64 * 2_000;
        let running = eventually("a worker that gets on", LONG, || async {
            let job = job(&admin, &id).await;
            assert!(is_active(&job), "over before two workers could die: {job}");
            let fresh = !victims.contains(&job["worker"]) && job["state"] == "running";
            (fresh && job["progress"]["done"].as_u64() > Some(done)).then_some(job)
        })
        .await;
        let victim = running["worker"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a process");
        let pid = i32::try_from(victim).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(pid, Signal::KILL).expect("a process of ours");
        victims.push(running["worker"].clone());
        eventually("the end of the worker", LONG, || async { (!runs(victim)).then_some(()) }).await;
        for number in 0..3 {
            cluster.ready(number).await;
        }
    }
    let admin = cluster.admin().await;
    let job = over(&admin, &id).await;

    assert_eq!(job["state"], "completed", "{job}");
    assert!(!victims.contains(&job["worker"]), "{job}");
    assert!(job["fence"].as_u64() >= Some(3), "{job}");
    let (number, bytes) = find(&folder, "f");
    assert_eq!((number, files(&admin).await), (FILES, FILES));
    let expected = [FILES, bytes, find(&folder, "d").0, 0, 0];
    let counted = ["new", "bytes", "directories", "changed", "missing"].map(|name| count(&job, name));
    assert_eq!(counted, expected);
    let again = scan(&admin, &registrator).await;
    assert_eq!((count(&again, "unchanged"), count(&again, "new")), (FILES, 0));
}

#[tokio::test]
async fn a_scan_that_cannot_be_is_refused_with_the_cure() {
    // Nobody does any work here, so what is wanted stays wanted.
    let cluster = Shape::embedded().set("jobs", "concurrency", "0").start().await;
    let admin = cluster.admin().await;
    fill(&cluster.directory().join("data/files/in"), 1);
    let id = registrator(&admin, "Reception", Path::new("in")).await;
    let nowhere = registrator(&admin, "Nowhere", Path::new("not/there")).await;
    let refused = async |id: &str, status: u16| {
        let reply = admin.post(&format!("/api/registrators/{id}/scan"), &json!({"sha256": true})).await;
        reply.expect(status).json()["error"].clone()
    };

    let job = begin(&admin, &id).await;
    let running = refused(&id, 409).await;
    assert_eq!((&running["code"], &running["job"]["id"]), (&json!("scan.running"), &json!(job)), "{running}");
    let missing = refused(&nowhere, 422).await;
    assert_eq!(missing["code"], "scan.no_root");
    assert!(missing["message"].as_str().is_some_and(|message| message.contains("[jobs] scan_roots")), "{missing}");
    let _ = admin.post(&format!("/api/registrators/{nowhere}/toggle"), &json!({"enabled": false})).await.expect(200);
    assert_eq!(refused(&nowhere, 422).await["code"], "scan.disabled");
    let outside = json!({"name": "Outside", "folder": "/etc", "enabled": true});
    let outside = admin.post("/api/registrators", &outside).await.expect(422).json();
    assert_eq!(outside["error"]["fields"]["folder"]["code"], "field.outside", "{outside}");
}
