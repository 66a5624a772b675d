//! Files that are sent, and what is left of those that were not sent whole.

use std::{fs, path::PathBuf};

use lockstep_app::{Caller, NewUpload};

use crate::common::{World, told, world};

impl World {
    async fn uploaded(&self, name: &str, bytes: &[u8]) -> String {
        let caller = Caller::operator();
        let mut upload = self.app.upload(&caller, &NewUpload::default()).await.expect("begun");
        upload.begin_file(name).await.expect("begun");
        upload.write(bytes).await.expect("written");
        upload.finish(&caller, None).await.expect("added")[0].row.id.clone()
    }

    fn shelf(&self) -> PathBuf {
        self.dir.path().join("uploads")
    }

    /// Names of the bytes that lie there.
    fn lying(&self) -> Vec<String> {
        let entries = fs::read_dir(self.shelf()).expect("there").map(|entry| entry.expect("readable"));
        let files = entries.filter(|entry| entry.path().is_file());
        files.map(|entry| entry.file_name().into_string().expect("text")).collect()
    }
}

/// What a process that was killed leaves behind.
#[tokio::test]
async fn what_a_dead_process_has_left_is_swept_up_and_what_has_a_row_stays() {
    let world = world().await;
    let id = world.uploaded("kept.txt", b"kept").await;
    let [kept] = &world.lying()[..] else { panic!("one") };
    let (orphan, strange) = ("0".repeat(32), "1".repeat(32));
    let desk = world.shelf().join("under_way/7-dead");
    fs::create_dir(&desk).expect("made");
    fs::write(world.shelf().join("under_way/7-dead.lock"), "").expect("written");
    fs::write(desk.join("abc.part"), "half").expect("written");
    for name in [kept, &orphan] {
        fs::write(desk.join(name), "").expect("noted");
    }
    for name in [&orphan, &strange] {
        fs::write(world.shelf().join(name), "whole").expect("written");
    }

    world.app.sweep_uploads().await.expect("swept");

    let mut lying = world.lying();
    lying.sort();
    let mut expected = vec![kept.clone(), strange];
    expected.sort();
    assert_eq!(lying, expected, "what nobody has in doubt is not ours to remove");
    assert!(!desk.exists() && !world.shelf().join("under_way/7-dead.lock").exists());
    assert_eq!(world.app.content(&Caller::operator(), &id).await.expect("there").size, 4);
}

#[tokio::test]
async fn nobody_sweeps_up_what_a_living_process_is_at() {
    let (world, caller) = (world().await, Caller::operator());
    let mut upload = world.app.upload(&caller, &NewUpload::default()).await.expect("begun");
    upload.begin_file("a.txt").await.expect("begun");
    upload.write(b"one ").await.expect("written");

    world.app.sweep_uploads().await.expect("swept");

    upload.write(b"two").await.expect("written");
    let id = upload.finish(&caller, None).await.expect("added")[0].row.id.clone();
    assert_eq!(world.app.content(&caller, &id).await.expect("there").size, 7);
    assert_eq!(world.lying().len(), 1);
}

#[tokio::test]
async fn an_upload_that_nobody_finishes_leaves_nothing() {
    let (world, caller) = (world().await, Caller::operator());
    let mut upload = world.app.upload(&caller, &NewUpload::default()).await.expect("begun");
    for name in ["a.txt", "b.txt"] {
        upload.begin_file(name).await.expect("begun");
        upload.write(&[7; 300_000]).await.expect("written");
    }

    drop(upload);

    assert_eq!(world.lying(), [""; 0]);
    let desks =
        fs::read_dir(world.shelf().join("under_way")).expect("there").map(|entry| entry.expect("readable").path());
    let left: usize = desks.filter(|path| path.is_dir()).map(|desk| fs::read_dir(desk).expect("there").count()).sum();
    assert_eq!(left, 0);
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn who_may_not_edit_files_begins_nothing() {
    let world = world().await;
    let anna = world.person("anna", &["files.view"]).await;

    assert_eq!(told(world.app.upload(&anna, &NewUpload::default()).await.map(drop)).0, "forbidden");
    assert!(!world.shelf().exists());
}
