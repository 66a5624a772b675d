/** The topics of `subscribe`: types of notices, or what the users call them. */

/** @type {Record<string, string>} */
const TYPES = { alerts: "alert", logs: "log_event", uploads: "upload_status", scans: "scan_complete", imports: "import_complete" };

/** @param {readonly string[]|null} topics null, or with `*` among them: all @param {{type: string}} notice */
export const isOf = (topics, { type }) => topics === null || topics.includes("*") || topics.some((topic) => (TYPES[topic] ?? topic) === type);
