/** Registers a page's service worker and hands it what this page is made of, hashed names and all. */
export function registerWorker(address: string | undefined, pages: readonly string[]): void {
  if (!address || !("serviceWorker" in navigator)) return;
  void navigator.serviceWorker.register(address).then(activated).then((worker) => {
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => name.startsWith(`${location.origin}/static/`));
    worker?.postMessage({ keep: [...new Set([...pages, ...loaded])] });
  }).catch(() => undefined);
}

/** The newest worker, once it is at work. */
async function activated(registration: ServiceWorkerRegistration): Promise<ServiceWorker | null> {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker && worker.state !== "activated") {
    await new Promise<void>((resolve) => worker.addEventListener("statechange", () => {
      if (worker.state === "activated" || worker.state === "redundant") resolve();
    }));
  }
  return worker;
}
