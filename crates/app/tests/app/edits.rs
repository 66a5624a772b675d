//! A change by hand: the row, its event, and what is refused.

use crate::common::{PASSWORD, told, world};
use lockstep_app::{Caller, Client, Entity, Error, ListQuery};
use lockstep_protocol::{Reason, Scope};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_edit_changes_the_row_and_tells_the_wire_the_same() {
    let world = world().await;
    let anna = world.person("anna", &["categories.edit"]).await;
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;

    let change = json!({"name": "Agreements"});
    let edited = world.app.patch(&anna, Entity::Categories, &id, Some(1), &change, Some("c81")).await.expect("edited");

    assert_eq!(edited.row.rev, 2);
    assert_eq!(edited.row.value["name"], "Agreements");
    assert_eq!(edited.row.value["updated_by"]["name"], "anna");
    let record = world.sent().pop().expect("an event");
    assert_eq!(Some(record.position()), edited.position);
    assert_eq!(record.event.as_str(), "categories:changed");
    assert_eq!((record.reason, record.rev, record.worker), (Reason::Updated, Some(2), 7));
    assert_eq!(record.scope, Scope::Room(Entity::Categories.room()));
    assert_eq!(record.origin.as_deref(), Some("c81"));
    assert_eq!(record.actor.expect("somebody").name, "anna");
    let data: Json = serde_json::from_str(record.data.expect("the row").get()).expect("JSON");
    assert_eq!(data, edited.row.value);
}

