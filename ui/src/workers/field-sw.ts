/// The field page's service worker, served at /field/sw.js.
import { serveShell } from "./shell";

const NEVER = ["/field/sw.js", "/field/csrf.json"];

serveShell({ name: "nec-field-1", isKept: (url) => url.pathname.startsWith("/field/") && !NEVER.includes(url.pathname) });
