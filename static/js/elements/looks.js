/** Whether an event may have changed names that others show. The idle guard's may not: its look is to cost one 304. @param {import("../core/wire.js").SyncEvent} event */
export const looksAgain = (event) => event.synthetic !== "idle" && (Boolean(event.soft) || event.id === "*");
