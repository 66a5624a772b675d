/** Two people changed the same field: what it was, what I typed, what the other saved. */
import { html } from "lit";
import { t } from "../core/words.js";
import { icon } from "./icon.js";

/**
 * @param {import("../core/draft.js").Conflict[]} conflicts
 * @param {{by: string, at: string, label: (name: string) => string, value: (name: string, value: any) => string}} words
 * @param {{theirs: () => void, mine: () => void}} choose
 */
export const conflictPanel = (conflicts, { by, at, label, value }, choose) => html`
  <section class="conflict" data-conflict role="alert" aria-labelledby="conflict-title">
    <h3 id="conflict-title">${icon("exclamation-triangle")} ${t("conflict.title", { count: conflicts.length, by, at })}</h3>
    <p>${t("conflict.kept")}</p>
    <table class="table table-sm">
      <thead><tr><th>${t("conflict.field")}</th><th>${t("conflict.base")}</th><th>${t("conflict.mine")}</th><th>${t("conflict.theirs", { by })}</th></tr></thead>
      <tbody>${conflicts.map(({ name, base, mine, theirs }) => html`
        <tr><th scope="row">${label(name)}</th><td>${value(name, base)}</td><td>${value(name, mine)}</td><td>${value(name, theirs)}</td></tr>`)}</tbody>
    </table>
    <div class="conflict-buttons">
      <button type="button" class="btn btn-sm btn-plain" @click=${choose.theirs}>${t("conflict.take")}</button>
      <button type="button" class="btn btn-sm btn-primary" @click=${choose.mine}>${t("conflict.keep")}</button>
    </div>
  </section>`;
