//! Lists as files for spreadsheets.

use super::*;

/// Rows that come in one part.
const PART: usize = 500;

/// The file without its byte order mark.
fn body(answer: &Answer) -> &str {
    answer.text.strip_prefix('\u{feff}').expect("a byte order mark")
}

fn rows(answer: &Answer) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(body(answer).as_bytes()).into_records().map(|row| row.expect("a row")).collect()
}

async fn files(server: &Server, names: impl IntoIterator<Item = String>) {
    for name in names {
        let file = json!({"name": name, "mime": "application/pdf"});
        let operator = lockstep_app::Caller::operator();
        server.worker.app.create(&operator, lockstep_app::Entity::Files, &file, None).await.expect("added");
    }
}

#[tokio::test]
async fn a_list_comes_as_a_file_in_the_readers_words() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let category = anna.add("categories", json!({"name": "Ёлки, ели"})).await;
    let note = "сказал \"да\"\nи ушёл";
    anna.add("files", json!({"name": "договор.pdf", "mime": "application/pdf", "category_id": category, "note": note}))
        .await;

    let russian = anna.send(Method::GET, "/api/files.csv", &[("accept-language", "ru")], None).await;
    let english = anna.send(Method::GET, "/api/files.csv?lang=en", &[("accept-language", "ru")], None).await;

    assert_eq!((russian.status, russian.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    let name = russian.header("content-disposition");
    let day = name.strip_prefix("attachment; filename=\"files-").and_then(|name| name.strip_suffix(".csv\""));
    assert_eq!(day.expect(name).split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2], "{name}");
    assert_eq!(russian.header("cache-control"), "no-store");
    assert!(!russian.header("x-sync-position").is_empty());
    assert!(body(&russian).starts_with("Номер,Название,Категория,Регистратор,Путь,"), "{}", russian.text);
    assert!(body(&english).starts_with("ID,Name,Category,Registrator,Path,"), "{}", english.text);
    let row = &rows(&russian)[0];
    assert_eq!((&row[1], &row[2], &row[9]), ("договор.pdf", "Ёлки, ели", note));
    assert!(russian.text.contains("\"сказал \"\"да\"\"\nи ушёл\"") && russian.text.ends_with("\r\n"));
}

#[tokio::test]
async fn no_cell_of_the_file_is_a_formula() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    files(&server, ["=1+1", "+7", "-x", "@a", "a=b"].map(str::to_owned)).await;

    let names: Vec<String> =
        rows(&anna.get("/api/files.csv?sort=id").await).iter().map(|row| row[1].to_owned()).collect();

    assert_eq!(names, ["'=1+1", "'+7", "'-x", "'@a", "a=b"]);
}

#[tokio::test]
async fn the_file_has_what_the_list_has_on_all_its_pages() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    files(&server, (0..PART + 20).map(|n| format!("{n:04}.pdf"))).await;
    let names = async |words: &str| -> Vec<String> {
        let answer = anna.get(&format!("/api/files.csv?{words}")).await;
        rows(&answer).iter().map(|row| row[1].to_owned()).collect()
    };

    let all = names("sort=-name&page=2&per_page=10").await;

    assert_eq!((all.len(), all[0].as_str(), all[PART + 19].as_str()), (PART + 20, "0519.pdf", "0000.pdf"));
    assert_eq!(names("q=051").await.len(), 11, "0051 and ten others");
    assert_eq!(names("ids=3,1").await, ["0000.pdf", "0002.pdf"]);
    assert_eq!(names("status=ready").await, [""; 0]);
    assert_eq!(names("updated_since=2999-01-01").await, [""; 0]);
    assert_eq!(anna.get("/api/files.csv?updated_since=x").await.error(), (422, "invalid".into()));
    assert_eq!(anna.get("/api/files.csv?colour=red").await.error(), (422, "invalid".into()));
    assert_eq!(anna.get("/api/files?updated_since=2999-01-01").await.json()["total"], 0);
    assert_eq!(anna.get("/api/files?updated_since=0").await.json()["total"], PART + 20);
}

#[tokio::test]
async fn who_may_not_see_a_list_gets_no_file_of_it() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("groups", json!({"name": "Filers", "permissions": ["files.view"]})).await;
    let boris = server.person("boris", Some("Filers")).await;

    assert_eq!(boris.get("/api/files.csv").await.status, StatusCode::OK);
    assert_eq!(boris.get("/api/users.csv").await.error(), (403, "forbidden".into()));
    assert_eq!(server.get("/api/files.csv").await.error(), (401, "unauthorized".into()));
    assert!(!anna.get("/api/users.csv").await.text.contains("argon2"));
}

/// Asks for the file and takes nothing of it yet.
async fn begin(person: &Person<'_>) -> axum::response::Response {
    let headers: Vec<(&str, &str)> = person.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut request = request(Method::GET, "/api/files.csv", &headers, None);
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("lockstep.example"));
    person.server.router.clone().oneshot(request).await.expect("infallible")
}

#[tokio::test]
async fn the_file_is_written_no_faster_than_it_is_taken() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    files(&server, (0..PART + 2).map(|n| format!("{n:04}.pdf"))).await;
    let mut answer = begin(&anna).await.into_body();
    let mut part = async || answer.frame().await.map(|frame| frame.expect("whole").into_data().expect("bytes"));

    let (head, first) = (part().await.expect("headings"), part().await.expect("rows"));
    anna.send(Method::DELETE, &format!("/api/files/{}", PART + 1), &[("if-match", "*")], None).await;
    let last = part().await.expect("rows");

    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(
        (lines(&head), lines(&first), lines(&last)),
        (1, PART, 1),
        "what was deleted meanwhile was not read yet"
    );
    assert!(part().await.is_none());
}

#[tokio::test]
async fn so_many_files_are_written_at_once_and_the_next_waits() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let mut under_way = Vec::new();
    for _ in 0..super::super::exports::AT_ONCE {
        under_way.push(begin(&anna).await);
    }

    let refused = anna.get("/api/files.csv").await;
    under_way.pop();
    let taken = anna.get("/api/files.csv").await;

    assert_eq!((refused.error(), refused.header("retry-after")), ((429, "rate_limited".into()), "5"));
    assert_eq!(taken.status, StatusCode::OK);
}
