/** Making a party's key, signing with it, and checking a paper. Without it the pages say what is needed. */
import "../styles/signing.css";
import { fromText, toText } from "./bytes";
import { digest, fingerprint, judge, needed, type Paper } from "./paper";
import { h } from "../dom";

const ASK_MS = 120_000; // a person may have to fetch a key from a drawer

interface CreateOptions {
  challenge: string;
  rp: PublicKeyCredentialRpEntity;
  user: { id: string; name: string };
  algorithms: number[];
}
interface GetOptions {
  challenge: string;
  rp_id: string;
  keys: string[];
  paper: string;
}

function options<T>(): T {
  return JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}") as T;
}

async function fetchPaper(address: string, signal: AbortSignal | null = null): Promise<Paper> {
  const answer = await fetch(address, { credentials: "omit", cache: "no-store", signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Paper;
}

async function create(signal: AbortSignal): Promise<Record<string, string> | null> {
  const asked = options<CreateOptions>();
  const made = (await navigator.credentials.create({
    signal,
    publicKey: {
      challenge: fromText(asked.challenge), rp: asked.rp, timeout: ASK_MS, attestation: "none",
      user: { id: fromText(asked.user.id), name: asked.user.name, displayName: asked.user.name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
    },
  })) as PublicKeyCredential | null;
  if (!made) return null;
  const said = made.response as AuthenticatorAttestationResponse;
  return { attestation: toText(said.attestationObject), client_data: toText(said.clientDataJSON) };
}

/** What is signed is the digest of the very file anybody can take: the page's own word for it is not believed. */
async function get(signal: AbortSignal): Promise<Record<string, string> | "differs" | "unreached" | null> {
  const asked = options<GetOptions>();
  const paper = await fetchPaper(asked.paper, signal).catch(() => null);
  if (!paper) return signal.aborted ? null : "unreached"; // whoever stopped it knows why
  const challenge = await digest(paper.terms);
  if (toText(challenge) !== asked.challenge) return "differs";
  const made = (await navigator.credentials.get({
    signal,
    publicKey: {
      challenge, rpId: asked.rp_id, userVerification: "required", timeout: ASK_MS,
      allowCredentials: asked.keys.map((id) => ({ type: "public-key", id: fromText(id) })),
    },
  })) as PublicKeyCredential | null;
  if (!made) return null;
  const said = made.response as AuthenticatorAssertionResponse;
  return {
    credential_id: toText(made.rawId), authenticator_data: toText(said.authenticatorData), client_data: toText(said.clientDataJSON),
    signature: toText(said.signature),
  };
}

function offer(form: HTMLFormElement): void {
  const act = form.querySelector<HTMLButtonElement>("[data-act]");
  if (!act) return;
  const show = (name: string, shown: boolean): void => {
    form.querySelector(`[data-${name}]`)?.toggleAttribute("hidden", !shown);
  };
  form.hidden = false;
  document.querySelector("[data-without-passkeys]")?.toggleAttribute("hidden", true);
  let asks = new AbortController();
  form.querySelector("[data-stop]")?.addEventListener("click", () => asks.abort());
  act.addEventListener("click", () => {
    act.disabled = true;
    for (const name of ["failed", "differs", "unreached"]) show(name, false);
    show("asks", true); // a device that never asks would leave whoever waits without a word
    asks = new AbortController();
    (form.dataset.passkey === "create" ? create(asks.signal) : get(asks.signal))
      .catch(() => null)
      .then((said) => {
        show("asks", false);
        if (said === null || typeof said === "string") {
          show(said ?? "failed", true);
          act.disabled = false;
          act.focus();
          return;
        }
        for (const [name, value] of Object.entries(said)) (form.elements.namedItem(name) as HTMLInputElement).value = value;
        form.submit();
      });
  });
}

async function verify(room: HTMLElement): Promise<void> {
  const paper = await fetchPaper(room.dataset.paper ?? "");
  const challenge = await digest(paper.terms);
  const word = (name: string): string => room.querySelector<HTMLTemplateElement>(`template[data-word="${name}"]`)?.content.textContent ?? name;
  const verdicts: string[] = [];
  const list = room.querySelector("[data-verdicts]");
  for (const role of needed(paper)) {
    const one = paper.signatures.find((each) => each.role === role);
    const verdict = one ? await judge(one, challenge) : "missing";
    verdicts.push(verdict);
    const said = one && verdict !== "unknown" ? `${one.name}: ${word(verdict)} ${await fingerprint(one.public_key)}` : one ? one.name : `${role}: ${word("missing")}`;
    list?.append(h("li", { "data-verdict": verdict }, said));
  }
  const shown = document.getElementById("digest")?.textContent?.replaceAll(" ", "");
  const same = shown === [...challenge].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const whole = same && verdicts.every((verdict) => verdict === "holds");
  const outcome = whole ? "holds" : verdicts.includes("unknown") && same ? "cannot" : "fails";
  room.querySelector("[data-waits]")?.toggleAttribute("hidden", true);
  room.querySelector(`[data-${outcome}]`)?.toggleAttribute("hidden", false);
}

const form = document.querySelector<HTMLFormElement>("form[data-passkey]");
// Browsers offer passkeys, and their cryptography, to secure pages only.
if (form && "credentials" in navigator && "PublicKeyCredential" in window && "subtle" in crypto) offer(form);
const room = document.querySelector<HTMLElement>("[data-paper]");
if (room && "subtle" in crypto) verify(room).catch(() => undefined);
