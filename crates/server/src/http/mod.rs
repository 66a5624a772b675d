//! The HTTP face: pages, files, JSON, health.
//!
//! Guarantees: every answer carries its request's id and the security headers; every error below `/api` is JSON in the reader's
//! language; a body is bounded in size and time; a session's state-changing call comes from our own or a listed site and repeats its
//! token.
//! It decides nothing about the domain: rights, validation and codes are the application's, this is their translation into HTTP.

mod admin;
mod assets;
mod body;
mod catalog;
mod conditional;
mod entities;
mod exchange;
mod exports;
mod health;
mod identity;
mod imports;
mod jobs;
mod language;
mod locks;
mod logs;
mod notices;
mod observe;
mod page;
mod pages;
mod problem;
mod publish;
mod scans;
mod session;
mod sheet;
mod uploads;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use http::{HeaderName, Method, header};
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use self::assets::build;
use self::{assets::Assets, problem::Problem};
use crate::{config::Settings, state::State as Worker};

/// What a page sends to say which page it is; it comes back in the event of its edit.
const CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");

/// The token of the session, repeated by its pages.
const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// How far the ledger had come when an answer was read.
const SYNC_POSITION: HeaderName = HeaderName::from_static("x-sync-position");

/// The name of a request, in the answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every handler shares.
type Face = Arc<Parts>;

struct Parts {
    worker: Worker,
    assets: Assets,
    exports: Arc<Semaphore>,
}

/// Everything but Socket.IO.
pub fn router(worker: Worker) -> Router {
    with_assets(worker, Assets::embedded())
}

/// Health and metrics without sign-in, for the private address.
pub fn operator_router(worker: Worker) -> Router {
    let face = face(worker, Assets::embedded());
    finish(Router::new().merge(health::routes()).route("/metrics", get(health::metrics)), face)
}

fn with_assets(worker: Worker, assets: Assets) -> Router {
    let face = face(worker, assets);
    let routes = Router::new()
        .merge(health::routes())
        .route("/metrics", get(health::metrics_for_admins))
        .merge(assets::routes())
        .merge(pages::routes())
        .merge(entities::routes())
        .merge(exports::routes())
        .merge(locks::routes())
        .merge(logs::routes())
        .merge(notices::routes())
        .merge(jobs::routes())
        .merge(scans::routes())
        .merge(uploads::routes())
        .merge(catalog::routes())
        .merge(imports::routes())
        .merge(exchange::routes())
        .merge(admin::routes())
        .route("/api/login", post(session::login))
        .route("/api/logout", post(session::logout))
        .route("/api/me", get(session::me))
        .route("/api/ws-ticket", post(session::ticket))
        .route("/api/publish", post(publish::publish))
        .route("/api/sync/position", get(publish::position))
        .route("/api/changes", get(publish::changes))
        .route("/api/presence", get(publish::presence))
        .route("/api/workers", get(publish::workers));
    finish(routes, face)
}

fn face(worker: Worker, assets: Assets) -> Face {
    Arc::new(Parts { worker, assets, exports: Arc::new(Semaphore::new(exports::AT_ONCE)) })
}

fn finish(routes: Router<Face>, face: Face) -> Router {
    routes
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(face.clone(), observe::pass))
        .with_state(face)
}

/// Lets the pages of listed sites read our answers. Our own pages need nothing of the kind.
///
/// To be put around everything, Socket.IO included: the engine answers a preflight with 400.
pub(crate) fn cors(settings: &Settings) -> Option<CorsLayer> {
    let listed = settings.server.allowed_origins.iter().filter_map(|origin| origin.as_str().parse().ok());
    let listed: Vec<_> = listed.collect();
    (!listed.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(listed))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::ACCEPT_LANGUAGE,
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                CLIENT_ID,
                CSRF_TOKEN,
            ])
            .expose_headers([header::ETAG, header::RETRY_AFTER, SYNC_POSITION, REQUEST_ID])
    })
}

#[cfg(test)]
mod tests;
