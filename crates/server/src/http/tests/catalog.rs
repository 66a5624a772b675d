//! The catalogue, by HTTP.

use super::*;

const PATHS: [&str; 4] = ["/api/catalog", "/api/catalog/products", "/api/catalog/groups", "/api/catalog/customers"];

#[tokio::test]
async fn an_empty_catalogue_is_shown_as_one_and_sent_once() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    let products = anna.get("/api/catalog/products?sort=-price&in_stock=1&lang=en").await;

    let empty = json!({"items": [], "total": 0, "page": 1, "perPage": 50, "pages": 1});
    assert_eq!((products.status, products.json()), (StatusCode::OK, empty.clone()));
    assert_eq!(anna.get("/api/catalog/customers?q=a").await.json(), empty);
    assert_eq!(anna.get("/api/catalog/groups").await.json(), json!([]));
    assert_eq!(anna.get("/api/catalog").await.json()["priceTypes"], json!([]));
    for path in PATHS {
        let answer = anna.get(path).await;
        let again = anna.send(Method::GET, path, &[("if-none-match", answer.header("etag"))], None).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert!(again.header("x-sync-position").contains(':'), "{path}");
    }
}

#[tokio::test]
async fn only_who_may_run_imports_sees_the_catalogue() {
    let server = server().await;
    let program = server.program(&["imports.run"]).await;
    let other = server.program(&["files.edit", "logs.view"]).await;

    for path in PATHS.into_iter().chain(["/api/catalog/products/1"]) {
        assert_eq!(server.get(path).await.error(), (401, "unauthorized".into()), "{path}");
        assert_eq!(other.get(path).await.error(), (403, "forbidden".into()), "{path}");
    }
    for path in PATHS {
        assert_eq!(program.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn who_asks_for_products_in_a_wrong_way_is_told_which_word_is_wrong() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    for (word, value) in [
        ("sort", "id"),
        ("group", "x"),
        ("brand", "01"),
        ("price_type", "retail"),
        ("deleted", "no"),
        ("in_stock", "yes"),
        ("per_page", "201"),
        ("page", "0"),
        ("colour", "red"),
    ] {
        let answer = anna.get(&format!("/api/catalog/products?{word}={value}")).await;
        assert_eq!(answer.error(), (422, "invalid".into()), "{word}");
        assert!(answer.json()["error"]["fields"][word].is_object(), "{word}: {}", answer.text);
    }
    assert_eq!(anna.get("/api/catalog/customers?sort=inn").await.error(), (422, "invalid".into()));
    for nobody in ["1", "x", "%ff"] {
        assert_eq!(anna.get(&format!("/api/catalog/products/{nobody}")).await.error(), (404, "not_found".into()));
    }
}
