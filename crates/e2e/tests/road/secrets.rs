//! Secrets do not print: not in a log at its loudest, not in an error, not in a metric, not in what a command says.
//!
//! Every secret that an installation has is one that can be found again: passwords hold a word that nothing else holds, and tokens that
//! the server makes up are remembered as it gives them out. Then things are done with them, right and wrong, and all that was said
//! meanwhile is searched.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use bytes::Bytes;
use http::Method;
use lockstep_e2e::{
    Address, Api, Cluster, LIMIT, Launch, Page, Shape, api, eventually, free_port, http as client, lockstep,
};
use serde_json::{Value, json};

use crate::story::{path, rev};

/// The word in every password of this test.
const CANARY: &str = "c4n4ry";

fn secret(name: &str) -> String {
    format!("{CANARY}-{name}-{CANARY}")
}

/// All that was said where others could read it, and all that must not have been.
#[derive(Default)]
struct Said {
    texts: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Said {
    fn note(&mut self, place: &str, text: impl Into<String>) {
        self.texts.push((place.to_owned(), text.into()));
    }

    fn output(&mut self, place: &str, output: &Output) {
        let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        self.note(place, String::from_utf8_lossy(&all));
    }

    async fn answer(&mut self, address: &Address, method: Method, path: &str, headers: &[(&str, &str)], body: &str) {
        let reply =
            client::send(address, method, path, headers, Bytes::from(body.to_owned())).await.expect("an answer");
        self.note(path, format!("{:?}\n{}", reply.headers, reply.text()));
    }

    fn leaks(&self) -> Vec<String> {
        let words = self.secrets.iter().map(String::as_str).chain([CANARY]);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let leak = |(place, text): &(String, String)| {
            let line = text.lines().find(|line| words.iter().any(|word| line.contains(word)))?;
            Some(format!("{place}: {line}"))
        };
        self.texts.iter().filter_map(leak).collect()
    }

    /// Nothing has leaked; and something was said, and would have been found.
    fn assert_tight(mut self) {
        assert_eq!(self.leaks(), [""; 0]);
        let bytes: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        assert!(bytes > 500, "{bytes}: hardly anything was said");
        let planted = self.secrets.first().expect("a secret").clone();
        self.note("here", format!("before {planted} after"));
        assert_eq!(self.leaks().len(), 1, "what leaks is found");
    }
}

/// A signed-in person whose tokens are remembered as secrets.
async fn sign_in(said: &mut Said, address: &Address, login: &str, password: &str) -> Api {
    let person = Api::sign_in(address, login, password).await;
    let token = person.cookie.split_once('=').expect("a cookie").1.to_owned();
    said.secrets.extend([token, person.csrf.clone()]);
    person
}

#[tokio::test]
async fn no_secret_is_printed_whatever_happens_to_it() {
    let shape = Shape::workers(2).set("log", "level", "trace").set("logs", "own_level", "debug");
    let mut cluster = shape.start().await;
    let mut said = Said::default();
    let redis = secret("redis");
    said.secrets.push(redis.clone());
    let set = cluster.redis().command(&["CONFIG", "SET", "requirepass", &redis]).await.expect("redis answers");
    assert_eq!(set, "+OK");
    cluster.set_env("LOCKSTEP__REDIS__PASSWORD", Some(&redis));
    cluster.serve().await;

    people_and_programs(&mut said, &cluster).await;
    strangers(&mut said, &cluster.worker(0)).await;
    said.output("check-config", &with_redis_password(&cluster, &redis));
    let log = cluster.server().log();
    assert!(log.contains("signed in from") && log.contains("a wrong password for") && log.contains("TRACE"), "{log}");

    cluster.set_env("LOCKSTEP__REDIS__PASSWORD", Some(&secret("wrong")));
    cluster.crash();
    cluster.start_without_waiting();
    cluster.answers(0).await;
    cluster.server().says("is out of reach").await;
    // Before it goes: whoever is killed takes along what he said in the last tenth of a second.
    said.note("the lines without Redis", own_lines(&cluster).await);
    let file = cluster.directory().join("redis-password");
    fs::write(&file, format!("{redis}\n")).expect("writable");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("ours");
    cluster.set_env("LOCKSTEP__REDIS__PASSWORD", None);
    cluster.set_env("LOCKSTEP__REDIS__PASSWORD_FILE", file.to_str());
    cluster.serve().await;
    said.note("readyz", cluster.readiness(0).await.to_string());

    said.note("the log", cluster.server().log());
    said.note("the lines", own_lines(&cluster).await);
    said.assert_tight();
}

/// What the service has said of itself among the lines of the page of logs.
async fn own_lines(cluster: &Cluster) -> String {
    let admin = cluster.admin().await;
    eventually("the reports are lines", LIMIT, || async {
        let lines = admin.get("/api/logs.jsonl?source=lockstep").await.expect(200).text();
        (lines.contains("a wrong password for") && lines.contains("is out of reach")).then_some(lines)
    })
    .await
}

fn with_redis_password(cluster: &Cluster, password: &str) -> Output {
    let launch = Launch::new("check", lockstep(), cluster.directory()).args(["check-config", "--config", "config.ini"]);
    launch.env("LOCKSTEP__REDIS__PASSWORD", password).run("")
}

/// Those who may: what they do right, what they do wrong, and what they ask for.
async fn people_and_programs(said: &mut Said, cluster: &Cluster) {
    let (address, other) = (cluster.worker(0), cluster.worker(1));
    let admin = sign_in(said, &address, api::ADMIN.0, api::ADMIN.1).await;
    for (name, password) in [("anna", secret("anna")), ("boris", secret("boris"))] {
        let added = cluster.command(&["user", "add", name, "--password-stdin"], &password);
        assert!(added.status.success());
        said.output("user add", &added);
    }
    said.output(
        "user passwd",
        &cluster.command(&["user", "passwd", "boris", "--password-stdin"], &secret("boris again")),
    );
    said.output("user passwd", &cluster.command(&["user", "passwd", "nobody", "--password-stdin"], &secret("nobody")));
    let anna = sign_in(said, &other, "anna", &secret("anna")).await;
    let short = json!({"login": "x", "name": "x", "group_id": "999", "password": [secret("listed")]});
    said.note("users", admin.post("/api/users", &short).await.text());
    said.note("users", admin.get("/api/users").await.text());
    said.note("me", admin.get("/api/workers").await.text());
    said.note("metrics", admin.get("/metrics").await.text());
    said.note("changes", admin.get("/api/changes").await.text());
    admin_pages(said, &admin).await;

    let ticket =
        anna.post("/api/ws-ticket", &json!({})).await.expect(200).json()["ticket"].as_str().expect("one").to_owned();
    let mut page = Page::connect(&address, &[], json!({"ticket": ticket})).await.expect("let in");
    page.join("files").await;
    let again = Page::connect(&address, &[], json!({"ticket": ticket})).await;
    said.note("a ticket used twice", format!("{:?}", again.err()));
    said.secrets.push(ticket);
    let key = cluster.key("publish,files.view");
    let program = [("authorization", format!("Bearer {key}"))];
    let program: Vec<(&str, &str)> = program.iter().map(|(name, value)| (*name, value.as_str())).collect();
    said.answer(&address, Method::POST, "/api/publish", &program, "{}").await;
    said.answer(&address, Method::GET, "/api/users", &program, "").await;
    said.output("key list", &cluster.command(&["key", "list", "--json"], ""));
    said.secrets.push(key);
    let _ = anna.post("/api/logout", &json!({})).await.expect(204);
    page.end(LIMIT).await;
}

/// What an administrator is shown: of sessions, keys and passwords everything but themselves.
async fn admin_pages(said: &mut Said, admin: &Api) {
    let shop = json!({"name": "shop", "scopes": ["publish"]});
    let made = admin.post("/api/keys", &shop).await.expect(201).json();
    said.secrets.push(made["token"].as_str().expect("a token").to_owned());
    said.note("a key twice", admin.post("/api/keys", &shop).await.text());
    let users = admin.get("/api/users?q=boris").await.expect(200).json();
    let another = json!({"name": "Boris", "password": secret("boris, once more")});
    said.note(
        "a new password",
        admin.patch(&path("users", &users["items"][0]), rev(&users["items"][0]), &another).await.text(),
    );
    for shown in ["sessions", "keys", "audit?limit=200", "health", "activity"] {
        let answer = admin.get(&format!("/api/{shown}")).await.expect(200).text();
        assert!(!answer.contains("argon2") && !answer.contains("password_hash"), "{shown}: {answer}");
        said.note(shown, answer);
    }
}

/// Those who may not: guesses, typing errors, secrets in places where they do not belong.
async fn strangers(said: &mut Said, address: &Address) {
    let json_body = [("content-type", "application/json")];
    for body in [
        json!({"login": "admin", "password": secret("guess")}).to_string(),
        json!({"login": secret("in the wrong field"), "password": "x"}).to_string(),
        json!({"login": "admin", "password": {"nested": secret("nested")}}).to_string(),
        json!({"login": "admin", "password": secret("long").repeat(100)}).to_string(),
        format!("{{\"login\":\"admin\",\"password\":\"{}", secret("cut off")),
        format!("{{\"login\":\"admin\",\"password\":{}}}", secret("unquoted")),
        format!("login=admin&password={}", secret("a form")),
    ] {
        said.answer(address, Method::POST, "/api/login", &json_body, &body).await;
        said.answer(address, Method::POST, "/api/login", &[("content-type", "text/plain")], &body).await;
    }
    let (bearer, cookie) = (format!("Bearer {}", secret("bearer")), format!("lockstep_session={}", secret("cookie")));
    for (name, value) in [("authorization", &bearer), ("cookie", &cookie), ("x-csrf-token", &secret("csrf"))] {
        for path in ["/api/me", "/files", "/metrics", "/nowhere"] {
            said.answer(address, Method::GET, path, &[(name, value), ("accept", "text/html")], "").await;
        }
        said.answer(address, Method::POST, "/api/categories", &[(name, value), json_body[0]], "{}").await;
    }
    for path in
        ["/healthz?ticket=", "/api/me?token=", "/socket.io/?EIO=4&transport=polling&token=", "/socket.io/?EIO=3&token="]
    {
        said.answer(address, Method::GET, &format!("{path}{}", secret("query")), &[], "").await;
    }
    // The texts are noted under their paths, which hold what we asked with; what counts is the answer and the log.
    said.texts.iter_mut().for_each(|(place, _)| *place = place.replace(CANARY, "…"));
    for payload in
        [json!({"token": secret("token")}), json!({"ticket": secret("ticket")}), json!({"password": secret("p")})]
    {
        let refused = Page::connect(address, &[], payload).await;
        said.note("a connect error", format!("{:?}", refused.err()));
    }
    for arguments in [&["tail"][..], &["publish", "files:changed", "--reason", "updated", "--id", "1"]] {
        let directory = tempfile::tempdir().expect("room for a directory");
        let launch = Launch::new("client", lockstep(), directory.path()).args(arguments.iter().copied());
        let launch = launch.env("LOCKSTEP_KEY", secret("key")).env("LOCKSTEP__SERVER__LISTEN", address.to_string());
        said.output("a command with a wrong key", &launch.run(""));
    }
}

#[test]
fn a_wrong_configuration_is_explained_without_its_secrets() {
    let directory = tempfile::tempdir().expect("room for a directory");
    let mut said = Said { secrets: vec![secret("any")], ..Said::default() };
    let word = secret("word");
    let wrong = [
        format!("[redis]\nsocket = /r\npassword {word}\n"),
        format!("[redis]\nsocket = /r\npassword: {word}\n"),
        format!("[redis]\nsocket = /r\npasswrd = {word}\n"),
        format!("[redis]\nsocket = /r\npassword = {word}\nworkers = many\n"),
        format!("[redis]\nsocket = /r\npassword = {word}\npassword = {word}\n"),
        format!("password = {word}\n{word}\n[{word}\n"),
        format!("[redis]\npassword = {word}\n"),
        format!("[redis]\nurl = redis://user:{word}@host:99999\n"),
        format!("[redis]\nurl = redis://user:{word}/with/slashes@host\nsocket = /r\n"),
        format!("[redis]\nurl = redis-sentinel://h:1?sentinelPassword={word}\n"),
        format!("[redis]\nurl = http://user:{word}@host\n"),
        format!("[database]\nurl = postgres://user:{word}@host/lockstep\n"),
        format!("[database]\nurl = sqlite:/x.db?password={word}\n"),
    ];
    for text in wrong {
        for mode in [0o644, 0o600] {
            let path = directory.path().join("config.ini");
            fs::write(&path, &text).expect("writable");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
            for arguments in [&["check-config"][..], &["check-config", "--json"], &["migrate"]] {
                let launch = Launch::new("lockstep", lockstep(), directory.path()).args(arguments.iter().copied());
                let output = launch.args(["--config", "config.ini"]).run("");
                assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{text}");
                said.output(&text.replace(CANARY, "…"), &output);
            }
        }
    }
    for variable in
        ["LOCKSTEP__REDIS__PASSWORD", "LOCKSTEP__REDIS__URL", "LOCKSTEP__REDIS__PASSWRD", "LOCKSTEP__DATABASE__URL"]
    {
        let launch = Launch::new("lockstep", lockstep(), directory.path()).args(["check-config"]);
        let value = if variable.ends_with("URL") { format!("redis://u:{word}@h") } else { word.clone() };
        said.output(variable, &launch.env(variable, value).run(""));
    }

    said.assert_tight();
}

/// A password in the URL of a Redis that cannot be reached, at the loudest level.
#[tokio::test]
async fn a_password_in_a_url_stays_out_of_the_log_of_a_worker_that_tries_to_connect() {
    let directory = tempfile::tempdir().expect("room for a directory");
    let mut said = Said { secrets: vec![secret("url")], ..Said::default() };
    let nobody = free_port();
    let port = free_port();
    let text = format!(
        "[server]\nlisten = 127.0.0.1:{port}\n[log]\nlevel = trace\n[redis]\nurl = redis://default:{}@127.0.0.1:{nobody}/0\n",
        secret("url")
    );
    let config = directory.path().join("config.ini");
    fs::write(&config, text).expect("writable");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).expect("ours");

