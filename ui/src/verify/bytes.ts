/** Bytes, as files and notes write them, and their hash. */

export type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

export const textBytes = (text: string): Bytes => utf8.encode(text);

export function hexBytes(hex: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Error("not hexadecimal");
  return Uint8Array.from({ length: hex.length / 2 }, (_, n) => Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16));
}

export function base64Bytes(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}

async function digest(name: "SHA-256" | "SHA-512", parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(name, joined(...parts)));
}

export const sha256 = (...parts: readonly Uint8Array[]): Promise<Bytes> => digest("SHA-256", parts);
export const sha512 = (...parts: readonly Uint8Array[]): Promise<Bytes> => digest("SHA-512", parts);
