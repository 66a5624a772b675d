//! Imports, by HTTP: what there is, having it done, how it went.

use std::{fs, path::PathBuf, time::Duration};

use lockstep_app::{
    ImportType, Imports,
    jobs::{Handlers, JobOptions},
};
use tokio::time::{sleep, timeout};

use super::{
    uploads::{form, multipart},
    *,
};

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(120);

/// A catalogue of so many products, in one group.
pub(super) fn goods(products: u32) -> String {
    let product = |n| {
        format!(
            "<Товар><Ид>p{n}</Ид><Артикул>A-{n}</Артикул><Наименование>Товар {n}</Наименование><Группы><Ид>g1</Ид></Группы></Товар>"
        )
    };
    let products: String = (1..=products).map(product).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"3.1\"><Классификатор><Ид>c</Ид>\
         <Группы><Группа><Ид>g1</Ид><Наименование>Обувь</Наименование></Группа></Группы></Классификатор>\
         <Каталог СодержитТолькоИзменения=\"true\"><Ид>k</Ид><Товары>{products}</Товары></Каталог></КоммерческаяИнформация>"
    )
}

/// Quantities of those products.
pub(super) fn rests(ids: &[&str]) -> String {
    let offer = |id: &&str| {
        format!(
            "<Предложение><Ид>{id}</Ид><Остатки><Остаток><Количество>5</Количество></Остаток></Остатки></Предложение>"
        )
    };
    let offers: String = ids.iter().map(offer).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"3.1\"><ПакетПредложений \
         СодержитТолькоИзменения=\"true\"><Ид>o</Ид><Предложения>{offers}</Предложения></ПакетПредложений></КоммерческаяИнформация>"
    )
}

impl Server {
    pub(super) fn import_root(&self) -> PathBuf {
        self.worker.settings.import_root()
    }

    /// A source with these files.
    pub(super) fn source(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.import_root().join(name);
        fs::create_dir_all(&folder).expect("made");
        for (file, text) in files {
            fs::write(folder.join(file), text).expect("written");
        }
    }

    /// Does imports from now on, until the test is over.
    pub(super) fn work(&self) {
        let app = self.worker.app.clone();
        let handlers = ImportType::ALL.into_iter().map(Imports).fold(Handlers::default(), Handlers::with);
        tokio::spawn(async move { app.run_jobs(handlers, JobOptions::default(), std::future::pending()).await });
    }
}

