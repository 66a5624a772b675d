//! What a person is told reaches his pages wherever they are, and nobody else's.

use std::collections::BTreeSet;

use lockstep_e2e::{Api, Cluster, Heard, Page, Shape};
use serde_json::{Value, json};

use crate::{
    commands::with_key,
    story::{assert_unbroken, next, person, settle},
};

/// Everybody may see categories, by which a page tells how far its worker has come.
const RIGHTS: &[&str] = &["categories.view"];

/// An administrator, and a person with a page at each worker.
struct Office {
    cluster: Cluster,
    admin: Api,
    anna: Api,
    boris: Api,
}

impl Office {
    async fn of(shape: Shape) -> Self {
        let cluster = shape.start().await;
        let admin = cluster.admin().await;
        let [anna, boris] = [person(&admin, "anna", RIGHTS).await, person(&admin, "boris", RIGHTS).await];
        Self { cluster, admin, anna, boris }
    }

    /// A page of this person at each worker, in his own room.
    async fn pages(&self, whose: &Api) -> Vec<Page> {
        let mut pages = Vec::new();
        for address in self.cluster.all() {
            let mut page = Page::open(address, whose).await;
            page.join(&room(whose)).await;
            settle(&mut page, whose).await;
            page.forget();
            pages.push(page);
        }
        pages
    }

    async fn tell(&self, to: Value, more: Value) -> Value {
        let mut body = json!({"to": to, "type": "alert"});
        body.as_object_mut().expect("made as one").extend(more.as_object().expect("an object").clone());
        self.admin.post("/api/notifications", &body).await.expect(201).json()
    }

    /// What a page has heard of notices once everything committed so far is behind it.
    async fn heard(&self, page: &mut Page) -> Vec<Heard> {
        settle(page, &self.admin).await;
        [page.heard("notification"), page.heard("notification:read")].concat()
    }
}

fn room(whose: &Api) -> String {
    format!("user:{}", whose.user["id"].as_str().expect("an id"))
}

async fn listed(whose: &Api) -> Value {
    whose.get("/api/notifications").await.expect(200).json()
}

async fn mark(whose: &Api, path: &str) -> Value {
    whose.post(&format!("/api/notifications/{path}"), &Value::Null).await.expect(200).json()["unread"].clone()
}

/// Once everything committed so far is behind them: on every worker, every page of every other person hears nothing at all.
async fn nobody_else_hears(office: &Office, pages: &mut [Page]) {
    for page in pages {
        let heard = office.heard(page).await;
        assert!(heard.is_empty(), "told to somebody else: {heard:?}");
    }
}

async fn a_notice_reaches_every_page_of_its_person_on_every_worker_and_nobody_elses(office: Office) {
    let mut annas = office.pages(&office.anna).await;
    let mut others = office.pages(&office.boris).await;
    others.extend(office.pages(&office.admin).await);

    let told = office.tell(json!({"user": "anna"}), json!({"data": {"disk": "/srv"}, "status": "warning"})).await;
    office
        .tell(json!({"user": office.anna.user["id"]}), json!({"type": "my.own_kind", "data": {"x": [1.5, null]}}))
        .await;

    for page in &mut annas {
        let heard = next(page, "notification", 2).await;
        assert_unbroken(&heard);
        let Value::Object(first) = heard[0].body.clone() else { panic!("{heard:?}") };
        let fields: BTreeSet<&str> = first.keys().map(String::as_str).collect();
        let expected = [
            "reason",
            "seq",
            "worker",
            "scope",
            "id",
            "type",
            "data",
            "timestamp",
            "read",
            "archived",
            "status",
            "unread",
            "prev",
            "epoch",
        ];
        assert_eq!(fields, BTreeSet::from(expected));
        assert_eq!(
            (&first["id"], &first["type"], &first["data"]),
            (&told["id"], &json!("alert"), &json!({"disk": "/srv"}))
        );
        assert_eq!(
            (&first["scope"], &first["reason"]),
            (&json!(format!("room:{}", room(&office.anna))), &json!("added"))
        );
        assert_eq!((&first["read"], &first["unread"], &first["status"]), (&json!(false), &json!(1), &json!("warning")));
        let second = &heard[1].body;
        assert_eq!((&second["type"], &second["data"]), (&json!("my.own_kind"), &json!({"x": [1.5, null]})));
        assert_eq!(second["unread"], 2);
    }
    nobody_else_hears(&office, &mut others).await;
    assert_eq!(listed(&office.boris).await["items"], json!([]));
}

#[tokio::test]
async fn a_notice_reaches_its_person_alone() {
    let office = Office::of(Shape::workers(3)).await;
    a_notice_reaches_every_page_of_its_person_on_every_worker_and_nobody_elses(office).await;
}

#[tokio::test]
async fn a_notice_reaches_its_person_alone_on_postgres() {
    let office = Office::of(Shape::workers(2).on_postgres()).await;
    a_notice_reaches_every_page_of_its_person_on_every_worker_and_nobody_elses(office).await;
}

