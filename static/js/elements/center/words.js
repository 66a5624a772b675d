/**
 * The few words of `<notification-center>`, in both languages: it lives on pages of other makers, too, and those have no catalogue of
 * ours.
 */
import { formatAgo, formatDate, formatDuration, serverNow } from "../../core/format.js";
import { importOf, isCritical, scanOf, statusOf, textOf, TYPES } from "../../core/notice.js";

/** @typedef {import("../../core/notice.js").Notice} Notice */
/** @typedef {keyof typeof RU} Word */
/** @typedef {{language: string, say: (word: Word, params?: Record<string, any>) => string, text: (notice: Notice) => string, kind: (notice: Notice) => string, ago: (time: string) => string, date: (time: string) => string}} Words */

const RU = {
  title: "Уведомления",
  "bell.none": "Уведомления: непрочитанных нет",
  "bell.unread": "Уведомления: непрочитанных {shown}",
  "state.live": "На связи",
  "state.lost": "Нет связи: новое появится, когда она вернётся",
  "state.unauthorized": "Сеанс окончен: войдите снова",
  "state.forbidden": "Нет доступа к уведомлениям",
  "state.failed": "Соединиться не удалось",
  "tab.all": "Все",
  "tab.unread": "Непрочитанные",
  "tab.alerts": "Тревоги",
  "tab.import": "Импорт",
  "tab.system": "Система",
  "tab.archive": "Архив",
  "tabs": "Какие уведомления",
  "read": "Прочитано",
  "read_all": "Прочитать все",
  "archive": "В архив",
  "open": "Открыть",
  "older": "Показать более ранние",
  "again": "Повторить",
  "close": "Закрыть",
  "page": "Все уведомления",
  "unread": "Непрочитанное",
  "times": "Повторений: {times}",
  "progress": "Готово на {percent} %",
  "loading": "Загрузка…",
  "failed": "Уведомления не загрузились.",
  "refused": "Не получилось: {why}",
  "why.offline": "нет связи",
  "why.timeout": "сервер не ответил",
  "why.other": "сервер отказал",
  "empty.all": "Уведомлений нет. Здесь появится всё, о чём вам сообщат: тревоги, загрузки, импорт, сканирование.",
  "empty.unread": "Всё прочитано.",
  "empty.alerts": "Тревог нет.",
  "empty.import": "Импорт, сканирования и загрузки ещё ни о чём не сообщали.",
  "empty.system": "Система ни о чём не сообщала.",
  "empty.archive": "Архив пуст. Сюда попадает то, что вы убрали из списка.",
  "empty.new": "Здесь появится то, что придёт, пока открыта эта страница.",
  "type.alert": "Тревога",
  "type.log_event": "Логи",
  "type.system": "Система",
  "type.upload_status": "Загрузка",
  "type.scan_complete": "Сканирование",
  "type.import_complete": "Импорт",
  "scan.success": "Сканирование завершено",
  "scan.errors": "Сканирование завершено с ошибками",
  "scan.stopped": "Сканирование отменено",
  "count.new": "+{number}",
  "count.changed": "изменено {number}",
  "count.returned": "вернулось {number}",
  "count.missing": "пропало {number}",
  "count.failed": "не прочитано {number}",
  "count.none": "без изменений",
  "import.completed": "Импорт завершён",
  "import.completed_with_errors": "Импорт завершён с ошибками",
  "import.cancelled": "Импорт отменён",
  "import.catalog": "каталог №{id}",
  "import.stocks": "остатки №{id}",
  "import.prices": "цены №{id}",
  "import.customers": "клиенты №{id}",
  "import.dry": "пробный прогон, ничего не записано",
  "import.of_products": "товары {number}",
  "import.of_stocks": "остатки {number}",
  "import.of_prices": "цены {number}",
  "import.of_customers": "клиенты {number}",
  "import.created": "создано {number}",
  "import.updated": "обновлено {number}",
  "import.deactivated": "отключено {number}",
  "import.issues": "замечаний {number}",
  "status.success": "Успешно",
  "status.info": "Сведения",
  "status.warning": "Внимание",
  "status.error": "Ошибка",
  "status.critical": "Критично",
  "toast.more": "Ещё сообщений: {waiting}",
  "toast.region": "Сообщения",
};

