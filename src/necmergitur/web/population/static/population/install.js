// Lets a telephone keep the first page's frame, so that it opens without a network and says so.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}
