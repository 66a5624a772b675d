/** `<notification-center>` with messages of its own; its store comes from the app's shared connection. Loaded in a browser only. */
import { standAlone } from "../../../../static/js/elements/notification-center.js";
import { ownStore } from "../../../../static/js/elements/center/own-store.js";
import { ownToasts } from "../../../../static/js/elements/center/toasts.js";

standAlone({ store: ownStore, toasts: ownToasts });
