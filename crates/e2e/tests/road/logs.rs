//! Log lines, from the shell to those who read them.

use lockstep_e2e::{Api, Cluster, LIMIT, Launch, Page, Shape, api, eventually, lockstep};
use serde_json::{Value, json};

use crate::story::pages;

/// `lockstep log <arguments>` with a key, and what it is told.
fn log(cluster: &Cluster, key: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let launch = Launch::new("log", lockstep(), cluster.directory()).arg("log").args(arguments.iter().copied());
    let output = launch.args(["--config", "config.ini"]).env("LOCKSTEP_KEY", key).run(input);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
}

/// The lines that fit, as soon as there are so many.
async fn kept(reader: &Api, words: &str, number: usize) -> Vec<Value> {
    eventually("the lines are kept", LIMIT, || async {
        let page = reader.get(&format!("/api/logs?limit=1000&{words}")).await.expect(200).json();
        let items = page["items"].as_array().expect("a list").clone();
        (items.len() >= number).then_some(items)
    })
    .await
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["message"].as_str().expect("text")).collect()
}

#[tokio::test]
async fn what_a_script_says_is_read_on_every_worker() {
    let cluster = Shape::workers(2).start().await;
    let reader = cluster.admin().await.at(&cluster.worker(1));
    let key = cluster.key_named("nightly", "log");
    let metadata = ["no space left", "--level", "critical", "--metadata", r#"{"free":0}"#];
    let input: String = (1..=450).map(|n| format!("step {n}\n\n")).collect();

    let (done, id) = log(&cluster, &key, &metadata, "");
    let (all, taken) = log(&cluster, &key, &["-", "--source", "steps", "--type", "scan", "--json"], &input);

    assert!(done && all, "{id} {taken}");
    let line = &kept(&reader, "level=critical", 1).await[0];
    assert_eq!(
        (&line["id"], &line["message"], &line["source"]),
        (&json!(id), &json!("no space left"), &json!("nightly"))
    );
    assert_eq!((&line["type"], &line["metadata"]), (&json!("error"), &json!({"free": 0})));
    assert_eq!(serde_json::from_str::<Value>(&taken).expect("JSON"), json!({"accepted": 450}));
    let steps = kept(&reader, "source=steps", 450).await;
    assert_eq!(messages(&steps), (1..=450).map(|n| format!("step {n}")).collect::<Vec<_>>());
    let file = reader.get("/api/logs.txt?source=steps").await.expect(200).text();
    assert!(file.lines().last().expect("some").ends_with(" INFO     production steps: step 450"), "{file}");
}

/// The whole road: a program at one worker, pages at both, one of them late.
#[tokio::test]
async fn a_line_is_shown_on_every_page_of_logs_and_to_those_who_come_later() {
    let cluster = Shape::workers(2).start().await;
    let (admin, key) = (cluster.admin().await, cluster.key("log"));
    let mut open = pages(cluster.all(), &admin, &["logs"]).await;

    let (done, id) = log(&cluster, &key, &["the shop is open"], "");

    assert!(done, "{id}");
    let holds =
        |lines: &Value| lines.as_array().is_some_and(|lines| lines.iter().any(|line| line["id"] == id.as_str()));
    for page in &mut open {
        page.event_where("log", holds).await;
    }
    for address in cluster.all() {
        let mut late = Page::open(address, &admin).await;
        late.join("logs").await;
        late.event_where("log:backfill", |said| holds(&said["lines"])).await;
    }
    assert_eq!(kept(&admin, "text=the+shop+is+open", 1).await[0]["id"], id.as_str());
}

#[tokio::test]
async fn a_script_that_may_not_or_says_it_wrong_is_told_so() {
    let cluster = Shape::embedded().start().await;

    let (done, refused) = log(&cluster, &cluster.key("publish"), &["x"], "");
    let (also_done, wrong) =
        log(&cluster, &cluster.key_named("right", "log"), &["x", "--source", &"x".repeat(129)], "");

    assert!(!done && refused.contains("(forbidden)"), "{refused}");
    assert!(!also_done && wrong.contains("(invalid)"), "{wrong}");
}

#[tokio::test]
async fn what_the_service_reports_of_itself_is_a_line_unless_it_is_switched_off() {
    for (level, expected) in [("warn", true), ("off", false)] {
        let shape = Shape::embedded().set("logs", "own_level", level).set("limits", "login_attempts", "3");
        let cluster = shape.start().await;
        let admin = cluster.admin().await;
        for _ in 0..20 {
            api::try_sign_in(&cluster.worker(0), "anna", "a guess").await;
        }
        let (_, after) = log(&cluster, &cluster.key("log"), &["afterwards"], "");

        let lines = kept(&admin, "", if expected { 2 } else { 1 }).await;

        let own: Vec<&Value> = lines.iter().filter(|line| line["source"] == "lockstep").collect();
        assert_eq!(!own.is_empty(), expected, "{after} {lines:?}");
        assert!(own.iter().all(|line| line["level"] == "warning" || line["level"] == "error"), "{own:?}");
        assert!(!expected || messages(&lines).iter().any(|message| message.contains("too many attempts")), "{lines:?}");
    }
}

/// The lines of a worker that is told to stop are not lost.
#[tokio::test]
async fn lines_outlive_the_worker_that_took_them() {
    let mut cluster = Shape::embedded().start().await;
    let key = cluster.key("log");
    let (done, _) = log(&cluster, &key, &["-"], &"a line\n".repeat(1000));

    cluster.terminate();
    assert!(cluster.server().ended().await.success());
    cluster.serve().await;

    assert!(done);
    assert_eq!(kept(&cluster.admin().await, "text=a+line", 1000).await.len(), 1000);
}
