// Each section saves by itself a moment after one stops typing; without this script its own button does.
const PAUSE_MS = 1200;

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const said = form.querySelector("[data-saved]");
  let timer = 0;
  let changed = false;
  let running = false;

  const save = async () => {
    if (running || !changed) return;
    running = true;
    changed = false;
    said.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      const body = await answer.json();
      said.textContent = answer.ok ? form.dataset.savedWord : body.detail;
      if (!answer.ok) changed = true;
    } catch {
      changed = true;
      said.textContent = form.dataset.failed;
    }
    running = false;
    form.dispatchEvent(new Event("autosaved"));
    if (changed && said.textContent === form.dataset.savedWord) save();
  };

  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  });
  form.addEventListener("change", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, 0);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (running) {
      // What is on its way holds an older text: arriving last, it would undo what the button saves.
      event.preventDefault();
      form.addEventListener("autosaved", () => form.requestSubmit(event.submitter), { once: true });
      return;
    }
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed || running) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
}
