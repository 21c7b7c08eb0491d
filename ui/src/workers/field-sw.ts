/// The field page's service worker, served at /field/sw.js?me=<person>. What it keeps is that person's: another's worker
/// takes over with a store of its own and drops the one before.
import { serveShell } from "./shell";

declare const self: ServiceWorkerGlobalScope;

const NEVER = ["/field/sw.js", "/field/csrf.json"];
const me = new URL(self.location.href).searchParams.get("me") ?? "";

serveShell({
  family: "nec-field-", name: `nec-field-2-${me}`,
  isKept: (url) => url.pathname.startsWith("/field/") && !NEVER.includes(url.pathname),
});