#[tokio::test]
async fn a_group_and_everybody_are_told_each_in_his_own_room() {
    let office = Office::of(Shape::workers(3)).await;
    let mut pages = Vec::new();
    for whose in [&office.anna, &office.boris, &office.admin] {
        pages.push(office.pages(whose).await.remove(1));
    }

    let group = office.tell(json!({"group": "group of boris"}), json!({})).await;
    let all = office.tell(json!({"all": true}), json!({})).await;

    assert_eq!((&group["recipients"], &all["recipients"]), (&json!(1), &json!(3)));
    for (page, expected) in pages.iter_mut().zip([vec![&all], vec![&group, &all], vec![&all]]) {
        let heard = office.heard(page).await;
        let told: Vec<&Value> = heard.iter().map(|event| &event.body["id"]).collect();
        assert_eq!(told, expected.iter().map(|told| &told["id"]).collect::<Vec<_>>());
        assert_eq!(heard.last().expect("told").number("unread"), expected.len() as u64);
    }
}

#[tokio::test]
async fn who_was_away_finds_it_when_he_comes() {
    let office = Office::of(Shape::workers(3)).await;

    let told = office.tell(json!({"user": "anna"}), json!({"message": "While you were out"})).await;

    for address in office.cluster.all() {
        let list = listed(&office.anna.at(address)).await;
        let item = &list["items"][0];
        assert_eq!((&item["id"], &item["message"]), (&told["id"], &json!("While you were out")));
        assert_eq!((&list["unread"], &item["read"]), (&json!(1), &json!(false)));
    }
}

#[tokio::test]
async fn a_page_that_lost_its_connection_gets_exactly_what_it_missed_at_another_worker() {
    let office = Office::of(Shape::workers(3)).await;
    let own = room(&office.anna);
    let mut page = Page::open(&office.cluster.worker(0), &office.anna).await;
    page.join(&own).await;
    let first = office.tell(json!({"user": "anna"}), json!({})).await;
    let last = page.event("notification").await;
    drop(page);

    let missed = office.tell(json!({"user": "anna"}), json!({"type": "system"})).await;
    office.tell(json!({"user": "boris"}), json!({})).await;
    assert_eq!(mark(&office.anna, &format!("{}/read", first["id"].as_str().expect("an id"))).await, 1);

    let mut again = Page::open(&office.cluster.worker(2), &office.anna).await;
    settle(&mut again, &office.anna).await;
    let ack = again.join_from(&own, &last.body["epoch"], &last.body["seq"]).await;
    assert_eq!(ack["mode"], "recovered", "{ack}");
    let events = ack["events"].as_array().expect("a list");
    let names: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["notification", "notification:read"]);
    assert_eq!(
        (&events[0]["id"], &events[0]["type"], &events[0]["unread"]),
        (&missed["id"], &json!("system"), &json!(2))
    );
    assert_eq!(events[1]["data"], json!({"ids": [first["id"]], "read": true, "archived": false, "unread": 1}));
    let list = office.anna.get("/api/notifications").await.expect(200);
    assert_eq!(list.header("x-sync-position").split(':').next(), ack["epoch"].as_str());
}

#[tokio::test]
async fn ones_own_room_is_joined_by_its_person_alone() {
    let office = Office::of(Shape::workers(2)).await;
    let mut page = Page::open(&office.cluster.worker(1), &office.boris).await;

    for room in [room(&office.anna), room(&office.admin), "user:999".to_owned()] {
        let position = json!({"room": room, "epoch": page.hello["epoch"], "seq": 1});
        for wish in [json!({"room": room}), position] {
            let ack = page.ask("sync:join", wish).await;
            assert_eq!((&ack["ok"], &ack["error"]), (&json!(false), &json!("forbidden")), "{ack}");
        }
    }
    let own = room(&office.boris);
    assert_eq!(page.join(&own).await["mode"], "live");

    office.tell(json!({"user": "anna"}), json!({})).await;
    office.tell(json!({"user": "boris"}), json!({})).await;
    let heard = office.heard(&mut page).await;
    assert_eq!(heard.iter().map(|event| &event.body["scope"]).collect::<Vec<_>>(), [&json!(format!("room:{own}"))]);
}

