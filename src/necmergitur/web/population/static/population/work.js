// The work a crowded network is asked for (ALTCHA, version 1): find the number whose hash with the salt is the challenge.
// Without script, or where a browser offers no hashing, the page says to wait a minute; nothing here is needed.
(async () => {
  const field = document.querySelector("input[name=work]");
  const form = field && field.form;
  if (!field || !window.crypto || !crypto.subtle) return;
  const asked = JSON.parse(field.dataset.challenge);
  const said = document.getElementById("working");
  said.hidden = false;
  const encoder = new TextEncoder();
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const most = asked.maxNumber ?? asked.maxnumber;
  for (let number = 0; number <= most; number++) {
    const hash = await crypto.subtle.digest("SHA-256", encoder.encode(asked.salt + number));
    if (hex(hash) !== asked.challenge) continue;
    const { algorithm, challenge, salt, signature } = asked;
    field.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    if (!document.querySelector("[aria-invalid=true]")) form.requestSubmit ? form.requestSubmit() : form.submit();
    return;
  }
  said.hidden = true;
})();
