//! What several tests tell alike.

use lockstep_e2e::{Address, Api, Heard, Page};
use serde_json::{Value, json};

/// What every such person signs in with.
pub(crate) const PASSWORD: &str = "a password of a person";

/// A person who may do exactly this.
pub(crate) async fn person(admin: &Api, login: &str, rights: &[&str]) -> Api {
    let group = admin.create("groups", json!({"name": format!("group of {login}"), "permissions": rights})).await;
    let user = json!({"login": login, "name": login, "group_id": group["id"], "enabled": true, "password": PASSWORD});
    admin.create("users", user).await;
    Api::sign_in(&admin.address, login, PASSWORD).await
}

/// A new category.
pub(crate) async fn category(author: &Api, name: &str) -> Value {
    author.create("categories", json!({"name": name})).await
}

/// `/api/<entity>/<id>` of a row.
pub(crate) fn path(entity: &str, row: &Value) -> String {
    format!("/api/{entity}/{}", row["id"].as_str().expect("a row has an id"))
}

/// The revision of a row.
pub(crate) fn rev(row: &Value) -> u64 {
    row["rev"].as_u64().expect("a row has a revision")
}

/// One page at each of these addresses, in these rooms. What was committed before is behind them.
pub(crate) async fn pages(addresses: &[Address], person: &Api, rooms: &[&str]) -> Vec<Page> {
    let mut pages = Vec::new();
    for address in addresses {
        let mut page = Page::open(address, person).await;
        for room in rooms {
            page.join(room).await;
        }
        settle(&mut page, person).await;
        page.forget();
        pages.push(page);
    }
    pages
}

/// The next `count` events of this name.
pub(crate) async fn next(page: &mut Page, name: &str, count: usize) -> Vec<Heard> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(page.event(name).await);
    }
    events
}

/// Each event names the one before it in its room: nothing is missing between them.
#[track_caller]
pub(crate) fn assert_unbroken(events: &[Heard]) {
    for pair in events.windows(2) {
        assert_eq!(pair[1].number("prev"), pair[0].seq(), "a hole between {} and {}", pair[0], pair[1]);
        assert!(pair[1].seq() > pair[0].seq(), "out of order: {} after {}", pair[1], pair[0]);
    }
}

/// This page has heard of everything committed so far, if it was to. An answer to its author does not mean that: the event may still
/// be on its way. `reader` may see categories.
pub(crate) async fn settle(page: &mut Page, reader: &Api) {
    page.reaches(reader.committed().await).await;
}
