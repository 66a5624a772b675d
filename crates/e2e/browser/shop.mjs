/** Small sets of CommerceML, below the import root of the workers. Whoever starts the stories names it: `LOCKSTEP_IMPORT_ROOT`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * @typedef {{name: string, sku?: string, group?: string, brand?: string, price?: string, stock?: string, deleted?: boolean}} Goods
 */

function root() {
  const value = process.env.LOCKSTEP_IMPORT_ROOT;
  assert.ok(value, "LOCKSTEP_IMPORT_ROOT is not set: see crates/e2e");
  return value;
}

/** A shop of its own: what it calls things by is nobody else's. */
export class Shop {
  #key = randomUUID().slice(0, 8);
  #sets = 0;

  /** What all its goods have in their names. */
  get word() {
    return `лавка${this.#key}`;
  }

  /** What its only type of prices is called. */
  get prices() {
    return `Розничная ${this.#key}`;
  }

  /** The name of a group of it. @param {string} name */
  group(name) {
    return `${name} ${this.#key}`;
  }

  /** Writes a set of goods with their prices and rests, by key, and a tree of groups: `{Крепёж: ["Болты", "Гайки"]}`.
   * @param {Record<string, Goods>} goods @param {Record<string, string[]>} [groups] @returns {string} the source */
  goods(goods, groups = {}) {
    const list = Object.entries(goods);
    return this.#set({
      "import.xml": document(`<Классификатор><Ид>${this.#id("classes")}</Ид><Группы>${Object.entries(groups).map(([name, below]) => this.#group(name, below)).join("")}</Группы></Классификатор>
        <Каталог СодержитТолькоИзменения="true"><Ид>${this.#id("catalogue")}</Ид><Товары>${list.map(([key, one]) => this.#product(key, one)).join("")}</Товары></Каталог>`),
      "offers.xml": document(`<ПакетПредложений СодержитТолькоИзменения="true">
        <ТипыЦен><ТипЦены><Ид>${this.#id("retail")}</Ид><Наименование>${this.prices}</Наименование><Валюта>RUB</Валюта></ТипЦены></ТипыЦен>
        <Склады><Склад><Ид>${this.#id("store")}</Ид><Наименование>Склад ${this.#key}</Наименование></Склад></Склады>
        <Предложения>${list.map(([key, one]) => this.#offer(key, one)).join("")}</Предложения></ПакетПредложений>`),
    });
  }

  /** Writes a set of customers. @param {string[]} names @returns {string} the source */
  customers(names) {
    const one = (/** @type {string} */ name, /** @type {number} */ n) =>
      `<Контрагент><Ид>${this.#id(`customer-${n}`)}</Ид><Наименование>${name} ${this.word}</Наименование><ИНН>770100000${n}</ИНН></Контрагент>`;
    return this.#set({ "contragents.xml": document(`<Контрагенты>${names.map(one).join("")}</Контрагенты>`) });
  }

  /** @param {string} name @param {string[]} below @returns {string} */
  #group(name, below) {
    const children = below.length > 0 ? `<Группы>${below.map((child) => this.#group(child, [])).join("")}</Группы>` : "";
    return `<Группа><Ид>${this.#id(name)}</Ид><Наименование>${this.group(name)}</Наименование>${children}</Группа>`;
  }

  /** @param {string} key @param {Goods} goods */
  #product(key, { name, sku, group, brand, deleted = false }) {
    return `<Товар><Ид>${this.#id(key)}</Ид><ПометкаУдаления>${deleted}</ПометкаУдаления>${sku ? `<Артикул>${sku}</Артикул>` : ""}<Наименование>${name} ${this.word}</Наименование>
      <БазоваяЕдиница>шт</БазоваяЕдиница>${group ? `<Группы><Ид>${this.#id(group)}</Ид></Группы>` : ""}${brand ? `<Изготовитель><Ид>${this.#id(brand)}</Ид><Наименование>${brand}</Наименование></Изготовитель>` : ""}</Товар>`;
  }

  /** @param {string} key @param {Goods} goods */
  #offer(key, { name, price, stock }) {
    return `<Предложение><Ид>${this.#id(key)}</Ид><Наименование>${name} ${this.word}</Наименование>
      ${price ? `<Цены><Цена><ИдТипаЦены>${this.#id("retail")}</ИдТипаЦены><ЦенаЗаЕдиницу>${price}</ЦенаЗаЕдиницу><Валюта>RUB</Валюта></Цена></Цены>` : ""}
      ${stock ? `<Склад ИдСклада="${this.#id("store")}" КоличествоНаСкладе="${stock}"/>` : ""}</Предложение>`;
  }

  /** @param {string} name */
  #id(name) {
    return `${this.#key}-${name}`;
  }

  /** @param {Record<string, string>} files @returns {string} */
  #set(files) {
    const source = `story-${this.#key}/${(this.#sets += 1)}`;
    mkdirSync(path.join(root(), source), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root(), source, name), text);
    return source;
  }
}

/** @param {string} content */
const document = (content) => `<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.10" ДатаФормирования="2026-11-27T10:00:00">${content}</КоммерческаяИнформация>\n`;
