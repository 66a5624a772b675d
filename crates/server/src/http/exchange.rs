//! `/1c_exchange`: the protocol that 1C itself speaks, so that nobody copies folders by hand.
//!
//! 1C asks `?type=…&mode=…` and is answered in lines of plain text, of which the first says how it is: `success`, `progress` (ask again)
//! or `failure` with the reason, which 1C shows to whoever runs the exchange. Always with status 200: from any other 1C shows only the
//! number. What happens in an exchange is the application's ([`lockstep_app::Exchange`]).
//!
//! Signing in is by Basic, with an account's password or an API key in its place, and is braked as everywhere. From then on 1C shows a
//! value of its own, which is good here alone: no browser ever has it, so no page of another site can use it.

mod answer;
mod asked;

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request, State},
    routing::any,
};
use futures_util::StreamExt;
use http::{HeaderMap, header, request::Parts};
use lockstep_app::{Client as From, Error, Exchange, Piece};

use super::{
    Face,
    body::{announced, refuse},
    language::Language,
    problem::Problem,
    uploads::Flow,
};
use crate::client::{self, Client};
use answer::{Answer, Failure};
use asked::{Asked, Mode, basic};

/// Where 1C is sent.
pub(super) const PATH: &str = "/1c_exchange";

/// What 1C shows once it has signed in.
const COOKIE: &str = "lockstep_exchange";

/// What we speak.
const VERSION: &str = "3.1";

pub(super) fn routes() -> Router<Face> {
    Router::new().route(PATH, any(exchange).layer(DefaultBodyLimit::disable()))
}

async fn exchange(State(face): State<Face>, request: Request) -> Answer {
    let language = Language::of(request.uri(), request.headers());
    let (head, body) = request.into_parts();
    let asked = Asked::of(&head.uri);
    let answered = match asked.mode {
        Mode::CheckAuth => check_auth(&face, &head).await,
        Mode::Unknown => Err(Failure::word("exchange.unknown_mode")),
        _ => match signed(&face, &head).await {
            Ok(exchange) if asked.is_catalog => match asked.mode {
                Mode::File => {
                    return taken(&face, &head, body, &exchange, &asked)
                        .await
                        .unwrap_or_else(|failure| failure.answer(language));
                }
                _ => of_goods(&face, &exchange, &asked, language).await,
            },
            Ok(_) => Ok(of_orders(&face, &asked)),
            Err(failure) => Err(failure),
        },
    };
    if !body.is_end_stream() {
        // What was sent along, and was not to be.
        let _ = refuse(Problem::bad_request(), &head.headers, body);
    }
    answered.unwrap_or_else(|failure| failure.answer(language))
}

/// Signs in and opens a set of files.
async fn check_auth(face: &Face, head: &Parts) -> Result<Answer, Failure> {
    let client = Client::of(head, &face.worker.settings);
    face.worker.limits.address(&client.counted()).map_err(Problem::from)?;
    let (login, password) = basic(&head.headers).ok_or(Failure::word("exchange.no_credentials"))?;
    let agent = text(&head.headers, header::USER_AGENT).unwrap_or("1C").to_owned();
    let from = From { address: client.shown(), counted: client.counted(), agent };
    let opened = face.worker.app.open_exchange(&login, &password, &from).await?;
    tracing::info!(
        exchange = opened.id.as_str(),
        address = from.address.as_str(),
        "1C begins the exchange {}",
        opened.id
    );
    Ok(Answer::success([COOKIE, opened.cookie.as_str()]))
}

/// Whose the value is that 1C shows.
async fn signed(face: &Face, head: &Parts) -> Result<Exchange, Failure> {
    let cookie = client::cookie(&head.headers, COOKIE).unwrap_or_default();
    let Some(exchange) = face.worker.app.exchange(&cookie).await? else {
        face.worker.limits.address(&Client::of(head, &face.worker.settings).counted()).map_err(Problem::from)?;
        return Err(Failure::word("exchange.not_signed_in"));
    };
    let limits = &face.worker.limits;
    let id = exchange.caller().actor().map(|actor| actor.id).unwrap_or_default();
    let counted = if exchange.caller().user().is_some() { limits.person(&id) } else { limits.key(id) };
    counted.map_err(Problem::from)?;
    Ok(exchange)
}

/// What concerns goods and customers.
async fn of_goods(face: &Face, exchange: &Exchange, asked: &Asked, language: Language) -> Result<Answer, Failure> {
    match asked.mode {
        Mode::Init => Ok(init(face)),
        Mode::Import => Ok(Answer::of(exchange.import(asked.filename.as_deref()).await?, language)),
        Mode::Deactivate => Ok(Answer::of(exchange.complete().await?, language)),
        Mode::Complete => {
            let step = exchange.complete().await?;
            let answer = Answer::of(step, language);
            if answer.is_success() {
                exchange.leave().await?;
            }
            Ok(answer)
        }
        _ => Err(Failure::word("exchange.unknown_mode")),
    }
}

/// Orders are not ours: there are none to fetch, and what is sent is let go.
fn of_orders(face: &Face, asked: &Asked) -> Answer {
    match asked.mode {
        Mode::Init => init(face),
        Mode::Query => Answer::no_orders(),
        _ => Answer::success([]),
    }
}

fn init(face: &Face) -> Answer {
    let max = face.worker.settings.imports.exchange_file_limit;
    Answer::lines([String::from("zip=yes"), format!("file_limit={max}"), format!("version={VERSION}")])
}

/// The next piece of a file, as it comes.
async fn taken(face: &Face, head: &Parts, body: Body, exchange: &Exchange, asked: &Asked) -> Result<Answer, Failure> {
    let (max, name) = (face.worker.settings.imports.exchange_file_limit, asked.filename.as_deref().unwrap_or_default());
    let too_large = || Failure::word("exchange.piece_too_large").with("max", max);
    let turned_away = |failure: Failure, body| {
        let _ = refuse(Problem::bad_request(), &head.headers, body);
        failure
    };
    if announced(&head.headers).is_some_and(|length| length > max) {
        return Err(turned_away(too_large(), body));
    }
    let mut piece = match exchange.begin_piece(name).await {
        Ok(piece) => piece,
        Err(error) => return Err(turned_away(error.into(), body)),
    };
    let waits = head.headers.contains_key(header::EXPECT);
    let (flow, body) = Flow::of(body, max, face.worker.settings.limits.body(), waits);
    match written(&mut piece, body).await {
        Ok(()) => {
            piece.finish().await?;
            Ok(Answer::success([]))
        }
        Err(failure) => {
            piece.abandon().await;
            Err(if flow.is_too_large() { too_large() } else { failure })
        }
    }
}

async fn written(piece: &mut Piece, body: Body) -> Result<(), Failure> {
    let mut bytes = body.into_data_stream();
    while let Some(part) = bytes.next().await {
        piece.write(&part.map_err(|_| Failure::word("exchange.cut_short"))?).await?;
    }
    Ok(())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

impl std::convert::From<Error> for Failure {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}
