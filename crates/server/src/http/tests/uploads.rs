//! Files that people send, and their bytes again.

use std::{io, path::Path, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use lockstep_protocol::Record;
use sha2::{Digest, Sha256};
use tokio::{sync::broadcast, time::timeout};

use super::*;

const BOUNDARY: &str = "----a boundary of the tests";

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(60);

/// A part of a form: its name, the name of a file where it is one, its bytes.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

pub(super) fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = begun(parts);
    form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    form
}

/// A form without its end.
fn begun(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        form.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n");
    }
    form
}

/// A form that goes to `path`.
pub(super) fn multipart(path: &str, headers: &[(&'static str, String)], form: Vec<u8>) -> Request<Body> {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent_to(path, &headers, form.into())
}

fn sent(headers: &[(&str, &str)], body: Body) -> Request<Body> {
    sent_to("/api/files/upload", headers, body)
}

fn sent_to(path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = request(Method::POST, path, headers, None);
    let kind = format!("multipart/form-data; boundary=\"{BOUNDARY}\"");
    request.headers_mut().entry(header::CONTENT_TYPE).or_insert(kind.parse().expect("a value"));
    *request.body_mut() = body;
    request
}

impl Person<'_> {
    async fn upload(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = own.chain(headers.iter().copied()).collect();
        self.server.send(sent(&all, body.into())).await
    }

    async fn notices(&self) -> Vec<Value> {
        self.get("/api/notifications").await.json()["items"].as_array().expect("a list").clone()
    }
}

impl Server {
    /// What lies on disk for uploads, but for the sign of life.
    fn on_disk(&self) -> Vec<String> {
        fn below(directory: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                match path.is_dir() {
                    true => below(&path, found),
                    false if name.ends_with(".lock") => {}
                    false => found.push(name),
                }
            }
        }
        let mut found = Vec::new();
        below(&self.worker.settings.uploads(), &mut found);
        found
    }

    fn applied(&self) -> broadcast::Receiver<Arc<Record>> {
        self.worker.sync.applied()
    }
}

/// The next notice of an upload with that status.
async fn notice(applied: &mut broadcast::Receiver<Arc<Record>>, status: &str) -> Value {
    let heard = async {
        loop {
            let record = applied.recv().await.expect("the road goes on");
            let data = record.data.as_ref().map(|data| serde_json::from_str::<Value>(data.get()).expect("JSON"));
            match data {
                Some(notice) if notice["data"]["status"] == status => return notice,
                _ => {}
            }
        }
    };
    timeout(LIMIT, heard).await.unwrap_or_else(|_| panic!("no notice of an upload that is {status}"))
}