/** @type {Record<Word, string>} */
const EN = {
  title: "Notifications",
  "bell.none": "Notifications: none unread",
  "bell.unread": "Notifications: {shown} unread",
  "state.live": "Live",
  "state.lost": "No connection: what is new will come when it is back",
  "state.unauthorized": "The session has ended: sign in again",
  "state.forbidden": "No access to notifications",
  "state.failed": "Could not connect",
  "tab.all": "All",
  "tab.unread": "Unread",
  "tab.alerts": "Alerts",
  "tab.import": "Import",
  "tab.system": "System",
  "tab.archive": "Archive",
  "tabs": "Which notifications",
  "read": "Mark as read",
  "read_all": "Mark all as read",
  "archive": "Archive",
  "open": "Open",
  "older": "Show earlier ones",
  "again": "Try again",
  "close": "Close",
  "page": "All notifications",
  "unread": "Unread",
  "times": "Happened {times} times",
  "progress": "{percent} % done",
  "loading": "Loading…",
  "failed": "The notifications could not be loaded.",
  "refused": "That did not work: {why}",
  "why.offline": "no connection",
  "why.timeout": "the server did not answer",
  "why.other": "the server refused",
  "empty.all": "No notifications. Whatever you are told will be here: alerts, uploads, imports, scans.",
  "empty.unread": "Everything has been read.",
  "empty.alerts": "No alerts.",
  "empty.import": "Imports, scans and uploads have had nothing to tell yet.",
  "empty.system": "The system has had nothing to tell.",
  "empty.archive": "The archive is empty. What you put away is kept here.",
  "empty.new": "What comes while this page is open will be here.",
  "type.alert": "Alert",
  "type.log_event": "Logs",
  "type.system": "System",
  "type.upload_status": "Upload",
  "type.scan_complete": "Scan",
  "type.import_complete": "Import",
  "scan.success": "Scan completed",
  "scan.errors": "Scan completed with errors",
  "scan.stopped": "Scan cancelled",
  "count.new": "+{number}",
  "count.changed": "{number} changed",
  "count.returned": "{number} back",
  "count.missing": "{number} missing",
  "count.failed": "{number} unreadable",
  "count.none": "no changes",
  "import.completed": "Import completed",
  "import.completed_with_errors": "Import completed with errors",
  "import.cancelled": "Import cancelled",
  "import.catalog": "catalogue #{id}",
  "import.stocks": "stocks #{id}",
  "import.prices": "prices #{id}",
  "import.customers": "customers #{id}",
  "import.dry": "a dry run, nothing was written",
  "import.of_products": "goods {number}",
  "import.of_stocks": "stocks {number}",
  "import.of_prices": "prices {number}",
  "import.of_customers": "customers {number}",
  "import.created": "{number} created",
  "import.updated": "{number} updated",
  "import.deactivated": "{number} deactivated",
  "import.issues": "issues {number}",
  "status.success": "Success",
  "status.info": "Information",
  "status.warning": "Warning",
  "status.error": "Error",
  "status.critical": "Critical",
  "toast.more": "{waiting} more",
  "toast.region": "Messages",
};

/** Both, for the tests. */
export const TABLES = { ru: RU, en: EN };

/** @type {Map<string, Words>} */ const made = new Map();

/** The language asked for, else the page's, else the reader's. @param {string|null|undefined} locale @returns {Words} */
export function wordsOf(locale) {
  const wanted = [locale, document.documentElement.lang, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  const language = wanted.find((tag) => tag && tag in TABLES) ?? "ru";
  const words = made.get(language) ?? make(language);
  made.set(language, words);
  return words;
}

/** @param {string} language @returns {Words} */
function make(language) {
  const table = TABLES[/** @type {"ru"|"en"} */ (language)];
  /** @type {Words["say"]} */
  const say = (word, params = {}) => table[word].replace(/\{(\w+)\}/g, (hole, name) => String(params[name] ?? hole));
  const kind = (/** @type {Notice} */ { type }) => (TYPES.includes(type) ? say(/** @type {Word} */ (`type.${type}`)) : type);
  const status = (/** @type {Notice} */ notice) => say(isCritical(notice) ? "status.critical" : /** @type {Word} */ (`status.${statusOf(notice)}`));
  return {
    language,
    say,
    kind,
    text: (notice) => scanned(notice, say, language) ?? imported(notice, say, language) ?? textOf(notice) ?? `${kind(notice)}: ${status(notice)}`,
    ago: (time) => formatAgo(time, serverNow(), language),
    date: (time) => formatDate(time, "full", language),
  };
}

/** How a scan went, in the reader's language: the server's sentence has one only. @param {Notice} notice @param {Words["say"]} say @param {string} language @returns {string|null} */
function scanned(notice, say, language) {
  const scan = scanOf(notice);
  if (!scan) return null;
  const parts = scan.counts.map(([name, number]) => say(`count.${name}`, { number: number.toLocaleString(language) }));
  return `${say(`scan.${scan.outcome}`)}: ${scan.name} (${parts.join(", ") || say("count.none")})`;
}

/** How an import went. @param {Notice} notice @param {Words["say"]} say @param {string} language @returns {string|null} */
function imported(notice, say, language) {
  const told = importOf(notice);
  if (!told) return null;
  const counted = (/** @type {Word} */ word, /** @type {number} */ number) => say(word, { number: number.toLocaleString(language) });
  const parts = [
    told.dryRun ? say("import.dry") : "",
    counted(`import.of_${told.kind}`, told.read),
    ...told.deeds.map(([name, number]) => counted(`import.${name}`, number)),
    told.issues > 0 ? counted("import.issues", told.issues) : "",
    told.seconds === null ? "" : formatDuration(told.seconds * 1000, language),
  ];
  return `${say(`import.${told.state}`)}: ${say(`import.${told.type}`, { id: told.id })} (${parts.filter(Boolean).join(", ")})`;
}
