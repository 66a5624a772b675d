//! Pages and files.

use super::*;

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_sign_in_and_back() {
    let server = server().await;

    let page = server.get("/files?q=a&page=2").await;
    let login = server.get("/login?next=%2Ffiles").await;

    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/login?next=/files%3Fq%3Da%26page%3D2")
    );
    assert_eq!(login.status, StatusCode::OK);
    assert!(login.text.contains("<title>login</title>"));
}

#[tokio::test]
async fn a_page_is_asked_for_again_and_comes_under_a_strict_policy() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    let page = anna.get("/").await;
    let again = anna.send(Method::GET, "/", &[("if-none-match", page.header("etag"))], None).await;

    assert!(page.text.contains("<title>index</title>"));
    assert_eq!((page.header("cache-control"), page.header("content-type")), ("no-cache", "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("require-trusted-types-for 'script'"));
    assert_eq!((page.header("x-content-type-options"), page.header("x-frame-options")), ("nosniff", "DENY"));
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn pages_of_imports_are_found_with_and_without_their_last_slash() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    for (path, title) in [("import_1c", "import"), ("session", "sessions"), ("session/42", "session")] {
        for end in ["", "/"] {
            let path = format!("/admin/integrations/{path}{end}");
            let (page, stranger) = (anna.get(&path).await, server.get(&path).await);
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.text.contains(&format!("<title>{title}</title>")), "{path}: {}", page.text);
            assert_eq!(stranger.header("location"), format!("/login?next={path}"));
        }
    }
}

#[tokio::test]
async fn a_file_whose_name_tells_its_content_is_kept_for_ever() {
    let server = server().await;

    let file = server.get("/static/dist/app-0123456789.css").await;
    let small = server
        .send(request(Method::GET, "/static/dist/app-0123456789.css", &[("accept-encoding", "br, gzip")], None))
        .await;

    assert_eq!((file.text.trim(), file.header("content-type")), ("body{color:red}", "text/css; charset=utf-8"));
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((small.header("content-encoding"), small.text.as_str()), ("gzip", "not really gzip"));
    assert_eq!((small.header("vary"), file.header("content-encoding")), ("accept-encoding", ""));
    assert_ne!(small.header("etag"), file.header("etag"));
}

#[tokio::test]
async fn classic_scripts_have_lasting_names_and_may_come_from_elsewhere() {
    let server = server().await;

    for (path, text) in [
        ("/static/js/sync.js", "window.SyncManager={}"),
        ("/static/js/utils.js", "window.showToast={}"),
        ("/static/js/websocket.js", "window.WebSocketService={}"),
        ("/static/js/notification-center.js", "window.NotificationCenter={}"),
    ] {
        let script = server.get(path).await;
        assert_eq!((script.status, script.text.trim()), (StatusCode::OK, text));
        assert_eq!(
            (script.header("cache-control"), script.header("cross-origin-resource-policy")),
            ("no-cache", "cross-origin")
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_as_the_reader_can_read_it() {
    let server = server().await;
    let browser = [("accept", "text/html,*/*;q=0.8"), ("accept-language", "en")];

    let page = server.send(request(Method::GET, "/nowhere", &browser, None)).await;
    let file = server.get("/static/dist/../../Cargo.toml").await;

    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(page.text.contains("<html lang=\"en\">"));
    assert_eq!(file.error(), (404, "not_found".into()));
}

#[tokio::test]
async fn without_the_front_end_every_page_says_how_to_build_it() {
    let server = server_of(&[], Assets::of(|_| None)).await;

    for path in ["/", "/login", "/admin"] {
        let page = server.send(request(Method::GET, path, &[("accept-language", "en")], None)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("npm run build"), "{}", page.text);
    }
}
