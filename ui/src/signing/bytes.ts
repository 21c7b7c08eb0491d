/** Bytes as passkeys and papers spell them: base64url, and the little of CBOR that a COSE key needs. */

export type Bytes = Uint8Array<ArrayBuffer>;

export function toText(bytes: ArrayBuffer | Uint8Array): string {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let text = "";
  for (const byte of all) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromText(text: string): Bytes {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at += 1) bytes[at] = plain.charCodeAt(at);
  return bytes;
}

export function joined(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A COSE key: one flat map from small integers to integers and bytes (RFC 9052). Anything else throws. */
export function coseKey(bytes: Uint8Array): Map<number, number | Bytes> {
  let at = 0;
  function take(count: number): Bytes {
    if (at + count > bytes.length) throw new Error("too short");
    at += count;
    return new Uint8Array(bytes.slice(at - count, at));
  }
  function head(): { kind: number; value: number } {
    const first = take(1)[0]!;
    const info = first & 31;
    const size = info < 24 ? 0 : info === 24 ? 1 : info === 25 ? 2 : -1;
    if (size < 0) throw new Error("not a key");
    return { kind: first >> 5, value: size === 0 ? info : take(size).reduce((sum, byte) => sum * 256 + byte, 0) };
  }
  function item(): number | Bytes {
    const { kind, value } = head();
    if (kind === 0) return value;
    if (kind === 1) return -1 - value;
    if (kind === 2) return take(value);
    throw new Error("not a key");
  }
  const { kind, value } = head();
  if (kind !== 5) throw new Error("not a key");
  const key = new Map<number, number | Bytes>();
  for (let left = value; left > 0; left -= 1) {
    const name = item();
    if (typeof name !== "number") throw new Error("not a key");
    key.set(name, item());
  }
  if (at !== bytes.length) throw new Error("too long");
  return key;
}
