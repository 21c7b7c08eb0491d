// "12 s ago" must stay true while somebody reads it. Each second every age under an hour is said again, by the
// server's clock; older ones are already absolute. Without this script the page says when it was written.
const said = document.getElementById("ages");
if (said) {
  const words = JSON.parse(said.textContent);
  const ahead_ms = Date.now() - Date.parse(words.now);
  const say = () => {
    const now = Date.now() - ahead_ms;
    for (const time of document.querySelectorAll("time.time")) {
      const age_s = Math.floor((now - Date.parse(time.dateTime)) / 1000);
      const shown = time.querySelector(".time__said");
      if (!shown || age_s < 0 || age_s >= 3600) continue;
      const text = age_s < 60 ? words.seconds.replace("0", age_s) : words.minutes.replace("0", Math.floor(age_s / 60));
      if (shown.textContent !== text) shown.textContent = text;
    }
  };
  window.setInterval(say, 1000);
}
