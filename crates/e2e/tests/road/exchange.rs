//! 1C sends its catalogue through nginx to several workers, driven by curl; a shell has one imported; and Redis shows both.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use lockstep_e2e::{Api, Cluster, Shape, eventually};
use serde_json::{Value, json};

/// Longer than any import here takes beside other tests, and than a lease.
const LONG: Duration = Duration::from_secs(240);

/// The key at which an import shows itself.
const KEY: &str = "lockstep:import_catalog_lock";

/// A catalogue of so many products, as 1C writes it.
fn goods(products: u32) -> String {
    let text = "Хороший товар. ".repeat(12);
    let product = |n| {
        format!(
            "<Товар><Ид>p{n}</Ид><Артикул>A-{n}</Артикул><Наименование>Товар {n}</Наименование><Описание>{text}</Описание></Товар>"
        )
    };
    let goods: String = (1..=products).map(product).collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"3.1\">";
    let catalog = "<Каталог СодержитТолькоИзменения=\"true\"><Ид>k</Ид><Товары>";
    format!("{head}{catalog}{goods}</Товары></Каталог></КоммерческаяИнформация>")
}

/// 1C, as curl.
struct OneC {
    url: String,
    cookie: String,
}

impl OneC {
    fn sign_in(cluster: &Cluster, key: &str) -> Self {
        let url = format!("{}/1c_exchange?type=catalog", cluster.nginx().address().url());
        let said = curl(&["-u", &format!("1C:{key}"), &format!("{url}&mode=checkauth")], &[]);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "success", "{said}");
        Self { url, cookie: format!("{}={}", lines[1], lines[2]) }
    }

    fn ask(&self, query: &str) -> String {
        curl(&["-b", &self.cookie, &format!("{}&{query}", self.url)], &[])
    }

    /// A file in pieces of 64 KiB, each of which may reach another worker.
    fn file(&self, name: &str, bytes: &[u8]) {
        for piece in bytes.chunks(64 * 1024) {
            let url = format!("{}&mode=file&filename={name}", self.url);
            assert_eq!(curl(&["-b", &self.cookie, "--data-binary", "@-", &url], piece), "success\n");
        }
    }

    async fn import(&self, name: &str) -> String {
        eventually("the end of the import", LONG, || async {
            Some(self.ask(&format!("mode=import&filename={name}"))).filter(|said| !said.starts_with("progress\n"))
        })
        .await
    }
}

fn curl(arguments: &[&str], input: &[u8]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "120", "-H", "Accept-Language: en"]).args(arguments);
    let mut running = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl is installed");
    std::io::Write::write_all(&mut running.stdin.take().expect("piped"), input).expect("curl reads");
    let output = running.wait_with_output().expect("curl ends");
    String::from_utf8(output.stdout).expect("text")
}

async fn sessions(admin: &Api) -> Vec<Value> {
    admin.get("/api/imports").await.expect(200).json()["items"].as_array().expect("a list").clone()
}