#[tokio::test]
async fn events_leave_in_the_order_of_commits_however_many_edit_at_once() {
    let world = world().await;
    let edits = (0..40).map(|n| {
        let app = world.app.clone();
        tokio::spawn(async move {
            let fields = json!({"name": format!("Category {n}")});
            app.create(&Caller::operator(), Entity::Categories, &fields, None).await.expect("created");
        })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.expect("no panic");
    }

    let sent = world.sent();

    assert_eq!(sent.len(), 40);
    assert!(sent.windows(2).all(|pair| pair[1].gprev == pair[0].seq && pair[0].seq < pair[1].seq));
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_event() {
    let world = world().await;
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    let before = world.sent().len();

    let same = json!({"name": " Contracts ", "enabled": true});
    let edited =
        world.app.patch(&Caller::operator(), Entity::Categories, &id, Some(1), &same, None).await.expect("fine");

    assert_eq!((edited.row.rev, edited.position), (1, None));
    assert_eq!(world.sent().len(), before);
}

#[tokio::test]
async fn whoever_saw_an_older_row_gets_the_one_that_stands() {
    let world = world().await;
    let operator = Caller::operator();
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    let change = json!({"description": "first"});
    world.app.patch(&operator, Entity::Categories, &id, Some(1), &change, None).await.expect("edited");

    let stale = [
        world.app.patch(&operator, Entity::Categories, &id, Some(1), &json!({"description": "second"}), None).await,
        world.app.toggle(&operator, Entity::Categories, &id, Some(1), None, None).await,
        world.app.delete(&operator, Entity::Categories, &id, Some(1), None).await,
    ];

    for result in stale {
        let Err(Error::Stale { current }) = result else { panic!("{result:?}") };
        assert_eq!((current.rev, &current.value["description"]), (2, &json!("first")));
    }
}

#[tokio::test]
async fn what_is_in_use_stays_and_says_by_whom() {
    let world = world().await;
    let category = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    world.row(Entity::Categories, &json!({"name": "Supply", "parent_id": category})).await;
    world.row(Entity::Files, &json!({"name": "a.pdf", "category_id": category})).await;
    world.row(Entity::Files, &json!({"name": "b.pdf", "category_id": category})).await;

    let result = world.app.delete(&Caller::operator(), Entity::Categories, &category, None, None).await;

    let Err(Error::InUse { usage }) = result else { panic!("{result:?}") };
    assert_eq!(usage.into_iter().collect::<Vec<_>>(), [("categories", 1), ("files", 2)]);
}

#[tokio::test]
async fn refusals_name_the_field() {
    let world = world().await;
    let operator = Caller::operator();
    let top = world.row(Entity::Categories, &json!({"name": "Top"})).await;
    let below = world.row(Entity::Categories, &json!({"name": "Below", "parent_id": top})).await;

    let twice = world.app.create(&operator, Entity::Categories, &json!({"name": " Top "}), None).await;
    let nowhere = world.app.create(&operator, Entity::Files, &json!({"name": "a", "category_id": "99"}), None).await;
    let round = world.app.patch(&operator, Entity::Categories, &top, None, &json!({"parent_id": below}), None).await;
    let itself = world.app.patch(&operator, Entity::Categories, &top, None, &json!({"parent_id": top}), None).await;

    let field = |name: &str, code| vec![(name.to_owned(), code)];
    assert_eq!(told(twice), ("duplicate", field("name", "field.taken")));
    assert_eq!(told(nowhere), ("invalid", field("category_id", "field.no_such")));
    assert_eq!(told(round), ("invalid", field("parent_id", "field.cycle")));
    assert_eq!(told(itself), ("invalid", field("parent_id", "field.cycle")));
    let missing = world.app.patch(&operator, Entity::Files, "x", None, &json!({"name": "a"}), None).await;
    assert_eq!(told(missing).0, "not_found");
}

#[tokio::test]
async fn a_password_is_never_shown_and_never_told() {
    let world = world().await;
    world.person("anna", &["files.view"]).await;

    let query = ListQuery::read([]).expect("fine");
    let users = world.app.list(&Caller::operator(), Entity::Users, &query).await.expect("listed");
    let seen = format!("{:?} {:?}", users.items, world.sent());

    assert!(!seen.contains("argon2") && !seen.contains(PASSWORD) && !seen.contains("password"), "{seen}");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = world().await;
    let operator = Caller::operator();
    let root = world.admin().await;
    let (row, _) = world.app.get(&operator, Entity::Users, &root).await.expect("there");
    let admins = row.value["group_id"].as_str().expect("an id").to_owned();
    let other = world.row(Entity::Groups, &json!({"name": "Others"})).await;

    let refused = [
        world.app.toggle(&operator, Entity::Users, &root, None, None, None).await,
        world.app.patch(&operator, Entity::Users, &root, None, &json!({"enabled": false}), None).await,
        world.app.patch(&operator, Entity::Users, &root, None, &json!({"group_id": other}), None).await,
        world.app.patch(&operator, Entity::Groups, &admins, None, &json!({"permissions": ["files.view"]}), None).await,
        world.app.delete(&operator, Entity::Users, &root, None, None).await,
    ];

    for result in refused {
        assert_eq!(told(result).0, "last_admin");
    }
    world.member("second", &admins).await;
    world.app.delete(&operator, Entity::Users, &root, None, None).await.expect("another one is left");
}

#[tokio::test]
async fn only_what_has_a_switch_is_switched() {
    let world = world().await;
    let operator = Caller::operator();
    let category = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    let file = world.row(Entity::Files, &json!({"name": "a.pdf"})).await;

    let off = world.app.toggle(&operator, Entity::Categories, &category, None, None, None).await.expect("switched");
    let again =
        world.app.toggle(&operator, Entity::Categories, &category, None, Some(false), None).await.expect("fine");

    assert_eq!(off.row.value["enabled"], false);
    assert_eq!(again.position, None);
    assert_eq!(world.sent().last().expect("an event").reason, Reason::Toggled);
    assert_eq!(told(world.app.toggle(&operator, Entity::Files, &file, None, None, None).await).0, "invalid");
}

#[tokio::test]
async fn a_list_is_searched_without_case_and_dots_sorted_and_paged() {
    let world = world().await;
    let operator = Caller::operator();
    for name in ["Ёлка.pdf", "ель.pdf", "Дуб.pdf", "100%.pdf", "1000.pdf"] {
        world.row(Entity::Files, &json!({"name": name, "status": "ready"})).await;
    }
    let names = async |words: &[(&str, &str)]| {
        let words = words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let page = world.app.list(&operator, Entity::Files, &ListQuery::read(words)?).await?;
        let names: Vec<String> =
            page.items.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect();
        Ok::<_, Error>((names, page.total, page.pages))
    };

    assert_eq!(names(&[("q", "ЕЛКА")]).await.expect("fine").0, ["Ёлка.pdf"]);
    assert_eq!(names(&[("q", "ё pdf")]).await.expect("fine").0, ["Ёлка.pdf", "ель.pdf"]);
    assert_eq!(names(&[("q", "0%")]).await.expect("fine").0, ["100%.pdf"]);
    assert_eq!(
        names(&[("sort", "-name"), ("per_page", "2")]).await.expect("fine"),
        (vec!["ель.pdf".to_owned(), "Ёлка.pdf".to_owned()], 5, 3)
    );
    assert_eq!(names(&[("page", "3"), ("per_page", "2")]).await.expect("fine").0, ["ель.pdf"]);
    assert_eq!(names(&[("status", "new")]).await.expect("fine").1, 0);
    assert_eq!(names(&[("category_id", "null"), ("status", "ready")]).await.expect("fine").1, 5);
    assert_eq!(told(names(&[("sort", "password_hash")]).await).1, [("sort".to_owned(), "field.not_allowed")]);
    assert_eq!(told(names(&[("size; DROP TABLE files", "1")]).await).0, "invalid");
}

#[tokio::test]
async fn sample_data_comes_once() {
    let world = world().await;
    let mut last = (0, 0);

    let first = world.app.demo_data(|done, total| last = (done, total)).await.expect("added");
    let events = world.sent().len();
    let second = world.app.demo_data(|_, _| ()).await.expect("looked at");

    assert_eq!(last, (first.added, first.added));
    assert_eq!((first.present, second.added, second.present), (0, 0, first.added));
    assert_eq!((events, world.sent().len()), (first.added, first.added));
    let signed_in = world.app.login("anna.vetrova", "anna.vetrova", &Client::default()).await;
    assert_eq!(told(signed_in).0, "bad_credentials");
}
