//! Log lines, from whoever writes them at one worker to whoever watches at another.

use lockstep_e2e::{Address, Api, LIMIT, Page, Shape, eventually, within};
use serde_json::{Value, json};

/// A storm: so many lines, as many in a request as may be.
const LINES: usize = 20_000;
const REQUEST: usize = 1_000;

/// A page in the room, who has seen what came before.
async fn watcher(worker: &Address, person: &Api) -> Page {
    let mut page = Page::open(worker, person).await;
    page.join("logs").await;
    page.event("log:backfill").await;
    page
}

/// Writes lines; asks again while there is no place for them.
async fn write(author: &Api, lines: &[Value]) {
    eventually("a place for lines", LIMIT, || async {
        let answer = author.post("/api/logs", &json!(lines)).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 202 | 429), "{status}");
        (status == 202).then_some(())
    })
    .await;
}

fn messages(lines: &Value) -> Vec<&str> {
    lines.as_array().expect("lines").iter().filter_map(|line| line["message"].as_str()).collect()
}

#[tokio::test]
async fn lines_written_at_one_worker_are_seen_at_the_others_by_whoever_wants_them() {
    let cluster = Shape::workers(3).set("logs", "own_level", "off").start().await;
    let admin = cluster.admin().await.at(&cluster.worker(0));
    let (mut all, mut errors) = (watcher(&cluster.worker(1), &admin).await, watcher(&cluster.worker(2), &admin).await);
    let chosen = errors.ask("logs:filter", json!({"level": "error,critical", "source": "import-*"})).await;
    assert_eq!(chosen["filter"]["source"], json!(["import-*"]), "{chosen}");
    errors.event("log:backfill").await;

    let line = |message: &str, level: &str, source: &str| json!({"message": message, "level": level, "source": source});
    let lines = [line("one", "info", "import-1"), line("two", "error", "scan-1"), line("three", "fatal", "import-2")];
    write(&admin, &lines).await;

    assert_eq!(messages(&all.event("log").await.body), ["one", "two", "three"]);
    let heard = errors.event("log").await.body;
    assert_eq!(messages(&heard), ["three"]);
    assert_eq!((&heard[0]["level"], &heard[0]["n"]), (&json!("critical"), &json!(3)));
    let mut late = Page::open(&cluster.worker(2), &admin).await;
    late.join("logs").await;
    assert_eq!(messages(&late.event("log:backfill").await.body["lines"]), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_storm_of_lines_is_seen_in_full_or_told_in_numbers() {
    let cluster = Shape::workers(3).set("logs", "own_level", "off").start().await;
    let admin = cluster.admin().await.at(&cluster.worker(0));
    let mut page = watcher(&cluster.worker(1), &admin).await;
    write(&admin, &[json!({"message": "begin"})]).await;
    let begin = page.event("log").await.body[0]["n"].as_u64().expect("a number");

    let storm = async {
        for some in (0..LINES).collect::<Vec<_>>().chunks(REQUEST) {
            let lines: Vec<Value> = some.iter().map(|n| json!({"message": format!("line {n}")})).collect();
            write(&admin, &lines).await;
        }
        write(&admin, &[json!({"message": "end"})]).await;
    };
    let watched = within("the end of the storm", 3 * LIMIT, watch_until_the_end(&mut page));
    let ((numbers, lost), ()) = tokio::join!(watched, storm);

    let end = *numbers.last().expect("it came");
    assert!(numbers.is_sorted_by(|a, b| a < b), "each line once, in order");
    assert!(end - begin > LINES as u64, "every line has a number");
    assert_eq!(numbers.len() as u64 + lost, end - begin, "arrived or told");
}

/// The numbers of the lines that came, and how many were told to be missing.
async fn watch_until_the_end(page: &mut Page) -> (Vec<u64>, u64) {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    loop {
        let heard = page.next().await.expect("the connection lives");
        match heard.name.as_str() {
            "log" => {
                let lines = heard.body.as_array().expect("lines");
                numbers.extend(lines.iter().filter_map(|line| line["n"].as_u64()));
                if messages(&heard.body).contains(&"end") {
                    return (numbers, lost);
                }
            }
            "log:gap" => lost += heard.number("dropped"),
            _ => {}
        }
    }
}