fn created(session: &Value, kind: &str) -> u64 {
    session["counts"][kind]["created"].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn an_exchange_through_nginx_may_reach_any_worker_with_any_piece() {
    let mut cluster = Shape::workers(2).behind_nginx("lockstep.conf").start().await;
    let admin = cluster.admin().await;
    let one_c = OneC::sign_in(&cluster, &cluster.key("imports.run"));
    let goods = goods(2_000);
    assert!(goods.len() > 10 * 64 * 1024);

    assert!(one_c.ask("mode=init").contains("file_limit=16777216"));
    one_c.file("goods/goods_1_1.xml", goods.as_bytes());
    let began = one_c.ask("mode=import&filename=goods/goods_1_1.xml");
    assert!(began.starts_with("progress\n"), "{began}");
    let first = one_c.import("goods/goods_1_1.xml").await;
    assert!(first.starts_with("success\n"), "{first}");
    let customers = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"3.1\"><Контрагенты><Контрагент>\
        <Ид>c1</Ид><Наименование>Ромашка</Наименование></Контрагент></Контрагенты></КоммерческаяИнформация>";
    one_c.file("contragents.xml", customers.as_bytes());
    let second = one_c.import("contragents.xml").await;
    let end = one_c.ask("mode=complete");

    assert!(second.starts_with("success\n") && end.starts_with("success\n"), "{second} {end}");
    let redis = cluster.redis();
    eventually("the mark is gone", LONG, || async {
        redis.command(&["EXISTS", KEY]).await.expect("redis runs").contains('0').then_some(())
    })
    .await;
    let all = sessions(&admin).await;
    let made = |kind| all.iter().map(|session| created(session, kind)).sum::<u64>();
    assert_eq!((made("products"), made("customers")), (2_000, 1), "{all:?}");
}

/// The older importer takes the same key.
#[tokio::test]
async fn an_importer_of_others_on_the_same_redis_keeps_ours_out_until_it_is_done() {
    let mut cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let root = cluster.directory().join("data/imports/1c");
    fs::create_dir_all(&root).expect("made");
    fs::write(root.join("goods.xml"), goods(3)).expect("written");
    let wish = json!({"type": "catalog", "source": "1c"});
    cluster.redis().command(&["SET", KEY, "somebody else"]).await.expect("redis runs");

    let refused = admin.post("/api/imports", &wish).await.expect(409).json();
    let by_shell = cluster.command(&["import", "catalog", "1c"], "");
    cluster.redis().command(&["DEL", KEY]).await.expect("redis runs");
    let begun = admin.post("/api/imports", &wish).await.expect(202).json();

    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["params"]["key"]),
        (&json!("import.running"), &json!(KEY))
    );
    assert_eq!(by_shell.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&by_shell.stderr).contains(KEY));
    let path = format!("/api/imports/{}", begun["id"].as_str().expect("an id"));
    let done = eventually("the end of the import", LONG, || async {
        Some(admin.get(&path).await.expect(200).json()).filter(|session| session["finishedAt"].is_string())
    })
    .await;
    assert_eq!((&done["state"], created(&done, "products")), (&json!("completed"), 3), "{done}");
}

#[tokio::test]
async fn a_shell_has_an_exchange_imported_and_is_told_what_came_of_it() {
    let cluster = Cluster::embedded().await;
    let _ = cluster.admin().await;
    let root = cluster.directory().join("data/imports");
    fs::create_dir_all(root.join("1c")).expect("made");
    fs::write(root.join("1c/goods.xml"), goods(40)).expect("written");

    let early = cluster.command(&["import", "stocks", "1c"], "");
    let tried = cluster.command(&["import", "catalog", "1c", "--dry-run"], "");
    let path = root.join("1c").display().to_string();
    let done = cluster.command(&["import", "catalog", &path, "--batch", "10"], "");
    let again = cluster.command(&["import", "catalog", "1c", "--only", "goods"], "");
    let elsewhere = cluster.command(&["import", "catalog", "/etc"], "");
    let wrong = cluster.command(&["import", "cake", "1c"], "");

    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let why = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let row = |output: &std::process::Output| -> Vec<String> {
        let said = said(output);
        let line =
            said.lines().find(|line| line.starts_with("products")).unwrap_or_else(|| panic!("{said}{}", why(output)));
        line.split_whitespace().map(ToOwned::to_owned).collect()
    };
    assert_eq!(
        (early.status.code(), why(&early).contains("import a catalogue first")),
        (Some(1), true),
        "{}",
        why(&early)
    );
    assert_eq!(row(&tried)[1..3], ["40", "40"], "{}", said(&tried));
    assert_eq!(
        (done.status.code(), &row(&done)[1..3]),
        (Some(0), &["40".to_owned(), "40".to_owned()][..]),
        "nothing was there yet"
    );
    assert_eq!(row(&again)[1..5], ["40", "0", "0", "40"], "{}", said(&again));
    assert!(said(&done).contains("/admin/integrations/session/"));
    assert_eq!((elsewhere.status.code(), why(&elsewhere).contains("[jobs] import_root")), (Some(1), true));
    assert_eq!((wrong.status.code(), why(&wrong).contains("catalog, stocks, prices, customers")), (Some(2), true));
}
