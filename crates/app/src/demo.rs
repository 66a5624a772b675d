//! Sample data: a small trading company, its people, its cabinets and some hundred papers.
//!
//! Every row goes the same road as an edit by hand, so pages that are open see it happen. Run a second time it adds only what is
//! missing. The folders of the registrators are made, too, each with some files. The people get passwords that nobody knows; `user passwd` gives one a known password.

mod folders;

use std::collections::{BTreeMap, BTreeSet};

use lockstep_store::{Entity, Error as StoreError, Query};
use serde_json::{Value as Json, json};
use tracing::warn;

use crate::{App, Caller, Error, token};

/// What was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemoReport {
    /// Rows that are new.
    pub added: usize,
    /// Rows that were there already.
    pub present: usize,
}

/// Name, description, rights.
const GROUPS: [(&str, &str, &[&str]); 4] = [
    ("Archive", "Keeps the papers in order", &["files.edit", "categories.edit", "registrators.edit", "scans.run"]),
    (
        "Accounting",
        "Invoices, acts and payments",
        &["files.edit", "categories.view", "registrators.view", "imports.run"],
    ),
    ("Sales", "Contracts and letters", &["files.edit", "categories.view"]),
    (
        "Auditors",
        "Look at everything, change nothing",
        &["files.view", "users.view", "groups.view", "categories.view", "registrators.view", "logs.view"],
    ),
];

/// Login, name, group.
const USERS: [(&str, &str, &str); 10] = [
    ("anna.vetrova", "Anna Vetrova", "Archive"),
    ("boris.klein", "Boris Klein", "Archive"),
    ("semyon.ezhov", "Семён Ежов", "Archive"),
    ("maria.lund", "Maria Lund", "Accounting"),
    ("pavel.orlov", "Павел Орлов", "Accounting"),
    ("ines.costa", "Inês Costa", "Accounting"),
    ("tom.baker", "Tom Baker", "Sales"),
    ("olga.zimina", "Ольга Зимина", "Sales"),
    ("jan.novak", "Jan Novák", "Sales"),
    ("ruth.weiss", "Ruth Weiß", "Auditors"),
];

/// Name, description, parent.
const CATEGORIES: [(&str, &str, Option<&str>); 11] = [
    ("Contracts", "Signed agreements with annexes", None),
    ("Supply contracts", "Goods that come in", Some("Contracts")),
    ("Договоры аренды", "Склады и офис", Some("Contracts")),
    ("Invoices", "Incoming and outgoing", None),
    ("Счета-фактуры", "Исходящие счета российским покупателям", Some("Invoices")),
    ("Acts of acceptance", "Work and goods taken over", None),
    ("Приёмка товара", "Акты приёмки на складе", Some("Acts of acceptance")),
    ("Letters", "Correspondence worth keeping", None),
    ("Personnel", "Orders and agreements with staff", None),
    ("Drawings", "Racks, halls, the loading bay", None),
    ("Unsorted", "What the scanners brought and nobody has looked at", None),
];

/// Name, folder below a scan root, category for new files.
const REGISTRATORS: [(&str, &str, &str); 4] = [
    ("Reception scanner", "reception", "Letters"),
    ("Accounts scanner", "accounts", "Invoices"),
    ("Warehouse tablet", "warehouse", "Приёмка товара"),
    ("Mail room", "mail", "Unsorted"),
];

/// Kind of paper, category, registrator.
const PAPERS: [(&str, &str, &str); 10] = [
    ("Supply contract", "Supply contracts", "Reception scanner"),
    ("Договор аренды", "Договоры аренды", "Reception scanner"),
    ("Invoice", "Invoices", "Accounts scanner"),
    ("Счёт-фактура", "Счета-фактуры", "Accounts scanner"),
    ("Act of acceptance", "Acts of acceptance", "Warehouse tablet"),
    ("Акт приёмки", "Приёмка товара", "Warehouse tablet"),
    ("Letter", "Letters", "Mail room"),
    ("Staff order", "Personnel", "Reception scanner"),
    ("Drawing", "Drawings", "Warehouse tablet"),
    ("Scan", "Unsorted", "Mail room"),
];

const PARTNERS: [&str; 8] = [
    "North Timber",
    "Ёлочка",
    "Hansen & Sons",
    "Vega Logistics",
    "Берёзка",
    "Blue Anchor",
    "Техносвет",
    "Lindqvist Paper",
];

/// How many papers there are. Enough for several pages and for a search to mean something.
const FILES: usize = 320;

impl App {
    /// Adds the sample data, telling `progress` how many rows of how many are done.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was added until then stays, and a second run goes on from there.
    pub async fn demo_data(&self, progress: impl FnMut(usize, usize)) -> Result<DemoReport, Error> {
        let total = GROUPS.len() + USERS.len() + CATEGORIES.len() + REGISTRATORS.len() + FILES;
        let mut demo = Demo { app: self, progress, total, report: DemoReport::default(), ids: BTreeMap::new() };
        demo.groups().await?;
        demo.users().await?;
        demo.categories().await?;
        demo.registrators().await?;
        demo.files().await?;
        Ok(demo.report)
    }
}

