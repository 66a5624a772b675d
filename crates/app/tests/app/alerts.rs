//! What administrators are told by the service itself.

use lockstep_app::{Alert, Caller, NoticeQuery};
use serde_json::{Value as Json, json};

use crate::common::{World, world};

async fn told(world: &World, caller: &Caller) -> Vec<Json> {
    let page = world.app.notices(caller, &NoticeQuery::read([]).expect("no words")).await.expect("listed");
    let data = |data: &str| serde_json::from_str(data).expect("JSON");
    page.items.iter().filter(|item| item.notice.kind == "alert").map(|item| data(item.notice.data.get())).collect()
}

fn lost(worker: u32) -> Alert {
    Alert::WorkerLost { worker, name: format!("h/0/{worker}-1"), host: "h".into() }
}

#[tokio::test]
async fn however_many_workers_notice_it_administrators_are_told_once_and_nobody_else() {
    let world = world().await;
    let root = world.person("root", &["admin"]).await;
    let anna = world.person("anna", &["logs.view", "files.edit"]).await;

    let first = world.app.alert(&lost(7)).await.expect("told");
    let second = world.app.alert(&lost(7)).await.expect("looked");

    assert_eq!((first.recipients, second.recipients), (1, 0));
    let alerts = told(&world, &root).await;
    assert_eq!(alerts.len(), 1);
    let shown = ["severity", "title", "source", "code", "worker"].map(|name| alerts[0][name].clone());
    assert_eq!(json!(shown), json!(["high", "A worker is lost", "system", "worker_lost", 7]));
    assert!(alerts[0]["message"].as_str().expect("words").contains("Worker 7 at h"));
    assert!(told(&world, &anna).await.is_empty());
    world.app.alert(&lost(8)).await.expect("told");
    assert_eq!(told(&world, &root).await.len(), 2, "another worker is another alert");
}

/// Who had read the first worker's alert was told the second worker's.
#[tokio::test]
async fn who_has_read_it_already_is_not_told_again_and_after_a_while_he_is() {
    let world = world().await;
    let root = world.person("root", &["admin"]).await;
    let deaf = Alert::RedisDeaf { seconds: 10 };

    world.app.alert(&deaf).await.expect("told");
    world.app.read_all_notices(&root, None).await.expect("read");
    world.app.alert(&deaf).await.expect("looked");
    assert_eq!(told(&world, &root).await.len(), 1);
    world.app.alert(&Alert::RedisBack { seconds: 12 }).await.expect("told");
    world.hands.forward(61_000);
    world.app.alert(&deaf).await.expect("told");

    let codes: Vec<Json> = told(&world, &root).await.into_iter().map(|data| data["code"].clone()).collect();
    assert_eq!(codes, ["redis_deaf", "redis_back", "redis_deaf"]);
}
