/// The field page's service worker, served at /field/sw.js. One worker for whoever holds the telephone: an answer says
/// whose it is, and is kept in that person's store alone.
import { serveShell } from "./shell";

const NEVER = ["/field/sw.js", "/field/csrf.json"];

serveShell({
  family: "nec-field-", name: "nec-field-3-", isPersonal: true,
  isKept: (url) => url.pathname.startsWith("/field/") && !NEVER.includes(url.pathname),
});