struct Demo<'a, P> {
    app: &'a App,
    progress: P,
    total: usize,
    report: DemoReport,
    /// Entity and name → id.
    ids: BTreeMap<(Entity, String), String>,
}

impl<P: FnMut(usize, usize)> Demo<'_, P> {
    async fn groups(&mut self) -> Result<(), Error> {
        for (name, description, permissions) in GROUPS {
            let fields = json!({ "name": name, "description": description, "permissions": permissions });
            self.named(Entity::Groups, &fields).await?;
        }
        Ok(())
    }

    async fn users(&mut self) -> Result<(), Error> {
        for (login, name, group) in USERS {
            if self.app.store().credentials(login).await?.is_some() {
                self.done(false);
                continue;
            }
            let email = format!("{login}@example.org");
            let group = self.id(Entity::Groups, group);
            let password = token::fresh();
            let fields =
                json!({ "login": login, "name": name, "email": email, "group_id": group, "password": password });
            self.app.create(&Caller::operator(), Entity::Users, &fields, None).await?;
            self.done(true);
        }
        Ok(())
    }

    async fn categories(&mut self) -> Result<(), Error> {
        for (name, description, parent) in CATEGORIES {
            let parent = parent.map(|parent| self.id(Entity::Categories, parent));
            let fields = json!({ "name": name, "description": description, "parent_id": parent });
            self.named(Entity::Categories, &fields).await?;
        }
        Ok(())
    }

    async fn registrators(&mut self) -> Result<(), Error> {
        for (name, folder, category) in REGISTRATORS {
            let category = self.id(Entity::Categories, category);
            let fields = json!({ "name": name, "folder": folder, "category_id": category });
            self.named(Entity::Registrators, &fields).await?;
            self.folder(folder);
        }
        Ok(())
    }

    /// The rows are there without it, only a scan would find nothing.
    fn folder(&self, folder: &str) {
        let Some(root) = self.app.roots().first() else { return };
        if let Err(error) = folders::make(&root.join(folder)) {
            warn!(%error, "cannot make the folder {folder} in {}: {error}", root.display());
        }
    }

    async fn files(&mut self) -> Result<(), Error> {
        let present = self.paths().await?;
        for n in 0..FILES {
            let fields = self.file(n);
            let path = fields.get("path").and_then(Json::as_str).unwrap_or_default();
            let new = !present.contains(path);
            if new {
                self.app.create(&Caller::operator(), Entity::Files, &fields, None).await?;
            }
            self.done(new);
        }
        Ok(())
    }

    /// The nth paper: always the same.
    fn file(&self, n: usize) -> Json {
        let (kind, category, registrator) = PAPERS[n % PAPERS.len()];
        let partner = PARTNERS[(n / PAPERS.len()) % PARTNERS.len()];
        let (ending, mime) = if n % 7 == 3 { ("tif", "image/tiff") } else { ("pdf", "application/pdf") };
        let name = format!("{kind} 2026-{:03} {partner}.{ending}", n + 1);
        let folder = REGISTRATORS.iter().find(|(name, ..)| *name == registrator).map_or("scans", |found| found.1);
        let status = match n % 16 {
            0 => "missing",
            1..=4 => "new",
            _ => "ready",
        };
        json!({
            "name": name,
            "path": format!("{folder}/{:04}.{ending}", n + 1),
            "category_id": self.id(Entity::Categories, category),
            "registrator_id": self.id(Entity::Registrators, registrator),
            // Some size that looks like one: 40 kB to 4 MB, spread by a multiplicative hash.
            "size": 40_000 + (n * 2_654_435_761) % 4_000_000,
            "mime": mime,
            "status": status,
            "note": if n % 11 == 5 { "Second page is hard to read, ask for the original." } else { "" },
        })
    }

    /// Paths of the files that are there.
    async fn paths(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut paths = BTreeSet::new();
        for page in 1.. {
            let query = Query { page, per_page: lockstep_store::MAX_PER_PAGE, ..Query::default() };
            let items = self.app.store().list(Entity::Files, &query).await?.items;
            if items.is_empty() {
                break;
            }
            paths.extend(items.iter().filter_map(|row| row.get("path").and_then(Json::as_str).map(ToOwned::to_owned)));
        }
        Ok(paths)
    }

    async fn named(&mut self, entity: Entity, fields: &Json) -> Result<(), Error> {
        let name = fields.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let present = self.app.by_name(entity, &name).await?;
        let new = present.is_none();
        let id = match present {
            Some(id) => id,
            None => self.app.by_name_or_new(entity, fields).await?,
        };
        self.ids.insert((entity, name), id);
        self.done(new);
        Ok(())
    }

    fn id(&self, entity: Entity, name: &str) -> &str {
        self.ids.get(&(entity, name.to_owned())).expect("rows are made before those that refer to them")
    }

    fn done(&mut self, new: bool) {
        match new {
            true => self.report.added += 1,
            false => self.report.present += 1,
        }
        (self.progress)(self.report.added + self.report.present, self.total);
    }
}