#[tokio::test]
async fn what_is_read_in_one_tab_is_read_in_all_and_the_number_is_the_same_everywhere() {
    let office = Office::of(Shape::workers(3)).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(office.tell(json!({"user": "anna"}), json!({})).await["id"].as_str().expect("an id").to_owned());
    }
    let mut pages = office.pages(&office.anna).await;
    let mut boriss = office.pages(&office.boris).await;
    let anna = |number| office.anna.at(&office.cluster.worker(number));

    assert_eq!(mark(&anna(0), &format!("{}/read", ids[0])).await, 3);
    assert_eq!(mark(&anna(1), &format!("{}/archive", ids[1])).await, 2);
    assert_eq!(mark(&anna(0), &format!("{}/read", ids[0])).await, 2, "a second time changes nothing");
    assert_eq!(mark(&anna(2), "read-all").await, 0);

    for page in &mut pages {
        let heard = next(page, "notification:read", 3).await;
        assert_unbroken(&heard);
        let told: Vec<(&Value, &Value)> = heard.iter().map(|event| (&event.body["id"], &event.body["data"])).collect();
        let read =
            |ids: Value, archived, unread| json!({"ids": ids, "read": true, "archived": archived, "unread": unread});
        assert_eq!(told[0], (&json!(ids[0]), &read(json!([ids[0]]), false, 3)));
        assert_eq!(told[1], (&json!(ids[1]), &read(json!([ids[1]]), true, 2)));
        assert_eq!(told[2], (&json!("*"), &read(Value::Null, false, 0)));
    }
    for number in 0..3 {
        let list = listed(&anna(number)).await;
        assert_eq!((&list["unread"], list["items"].as_array().map(Vec::len)), (&json!(0), Some(3)));
    }
    nobody_else_hears(&office, &mut boriss).await;
}

#[tokio::test]
async fn a_storm_under_one_key_is_one_notice_that_counts_from_whichever_worker_it_comes() {
    const EACH: usize = 10;
    let office = Office::of(Shape::workers(3)).await;
    let mut page = office.pages(&office.anna).await.remove(2);
    let body = json!({"to": {"user": "anna"}, "type": "alert", "data": {"disk": "/srv"}, "key": "disk"});

    let storm = office.cluster.all().iter().map(|address| {
        let (admin, body) = (office.admin.at(address), body.clone());
        tokio::spawn(async move {
            for _ in 0..EACH {
                assert_eq!(admin.post("/api/notifications", &body).await.status, 201);
            }
        })
    });
    for author in storm.collect::<Vec<_>>() {
        author.await.expect("all were taken");
    }

    let heard = office.heard(&mut page).await;
    assert_eq!(heard.len(), 3 * EACH);
    assert_unbroken(&heard);
    assert!(heard.iter().all(|event| event.number("unread") == 1 && event.body["id"] == heard[0].body["id"]));
    let counts: Vec<Value> = heard.iter().map(|event| event.body["count"].clone()).collect();
    assert_eq!(counts[0], Value::Null);
    assert_eq!(counts[1..], (2..=3 * EACH).map(Value::from).collect::<Vec<_>>());
    let list = listed(&office.anna).await;
    assert_eq!((&list["unread"], list["items"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert_eq!(list["items"][0]["count"], json!(3 * EACH));
}

/// Each worker tells of the lines that it took in: the first at once, the rest five seconds later.
#[tokio::test]
async fn error_lines_of_all_workers_are_one_notice_that_knows_how_many_there_were() {
    const EACH: usize = 200;
    let office = Office::of(Shape::workers(3)).await;
    let reader = person(&office.admin, "reader", &["logs.view", "categories.view"]).await;
    let mut page = office.pages(&reader).await.remove(1);
    let mut annas = office.pages(&office.anna).await;
    let lines: Vec<Value> = (0..EACH)
        .map(|number| json!({"message": format!("no disk {number}"), "level": "error", "source": "backup"}))
        .collect();

    for address in office.cluster.all() {
        let reply = office.admin.at(address).post("/api/logs", &Value::from(lines.clone())).await;
        assert_eq!(reply.status, 202, "{reply:?}");
    }

    let all = json!(3 * EACH);
    let last = page.event_where("notification", |body| body["data"]["count"] == all).await.body;
    assert_eq!((&last["type"], &last["count"], &last["unread"]), (&json!("log_event"), &all, &json!(1)));
    assert_eq!((&last["data"]["source"], &last["data"]["level"]), (&json!("backup"), &json!("error")));
    let list = listed(&reader).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!((&list["items"][0]["id"], &list["items"][0]["data"]["count"]), (&last["id"], &all));
    nobody_else_hears(&office, &mut annas).await;
}

#[tokio::test]
async fn a_script_tells_a_person_from_the_command_line() {
    let office = Office::of(Shape::workers(2)).await;
    let mut page = office.pages(&office.anna).await.remove(0);
    let key = office.cluster.key("notify");
    let notify = |arguments: &[&str], input: &str| {
        with_key(&office.cluster, "notify", &key, &[&["notify"][..], arguments].concat()).run(input)
    };

    let arguments = ["--user", "anna", "--type", "alert", "--message", "-", "--status", "error", "--json"];
    let output = notify(&arguments, "no disk\n");

    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let heard = page.event("notification").await.body;
    assert_eq!(answer, json!({"id": heard["id"], "recipients": 1}));
    assert_eq!((&heard["message"], &heard["status"], &heard["data"]), (&json!("no disk"), &json!("error"), &json!({})));
    let nobody = notify(&["--user", "zoe", "--type", "alert"], "");
    assert_eq!(nobody.status.code(), Some(1));
    assert!(!nobody.stderr.is_empty() && nobody.stdout.is_empty());
}
