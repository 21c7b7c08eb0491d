/** Times as people read them: relative under an hour, absolute after. */
import { t } from "./words";

const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** "00:07" until a deadline, "+00:12" after it. */
export function countdown(remainingMs: number): string {
  const isLate = remainingMs < 0;
  const whole_s = isLate ? Math.floor(-remainingMs / 1000) : Math.ceil(remainingMs / 1000);
  const hours = Math.floor(whole_s / 3600);
  const minutes = Math.floor((whole_s % 3600) / 60);
  const head = hours > 0 ? `${hours}:${twoDigits(minutes)}` : twoDigits(minutes);
  return `${isLate ? "+" : ""}${head}:${twoDigits(whole_s % 60)}`;
}

/** "12 s", "3 min", then the clock time in the city's zone. */
export function age(atMs: number, nowMs: number, timeZone: string, language: string): string {
  const elapsed_s = Math.max(0, Math.floor((nowMs - atMs) / 1000));
  if (elapsed_s < 60) return t("age.seconds", { n: elapsed_s });
  if (elapsed_s < 3600) return t("age.minutes", { n: Math.floor(elapsed_s / 60) });
  return clock(atMs, timeZone, language, false);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** "21:40:07" in the city's zone. */
export function clock(atMs: number, timeZone: string, language: string, withSeconds = true): string {
  const name = `${timeZone}|${language}|${withSeconds}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(language, {
      timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(withSeconds ? { second: "2-digit" } : {}),
    });
    formats.set(name, format);
  }
  return format.format(atMs);
}