#[tokio::test]
async fn files_become_rows_together_and_come_back_as_they_were() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let category = anna.add("categories", json!({"name": "Договоры"})).await;
    let mut applied = server.applied();
    let large: Vec<u8> = (0..1_500_000_u32).flat_map(u32::to_le_bytes).collect();
    let parts: [Part<'_>; 4] = [
        ("category_id", None, category.as_bytes()),
        ("note", None, "из архива".as_bytes()),
        ("file", Some("C:\\scans\\План 1.pdf"), b"%PDF-1.7\nhello"),
        ("file", Some("numbers.bin"), &large),
    ];

    let answer = anna.upload(&[("x-client-id", "page-1")], form(&parts)).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let items = answer.json()["items"].as_array().expect("a list").clone();
    let shown = |field: &str| items.iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    assert_eq!(shown("name"), ["План 1.pdf", "numbers.bin"]);
    assert_eq!(shown("size"), [14, 6_000_000]);
    assert_eq!(shown("mime"), ["application/pdf", "application/octet-stream"]);
    assert_eq!(shown("category_name"), ["Договоры", "Договоры"]);
    assert_eq!(shown("note"), ["из архива", "из архива"]);
    let sum: String = Sha256::digest(&large).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(items[1]["sha256"], sum);
    assert!(items[0].get("content").is_none(), "where the bytes lie is nobody's business");
    for row in &items {
        let record = timeout(LIMIT, async {
            loop {
                let record = applied.recv().await.expect("the road goes on");
                if record.event.as_str() == "files:changed" {
                    return record;
                }
            }
        });
        let record = record.await.expect("each row has its event");
        assert_eq!((record.reason.to_string().as_str(), &row["id"]), ("added", &json!(record.id)));
        assert_eq!(record.origin.as_deref(), Some("page-1"));
        assert!(record.actor.is_some());
    }

    let path = |row: &Value| format!("/api/files/{}/content", row["id"].as_str().expect("an id"));
    let first = anna.get(&path(&items[0])).await;
    assert_eq!((first.status, first.text.as_str()), (StatusCode::OK, "%PDF-1.7\nhello"));
    assert_eq!((first.header("content-type"), first.header("content-length")), ("application/pdf", "14"));
    assert!(
        first.header("content-disposition").starts_with("attachment; filename=\"____ 1.pdf\"; filename*=UTF-8''%D0%9F")
    );
    assert_eq!(first.header("x-content-type-options"), "nosniff");
    let names = server.on_disk();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.iter().all(|name| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_deleted_files_bytes_are_deleted_too() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let uploaded = anna.upload(&[], form(&[("file", Some("a.txt"), b"hello")])).await.json();
    let id = uploaded["items"][0]["id"].as_str().expect("an id").to_owned();

    let stale = anna.send(Method::DELETE, &format!("/api/files/{id}"), &[("if-match", "\"7\"")], None).await;
    assert_eq!((stale.status.as_u16(), server.on_disk().len()), (412, 1));
    let deleted = anna.send(Method::DELETE, &format!("/api/files/{id}"), &[("if-match", "*")], None).await;

    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(server.on_disk(), [""; 0]);
    assert_eq!(anna.get(&format!("/api/files/{id}/content")).await.error(), (404, "not_found".into()));
    let by_hand = anna.add("files", json!({"name": "by hand"})).await;
    assert_eq!(anna.get(&format!("/api/files/{by_hand}/content")).await.error(), (404, "not_found".into()));
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_nothing_of_it_is_left() {
    let server = server_with(&[("LOCKSTEP__LIMITS__UPLOAD_BYTES", "100000")]).await;
    let anna = server.person("anna", None).await;
    let large = form(&[("file", Some("first"), b"1"), ("file", Some("second"), &[7; 100_000])]);
    let pieces: Vec<io::Result<Vec<u8>>> = large.chunks(5_000).map(|piece| Ok(piece.to_vec())).collect();
    let many: Vec<Part<'_>> = (0..21).map(|_| ("file", Some("a"), &b"x"[..])).collect();

    let by_its_word = anna.upload(&[("content-length", "100001"), ("accept-language", "en")], large).await;
    let by_its_bytes = anna.upload(&[], Body::from_stream(stream::iter(pieces))).await;
    let too_many = anna.upload(&[("accept-language", "en")], form(&many)).await;

    for refused in [&by_its_word, &by_its_bytes] {
        assert_eq!(refused.error(), (413, "too_large".into()));
        assert_eq!(
            (&refused.json()["error"]["params"]["max"], refused.header("connection")),
            (&json!(100_000), "close")
        );
    }
    assert!(by_its_word.json()["error"]["message"].as_str().expect("words").contains("100000 bytes"));
    assert_eq!(too_many.error(), (413, "too_large".into()));
    assert!(too_many.json()["error"]["message"].as_str().expect("words").contains("20 files"));
    assert_eq!(server.on_disk(), [""; 0]);
    assert_eq!(anna.get("/api/files").await.json()["total"], 0);
    assert_eq!(anna.upload(&[], form(&many[..20])).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_form_that_is_wrong_is_refused_whole() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let check = async |body: Vec<u8>, expected: (u16, &str), field: Option<(&str, &str)>| {
        let answer = anna.upload(&[("accept-language", "en")], body).await;
        assert_eq!(answer.error(), (expected.0, expected.1.into()), "{}", answer.text);
        let error = &answer.json()["error"];
        assert!(!error["message"].as_str().expect("words").contains("error."), "{error}");
        if let Some((field, code)) = field {
            assert_eq!(error["fields"][field]["code"], code, "{error}");
        }
    };
    let file: Part<'_> = ("file", Some("a.txt"), b"hello");

    check(begun(&[file]), (400, "bad_multipart"), None).await;
    check(b"no form at all".to_vec(), (400, "bad_multipart"), None).await;
    check(form(&[file, ("note", None, b"late")]), (400, "bad_multipart"), None).await;
    check(form(&[("note", None, b"alone")]), (422, "invalid"), Some(("file", "field.required"))).await;
    check(form(&[("colour", None, b"red"), file]), (422, "invalid"), Some(("colour", "field.unknown"))).await;
    check(form(&[("category_id", None, b"77"), file]), (422, "invalid"), Some(("category_id", "field.no_such"))).await;
    check(form(&[("registrator_id", None, b"x"), file]), (422, "invalid"), Some(("registrator_id", "field.no_such")))
        .await;
    check(form(&[("note", None, &[b'x'; 60_000]), file]), (422, "invalid"), Some(("note", "field.too_long"))).await;
    check(form(&[("note", None, b"\xff"), file]), (422, "invalid"), Some(("note", "field.format"))).await;
    check(form(&[("upload_id", None, &[b'x'; 65]), file]), (422, "invalid"), Some(("upload_id", "field.format"))).await;
    check(form(&[file, ("file", Some("dir/"), b"x")]), (422, "invalid"), Some(("name", "field.required"))).await;
    check(form(&[file, ("file", Some(&"x".repeat(256)), b"x")]), (422, "invalid"), Some(("name", "field.too_long")))
        .await;
    let json = anna.post("/api/files/upload", &json!({})).await;
    assert_eq!(json.error(), (415, "unsupported_media".into()));

    assert_eq!(server.on_disk(), [""; 0]);
    assert_eq!(anna.get("/api/files").await.json()["total"], 0);
}

#[tokio::test]
async fn who_may_not_edit_files_uploads_none_and_who_may_not_see_them_gets_none() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    for (group, right) in [("Viewers", "files.view"), ("Clerks", "categories.view")] {
        anna.add("groups", json!({"name": group, "permissions": [right]})).await;
    }
    let (viewer, clerk) =
        (server.person("viewer", Some("Viewers")).await, server.person("clerk", Some("Clerks")).await);
    let body = || form(&[("file", Some("a.txt"), b"hello")]);
    let uploaded = anna.upload(&[], body()).await.json();
    let path = format!("/api/files/{}/content", uploaded["items"][0]["id"].as_str().expect("an id"));

    let refused = viewer.upload(&[], body()).await;
    assert_eq!(
        (refused.error(), &refused.json()["error"]["params"]["right"]),
        ((403, "forbidden".into()), &json!("files.edit"))
    );
    assert_eq!(viewer.get(&path).await.text, "hello");
    assert_eq!(clerk.get(&path).await.error(), (403, "forbidden".into()));
    assert_eq!(server.get(&path).await.error(), (401, "unauthorized".into()));
    let cookie = [("cookie", anna.headers[0].1.as_str())];
    assert_eq!(server.send(sent(&cookie, body().into())).await.error(), (403, "csrf".into()));
    assert_eq!(server.send(sent(&[], body().into())).await.error(), (401, "unauthorized".into()));
    let program = server.program(&["files.edit"]).await;
    assert_eq!(program.upload(&[], body()).await.status, StatusCode::CREATED);
    assert_eq!(server.on_disk().len(), 2);
}

/// A body of these bytes that then neither goes on nor ends.
fn stuck(bytes: Vec<u8>) -> Body {
    Body::from_stream(stream::iter([io::Result::Ok(bytes)]).chain(stream::pending()))
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing_but_a_word_for_its_person() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let mut applied = server.applied();
    let part = begun(&[("upload_id", None, b"mine"), ("file", Some("plan.pdf"), &[7; 600_000])]);
    let total = (2 * part.len()).to_string();
    let headers = [("content-length", total.as_str())];

    let mut upload = Box::pin(anna.upload(&headers, stuck(part)));
    let processing = tokio::select! {
        answer = &mut upload => panic!("{answer:?}"),
        notice = notice(&mut applied, "processing") => notice,
    };
    assert!(server.on_disk().iter().any(|name| name.ends_with(".part")));
    drop(upload);
    let failed = notice(&mut applied, "failed").await;

    assert_eq!(processing["data"]["upload_id"], "mine");
    assert!(processing["data"]["progress"].as_i64().is_some_and(|percent| (0..100).contains(&percent)), "{processing}");
    assert_eq!((&failed["type"], &failed["status"]), (&json!("upload_status"), &json!("error")));
    let (data, expected) = (&failed["data"], json!(["mine", "plan.pdf", "failed", "upload.broken_off"]));
    assert_eq!(json!([data["upload_id"], data["filename"], data["status"], data["code"]]), expected);
    assert!(data["message"].as_str().expect("words").starts_with("plan.pdf was not uploaded"));
    let notices = anna.notices().await;
    assert_eq!((notices.len(), &notices[0]["data"]["status"]), (1, &json!("failed")), "one notice, changed in place");
    assert_eq!(server.on_disk(), [""; 0]);
    assert_eq!(anna.get("/api/files").await.json()["total"], 0);
}

#[tokio::test]
async fn a_client_that_sends_no_more_is_given_up() {
    let server = server_with(&[("LOCKSTEP__LIMITS__BODY_S", "1")]).await;
    let anna = server.person("anna", None).await;

    let answer = anna.upload(&[], stuck(begun(&[("file", Some("a.txt"), b"hello")]))).await;

    assert_eq!(answer.error(), (408, "timeout".into()));
    assert_eq!(server.on_disk(), [""; 0]);
}

#[tokio::test]
async fn the_uploader_alone_is_told_by_the_name_that_his_page_gave() {
    let server = server().await;
    let (anna, boris) = (server.person("anna", None).await, server.person("boris", None).await);
    let mut applied = server.applied();
    let body = form(&[("file", Some("plan.pdf"), b"%PDF-1.7"), ("file", Some("more.pdf"), b"%PDF-1.7")]);
    let length = body.len().to_string();

    let uploaded = anna.upload(&[("x-upload-id", "u-1"), ("content-length", &length)], body).await.json();
    let completed = notice(&mut applied, "completed").await;

    let data = &completed["data"];
    assert_eq!((&data["upload_id"], &data["progress"]), (&json!("u-1"), &json!(100)));
    assert_eq!(data["files"], json!([uploaded["items"][0]["id"], uploaded["items"][1]["id"]]));
    assert_eq!(
        (&data["message"], &data["total"]),
        (&json!("more.pdf and 1 more are uploaded"), &json!(length.parse::<u64>().expect("a number")))
    );
    let notices = anna.notices().await;
    assert_eq!((notices.len(), notices[0].get("count")), (1, None), "one upload is one notice that happened once");
    assert!(boris.notices().await.is_empty());
}
