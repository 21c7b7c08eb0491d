/// The personal button's service worker, served at /press/sw.js. It keeps the page, never a call.
import { serveShell } from "./shell";

serveShell({ name: "nec-press-1", isKept: (url) => url.pathname.startsWith("/press/") && url.pathname !== "/press/sw.js" });