impl Person<'_> {
    async fn begin(&self, import_type: &str, source: &str) -> Answer {
        self.post("/api/imports", &json!({"type": import_type, "source": source})).await
    }

    pub(super) async fn session(&self, id: &str) -> Value {
        self.get(&format!("/api/imports/{id}")).await.json()
    }

    /// The session once it is over.
    pub(super) async fn over(&self, id: &str) -> Value {
        let active =
            |session: &Value| ["queued", "running", "retry_wait"].iter().any(|state| session["state"] == *state);
        let ended = async {
            loop {
                let session = self.session(id).await;
                if !active(&session) {
                    return session;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LIMIT, ended).await.expect("it ends")
    }
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap_or_else(|| panic!("no id in {}", answer.text)).to_owned()
}

#[tokio::test]
async fn an_import_is_wanted_done_and_looked_at() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.source("1c", &[("goods.xml", &goods(3)), ("rests.xml", &rests(&["p1", "p2", "nobody"]))]);
    server.work();

    let begun = anna.begin("catalog", "1c").await;
    let session = anna.over(&id(&begun)).await;

    assert_eq!((begun.status, &begun.json()["type"]), (StatusCode::ACCEPTED, &json!("catalog")));
    assert_eq!(session["state"], "completed_with_errors", "{session}");
    assert_eq!(
        (&session["counts"]["products"]["created"], &session["counts"]["groups"]["created"]),
        (&json!(3), &json!(1))
    );
    assert_eq!((&session["issues"]["codes"], &session["issuesTotal"]), (&json!({"unknown_product": 1}), &json!(1)));
    assert_eq!((&session["status"], &session["report_details"]["products_created"]), (&json!("COMPLETED"), &json!(3)));
    assert_eq!(session["files"].as_array().expect("a list").len(), 2);
    let list = anna.get("/api/imports?type=catalog&limit=1").await;
    assert_eq!(list.json()["items"][0]["id"], session["id"]);
    assert!(list.header("x-sync-position").contains(':'));

    let issue = |answer: &Answer| answer.json()["items"][0].clone();
    let path = format!("/api/imports/{}/issues", id(&begun));
    let russian = anna.get(&path).await;
    let english = anna.get(&format!("{path}?lang=en&severity=error&code=unknown_product&file=rests.xml")).await;
    assert_eq!((&russian.json()["total"], &russian.json()["next"]), (&json!(1), &Value::Null));
    assert_eq!((&issue(&russian)["extId"], &issue(&russian)["line"]), (&json!("nobody"), &json!(1)));
    assert!(
        issue(&russian)["message"].as_str().expect("text").starts_with("Товар nobody неизвестен"),
        "{}",
        russian.text
    );
    assert!(issue(&english)["message"].as_str().expect("text").starts_with("The product nobody"), "{}", english.text);
    assert_eq!(anna.get(&format!("{path}?severity=warning")).await.json()["items"], json!([]));

    let csv = anna.get(&format!("{path}.csv?lang=en")).await;
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!((csv.header("content-type"), lines.len()), ("text/csv; charset=utf-8", 2), "{}", csv.text);
    assert!(csv.text.starts_with('\u{feff}') && lines[0].ends_with(",Field,Value,What happened"), "{}", csv.text);
    assert!(
        lines[1].starts_with("1,error,unknown_product,rests.xml,1,") && lines[1].contains("nobody"),
        "{}",
        lines[1]
    );
    assert_eq!(csv.header("content-disposition"), format!("attachment; filename=\"import-{}-issues.csv\"", id(&begun)));
    let jsonl = anna.get(&format!("{path}.jsonl")).await;
    assert_eq!(serde_json::from_str::<Value>(jsonl.text.trim()).expect("one object"), issue(&russian));

    let again = anna.send(Method::POST, &format!("/api/imports/{}/retry", id(&begun)), &[], None).await;
    let again = anna.over(&id(&again)).await;
    assert_eq!((&again["retryOf"], &again["counts"]["products"]["unchanged"]), (&session["id"], &json!(3)), "{again}");
    let only = anna.post(&format!("/api/imports/{}/retry", id(&begun)), &json!({"only_errors": true})).await;
    assert_eq!(anna.over(&id(&only)).await["files"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_the_cure() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.source("1c", &[("goods.xml", &goods(1)), ("rests.xml", &rests(&["p1"]))]);

    let early = anna.begin("stocks", "1c").await;
    assert_eq!(early.error(), (422, "import.catalog_required".into()));
    assert_eq!(early.json()["error"]["message"], "Сначала импортируйте каталог.");
    for source in ["nowhere", "../etc", "/etc", ""] {
        assert_eq!(anna.begin("catalog", source).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{source}");
    }
    let missing = anna.begin("catalog", "nowhere").await;
    assert_eq!(missing.error().1, "import.no_source");
    assert!(
        missing.json()["error"]["message"].as_str().expect("text").contains("[jobs] import_root"),
        "{}",
        missing.text
    );
    let wrong = anna.post("/api/imports", &json!({"type": "cake", "only": ["bits"], "colour": 1})).await;
    let fields = wrong.json()["error"]["fields"].clone();
    let named: Vec<&str> = fields.as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!((wrong.error().1.as_str(), named), ("invalid", vec!["colour", "only", "source", "type"]));

    // Nobody works, so the first one waits.
    let first = anna.begin("catalog", "1c").await;
    let second = anna.begin("prices", "1c").await;
    assert_eq!(second.error(), (409, "import.running".into()));
    assert_eq!(
        (&second.json()["session"]["id"], &second.json()["session"]["type"]),
        (&json!(id(&first)), &json!("catalog"))
    );
    let cancelled = anna.send(Method::POST, &format!("/api/imports/{}/cancel", id(&first)), &[], None).await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::ACCEPTED, &json!("cancelled")));

    let group = json!({"name": "Readers", "permissions": ["files.view"]});
    anna.add("groups", group).await;
    let boris = server.person("boris", Some("Readers")).await;
    for path in ["/api/imports", "/api/imports/sources", "/api/imports/1", "/api/imports/1/issues.csv"] {
        assert_eq!(boris.get(path).await.error(), (403, "forbidden".into()), "{path}");
        assert_eq!(server.get(path).await.error(), (401, "unauthorized".into()), "{path}");
    }
    assert_eq!(boris.begin("catalog", "1c").await.error(), (403, "forbidden".into()));
    assert_eq!(anna.get("/api/imports/99").await.error(), (404, "not_found".into()));
    assert_eq!(anna.get("/api/imports?state=cake").await.error(), (422, "invalid".into()));
}

#[tokio::test]
async fn sources_are_listed_and_looked_into_before_anything_is_written() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.source("1c/2026-11", &[("goods.xml", &goods(2)), ("broken.xml", "<КоммерческаяИнформация>")]);

    let sources = anna.get("/api/imports/sources").await.json();
    let preview = anna.post("/api/imports/preview", &json!({"type": "catalog", "source": "1c/2026-11"})).await;

    let item = &sources["items"].as_array().expect("a list").iter().find(|item| item["name"] == "1c/2026-11").cloned();
    let item = item.as_ref().unwrap_or_else(|| panic!("{sources}"));
    assert_eq!((&item["kind"], &item["files"]), (&json!("folder"), &json!(2)));
    let stocks =
        sources["types"].as_array().expect("a list").iter().find(|one| one["type"] == "stocks").expect("there");
    assert_eq!((&stocks["ready"], &stocks["why"]), (&json!(false), &json!("import.catalog_required")));
    assert_eq!(stocks["message"], "Сначала импортируйте каталог.");
    assert_eq!((preview.status, &preview.json()["counts"]["product"]), (StatusCode::OK, &json!(2)), "{}", preview.text);
    assert_eq!(
        (&preview.json()["ready"], &preview.json()["why"]["code"]),
        (&json!(false), &json!("import.broken_file"))
    );
    assert!(!preview.json()["why"]["message"].as_str().expect("text").contains("error.import"), "{}", preview.text);
}

