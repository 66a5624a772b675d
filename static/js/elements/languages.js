/** The two languages, one of them pressed. */
import { html } from "lit";
import { tabs } from "../core/tabs.js";
import { i18n, speak, t } from "../core/words.js";

export const languages = () => html`
  <div class="languages" role="group" aria-label=${t("shell.language")}>
    ${["ru", "en"].map((language) => html`
      <button type="button" lang=${language} aria-pressed=${String(i18n.language === language)} title=${t(`language.${language}`)}
        @click=${() => change(language)}>${language.toUpperCase()}</button>`)}
  </div>`;

/** In this tab and all others. @param {string} language */
export async function change(language) {
  await speak(language);
  tabs.say("language", language);
}
