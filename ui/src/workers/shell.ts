/** What both service workers do: keep the page's own files, answer from the network, fall back on what was kept. */

declare const self: ServiceWorkerGlobalScope;

export interface ShellOptions {
  name: string;
  /** Addresses whose answers may be kept and shown when there is no network. */
  isKept: (url: URL) => boolean;
}

const KEEP_MAX = 80;
const NETWORK_WAIT_MS = 4_000;
const STATIC_PREFIX = "/static/";

async function trim(cache: Cache): Promise<void> {
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - KEEP_MAX))) await cache.delete(key);
}

/** A kept answer says so, that the page may show its age. */
async function fromStore(cache: Cache, request: Request): Promise<Response | null> {
  const held = await cache.match(request, { ignoreVary: true });
  if (!held) return null;
  const headers = new Headers(held.headers);
  headers.set("X-From-Store", "1");
  return new Response(held.body, { status: held.status, headers });
}

/** The network first, even for static files: an old program is worse than a slow one. A page and a fragment of it share
 * an address, so what is kept is told apart by its headers only through the query (`?fragment=`). */
async function networkFirst(options: ShellOptions, request: Request, url: URL): Promise<Response> {
  const cache = await caches.open(options.name);
  const isPage = options.isKept(url);
  try {
    const answer = await fetch(request, request.mode === "navigate" ? {} : { signal: AbortSignal.timeout(NETWORK_WAIT_MS) });
    if (answer.ok && !answer.redirected && answer.type === "basic") await cache.put(request, answer.clone());
    // Signed out, or no longer allowed: what was kept must not be shown to whoever holds the phone now.
    const isShut = answer.status === 401 || answer.status === 403 || answer.redirected || answer.type === "opaqueredirect";
    if (isPage && isShut) await caches.delete(options.name);
    return answer;
  } catch (failure) {
    const held = await fromStore(cache, request);
    if (held) return held;
    throw failure;
  }
}

async function keep(options: ShellOptions, addresses: readonly string[]): Promise<void> {
  const cache = await caches.open(options.name);
  for (const address of addresses.slice(0, KEEP_MAX)) {
    const url = new URL(address, self.location.href);
    const isStatic = url.pathname.startsWith(STATIC_PREFIX);
    if (url.origin !== self.location.origin || !(isStatic || options.isKept(url))) continue;
    if (isStatic && (await cache.match(url.href))) continue;
    const answer = await fetch(url.href, { credentials: "same-origin" }).catch(() => null);
    if (answer?.ok && !answer.redirected) await cache.put(url.href, answer);
  }
  await trim(cache);
}

export function serveShell(options: ShellOptions): void {
  self.addEventListener("install", () => void self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    const isOurs = event.request.method === "GET" && url.origin === self.location.origin;
    if (!isOurs || !(url.pathname.startsWith(STATIC_PREFIX) || options.isKept(url))) return;
    event.respondWith(networkFirst(options, event.request, url));
  });
  self.addEventListener("message", (event) => {
    const asked = event.data as { keep?: unknown };
    if (Array.isArray(asked.keep)) event.waitUntil(keep(options, asked.keep.filter((one): one is string => typeof one === "string")));
  });
}
