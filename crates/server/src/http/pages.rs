//! The pages: HTML as the front end's build made it, for those who are signed in.

use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, Uri};

use super::{Face, identity, language::Language, problem::Problem};

/// Address and file of each page. Those of the first system ended in a slash, and links to them may or may not.
const PAGES: [(&str, &str); 16] = [
    ("/", "index.html"),
    ("/files", "files.html"),
    ("/users", "users.html"),
    ("/groups", "groups.html"),
    ("/categories", "categories.html"),
    ("/registrators", "registrators.html"),
    ("/logs", "logs.html"),
    ("/admin", "admin.html"),
    ("/notifications", "notifications.html"),
    ("/admin/integrations/import_1c", "import.html"),
    ("/admin/integrations/import_1c/", "import.html"),
    ("/admin/integrations/session", "sessions.html"),
    ("/admin/integrations/session/", "sessions.html"),
    ("/admin/integrations/session/{id}", "session.html"),
    ("/admin/integrations/session/{id}/", "session.html"),
    ("/catalog", "catalog.html"),
];

pub(super) fn routes() -> Router<Face> {
    let login = Router::new().route("/login", get(login));
    PAGES.into_iter().fold(login, |router, (path, file)| {
        router.route(
            path,
            get(async move |State(face): State<Face>, uri: Uri, headers: HeaderMap| {
                page(&face, &uri, &headers, file).await
            }),
        )
    })
}

/// A page, or the way to sign in and back.
async fn page(face: &Face, uri: &Uri, headers: &HeaderMap, file: &str) -> Result<Response, Problem> {
    if !face.assets.is_built() {
        return Ok(unbuilt(Language::of(uri, headers)));
    }
    if identity::session(face, headers).await?.is_none() {
        let wanted = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        return Ok(Redirect::to(&format!("/login?next={}", encode(wanted))).into_response());
    }
    face.assets.serve(file, headers)
}

async fn login(State(face): State<Face>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    if !face.assets.is_built() {
        return Ok(unbuilt(Language::of(&uri, &headers)));
    }
    face.assets.serve("login.html", &headers)
}

/// What is shown when the binary was built without the front end.
fn unbuilt(language: Language) -> Response {
    let (title, text) = match language {
        Language::Russian => (
            "Интерфейс не собран",
            "Сервер работает, но страницы в него не встроены. Соберите их и затем сервер снова:",
        ),
        Language::English => (
            "The front end has not been built",
            "The server works, but it holds no pages. Build them, then the server again:",
        ),
    };
    simple(language, title, &format!("{text}</p>\n<pre>npm ci &amp;&amp; npm run build\ncargo build</pre>\n<p>"))
}

/// A page without scripts and styles. `text` is HTML of our own making.
pub(super) fn simple(language: Language, title: &str, text: &str) -> Response {
    let tag = language.tag();
    Html(format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title} · Lockstep</title>\n<h1>{title}</h1>\n<p>{text}</p>\n<p><a href=\"/\">Lockstep</a></p>\n</html>\n"
    ))
    .into_response()
}

/// Percent-encodes what has a meaning of its own within a query.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_its_own_query() {
        assert_eq!(encode("/files?q=a&page=2#x"), "/files%3Fq%3Da%26page%3D2%23x");
    }
}
