// Has this telephone told of the next news, where its browser can: the browser asks its owner, we keep what it gives.
// Whether it is told is remembered here alone, under a digest of the page's address.
(() => {
  const box = document.getElementById("tell");
  if (!box || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  if (Notification.permission === "denied") return;
  const button = box.querySelector("button");
  const said = box.querySelector("[role=status]");
  const words = box.dataset;
  const key = bytes(words.key);
  let name = "";
  let told = false;

  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  }

  function same(other) {
    const held = other ? new Uint8Array(other) : new Uint8Array();
    return held.length === key.length && held.every((one, at) => one === key[at]);
  }

  function show(news) {
    button.textContent = told ? words.stop : words.start;
    said.textContent = news;
  }

  async function subscribed() {
    const registration = await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    const held = await registration.pushManager.getSubscription();
    if (held && same(held.options.applicationServerKey)) return held;
    if (held) await held.unsubscribe(); // the city's key is another one now
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  async function change() {
    if (!told && (await Notification.requestPermission()) !== "granted") return show(words.refused);
    const subscription = await subscribed();
    const answer = await fetch(words.address, {
      method: told ? "DELETE" : "POST",
      body: JSON.stringify(subscription),
      credentials: "omit",
    });
    if (!answer.ok) return show(answer.status === 409 ? words.full : words.failed);
    told = !told;
    if (told) localStorage.setItem(name, "1");
    else localStorage.removeItem(name);
    return show(told ? words.done : words.stopped);
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = words.wait;
    try {
      await change();
    } catch {
      show(words.failed);
    }
    button.disabled = false;
  });

  (async () => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(words.address.split("?")[0]));
    name = `nec-told-${Array.from(new Uint8Array(digest).slice(0, 12), (one) => one.toString(16)).join("")}`;
    told = Notification.permission === "granted" && localStorage.getItem(name) === "1";
    show("");
    box.hidden = false;
  })().catch(() => undefined);
})();
