/** Ed25519 signatures (RFC 8032), by the browser where it knows them, else by arithmetic: slow, and fast enough for ten. */

import { sha512, type Bytes } from "./bytes";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a: bigint, m: bigint = P): bigint => ((a % m) + m) % m;

function power(base: bigint, exponent: bigint): bigint {
  let found = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) found = mod(found * b);
    b = mod(b * b);
  }
  return found;
}

const inverse = (a: bigint): bigint => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);

/** A point in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
type Point = readonly [bigint, bigint, bigint, bigint];

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function times(point: Point, factor: bigint): Point {
  let found: Point = [0n, 1n, 1n, 0n];
  for (let p = point, n = factor; n > 0n; n >>= 1n) {
    if (n & 1n) found = add(found, p);
    p = add(p, p);
  }
  return found;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The point that 32 bytes stand for (RFC 8032, 5.1.3); null when they stand for none. */
function point(bytes: Uint8Array): Point | null {
  const said = littleEndian(bytes);
  const sign = said >> 255n;
  const y = said & (2n ** 255n - 1n);
  if (y >= P) return null;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * v ** 3n * power(u * mod(v ** 7n), (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

const equal = (a: Point, b: Point): boolean => mod(a[0] * b[2] - b[0] * a[2]) === 0n && mod(a[1] * b[2] - b[1] * a[2]) === 0n;
const Y = mod(4n * inverse(5n));
const BASE = point(Uint8Array.from({ length: 32 }, (_, n) => Number((Y >> BigInt(8 * n)) & 255n)));

export async function holdsByArithmetic(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64 || BASE === null) return false;
  const [r, a, s] = [point(signature.subarray(0, 32)), point(key), littleEndian(signature.subarray(32))];
  if (r === null || a === null || s >= L) return false;
  const k = littleEndian(await sha512(signature.subarray(0, 32), key, message)) % L;
  return equal(times(BASE, s), add(r, times(a, k)));
}

export async function holds(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  let known: CryptoKey;
  try {
    known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return holdsByArithmetic(key, message, signature); // an older browser, or no key at all
  }
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, message);
}
