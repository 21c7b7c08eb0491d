/** Registers a page's service worker and hands it what this page is made of, hashed names and all. */
export function registerWorker(address: string | undefined, pages: readonly string[]): void {
  if (!address || !("serviceWorker" in navigator)) return;
  void navigator.serviceWorker.register(address).then(() => navigator.serviceWorker.ready).then((registration) => {
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => name.startsWith(`${location.origin}/static/`));
    registration.active?.postMessage({ keep: [...new Set([...pages, ...loaded])] });
  }).catch(() => undefined);
}
