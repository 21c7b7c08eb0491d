/** Commands are POSTs. Each has an answer: done, refused (and why), or not sent. */
import { FETCH_TIMEOUT_MS } from "../constants";

export interface Refused {
  rule: string;
  detail: string;
  until?: string;
  what_now?: string;
}

export type Answer = { ok: true } | { ok: false; refused: Refused | null };

/** POST form fields and read a JSON answer. */
export async function command(url: string, csrf: string, fields: Record<string, string> = {}): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST", credentials: "same-origin", redirect: "manual", body: new URLSearchParams(fields),
      headers: { "X-CSRFToken": csrf, Accept: "application/json" }, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
  } catch {
    return { ok: false, refused: null };
  }
  // A redirect may be "done" for browsers without scripts or a sign-in page: it proves nothing, so it is not "done".
  if (answer.ok) return { ok: true };
  if (answer.status !== 409 && answer.status !== 422) return { ok: false, refused: null };
  const refused = (await answer.json().catch(() => null)) as Refused | null;
  return { ok: false, refused: refused ?? { rule: String(answer.status), detail: "" } };
}

/** One sentence for a refusal: the rule, why, until when, what to do now. */
export function refusalText(refused: Refused): string {
  return [refused.detail || refused.rule, refused.until, refused.what_now].filter(Boolean).join(" · ");
}
