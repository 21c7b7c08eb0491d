/** What both service workers do: keep the page's own files, answer from the network, fall back on what was kept. */

declare const self: ServiceWorkerGlobalScope;

export interface ShellOptions {
  /** How every store of this page is named, of every version. */
  family: string;
  /** This version's store; where pages are somebody's, what comes before the person. */
  name: string;
  /** A telephone passes from hand to hand: each answer says whose it is, and one person's store replaces another's. */
  isPersonal: boolean;
  /** Addresses whose answers may be kept and shown when there is no network. */
  isKept: (url: URL) => boolean;
}

/** A page to keep; one with a version is fetched again only when that has changed. */
type Kept = string | { url: string; version: string };

const KEEP_MAX = 80;
/** On one bar of network a request hangs rather than fails: a page that is kept is shown after this, its age on it. */
const NAVIGATION_WAIT_MS = 2_000;
const NETWORK_WAIT_MS = 4_000;
const STATIC_PREFIX = "/static/";
/** A name that holds its content's hash never means anything else. */
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const VERSION = "X-Kept-Version";
const PERSON = "X-Person";

/** When the telephone last changed hands: an answer asked for before that is not kept. */
let handedAtMs = 0;

/** The store in use, or null while nobody's pages are kept. */
async function current(options: ShellOptions): Promise<Cache | null> {
  if (!options.isPersonal) return caches.open(options.name);
  const name = (await caches.keys()).find((one) => one.startsWith(options.name));
  return name === undefined ? null : caches.open(name);
}

/** The store for an answer, the former person's dropped if it is another's. */
async function storeFor(options: ShellOptions, answer: Response, askedAtMs: number): Promise<Cache | null> {
  const person = options.isPersonal ? answer.headers.get(PERSON) : "";
  if (person === null) return current(options);
  const name = options.name + person;
  if (!await caches.has(name)) {
    if (askedAtMs < handedAtMs) return null;
    handedAtMs = performance.now();
  }
  await dropOthers(options, name);
  return caches.open(name);
}

async function dropOthers(options: ShellOptions, name: string | null): Promise<void> {
  for (const one of await caches.keys()) {
    if (one.startsWith(options.family) && one !== name) await caches.delete(one);
  }
}

async function trim(cache: Cache): Promise<void> {
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - KEEP_MAX))) await cache.delete(key);
}

/** A kept answer says so, that the page may show its age. */
async function fromStore(cache: Cache | null, request: Request | string): Promise<Response | null> {
  const held = await cache?.match(request, { ignoreVary: true });
  return held ? marked(held, "X-From-Store", "1") : null;
}

function marked(answer: Response, name: string, value: string): Response {
  const headers = new Headers(answer.headers);
  headers.set(name, value);
  return new Response(answer.body, { status: answer.status, headers });
}

async function fromNetwork(options: ShellOptions, request: Request, isPage: boolean): Promise<Response> {
  const askedAtMs = performance.now();
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected && answer.type === "basic") {
    const kept = answer.clone();
    await (await storeFor(options, answer, askedAtMs))?.put(request, kept);
  }
  // Signed out, or no longer allowed: what was kept must not be shown to whoever holds the phone now.
  const isShut = answer.status === 401 || answer.status === 403 || answer.redirected || answer.type === "opaqueredirect";
  if (isPage && isShut) await dropOthers(options, null);
  if (isPage && answer.status === 404) await (await current(options))?.delete(request, { ignoreVary: true });
  return answer;
}

/** The network first, even for static files unless their name holds their content: an old program is worse than a slow
 * one. What is kept is shown when the network fails, hangs, or brings a server's error; the network's answer, when it
 * comes after all, is kept for the next time. A page and a fragment of it are told apart by the query (`?fragment=`). */
async function answerTo(options: ShellOptions, event: FetchEvent, url: URL): Promise<Response> {
  const { request } = event;
  const isPage = options.isKept(url);
  const held = await fromStore(await current(options), request);
  if (held && !isPage && HASHED.test(url.pathname)) return held;
  const fresh = fromNetwork(options, request, isPage);
  event.waitUntil(fresh.catch(() => undefined));
  if (!held) return fresh;
  const wait = request.mode === "navigate" ? NAVIGATION_WAIT_MS : NETWORK_WAIT_MS;
  const late = new Promise<null>((resolve) => { setTimeout(() => resolve(null), wait); });
  const answer = await Promise.race([fresh.catch(() => null), late]);
  return answer && answer.status < 500 ? answer : held;
}

async function keep(options: ShellOptions, asked: readonly Kept[]): Promise<void> {
  for (const one of asked.slice(0, KEEP_MAX)) {
    const { url: address, version } = typeof one === "string" ? { url: one, version: "" } : one;
    const url = new URL(address, self.location.href);
    const isStatic = url.pathname.startsWith(STATIC_PREFIX);
    if (url.origin !== self.location.origin || !(isStatic || options.isKept(url))) continue;
    const held = isStatic || version ? await (await current(options))?.match(url.href, { ignoreVary: true }) : undefined;
    if (held && (isStatic || held.headers.get(VERSION) === version)) continue;
    const askedAtMs = performance.now();
    const answer = await fetch(url.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) continue;
    await (await storeFor(options, answer, askedAtMs))?.put(url.href, marked(answer, VERSION, version));
  }
  const cache = await current(options);
  if (cache) await trim(cache);
}

/** What an earlier version kept; nobody's store is dropped here. */
async function dropOlder(options: ShellOptions): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(options.family) && !name.startsWith(options.name)) await caches.delete(name);
  }
}

function isKept(one: unknown): one is Kept {
  const { url, version } = (typeof one === "object" && one !== null ? one : {}) as { url?: unknown; version?: unknown };
  return typeof one === "string" || (typeof url === "string" && typeof version === "string");
}

export function serveShell(options: ShellOptions): void {
  self.addEventListener("install", () => void self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(dropOlder(options).then(() => self.clients.claim())));
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    const isOurs = event.request.method === "GET" && url.origin === self.location.origin;
    if (!isOurs || !(url.pathname.startsWith(STATIC_PREFIX) || options.isKept(url))) return;
    event.respondWith(answerTo(options, event, url));
  });
  self.addEventListener("message", (event) => {
    const asked = event.data as { keep?: unknown };
    if (Array.isArray(asked.keep)) event.waitUntil(keep(options, asked.keep.filter(isKept)));
  });
}
