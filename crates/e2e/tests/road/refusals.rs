//! Bad input: a clear error, and nothing half done.

use http::Method;
use lockstep_e2e::{Api, Cluster, Page, Reply, api, http as client};
use serde_json::{Value, json};

use crate::story::{category, path, rev, settle};

/// An installation, its administrator, and a page that must hear nothing of what is refused.
struct Scene {
    cluster: Cluster,
    admin: Api,
    witness: Page,
}

impl Scene {
    async fn new() -> Scene {
        let cluster = Cluster::embedded().await;
        let admin = cluster.admin().await;
        let witness = Page::open(&cluster.worker(0), &admin).await;
        Scene { cluster, admin, witness }
    }

    /// From here on the witness listens; what went before it has forgotten.
    async fn watch(&mut self) {
        self.witness.join("categories").await;
        settle(&mut self.witness, &self.admin).await;
        self.witness.forget();
    }

    /// The refusal has this status and code, and nobody was told of a change.
    async fn refused(&mut self, reply: Reply, status: u16, code: &str) -> Value {
        let reply = reply.expect(status);
        assert_eq!(reply.code(), code, "{}", reply.text());
        let error = reply.json()["error"].clone();
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        assert!(error["requestId"].is_string(), "{error}");
        settle(&mut self.witness, &self.admin).await;
        assert!(self.witness.heard("categories:changed").is_empty(), "a refused change was announced");
        error
    }
}

#[tokio::test]
async fn a_stale_edit_is_refused_with_the_row_as_it_is_now() {
    let mut scene = Scene::new().await;
    let row = category(&scene.admin, "Contracts").await;
    let at = path("categories", &row);
    let current = scene.admin.patch(&at, rev(&row), &json!({"name": "Treaties"})).await.expect(200).json();
    scene.watch().await;

    let reply = scene.admin.patch(&at, rev(&row), &json!({"name": "Agreements"})).await;

    let error = scene.refused(reply, 412, "stale").await;
    assert_eq!(error["current"]["name"], "Treaties");
    assert_eq!(scene.admin.get(&at).await.expect(200).json()["rev"], current["rev"]);
}

#[tokio::test]
async fn an_edit_that_names_no_revision_is_refused() {
    let mut scene = Scene::new().await;
    let row = category(&scene.admin, "Contracts").await;
    let at = path("categories", &row);
    scene.watch().await;

    let patched = scene.admin.json(Method::PATCH, &at, &[], &json!({"name": "Treaties"})).await;
    scene.refused(patched, 428, "precondition_required").await;
    let deleted = scene.admin.json(Method::DELETE, &at, &[], &Value::Null).await;
    scene.refused(deleted, 428, "precondition_required").await;

    assert_eq!(scene.admin.get(&at).await.expect(200).json()["name"], "Contracts");
}

#[tokio::test]
async fn a_category_that_files_refer_to_stays() {
    let mut scene = Scene::new().await;
    let row = category(&scene.admin, "Contracts").await;
    scene.admin.create("files", json!({"name": "a.pdf", "category_id": row["id"]})).await;
    let at = path("categories", &row);
    scene.watch().await;

    let reply = scene.admin.delete(&at, rev(&row)).await;

    let error = scene.refused(reply, 409, "in_use").await;
    assert_eq!(error["usage"]["files"], 1, "{error}");
    let _ = scene.admin.get(&at).await.expect(200);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_at_its_field() {
    let mut scene = Scene::new().await;
    category(&scene.admin, "Contracts").await;
    scene.watch().await;

    let reply = scene.admin.post("/api/categories", &json!({"name": "  Contracts "})).await;

    let error = scene.refused(reply, 409, "duplicate").await;
    assert!(error["fields"]["name"].is_object() || error["fields"]["name"].is_string(), "{error}");
    assert_eq!(scene.admin.get("/api/categories").await.expect(200).json()["total"], 1);
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let mut scene = Scene::new().await;
    scene.watch().await;

    let wrong = json!({"name": "x".repeat(121), "parent_id": "999", "colour": "red"});
    let reply = scene.admin.post("/api/categories", &wrong).await;

    let error = scene.refused(reply, 422, "invalid").await;
    let named: Vec<&String> = error["fields"].as_object().expect("fields").keys().collect();
    assert!(named.contains(&&"name".to_owned()) && named.contains(&&"colour".to_owned()), "{error}");
    assert_eq!(scene.admin.get("/api/categories").await.expect(200).json()["total"], 0);
}

#[tokio::test]
async fn two_megabytes_are_too_much_for_a_worker_and_through_nginx() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let large = json!({"name": "Contracts", "description": "x".repeat(2 * 1024 * 1024)});

    for address in [cluster.worker(0), cluster.nginx().address()] {
        let reply = admin.at(&address).post("/api/categories", &large).await.expect(413);
        assert_eq!(reply.code(), "too_large", "{}", reply.text());
    }

    assert_eq!(admin.get("/api/categories").await.expect(200).json()["total"], 0);
}

#[tokio::test]
async fn broken_json_is_refused() {
    let mut scene = Scene::new().await;
    scene.watch().await;

    for body in ["{\"name\":", "not json", "[]", "{\"name\": \"\\ud800\"}"] {
        let headers = [("content-type", "application/json")];
        let reply = scene.admin.send(Method::POST, "/api/categories", &headers, body.into()).await;
        let status = reply.status.as_u16();
        assert!(status == 400 || status == 422, "{body}: {status} {}", reply.text());
        let code = reply.code();
        scene.refused(reply, status, &code).await;
    }
}

#[tokio::test]
async fn a_change_needs_a_session_and_its_token() {
    let mut scene = Scene::new().await;
    scene.watch().await;
    let address = scene.cluster.worker(0);
    let row = json!({"name": "Contracts"}).to_string();
    let body = [("content-type", "application/json")];

    let stranger = client::send(&address, Method::POST, "/api/categories", &body, row.clone().into()).await;
    scene.refused(stranger.expect("the server answers"), 401, "unauthorized").await;
    let headers = [body[0], ("cookie", scene.admin.cookie.as_str())];
    let forged = client::send(&address, Method::POST, "/api/categories", &headers, row.into()).await;
    scene.refused(forged.expect("the server answers"), 403, "csrf").await;
}

#[tokio::test]
async fn a_wrong_password_says_no_more_than_that() {
    let cluster = Cluster::embedded().await;

    let wrong = api::try_sign_in(&cluster.worker(0), api::ADMIN.0, "something else").await.expect(401);
    let unknown = api::try_sign_in(&cluster.worker(0), "nobody", "something else").await.expect(401);

    assert_eq!((wrong.code(), unknown.code()), ("bad_credentials".to_owned(), "bad_credentials".to_owned()));
    assert_eq!(wrong.json()["error"]["message"], unknown.json()["error"]["message"]);
}

#[tokio::test]
async fn what_does_not_exist_is_said_so_in_json() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;

    assert_eq!(admin.get("/api/nonsense").await.expect(404).code(), "not_found");
    assert_eq!(admin.get("/api/categories/999").await.expect(404).code(), "not_found");
    let reply = admin.send(Method::PUT, "/api/categories", &[], "".into()).await.expect(405);
    assert!(reply.header("allow").contains("GET"), "{:?}", reply.headers);
}
