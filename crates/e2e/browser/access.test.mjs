/** Everybody can use every view: contrast, labels, narrow screens, size of targets. */
import test from "node:test";
import { violations } from "./axe.mjs";
import { withBrowser } from "./support.mjs";
import { walk } from "./walk.mjs";

const world = withBrowser();

/** What needs scrolling sideways, and targets too small to hit. A label is part of its field's target. */
const measure = (page) => page.evaluate(() => {
  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;
  const size = (node) => [node, ...(node.labels ?? [])].map((part) => part.getBoundingClientRect()).reduce((most, { width, height }) => [Math.max(most[0], width), Math.max(most[1], height)], [0, 0]);
  const within = (root) => [root, ...[...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => (shadowRoot ? within(shadowRoot) : []))];
  const targets = within(document).flatMap((part) => [...part.querySelectorAll("button, select, input, textarea, summary, nav a, [role=tab], [role^=menuitem], .tile, .btn")]);
  const small = targets.filter((node) => node.checkVisibility({ visibilityProperty: true }))
    .map((node) => [node, ...size(node)])
    .filter(([, width, height]) => width > 1 && (width < 24 || height < 23.5))
    .map(([node, width, height]) => `${width}×${height} is too small: ${node.outerHTML.slice(0, 100)}`);
  return [...(over > 0 ? [`${over} pixels too wide at ${innerWidth}`] : []), ...small];
});

for (const colorScheme of ["light", "dark"]) {
  test(`no view breaks the rules of access, ${colorScheme}`, (t) => walk(t, world, { colorScheme }, violations));
}

test("at 320 pixels nothing needs scrolling sideways, and every target can be hit", (t) =>
  walk(t, world, { viewport: { width: 320, height: 640 } }, measure));
