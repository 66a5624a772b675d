/** A page of somebody else: a React app in StrictMode, whose Lockstep is on another host. The test says what it shows. */
import React, { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { LockstepProvider } from "@/index";
import { NotificationCenter } from "@/components/notifications";
import LogStream from "@/components/dashboard/LogStream";
import { useLogStream, useNotifications } from "@/hooks/useWebSocket";
import { DashboardLayout, LogsPage, LogViewer, MyComponent } from "./examples";

/** What is shown, in this order. */
type Part = "layout" | "notifications" | "viewer" | "logs" | "mute" | "more" | "props";

declare global {
  interface Window {
    lockstep: string;
    told: [string, unknown][];
    show(parts: Part[]): void;
    view: ReturnType<typeof useLogStream>;
    notices: ReturnType<typeof useNotifications>;
  }
}

window.told = [];
const tell = (name: string) => (event: CustomEvent) => void window.told.push([name, event.detail]);

/** Properties and events of both elements, which a button changes. */
function Props() {
  const [many, setMany] = useState(1);
  return (
    <div>
      <button onClick={() => setMany(many + 1)}>One more toast</button>
      <NotificationCenter position="bottom-left" maxToasts={many} autoHideDuration={0} className="theirs" onNotification={tell(`notification ${many}`)} onUnreadChange={tell("unread")} />
      <LogStream maxLogs={7} showFilters={false} source="quiet" level={many > 1 ? "error" : undefined} onFiltersChange={tell("filters")} onLog={tell("log")} />
    </div>
  );
}

/** The rest of what the hooks give. */
function More() {
  window.notices = useNotifications();
  window.view = useLogStream(undefined, { filters: { source: "more-*" }, maxLogs: 3 });
  return <output>{`${window.view.paused} ${window.view.logs.map(({ message }) => message).join()}`}</output>;
}

const PARTS: Record<Part, () => React.JSX.Element> = { layout: DashboardLayout, notifications: MyComponent, viewer: LogViewer, logs: LogsPage, mute: Mute, more: More, props: Props };

function Mute() {
  useNotifications();
  return <i />;
}

const ticket = async () => (await fetch("/ticket", { method: "POST" })).text();

function App() {
  const [parts, setParts] = useState<Part[]>([]);
  window.show = setParts;
  return (
    <LockstepProvider url={window.lockstep} ticket={() => ticket()}>
      {parts.map((part) => React.createElement(PARTS[part], { key: part }))}
    </LockstepProvider>
  );
}

createRoot(document.querySelector("main")!).render(<StrictMode><App /></StrictMode>);
