/** Exchanges of 1C, below the import root of the workers. Whoever starts the stories names it: `LOCKSTEP_IMPORT_ROOT`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Reading and writing as many takes any machine longer than a person takes to press a button. */
const MANY = 30_000;

function root() {
  const value = process.env.LOCKSTEP_IMPORT_ROOT;
  assert.ok(value, "LOCKSTEP_IMPORT_ROOT is not set: see crates/e2e");
  return value;
}

const document = (inside) => `<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="2026-11-27T10:00:00">\n${inside}\n</КоммерческаяИнформация>\n`;
const times = (count, make) => Array.from({ length: count }, (_, n) => make(n)).join("\n");

/** Groups and goods. */
const goodsFile = (key, goods) => document(`<Классификатор><Ид>${key}</Ид><Наименование>Классификатор</Наименование>
<Группы><Группа><Ид>${key}-g</Ид><Наименование>Обувь</Наименование></Группа></Группы></Классификатор>
<Каталог СодержитТолькоИзменения="true"><Ид>${key}</Ид><ИдКлассификатора>${key}</ИдКлассификатора><Наименование>Каталог</Наименование><Товары>
${times(goods, (n) => `<Товар><Ид>${key}-${n}</Ид><Артикул>A-${n}</Артикул><Наименование>Ботинки ${n}</Наименование><Группы><Ид>${key}-g</Ид></Группы><Описание>Кожа &amp; мех</Описание></Товар>`)}
</Товары></Каталог>`);

/** A price and a quantity for each, and for some that nobody knows. */
const offersFile = (key, goods, unknown) => document(`<ПакетПредложений СодержитТолькоИзменения="true"><Ид>${key}</Ид><Наименование>Пакет</Наименование><ИдКаталога>${key}</ИдКаталога>
<ТипыЦен><ТипЦены><Ид>${key}-retail</Ид><Наименование>Розничная</Наименование><Валюта>RUB</Валюта></ТипЦены></ТипыЦен>
<Склады><Склад><Ид>${key}-main</Ид><Наименование>Основной</Наименование></Склад></Склады><Предложения>
${times(goods, (n) => offer(key, `${key}-${n}`))}
${times(unknown, (n) => offer(key, `${key}-никто-${n}`))}
</Предложения></ПакетПредложений>`);

const offer = (key, id) => `<Предложение><Ид>${id}</Ид><Наименование>Ботинки</Наименование><Цены><Цена><ИдТипаЦены>${key}-retail</ИдТипаЦены><ЦенаЗаЕдиницу>100.50</ЦенаЗаЕдиницу><Валюта>RUB</Валюта></Цена></Цены><Склад ИдСклада="${key}-main" КоличествоНаСкладе="5"/></Предложение>`;

/** The files of a small exchange, to be handed in. @param {number} goods @param {number} [unknown] offers of goods that were never sent */
export function files(goods, unknown = 0) {
  const key = randomUUID();
  return { "import.xml": goodsFile(key, goods), "offers.xml": offersFile(key, goods, unknown) };
}

/** The same in a folder of its own. @param {number} goods @param {{unknown?: number, broken?: boolean}} [more] @returns {{name: string, remove: () => void}} */
export function set(goods, { unknown = 0, broken = false } = {}) {
  const name = `story-${randomUUID()}`;
  const place = path.join(root(), name);
  mkdirSync(place, { recursive: true });
  const made = files(goods, unknown);
  if (broken) made["broken.xml"] = made["import.xml"].slice(0, -40);
  for (const [file, text] of Object.entries(made)) writeFileSync(path.join(place, file), text);
  return { name, remove: () => rmSync(place, { recursive: true, force: true }) };
}

/** One whose import lasts for as long as it takes to look at it and to end it. */
export const large = () => set(MANY);
