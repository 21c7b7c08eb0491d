/** A signed paper, checked without the server: the same steps as `nec authorisation verify`, by the browser's own cryptography. */
import { coseKey, fromText, hex, joined, sha256, toText, type Bytes } from "./bytes";

const DOMAIN = "necmergitur/terms/v1\0";
const PRESENT = 0x01;
const VERIFIED = 0x04;
const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;

export interface Signature {
  role: string;
  name: string;
  public_key: string;
  rp_id: string;
  origin: string;
  assertion: { authenticator_data: string; client_data: string; signature: string };
}
export interface Paper {
  terms: Record<string, unknown> & { experiment: unknown };
  signatures: Signature[];
}
export type Verdict = "holds" | "forged" | "unknown";

/** The bytes that were signed: JSON with sorted keys and no spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const parts = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${parts.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export function digest(terms: Paper["terms"]): Promise<Bytes> {
  return sha256(new TextEncoder().encode(DOMAIN + canonical(terms)));
}

/** Eight groups of four digits: what two people compare by phone. */
export async function fingerprint(publicKey: string): Promise<string> {
  const digits = hex(await sha256(fromText(publicKey))).slice(0, 32);
  return digits.match(/.{4}/g)!.join(" ");
}

export function needed(paper: Paper): string[] {
  return paper.terms.experiment === null ? ["territory"] : ["territory", "company", "state"];
}

export async function judge(one: Signature, challenge: Bytes): Promise<Verdict> {
  try {
    const said = one.assertion;
    const data = fromText(said.authenticator_data);
    const clientBytes = fromText(said.client_data);
    const client = JSON.parse(new TextDecoder().decode(clientBytes)) as Record<string, unknown>;
    const site = hex(await sha256(new TextEncoder().encode(one.rp_id)));
    const flags = data[32] ?? 0;
    const sound =
      client.type === "webauthn.get" && client.challenge === toText(challenge) && client.origin === one.origin && client.crossOrigin !== true
      && hex(data.slice(0, 32)) === site && (flags & PRESENT) !== 0 && (flags & VERIFIED) !== 0;
    if (!sound) return "forged";
    return await check(coseKey(fromText(one.public_key)), fromText(said.signature), joined(data, await sha256(clientBytes)));
  } catch {
    return "forged";
  }
}

async function check(key: Map<number, number | Bytes>, signature: Bytes, message: Bytes): Promise<Verdict> {
  const part = (name: number): string => toText(key.get(name) as Bytes);
  const [jwk, algorithm, raw] = ((): [JsonWebKey, EcKeyImportParams & EcdsaParams | RsaHashedImportParams | { name: string }, Bytes] => {
    switch (key.get(3)) {
      case ES256:
        return [{ kty: "EC", crv: "P-256", x: part(-2), y: part(-3) }, { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, flat(signature)];
      case RS256:
        return [{ kty: "RSA", n: part(-1), e: part(-2) }, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, signature];
      case EDDSA:
        return [{ kty: "OKP", crv: "Ed25519", x: part(-2) }, { name: "Ed25519" }, signature];
      default:
        throw new Error("an algorithm we do not know");
    }
  })();
  let known: CryptoKey;
  try {
    known = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return "unknown";
    throw error;
  }
  return (await crypto.subtle.verify(algorithm, known, raw, message)) ? "holds" : "forged";
}

/** An ECDSA signature as passkeys give it (DER) is two numbers; the browser wants them side by side, 32 bytes each. */
function flat(der: Bytes): Bytes {
  function number(at: number): { value: Bytes; next: number } {
    if (der[at] !== 2) throw new Error("not a signature");
    const next = at + 2 + der[at + 1]!;
    const plain = der.slice(at + 2, next);
    const start = plain.findIndex((byte) => byte !== 0);
    const short = plain.slice(start < 0 ? plain.length : start);
    if (short.length > 32) throw new Error("not a signature");
    return { value: joined(new Uint8Array(32 - short.length), short), next };
  }
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new Error("not a signature");
  const r = number(2);
  const s = number(r.next);
  if (s.next !== der.length) throw new Error("not a signature");
  return joined(r.value, s.value);
}