    let server = Launch::new("url", lockstep(), directory.path()).args(["serve", "--config", "config.ini"]).start();
    server.says("out of reach").await;
    let address = Address::port(port);
    let ready = eventually("an answer", LIMIT, || async { client::get(&address, "/readyz").await.ok() }).await;
    said.note("readyz", ready.text());

    said.note("the log", server.log());
    said.assert_tight();
}

#[tokio::test]
async fn what_the_server_makes_is_for_its_owner_and_his_group_and_an_open_database_is_told_of() {
    let group = rustix::process::getegid().as_raw().to_string();
    let mut cluster = Shape::workers(2).set("server", "socket_group", &group).start().await;
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let data = cluster.directory().join("data");
    for number in 0..2 {
        assert_eq!(mode(&cluster.directory().join(format!("worker-{number}.sock"))), 0o660);
    }
    assert_eq!((mode(&data), mode(&data.join("lockstep.db"))), (0o750, 0o640));
    assert!(!cluster.server().log().contains("everybody on this machine"));

    for directory in [cluster.directory(), &data] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("ours");
    }
    fs::set_permissions(data.join("lockstep.db"), fs::Permissions::from_mode(0o644)).expect("ours");
    cluster.serve().await;

    cluster.server().says("everybody on this machine can read the database").await;
    cluster.server().says("chmod o=").await;
    let open: Value = cluster.admin().await.get("/api/me").await.expect(200).json();
    assert_eq!(open["user"]["login"], "admin", "it serves all the same");
}
