/** The live log with its filters. */
import { forwardRef, useMemo } from "react";
import { useElement } from "../../element.js";
import { useHost } from "../../provider.js";

const define = () => import("../../../../../static/js/elements/log-stream.js");

/** @type {typeof import("../../../types/components/dashboard/LogStream.js").default} */
const LogStream = forwardRef(function LogStream(props, ref) {
  const { maxLogs = 100, showFilters = true, type = "", level = "", source = "", environment = "", text = "", regex = false, paused = false, wrap = false,
    timezone = "local", permalink = null, onLog, onFiltersChange, onDropped, onEnded, ...rest } = props;
  const host = useHost();
  const feed = useMemo(() => host.streams.source(), [host]);
  return useElement("log-stream", {
    define, ref, rest,
    properties: () => ({ maxLogs, showFilters, type, level, source, environment, text, regex, paused, wrap, timezone, permalink, url: host.address("/ws/logs/stream/"), feed }),
    events: { log: onLog, "filters-change": onFiltersChange, dropped: onDropped, ended: onEnded },
  });
});

export default LogStream;
