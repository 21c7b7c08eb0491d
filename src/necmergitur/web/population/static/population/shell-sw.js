// Keeps one page for when there is no network, and its styles. Nothing anybody said, no form, no receipt is ever kept:
// every other address goes to the network untouched. And it shows what the city tells a telephone that asked for it.
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

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

/** Show what was sealed for this telephone; without words it still says that there are some. */
async function show(data) {
  let said = {};
  try {
    said = data.json() ?? {};
  } catch {
    // what cannot be read is shown as news without words
  }
  const title = said.title || "Message de la ville · Message from the city";
  const { body = "", lang = "", tag = "", url = "/" } = said;
  await self.registration.showNotification(title, { body, lang, tag, renotify: tag !== "", dir: "auto", data: { url } });
}

/** Open the page of the news: ours alone, in its own tab when it is open. */
async function open(address) {
  let url = new URL("/", self.location.origin);
  try {
    url = new URL(address, self.location.origin);
  } catch {
    // not an address: the first page
  }
  if (url.origin !== self.location.origin) url = new URL("/", self.location.origin);
  for (const one of await self.clients.matchAll({ type: "window" })) {
    if (one.url.split("?")[0] !== url.href.split("?")[0]) continue;
    const shown = await one.navigate(one.url).catch(() => null); // a page from before this worker is not ours to move
    if (shown) return shown.focus();
  }
  return self.clients.openWindow(url.href);
}

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
