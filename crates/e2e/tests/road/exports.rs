//! A list as a file, as a browser gets it.

use lockstep_e2e::Shape;
use serde_json::json;

/// More than are read at a time.
const ROWS: usize = 510;

#[tokio::test]
async fn a_list_comes_whole_as_a_file_through_nginx() {
    let cluster =
        Shape::workers(2).behind_nginx("lockstep.conf").set("database", "synchronous", "normal").start().await;
    let admin = cluster.admin().await;
    for number in 0..ROWS {
        admin.create("files", json!({"name": format!("Договор № {number:04}.pdf"), "mime": "application/pdf"})).await;
    }
    let browser = admin.at(&cluster.nginx().address());

    let all = browser.get("/api/files.csv?lang=ru").await.expect(200);
    let some = browser.get("/api/files.csv?lang=ru&q=pdf+050").await.expect(200);

    let (all, some) = (all.text(), some.text());
    let names = |text: &str| -> Vec<String> {
        text.lines().skip(1).map(|line| line.split(',').nth(1).expect("a name").to_owned()).collect()
    };
    assert!(all.starts_with("\u{feff}Номер,Название,"), "{}", all.lines().next().unwrap_or_default());
    assert_eq!(names(&all), (0..ROWS).map(|number| format!("Договор № {number:04}.pdf")).collect::<Vec<_>>());
    let expected = (500..ROWS).map(|number| format!("Договор № {number:04}.pdf"));
    assert_eq!(names(&some), ["Договор № 0050.pdf".to_owned()].into_iter().chain(expected).collect::<Vec<_>>());
}
