//! The built front end, inside the binary.
//!
//! Files whose name tells their content are kept for ever by browsers; the others are asked for again, which mostly costs a 304.
//! Compressed copies that the build made are given to those who take them.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};

use super::{Face, conditional::is_known, problem::Problem};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Codings of which the build makes copies, the best first, and their endings.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Digits of the hash in a file's name.
const HASH: std::ops::RangeInclusive<usize> = 8..=16;

#[derive(Embed)]
#[folder = "../../static/dist"]
#[allow_missing = true]
struct Dist;

/// Where the files of the front end are looked up.
#[derive(Clone, Copy)]
pub(super) struct Assets(fn(&str) -> Option<EmbeddedFile>);

impl Assets {
    /// Those built into the binary.
    pub(super) fn embedded() -> Self {
        Self(Dist::get)
    }

    #[cfg(test)]
    pub(super) fn of(lookup: fn(&str) -> Option<EmbeddedFile>) -> Self {
        Self(lookup)
    }

    /// Whether the front end was built at all.
    pub(super) fn is_built(self) -> bool {
        (self.0)("manifest.json").is_some()
    }

    /// The file at `path` as an answer to a request with `headers`.
    pub(super) fn serve(self, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        let plain = (self.0)(path).ok_or_else(Problem::not_found)?;
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let coded = CODINGS.iter().filter(|(coding, _)| accepts(accepted, coding));
        let coded = coded.filter_map(|(coding, ending)| Some((*coding, (self.0)(&format!("{path}{ending}"))?))).next();
        let (coding, file) = coded.map_or((None, plain), |(coding, file)| (Some(coding), file));
        Ok(answer(path, coding, file, headers))
    }
}

/// The name of the front end's build, which pages compare with their own; of the package where it was not built.
pub fn build() -> &'static str {
    static NAME: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    NAME.get_or_init(|| {
        let manifest =
            Dist::get("manifest.json").and_then(|file| serde_json::from_slice::<serde_json::Value>(&file.data).ok());
        let named = manifest.and_then(|manifest| manifest.get("build")?.as_str().map(ToOwned::to_owned));
        named.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())
    })
}

/// Scripts with lasting names, as the build makes them.
const CLASSICS: [&str; 5] =
    ["js/sync.js", "js/utils.js", "js/websocket.js", "js/notification-center.js", "js/log-stream.js"];

pub(super) fn routes() -> Router<Face> {
    let hashed = Router::new().route("/static/dist/{*path}", get(hashed));
    CLASSICS.into_iter().fold(hashed, |router, file| {
        router.route(
            &format!("/static/{file}"),
            get(async move |State(face): State<Face>, headers: HeaderMap| classic(&face, &headers, file)),
        )
    })
}

async fn hashed(State(face): State<Face>, Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    face.assets.serve(&path, &headers)
}

/// Scripts with lasting names, which pages of other makers include: those may come from another host.
fn classic(face: &Face, headers: &HeaderMap, path: &str) -> Result<Response, Problem> {
    let mut response = face.assets.serve(path, headers)?;
    let anywhere = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert("cross-origin-resource-policy", anywhere);
    Ok(response)
}

fn answer(path: &str, coding: Option<&'static str>, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let digest: String = file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hexadecimal in quotes");
    let mut response = match is_known(headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.data.into_owned().into_response(),
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).expect("a media type"));
    head.insert(header::CACHE_CONTROL, if is_hashed(path) { FOR_EVER } else { ASK_AGAIN });
    head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    head.insert(header::ETAG, etag);
    if let Some(coding) = coding {
        head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// `app-0123456789.css`: name, hash, ending.
fn is_hashed(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let hash = file.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map_or("", |(_, hash)| hash);
    HASH.contains(&hash.len())
        && hash.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && hash.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_in_the_name_is_told_from_a_word() {
        assert!(is_hashed("app-1a2b3c4d5e.css") && is_hashed("index-XKZ4ABCD.js"));
        assert!(!is_hashed("favicon.svg") && !is_hashed("list-registrators.js") && !is_hashed("js/sync.js"));
        assert!(!is_hashed("index.html") && !is_hashed("a-b.js"));
    }

    #[test]
    fn a_coding_is_given_to_those_who_take_it() {
        assert!(accepts("gzip, deflate, br", "br") && accepts("br;q=0.5", "br"));
        assert!(!accepts("gzip", "br") && !accepts("br;q=0", "br") && !accepts("", "gzip"));
    }
}
