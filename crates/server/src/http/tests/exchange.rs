//! The protocol that 1C speaks, as 1C speaks it.

use std::{fs, os::unix::fs::symlink, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::time::{sleep, timeout};

use super::{
    imports::{goods, rests},
    *,
};

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(120);

/// 1C, signed in or not.
struct Exchange<'a> {
    server: &'a Server,
    cookie: Option<String>,
}

fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{password}")))
}

impl Server {
    async fn check_auth(&self, login: &str, password: &str) -> Answer {
        let headers = [("authorization", basic(login, password))];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send(request(Method::GET, "/1c_exchange?type=catalog&mode=checkauth", &headers, None)).await
    }

    /// 1C after it has signed in.
    async fn exchange(&self, login: &str, password: &str) -> Exchange<'_> {
        let answer = self.check_auth(login, password).await;
        let lines: Vec<&str> = answer.text.lines().collect();
        assert_eq!((lines[0], lines.len()), ("success", 3), "{}", answer.text);
        Exchange { server: self, cookie: Some(format!("{}={}", lines[1], lines[2])) }
    }
}

impl Exchange<'_> {
    async fn ask(&self, query: &str) -> String {
        self.send(Method::GET, query, Body::empty()).await
    }

    async fn send(&self, method: Method, query: &str, body: impl Into<Body>) -> String {
        let cookie = self.cookie.as_deref().map(|cookie| ("cookie", cookie));
        let headers: Vec<(&str, &str)> = cookie.into_iter().chain([("accept-language", "en")]).collect();
        let mut request = request(method, &format!("/1c_exchange?{query}"), &headers, None);
        *request.body_mut() = body.into();
        let answer = self.server.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "1C shows nothing of any other: {}", answer.text);
        answer.text
    }

    async fn piece(&self, name: &str, bytes: impl Into<Body>) -> String {
        self.send(Method::POST, &format!("type=catalog&mode=file&filename={name}"), bytes).await
    }

    /// A file in pieces of so many bytes.
    async fn file(&self, name: &str, text: &str, piece: usize) {
        for bytes in text.as_bytes().chunks(piece) {
            assert_eq!(self.piece(name, bytes.to_vec()).await, "success\n");
        }
    }

    /// Asks until it is done.
    async fn import(&self, name: &str) -> String {
        let asked = async {
            loop {
                let said = self.ask(&format!("type=catalog&mode=import&filename={name}")).await;
                if !said.starts_with("progress\n") {
                    return said;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LIMIT, asked).await.expect("it ends")
    }
}

/// The sessions that there have been, the oldest first.
async fn sessions(anna: &Person<'_>) -> Vec<Value> {
    let mut items = anna.get("/api/imports").await.json()["items"].as_array().expect("a list").clone();
    items.reverse();
    items
}

fn customers() -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"3.1\"><Контрагенты><Контрагент><Ид>c1</Ид>\
     <Наименование>ООО Ромашка</Наименование><ИНН>7701234567</ИНН></Контрагент></Контрагенты></КоммерческаяИнформация>"
        .to_owned()
}

#[tokio::test]
async fn an_exchange_in_pieces_and_rounds_becomes_a_catalogue() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.work();

    let exchange = server.exchange("anna", PASSWORD).await;
    let init = exchange.ask("type=catalog&mode=init").await;
    assert_eq!(init, "zip=yes\nfile_limit=16777216\nversion=3.1\n");
    let text = goods(900);
    assert!(text.len() > 2 * 64 * 1024, "several pieces");
    exchange.file("goods/1/goods_1_1.xml", &text, 64 * 1024).await;
    exchange.file("goods%5C1%5Cgroups.xml", &goods(0), 64 * 1024).await;

    let first = exchange.ask("type=catalog&mode=import&filename=goods/1/goods_1_1.xml").await;
    assert!(first.starts_with("progress\n"), "{first}");
    let done = exchange.import("goods/1/goods_1_1.xml").await;
    assert!(done.starts_with("success\n"), "{done}");
    assert_eq!(
        exchange.ask("type=catalog&mode=import&filename=goods/1/groups.xml").await,
        "success\n",
        "in the same round"
    );

    exchange.file("rests.xml", &rests(&["p1", "p900", "nobody"]), 100).await;
    exchange.file("contragents.xml", &customers(), 64 * 1024).await;
    let done = exchange.import("rests.xml").await;
    assert!(done.starts_with("success\n"), "{done}");
    assert!(exchange.ask("type=catalog&mode=deactivate&timestamp=1").await.starts_with("success\n"));
    assert!(exchange.ask("type=catalog&mode=complete").await.starts_with("success\n"));

    let all = sessions(&anna).await;
    let counts = |n: usize, kind: &str, fate: &str| all[n]["counts"][kind][fate].as_u64().unwrap_or_default();
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!((counts(0, "products", "created"), counts(1, "stocks", "created")), (900, 2), "{all:?}");
    assert_eq!((&all[2]["type"], counts(2, "customers", "created")), (&json!("customers"), 1));
    assert_eq!(all[1]["issues"]["codes"], json!({"unknown_product": 1}));
    assert_eq!(all[0]["requestedBy"]["name"], "anna");
    let after = exchange.ask("type=catalog&mode=init").await;
    assert!(after.starts_with("failure\n"), "whoever said goodbye signs in again: {after}");
}

