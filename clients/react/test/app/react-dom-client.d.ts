/** All that the app needs of react-dom, of whatever version. */
import type { ReactNode } from "react";
export function createRoot(place: Element): { render(what: ReactNode): void };
