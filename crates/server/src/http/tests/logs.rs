//! Log lines: written by programs, read by people.

use super::*;

/// Lines that are kept, as soon as there are so many.
async fn kept(reader: &Person<'_>, words: &str, number: usize) -> Value {
    loop {
        let answer = reader.get(&format!("/api/logs?{words}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let page = answer.json();
        if page["items"].as_array().expect("a list").len() >= number {
            return page;
        }
        tokio::task::yield_now().await;
    }
}

fn messages(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("a list").iter().map(|line| line["message"].as_str().expect("text")).collect()
}

/// What a program that makes mistakes sends.
async fn raw(program: &Person<'_>, body: &'static str) -> Answer {
    let own = program.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let mut request = request(Method::POST, "/api/logs", &own.collect::<Vec<_>>(), Some(&Value::Null));
    *request.body_mut() = body.into();
    program.server.send(request).await
}

#[tokio::test]
async fn lines_that_a_program_writes_are_read_by_those_who_may() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;
    let several = json!([
        {"message": "begun", "type": "scan", "source": "scan-7", "metadata": {"files": 12}},
        {"message": "no space", "level": "fatal", "environment": "staging", "timestamp": "2025-11-22T12:00:00+03:00", "id": "mine"},
    ]);

    let one = program.post("/api/logs", &json!({"message": "hello"})).await;
    let many = program.post("/api/logs", &several).await;

    let page = kept(&anna, "", 3).await;
    assert_eq!((one.status, &one.json()["accepted"]), (StatusCode::ACCEPTED, &json!(1)));
    assert_eq!((many.status, &many.json()["ids"][1]), (StatusCode::ACCEPTED, &json!("mine")));
    assert_eq!(messages(&page), ["no space", "hello", "begun"], "in the order of their times");
    let line = &page["items"][0];
    let expected = json!({"id": "mine", "n": 3, "timestamp": "2025-11-22T09:00:00.000Z", "level": "critical", "type": "error",
        "message": "no space", "source": "log", "environment": "staging", "worker": std::process::id()});
    assert_eq!(*line, expected);
    let begun = &page["items"][2];
    assert_eq!((&begun["metadata"], &begun["source"]), (&json!({"files": 12}), &json!("scan-7")));
    assert_eq!((&begun["level"], &begun["environment"]), (&json!("info"), &json!("production")));
    assert_eq!((&page["before"], &page["after"]), (&Value::Null, &Value::Null));
    assert_eq!(page["kept_since"], "2025-11-22T09:00:00.000Z");
}

#[tokio::test]
async fn one_goes_through_the_lines_both_ways_and_finds_those_that_fit() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;
    let line = |n: i64| {
        json!({"message": format!("line {n}"), "level": if n % 3 == 0 { "error" } else { "info" },
        "timestamp": 1_763_812_800_000 + n, "id": format!("id-{n}")})
    };
    let taken = program.post("/api/logs", &(0..30).map(line).collect()).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);

    kept(&anna, "", 30).await;
    let newest = kept(&anna, "limit=10", 10).await;
    let before = newest["before"].as_str().expect("more");
    let older = kept(&anna, &format!("limit=10&before={before}"), 10).await;
    let around = kept(&anna, "around=id-15&limit=3", 3).await;
    let errors = kept(&anna, "level=error,critical&text=LINE&from=2025-11-22T12:00:00.020Z", 3).await;
    let expression = kept(&anna, "regex=true&text=%5Eline%20%5B12%5D%24", 2).await;

    assert_eq!((messages(&newest)[0], messages(&older)[9]), ("line 20", "line 19"));
    assert_eq!(messages(&around), ["line 14", "line 15", "line 16"]);
    assert_eq!(messages(&errors), ["line 21", "line 24", "line 27"]);
    assert_eq!(messages(&expression), ["line 1", "line 2"]);
    let unknown = anna.get("/api/logs?around=nobody").await;
    assert_eq!(unknown.error(), (404, "not_found".into()));
    let wrong = anna.get("/api/logs?lang=en&level=loud&limit=0&colour=red").await;
    assert_eq!(wrong.error(), (422, "invalid".into()));
    let fields = &wrong.json()["error"]["fields"];
    assert!(fields["level"]["message"].as_str().expect("words").contains("`loud` is none of debug, info"), "{fields}");
    assert_eq!(
        (&fields["limit"]["code"], &fields["colour"]["code"]),
        (&json!("field.out_of_range"), &json!("field.unknown"))
    );
}

