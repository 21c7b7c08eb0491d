// Counts of an open crisis, read again every five seconds. Without this script the page says when it was written.
const EVERY_MS = 5000;
for (const list of document.querySelectorAll("[data-counts]")) {
  const again = async () => {
    try {
      const answer = await fetch(list.dataset.counts, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const told = await answer.json();
      if (!told.open) window.location.reload();
      for (const one of list.querySelectorAll("[data-count]")) {
        const value = told.counts[one.dataset.count];
        if (value !== undefined) one.textContent = value.toLocaleString(document.documentElement.lang);
      }
    } catch {
      // The next time may be better; the bar says when the connection is lost.
    }
  };
  window.setInterval(again, EVERY_MS);
}
