//! The bytes of an uploaded file.

use std::io;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use lockstep_app::Content;
use tokio::{fs::File, io::AsyncReadExt};

use super::super::{Face, entities::Id, identity::Signed, problem::Problem};

/// Bytes that are read at a time.
const STEP: usize = 64 * 1024;

/// Always to be saved and never to be shown: they are other people's.
pub(super) async fn content(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<Response, Problem> {
    let content = face.worker.app.content(&signed.caller, &id).await?;
    let headers = headers(&content)?;
    let parts = stream::try_unfold((File::from_std(content.file), content.size), part);
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// The next bytes. A file that ends too early breaks the connection, so that nobody takes it for whole.
async fn part((mut file, left): (File, u64)) -> io::Result<Option<(Bytes, (File, u64))>> {
    if left == 0 {
        return Ok(None);
    }
    let mut bytes = BytesMut::with_capacity(STEP);
    let count = (&mut file).take(left).read_buf(&mut bytes).await? as u64;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((bytes.freeze(), (file, left - count))))
}

fn headers(content: &Content) -> Result<HeaderMap, Problem> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::internal());
    Ok(HeaderMap::from_iter([
        (header::CONTENT_TYPE, value(&content.mime)?),
        (header::CONTENT_LENGTH, content.size.into()),
        (header::CONTENT_DISPOSITION, value(&attachment(&content.name))?),
    ]))
}

/// The name twice (RFC 6266): for old clients what is ASCII of it, for all others whole.
fn attachment(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%' | '/') || letter == ' ';
    let ascii: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    let mut whole = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            // attr-char of RFC 5987
            byte if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) => whole.push(char::from(byte)),
            byte => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_whole_and_breaks_out_of_nothing() {
        let check = |name: &str, expect: &str| assert_eq!(attachment(name), format!("attachment; {expect}"));

        check("plan.pdf", "filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf");
        check("Ёж 1.pdf", "filename=\"__ 1.pdf\"; filename*=UTF-8''%D0%81%D0%B6%201.pdf");
        check("a\"; x=\\\r\n", "filename=\"a_; x=___\"; filename*=UTF-8''a%22%3B%20x%3D%5C%0D%0A");
    }
}
