/** How the builds take in the texts. */
import { readFile } from "node:fs/promises";

/** What only the server says, though the catalogues are shared: its answers to 1C, and the sentences of what an import found fault with. */
const SERVERS = ["exchange", "issue"];

/**
 * A catalogue is one value. Left to itself each of its texts would be an export too, and its keys would travel twice. A script for pages
 * of other makers brings both languages along: of these only the families that it names.
 */
export const texts = (families) => ({
  name: "texts",
  setup(build) {
    build.onLoad({ filter: /i18n\/\w+\.json$/ }, async ({ path: file }) => {
      const goes = (key, family = key.split(".")[0]) => families?.includes(family) ?? !SERVERS.includes(family);
      const wanted = Object.entries(JSON.parse(await readFile(file, "utf8"))).filter(([key]) => goes(key));
      return { contents: `export default ${JSON.stringify(Object.fromEntries(wanted))}`, loader: "js" };
    });
  },
});