#[tokio::test]
async fn files_that_a_person_sends_become_a_source_whole_or_not_at_all() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let send = async |parts: &[(&str, Option<&str>, &[u8])]| {
        anna.server.send(multipart("/api/imports/upload", &anna.headers, form(parts))).await
    };
    let sets = || fs::read_dir(server.import_root().join("uploads")).map_or(0, Iterator::count);

    let sent = send(&[
        ("file", Some("C:\\1c\\goods.xml"), goods(2).as_bytes()),
        ("file", Some("rests.xml"), rests(&["p1"]).as_bytes()),
    ])
    .await;

    let source = sent.json()["source"].as_str().expect("a name").to_owned();
    assert_eq!((sent.status, source.starts_with("uploads/20")), (StatusCode::CREATED, true), "{source}");
    let mut names: Vec<_> = fs::read_dir(server.import_root().join(&source))
        .expect("there")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["goods.xml", "rests.xml"]);
    server.work();
    let session = anna.over(&id(&anna.begin("catalog", &source).await)).await;
    assert_eq!(
        (&session["state"], &session["counts"]["products"]["created"]),
        (&json!("completed"), &json!(2)),
        "{session}"
    );

    for (parts, code) in [
        (&[("file", Some("virus.exe"), &b"MZ"[..])][..], "invalid"),
        (&[("file", Some(".hidden.xml"), b"<a/>")], "invalid"),
        (&[("file", Some("a.xml"), b"<a/>"), ("file", Some("A.XML"), b"<a/>")], "invalid"),
        (&[("note", None, b"hello")], "invalid"),
        (&[], "invalid"),
    ] {
        assert_eq!(send(parts).await.error(), (422, code.into()), "{parts:?}");
    }
    let mut cut = form(&[("file", Some("a.xml"), b"<a/>")]);
    cut.truncate(cut.len() - 12);
    assert_eq!(server.send(multipart("/api/imports/upload", &anna.headers, cut)).await.error().1, "bad_multipart");
    assert_eq!(sets(), 1, "only the good one is left");
}

#[tokio::test]
async fn sets_that_are_a_week_old_go_unless_an_import_works_on_them() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let sent = form(&[("file", Some("goods.xml"), goods(1).as_bytes())]);
    let [old, fresh] = [sent.clone(), sent].map(|form| multipart("/api/imports/upload", &anna.headers, form));
    let (old, fresh) = (server.send(old).await.json(), server.send(fresh).await.json());
    let path = |sent: &Value| server.import_root().join(sent["source"].as_str().expect("a name"));
    let eight_days_ago = std::time::UNIX_EPOCH + Duration::from_millis(server.worker.app.clock().now_ms() as u64)
        - Duration::from_secs(8 * 24 * 60 * 60);
    let folder = fs::File::open(path(&old)).expect("there");
    folder.set_modified(eight_days_ago).expect("set");
    // Nobody works, so it waits.
    let begun = anna.begin("catalog", old["source"].as_str().expect("a name")).await;
    let sweep = async || server.worker.app.sweep_import_sets().await.expect("swept");

    sweep().await;
    assert!(path(&old).exists(), "an import waits for it");
    anna.send(Method::POST, &format!("/api/imports/{}/cancel", id(&begun)), &[], None).await;
    sweep().await;

    assert_eq!((path(&old).exists(), path(&fresh).exists()), (false, true));
}
