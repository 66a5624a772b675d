/** `<notification-center>` for pages of other makers, all in one script: it opens its own connection and shows its own messages. */
import { NotificationCenter, standAlone } from "../notification-center.js";
import { ownStore } from "./own-store.js";
import { ownToasts } from "./toasts.js";

standAlone({ store: ownStore, toasts: ownToasts });
Object.assign(window, { NotificationCenter });
