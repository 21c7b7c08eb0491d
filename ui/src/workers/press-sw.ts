/// The personal button's service worker, served at /press/sw.js. It keeps the page itself, never a call, an
/// invitation or an answer.
import { serveShell } from "./shell";

serveShell({
  family: "nec-press-", name: "nec-press-1", isPersonal: false,
  isKept: (url) => url.pathname === "/press/" && url.search === "",
});
