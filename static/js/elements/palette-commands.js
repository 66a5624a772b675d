/** What the palette offers beside records: places to go, and what can be done from anywhere. */
import { may, visible } from "../core/rights.js";
import { THEMES } from "../core/theme.js";
import { i18n, t } from "../core/words.js";
import { icon } from "./icon.js";
import { change } from "./languages.js";
import { openSessions } from "./person-menu.js";
import { signOut } from "./sign-out.js";
import { choose } from "./theme-menu.js";

/** Tabs of the administrator's page that are worth a way of their own. */
const TABS = ["overview", "state", "rights", "sessions", "keys", "audit"];

/** @typedef {import("../core/commands.js").Command} Command */

/** @param {import("./palette.js").Surroundings} surroundings @returns {Command[]} */
export const commandsOf = (surroundings) => [...pages(surroundings), ...actions(surroundings)];

/** @param {import("./palette.js").Surroundings} surroundings @returns {Command[]} */
function pages({ user, places }) {
  const allowed = places.filter(({ right }) => !right || may(user, right));
  /** @type {Command[]} */ const commands = allowed.map(({ page, href }) => ({ key: `page-${page}`, group: "pages", label: t(`page.${page}`), words: page, href, icon: icon("arrow-right-short") }));
  if (!may(user, "admin")) return commands;
  return [...commands, ...TABS.map((tab) => ({
    key: `tab-${tab}`, group: "pages", label: `${t("page.admin")}: ${t(`tab.${tab}`)}`, words: tab, href: `/admin?tab=${tab}`, icon: icon("arrow-right-short"),
  }))];
}

/** @param {import("./palette.js").Surroundings} surroundings @returns {Command[]} */
function actions({ user, draw, help }) {
  const editable = visible(user).filter((entity) => may(user, `${entity}.edit`));
  const other = i18n.language === "ru" ? "en" : "ru";
  /** @type {Command[]} */ const commands = [
    ...editable.map((entity) => ({ key: `new-${entity}`, label: t(`new.${entity}`), words: `new add ${entity}`, href: `/${entity}?open=new`, icon: icon("plus-lg") })),
    ...THEMES.map((theme) => ({ key: `theme-${theme}`, label: `${t("shell.theme")}: ${t(`theme.${theme}`)}`, words: `theme ${theme}`, run: () => choose(theme, draw), icon: icon("circle-half") })),
    { key: "language", label: `${t("shell.language")}: ${t(`language.${other}`)}`, words: `language ${other}`, run: () => change(other), icon: icon("translate") },
    { key: "sessions", label: t("shell.sessions"), words: "sessions", run: () => openSessions(user), icon: icon("laptop") },
    { key: "help", label: t("help.title"), words: "help keys shortcuts", run: help, icon: icon("keyboard") },
    { key: "sign-out", label: t("shell.sign_out"), words: "sign out logout", run: signOut, icon: icon("box-arrow-right") },
  ].map((command) => ({ ...command, group: "actions" }));
  return commands;
}
