//! The catalogue that imports have brought, to be looked at.

use axum::{Router, extract::State, response::Response, routing::get};
use http::HeaderMap;
use lockstep_app::{CatalogQuery, CustomerQuery, RowPage};
use serde_json::{Value, json};

use super::{
    Face,
    admin::Words,
    entities::{Id, unless_known},
    identity::Signed,
    problem::Problem,
};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/catalog", get(summary))
        .route("/api/catalog/products", get(products))
        .route("/api/catalog/products/{id}", get(product))
        .route("/api/catalog/groups", get(groups))
        .route("/api/catalog/customers", get(customers))
}

async fn products(
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Words(words): Words,
) -> Result<Response, Problem> {
    let page = face.worker.app.products(&signed.caller, &CatalogQuery::read(words)?).await?;
    Ok(paged(&headers, page))
}

async fn customers(
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Words(words): Words,
) -> Result<Response, Problem> {
    let page = face.worker.app.customers(&signed.caller, &CustomerQuery::read(words)?).await?;
    Ok(paged(&headers, page))
}

fn paged(headers: &HeaderMap, page: RowPage) -> Response {
    let RowPage { items, total, page, per_page, pages, position } = page;
    let body = json!({"items": items, "total": total, "page": page, "perPage": per_page, "pages": pages});
    unless_known(headers, &body, &position)
}

/// A product shows more than its own revision tells, so its tag is that of the whole answer.
async fn product(
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Problem> {
    let (product, position) = face.worker.app.product(&signed.caller, &id).await?;
    Ok(unless_known(&headers, &product, &position))
}

async fn summary(State(face): State<Face>, signed: Signed, headers: HeaderMap) -> Result<Response, Problem> {
    let (catalog, position) = face.worker.app.catalog(&signed.caller).await?;
    Ok(unless_known(&headers, &catalog, &position))
}

async fn groups(State(face): State<Face>, signed: Signed, headers: HeaderMap) -> Result<Response, Problem> {
    let (groups, position) = face.worker.app.product_groups(&signed.caller).await?;
    Ok(unless_known(&headers, &Value::from(groups), &position))
}
