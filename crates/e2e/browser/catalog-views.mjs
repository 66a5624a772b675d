/** The catalogue in its states, with answers that are made up: full, one product, while an import runs, customers, before the first import. */

const GROUPS = [["1", "Крепёж", null, 5204], ["2", "Болты", "1", 3120], ["3", "Гайки и шайбы", "1", 2084], ["4", "Болты с шестигранной головкой, оцинкованные", "2", 310], ["5", "Электрика", null, 996], ["6", "Старые позиции", null, 0]]
  .map(([id, name, parentId, products]) => ({ id, name, parentId, products, deleted: id === "6" }));

const price = (type, amount, currency = "RUB") => ({ type, amount, currency });

const product = (n, name, more = {}) => ({
  id: String(n), extId: `0e6f1b6c-33a6-11e0-9bf9-00155d010d${n}`, sku: `B-${n}`, name, brand: { id: "1", name: "Сталь" }, groups: [{ id: "2", name: "Болты" }],
  price: { amount: "1234.50", currency: "RUB" }, prices: [price("1", "1234.50"), price("2", "980.125", "USD")], stock: "12.5", variants: 2, unit: "шт", deleted: false, rev: 3,
  updatedAt: "2026-11-26T12:00:00.000Z", ...more,
});

const PRODUCTS = [
  product(11, "Болт М8×80 оцинкованный"),
  product(12, "Болт М10", { price: { amount: "0.90", currency: "руб" }, stock: "-3", brand: null }),
  product(13, "Шайба увеличенная плоская для деревянных конструкций", { sku: null, price: null, prices: [], stock: null }),
  product(14, "Гайка <b>М8</b>", { deleted: true }),
];

const WHOLE = {
  ...PRODUCTS[0], barcode: "4600000000008", description: "Оцинкован.\nДлина указана без головки.", images: ["import_files/ab/0e6f1b6c.jpg"], requisites: [],
  attributes: [{ name: "Длина", values: ["80"] }, { name: "Цвет", values: ["белый", "чёрный"] }],
  variants: [
    { id: "21", extId: "a", name: "Болт М8×80 оцинкованный", sku: "B-11", barcode: null, characteristics: [], prices: [price("1", "1234.50"), price("2", "980.125", "USD")], stocks: [{ warehouse: "1", qty: "10" }, { warehouse: "2", qty: "2.5" }] },
    { id: "22", extId: "a#b", name: "Болт М8×80 (короткий)", sku: "B-11К", barcode: "4600000000015", characteristics: [{ name: "Длина", value: "60" }], prices: [], stocks: [] },
  ],
};

const SUMMARY = {
  products: 6200, deleted: 3, variants: 6402, prices: 18_600, stocks: 12_400, groups: 310, brandsTotal: 1, customers: 1, brands: [{ id: "1", name: "Сталь" }],
  priceTypes: [{ id: "1", name: "Розничная", currency: "RUB" }, { id: "2", name: "Оптовая", currency: "USD" }], warehouses: [{ id: "1", name: "Основной склад" }, { id: "2", name: "Дальний склад" }],
};

const CUSTOMERS = [
  { id: "1", extId: "c1", kind: "firm", name: "Ромашка", fullName: "Общество с ограниченной ответственностью «Ромашка»", inn: "7701000001", kpp: "770101001", email: "office@romashka.example", phone: "+7 495 000-00-00", address: "Москва, ул. Полевая, 1", role: "Покупатель", rev: 1, updatedAt: "2026-11-26T12:00:00.000Z" },
  { id: "2", extId: "c2", kind: "person", name: "Иванов Иван", fullName: null, inn: null, kpp: null, email: null, phone: null, address: null, role: null, rev: 1, updatedAt: "2026-11-25T12:00:00.000Z" },
];

const RUNNING = { id: "42", kind: "import.catalog", type: "catalog", state: "running", attempt: 1, fence: 1, cancelRequested: false, progress: { stage: "products", done: 3906, total: 6200, percent: 63 }, error: null, report: null, requestedBy: null };

const paged = (items, total = items.length) => ({ items, total, page: 1, perPage: 50, pages: Math.max(1, Math.ceil(total / 50)) });

const FULL = { "": SUMMARY, "/groups": GROUPS, "/products": paged(PRODUCTS, 6200), "/products/11": WHOLE, "/customers": paged(CUSTOMERS) };
const EMPTY = { "": { ...SUMMARY, products: 0, brands: [], priceTypes: [], warehouses: [] }, "/groups": [], "/products": paged([]), "/customers": paged([]) };

/** What the server says to each address below `/api/catalog`. @param {Record<string, any>} answers path → JSON @param {any[]} [jobs] those that run */
const answers = (answers, jobs = []) => async (page) => {
  await page.route(/\/api\/catalog(\/[^?]*)?(\?.*)?$/, (route) => route.fulfill({ json: answers[new URL(route.request().url()).pathname.slice("/api/catalog".length)] }));
  await page.route("**/api/jobs?**", (route) => route.fulfill({ json: { items: jobs, next: null } }));
};

const opened = (selector) => (page) => page.locator(selector).first().waitFor();

/** A branch is opened and a group chosen. */
async function branch(page) {
  const panel = page.locator(".group-panel");
  await panel.waitFor();
  if ((await panel.getAttribute("open")) === null) await panel.locator("summary").click();
  await panel.locator('[data-group="1"] .twisty').click();
  await panel.locator('[data-group="2"] .twisty').click();
  await panel.locator('[data-group="2"]').click();
}

export const CATALOG_VIEWS = [
  { name: "catalog", path: "/catalog", before: answers(FULL, [RUNNING]), prepare: opened("[data-import]") },
  { name: "catalog-groups", path: "/catalog", before: answers(FULL), prepare: branch },
  { name: "catalog-product", path: "/catalog?open=11", before: answers(FULL), prepare: opened("dialog.product[open] .variant") },
  { name: "catalog-customers", path: "/catalog?tab=customers", before: answers(FULL), prepare: opened("tr[data-id]") },
  { name: "catalog-empty", path: "/catalog", before: answers(EMPTY), prepare: opened('.empty a[href="/admin/integrations/import_1c/"]') },
];
