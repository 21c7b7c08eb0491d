// Passkeys need a script and a browser that knows them: until both are sure, their buttons stay hidden.
// The ceremony itself is allauth's; this file only shows the buttons and says in words what went wrong.
document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return;
  for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = true;
});
document.addEventListener("allauth.error", (event) => {
  const line = document.querySelector("[data-passkey-error]");
  if (!line) return;
  event.preventDefault();
  line.hidden = false;
  line.focus();
});
