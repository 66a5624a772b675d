/** How the builds take in the texts. */
import { readFile } from "node:fs/promises";

/**
 * A catalogue is one value. Left to itself each of its texts would be an export too, and its keys would travel twice. A script for pages
 * of other makers brings both languages along: of these only the families that it names.
 */
export const texts = (families) => ({
  name: "texts",
  setup(build) {
    build.onLoad({ filter: /i18n\/\w+\.json$/ }, async ({ path: file }) => {
      const wanted = Object.entries(JSON.parse(await readFile(file, "utf8"))).filter(([key]) => families?.includes(key.split(".")[0]) ?? true);
      return { contents: `export default ${JSON.stringify(Object.fromEntries(wanted))}`, loader: "js" };
    });
  },
});
