//! Long work, by HTTP.

use super::*;
use lockstep_app::jobs::{JobKind, Subject, Wish};

/// A scan that waits: no worker runs in these tests.
async fn waiting(server: &Server) -> String {
    let subject = Subject { entity: "registrators".into(), id: "5".into(), name: "Archive".into() };
    let (lock_scope, subject) = (Some("scan:5".to_owned()), Some(subject));
    let wish = Wish { lock_scope, subject, ..Wish::new(JobKind::Scan, &json!({})).expect("JSON") };
    server.worker.app.enqueue(&Caller::operator(), wish).await.expect("nothing is in the way").id.to_string()
}

#[tokio::test]
async fn jobs_are_listed_looked_at_ended_and_wanted_again() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let id = waiting(&server).await;
    let path = |word: &str| format!("/api/jobs/{id}{word}");
    let post = async |path: &str| anna.send(Method::POST, path, &[], None).await;

    let list = anna.get("/api/jobs?active=1&subject=registrators:5").await;
    let one = anna.get(&path("")).await;
    let running = post(&path("/retry")).await;
    let cancelled = post(&path("/cancel")).await;
    let twice = post(&path("/cancel")).await;
    let again = post(&path("/retry")).await;
    let page = anna.get("/api/jobs?limit=1").await;

    assert_eq!((list.status, &list.json()["items"][0]), (StatusCode::OK, &one.json()));
    assert!(list.header("x-sync-position").contains(':'), "{list:?}");
    assert_eq!((&one.json()["state"], &one.json()["subject"]["name"]), (&json!("queued"), &json!("Archive")));
    assert_eq!(running.error(), (409, "scan.running".into()));
    assert_eq!(running.json()["error"]["job"], one.json());
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::ACCEPTED, &json!("cancelled")));
    assert_eq!(twice.error(), (409, "job.finished".into()));
    assert_eq!((again.status, &again.json()["retryOf"]), (StatusCode::ACCEPTED, &json!(id)));
    assert_eq!(again.json()["requestedBy"]["name"], "anna");
    assert_eq!((&page.json()["items"][0], &page.json()["next"]), (&again.json(), &again.json()["id"]));
}

#[tokio::test]
async fn who_asks_for_jobs_in_a_wrong_way_is_told_what_is_wrong() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    for query in ["kind=cake", "active=maybe", "limit=0", "before=x", "colour=red"] {
        assert_eq!(anna.get(&format!("/api/jobs?{query}")).await.error(), (422, "invalid".into()), "{query}");
    }
    assert_eq!(anna.get("/api/jobs/99").await.error(), (404, "not_found".into()));
    assert_eq!(anna.send(Method::POST, "/api/jobs/x/cancel", &[], None).await.error(), (404, "not_found".into()));
}