#[tokio::test]
async fn what_a_full_load_does_not_name_is_marked_when_the_exchange_is_complete_and_not_before() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.source("before", &[("goods.xml", &goods(10))]);
    server.work();
    let begun = anna.post("/api/imports", &json!({"type": "catalog", "source": "before"})).await;
    anna.over(begun.json()["id"].as_str().expect("an id")).await;
    let full = |from: u32, to: u32| {
        let all = goods(to).replace("ТолькоИзменения=\"true\"", "ТолькоИзменения=\"false\"");
        (1..from).fold(all, |text, n| {
            let begin = text.find(&format!("<Товар><Ид>p{n}</Ид>")).expect("there");
            let end = begin + text[begin..].find("</Товар>").expect("closed") + "</Товар>".len();
            format!("{}{}", &text[..begin], &text[end..])
        })
    };

    let exchange = server.exchange("anna", PASSWORD).await;
    exchange.file("one.xml", &full(1, 4), 64 * 1024).await;
    assert!(exchange.import("one.xml").await.starts_with("success\n"));
    exchange.file("two.xml", &full(5, 8), 64 * 1024).await;
    assert!(exchange.import("two.xml").await.starts_with("success\n"));
    let rounds = sessions(&anna).await;
    assert!(exchange.ask("type=catalog&mode=deactivate").await.starts_with("success\n"));

    for round in &rounds[1..] {
        assert_eq!(round["counts"]["products"]["deactivated"], 0, "{round}");
    }
    let last = sessions(&anna).await.pop().expect("one more");
    let last = anna.over(last["id"].as_str().expect("an id")).await;
    assert_eq!(
        (&last["state"], &last["counts"]["products"]["deactivated"]),
        (&json!("completed"), &json!(2)),
        "{last}"
    );
    assert!(exchange.ask("type=catalog&mode=complete").await.starts_with("success\n"));
    assert_eq!(sessions(&anna).await.len(), rounds.len() + 1, "the whole set is gone through once");
}

#[tokio::test]
async fn a_key_does_for_a_password_and_who_may_not_import_is_told() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let (_, key) =
        server.worker.app.add_key(&Caller::operator(), "1C", &["imports.run".to_owned()]).await.expect("added");
    let (_, weak) =
        server.worker.app.add_key(&Caller::operator(), "weak", &["publish".to_owned()]).await.expect("added");
    anna.add("groups", json!({"name": "Readers", "permissions": ["files.view"]})).await;
    server.person("boris", Some("Readers")).await;
    server.work();

    let exchange = server.exchange("whatever", &key).await;
    exchange.file("goods.xml", &goods(1), 64 * 1024).await;
    assert!(exchange.import("goods.xml").await.starts_with("success\n"));
    assert!(exchange.ask("type=catalog&mode=complete").await.starts_with("success\n"));

    for (login, password) in [("anna", "wrong"), ("boris", PASSWORD), ("x", weak.as_str()), ("", "")] {
        let refused = server.check_auth(login, password).await;
        assert!(
            refused.text.starts_with("failure\n") && refused.text.lines().count() == 2,
            "{login}: {}",
            refused.text
        );
    }
    let key_id = anna.get("/api/keys").await.json();
    let id = key_id["items"].as_array().expect("a list").iter().find(|key| key["name"] == "1C").expect("there")["id"]
        .clone();
    let gone = anna.send(Method::DELETE, &format!("/api/keys/{}", id.as_str().expect("text")), &[], None).await;
    assert!(gone.status.is_success(), "{}", gone.text);
    assert!(exchange.ask("type=catalog&mode=init").await.starts_with("failure\n"), "a key that was withdrawn");
}

#[tokio::test]
async fn who_guesses_passwords_is_braked_as_everywhere() {
    let server = server_with(&[("LOCKSTEP__LIMITS__LOGIN_ATTEMPTS", "3")]).await;
    server.person("anna", None).await;

    let mut last = String::new();
    for _ in 0..5 {
        last = server.check_auth("anna", "wrong").await.text;
    }
    let right = server.check_auth("anna", PASSWORD).await.text;

    assert!(last.starts_with("failure\n") && right.starts_with("failure\n"), "{last} {right}");
}

