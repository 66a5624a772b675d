/** People who are told something, for the stories of notices. */
import { randomUUID } from "node:crypto";
import { api, here, open, person, signIn, there, unique } from "./support.mjs";

const PASSWORD = "long enough";

/** Somebody of whom only this test tells, at another worker than the administrator who tells him. */
export async function told(world, { expected = [] } = {}) {
  const admin = await person(world, here());
  await open(admin.page, "/files");
  const group = await api(admin.page, "POST", "/api/groups", { name: unique("Группа"), permissions: ["files.edit"] });
  const login = `reader-${randomUUID().slice(0, 8)}`;
  const user = await api(admin.page, "POST", "/api/users", { login, name: "Читатель", password: PASSWORD, group_id: group.id });
  const him = await person(world, there(), { signedIn: false, expected });
  await signIn(him.page, { login, password: PASSWORD });
  const tell = (notice) => api(admin.page, "POST", "/api/notifications", { to: { user: user.id }, type: "system", data: {}, ...notice });
  return { admin, him, user, tell, async end() {
    for (const who of [admin, him]) who.calm(), await who.leave();
  } };
}

/** Waits until the page hears what its person is told. */
export const listening = (page) => page.waitForFunction(() => document.querySelector(".shell notification-center")?.store?.state.live === true);

/** Opens a page, and waits until it hears. */
export async function visit(page, path = "/files") {
  await open(page, path);
  await listening(page);
}

/** Waits until the bell of the page shows this, and the server's number is the same. */
export const badgeSays = (page, text) => page.waitForFunction((text) => {
  const bell = document.querySelector(".shell notification-center")?.shadowRoot?.querySelector(".bell");
  return bell && (bell.querySelector(".badge")?.textContent ?? "") === text && document.querySelector(".shell notification-center").store?.state.unread === Number(text);
}, text);