#[tokio::test]
async fn one_bad_line_and_none_is_taken_and_each_mistake_is_named() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;

    let several =
        program.post("/api/logs", &json!([{"message": "x"}, {"level": "loud"}, {"message": 1, "colour": 2}])).await;
    let one = program.post("/api/logs", &json!({"message": "", "source": "x".repeat(129)})).await;
    let many = program.post("/api/logs", &vec![json!({"message": "x"}); 1001].into()).await;

    let named = |answer: &Answer| -> Vec<String> {
        answer.json()["error"]["fields"].as_object().expect("fields").keys().cloned().collect()
    };
    assert_eq!(several.error(), (422, "invalid".into()));
    assert_eq!(named(&several), ["1.level", "1.message", "2.colour", "2.message"]);
    assert_eq!((one.error(), named(&one)), ((422, "invalid".into()), vec!["message".into(), "source".into()]));
    assert_eq!(many.error(), (413, "too_large".into()));
    for body in ["[]", "[7]", "7", "{"] {
        let status = raw(&program, body).await.status;
        assert_eq!(status, if body == "[]" { 202 } else { 400 }, "{body}");
    }
    assert_eq!(server.worker.app.logs().figures().numbered, 0);
    assert_eq!(anna.get("/api/logs").await.json()["kept_since"], Value::Null);
}

#[tokio::test]
async fn who_may_not_is_refused_before_anything_is_read() {
    let server = server().await;
    let reader = server.program(&["logs.view"]).await;
    let writer = server.program(&["log"]).await;

    assert_eq!(raw(&reader, "nonsense").await.error(), (403, "forbidden".into()));
    for path in ["/api/logs", "/api/logs.txt", "/api/logs.jsonl", "/api/logs/facets"] {
        assert_eq!(writer.get(path).await.error(), (403, "forbidden".into()), "{path}");
        assert_eq!(server.get(path).await.error(), (401, "unauthorized".into()), "{path}");
        assert_eq!(reader.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn lines_are_taken_along_as_a_file_the_oldest_first() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;
    let line =
        |n: i64| json!({"message": format!("line {n}\n<b>"), "source": "shop", "timestamp": 1_763_812_800_000 + n});
    program.post("/api/logs", &(0..600).map(line).collect()).await;
    kept(&anna, "limit=600", 600).await;

    let text = anna.get("/api/logs.txt?source=shop").await;
    let json_lines = anna.get("/api/logs.jsonl?source=sh*&to=1763812800004").await;
    let none = anna.get("/api/logs.txt?source=nobody").await;

    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    let name = text.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"logs-") && name.ends_with(".txt\""), "{name}");
    assert_eq!(text.header("x-content-type-options"), "nosniff");
    assert!(
        text.text.starts_with(
            "2025-11-22T12:00:00.000Z INFO     production shop: line 0\n    <b>\n2025-11-22T12:00:00.001Z"
        )
    );
    assert_eq!(text.text.lines().count(), 1200);
    let lines: Vec<Value> = json_lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().map(|line| line["n"].as_i64().expect("a number")).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!((none.status, none.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(anna.get("/api/logs.txt?level=loud").await.error(), (422, "invalid".into()));
}

#[tokio::test]
async fn what_there_is_to_choose_from_is_told() {
    let server =
        server_with(&[("LOCKSTEP__LOGS__RETENTION_DAYS", "3"), ("LOCKSTEP__LOGS__ENVIRONMENT", "shop 12")]).await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;
    let lines = json!([{"message": "x", "source": "b"}, {"message": "x", "source": "a", "environment": "staging"}]);
    program.post("/api/logs", &lines).await;
    let kept_since = kept(&anna, "", 2).await["kept_since"].clone();

    let facets = anna.get("/api/logs/facets").await.json();

    let expected =
        json!({"sources": ["a", "b"], "environments": ["shop 12", "staging"], "kept_since": kept_since, "days": 3});
    assert_eq!(facets, expected);
}

/// With no days at all there is the worker's memory.
#[tokio::test]
async fn where_none_are_kept_there_are_those_in_memory() {
    let server = server_with(&[("LOCKSTEP__LOGS__RETENTION_DAYS", "0")]).await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["log"]).await;
    let line = |n: i64| json!({"message": format!("line {n}"), "source": "shop", "timestamp": 1_763_812_800_000 + n});
    program.post("/api/logs", &(0..30).map(line).collect()).await;

    let page = kept(&anna, "limit=30&source=shop", 30).await;
    let some = kept(&anna, "limit=2&to=1763812800009", 2).await;
    let file = anna.get("/api/logs.txt?text=line+7").await;

    assert_eq!(messages(&page).len(), 30);
    assert_eq!((messages(&some), &some["before"]), (vec!["line 8", "line 9"], &Value::Null));
    assert_eq!(file.text, "2025-11-22T12:00:00.007Z INFO     production shop: line 7\n");
    let facets = json!({"sources": ["shop"], "environments": ["production"], "kept_since": null, "days": 0});
    assert_eq!(anna.get("/api/logs/facets").await.json(), facets);
    assert_eq!(program.get("/api/logs").await.error(), (403, "forbidden".into()));
}
