/**
 * What a record's dialog says above its fields: that it was deleted, that somebody else has it, that a draft was brought back.
 *
 * @typedef {import("./record-view.js").RecordState} RecordState
 */
import { html, nothing } from "lit";
import { formatDate } from "../core/format.js";
import { explain, t } from "../core/words.js";
import { signed } from "./author.js";
import { icon } from "./icon.js";

/** @param {RecordState} state */
export const notices = (state) => html`
  ${deleted(state)} ${lock(state)} ${restored(state)}
  <p class="visually-hidden" role="status">${state.note}</p>
  <div class="alert alert-danger" role="alert" data-error ?hidden=${!state.error}>${state.error}</div>
  <div class="alert alert-danger" data-summary hidden></div>`;

/** @param {RecordState} state */
const deleted = ({ deleted, actions }) => html`
  <div class="banner banner-bad" role="alert" data-deleted ?hidden=${!deleted}>${icon("trash")}
    <span>${deleted?.at ? t("form.deleted_by", { by: signed(deleted) }) : t("form.deleted")} ${t("form.deleted_kept")}</span>
    <button type="button" class="btn btn-sm btn-plain" @click=${actions.asNew}>${t("form.as_new")}</button></div>`;

/** @param {RecordState} state */
function lock({ lock, deleted, actions }) {
  if (!lock?.blocked || deleted) return nothing;
  const { user, since } = lock.holder ?? {};
  const words = { name: user?.name ?? "?", time: formatDate(since, "minute") };
  const lost = lock.state === "lost";
  return html`
    <div class="banner banner-warn" role="alert" data-lock=${lock.state}>${icon("lock")}
      <span>${lost ? t("lock.lost", words) : t("lock.theirs", words)} ${lock.problem ? explain(lock.problem) : nothing}</span>
      <button type="button" class="btn btn-sm btn-plain" @click=${actions.takeLock}>${lost ? t("lock.take_back") : t("lock.take")}</button></div>`;
}

/** @param {RecordState} state */
const restored = ({ restored, actions }) => restored === null ? nothing : html`
  <div class="banner" role="status" data-restored>${icon("clock-history")}
    <span>${t("form.restored", { time: formatDate(restored, isToday(restored) ? "minute" : "date") })}</span>
    <button type="button" class="btn btn-sm btn-plain" @click=${actions.discard}>${t("form.discard")}</button></div>`;

/** @param {number} at */
const isToday = (at) => new Date(at).toDateString() === new Date().toDateString();