#[tokio::test]
async fn nothing_is_written_outside_the_set_and_nothing_over_a_limit() {
    let limits = [
        ("LOCKSTEP__IMPORTS__EXCHANGE_FILE_LIMIT", "2048"),
        ("LOCKSTEP__IMPORTS__MAX_FILE_BYTES", "3000"),
        ("LOCKSTEP__IMPORTS__MAX_UNPACKED_BYTES", "5000"),
        ("LOCKSTEP__IMPORTS__MAX_ENTRIES", "3"),
    ];
    let server = server_with(&limits).await;
    server.person("anna", None).await;
    let exchange = server.exchange("anna", PASSWORD).await;
    let failed =
        |said: String, why: &str| assert!(said.starts_with("failure\n") && said.contains(why), "{why}: {said}");

    for name in
        ["..%2Fa.xml", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fb.xml", "..%5Ca.xml", ".exchange.json", ".lock", "a%00b", ""]
    {
        failed(exchange.piece(name, "x").await, "cannot be the name of a file");
    }
    let set = fs::read_dir(server.import_root().join("exchange")).expect("there").flatten().next().expect("one").path();
    assert_eq!(exchange.piece("here.xml", "x").await, "success\n");
    let outside = server.import_root().join("outside.xml");
    symlink(&outside, set.join("1/link.xml")).expect("a link");
    symlink(server.import_root(), set.join("1/folder")).expect("a link");
    failed(exchange.piece("link.xml", "x").await, "there is a link");
    failed(exchange.piece("folder/outside.xml", "x").await, "there is a link");
    failed(exchange.piece("here.xml/below.xml", "x").await, "there is a link");
    assert!(!outside.exists());

    failed(exchange.piece("large.xml", vec![b'x'; 2049]).await, "2048 bytes");
    assert_eq!(exchange.piece("large.xml", vec![b'x'; 2000]).await, "success\n");
    failed(exchange.piece("large.xml", vec![b'x'; 1001]).await, "3000 bytes");
    assert_eq!(
        fs::metadata(set.join("1/large.xml")).expect("there").len(),
        2000,
        "what is refused leaves nothing behind"
    );
    assert_eq!(exchange.piece("more.xml", vec![b'x'; 2000]).await, "success\n");
    failed(exchange.piece("more.xml", vec![b'x'; 1000]).await, "5000 bytes");
    failed(exchange.piece("fourth.xml", "x").await, "3 files");
}

#[tokio::test]
async fn requests_in_a_wrong_order_are_answered_with_the_right_one() {
    let server = server().await;
    server.person("anna", None).await;
    let stranger = Exchange { server: &server, cookie: None };
    let forger = Exchange { server: &server, cookie: Some("lockstep_exchange=2026-11-27-01234567.secret".into()) };

    for exchange in [&stranger, &forger] {
        for mode in ["init", "import&filename=a.xml", "complete", "deactivate"] {
            let said = exchange.ask(&format!("type=catalog&mode={mode}")).await;
            assert!(said.starts_with("failure\n") && said.contains("checkauth"), "{mode}: {said}");
        }
        assert!(exchange.piece("a.xml", "x").await.starts_with("failure\n"));
    }
    let exchange = server.exchange("anna", PASSWORD).await;
    let said = exchange.ask("type=catalog&mode=import&filename=a.xml").await;
    assert!(said.starts_with("failure\n") && said.contains("a.xml was not sent"), "{said}");
    assert!(exchange.ask("type=catalog&mode=dance").await.starts_with("failure\n"));
    assert_eq!(exchange.ask("type=catalog&mode=complete").await, "success\n", "an exchange without anything");
}

#[tokio::test]
async fn while_another_import_runs_1c_waits_and_a_broken_file_is_a_failure_with_its_session() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    server.source("other", &[("goods.xml", &goods(2))]);
    // Nobody works yet, so it waits.
    let other = anna.post("/api/imports", &json!({"type": "catalog", "source": "other"})).await;
    let other = other.json()["id"].as_str().expect("an id").to_owned();
    let exchange = server.exchange("anna", PASSWORD).await;
    let whole = goods(3);
    let cut = whole.find("</Товар>").expect("a product");
    exchange.file("broken.xml", &whole[..cut], 64 * 1024).await;

    let waits = exchange.ask("type=catalog&mode=import&filename=broken.xml").await;
    assert!(waits.starts_with("progress\n") && waits.contains(&format!("session {other}")), "{waits}");
    server.work();
    let said = exchange.import("broken.xml").await;
    let lines: Vec<&str> = said.lines().collect();
    let broken = sessions(&anna).await.pop().expect("one")["id"].as_str().expect("an id").to_owned();
    assert_eq!((lines[0], lines.len()), ("failure", 3), "{said}");
    assert!(lines[1].contains("broken.xml:1:") && lines[2].contains(&format!("/session/{broken}/")), "{said}");

    exchange.file("broken.xml", &goods(3), 64 * 1024).await;
    assert!(exchange.import("broken.xml").await.starts_with("success\n"), "sent anew it is whole");
}

#[tokio::test]
async fn of_orders_there_are_none() {
    let server = server().await;
    server.person("anna", None).await;
    let exchange = server.exchange("anna", PASSWORD).await;

    assert!(exchange.ask("type=sale&mode=init").await.starts_with("zip=yes\n"));
    assert!(exchange.ask("type=sale&mode=query").await.contains("<КоммерческаяИнформация"));
    assert_eq!(exchange.ask("type=sale&mode=success").await, "success\n");
    assert_eq!(exchange.send(Method::POST, "type=sale&mode=file&filename=orders.xml", "<a/>").await, "success\n");
}
