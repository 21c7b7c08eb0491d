// Keeps one page for when there is no network, and its styles. Nothing anybody said, no form, no receipt is ever kept:
// every other address goes to the network untouched.
const STORE = "nec-portal-1";
const OFFLINE = "/offline/";
const PAGES = new Set(["/", "/easy/", "/safe", "/find", "/find/", "/doors", "/doors/", "/status/"]);
const PATIENCE_MS = 8000; // on one bar of network a request hangs rather than fails

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("nec-portal-") && name !== STORE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGES.has(url.pathname)) event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

/** Keep the offline page, and the styles that it names. */
async function keep() {
  const store = await caches.open(STORE);
  const answer = await fetch(OFFLINE, { cache: "reload", credentials: "omit" });
  if (!answer.ok) throw new Error(`no page to keep: ${answer.status}`);
  const text = await answer.clone().text();
  await store.put(OFFLINE, answer);
  const styles = [...text.matchAll(/<link rel="stylesheet" href="(\/static\/[^"]+)"/g)].map((found) => found[1]);
  await store.addAll(styles);
}

async function page(request) {
  const giveUp = new AbortController();
  const late = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: giveUp.signal });
  } catch {
    const store = await caches.open(STORE);
    return (await store.match(OFFLINE)) ?? Response.error();
  } finally {
    clearTimeout(late);
  }
}

/** The network first: a style that is kept is shown only when there is none. */
async function file(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}
