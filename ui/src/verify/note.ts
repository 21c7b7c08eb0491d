/** Checkpoints and keys as C2SP writes them: signed-note, tlog-checkpoint, tlog-cosignature. */

import { base64Bytes, joined, same, sha256, textBytes, type Bytes } from "./bytes";
import { holds } from "./ed25519";

const COSIGNATURE = 4;

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
  /** What is signed. */
  readonly body: string;
  readonly signatures: readonly { readonly name: string; readonly raw: Bytes }[];
}

export interface Key {
  readonly name: string;
  readonly kind: number;
  readonly id: Bytes;
  readonly raw: Bytes;
}

export function parseCheckpoint(note: string): Checkpoint {
  const gap = note.lastIndexOf("\n\n");
  const lines = note.slice(0, gap).split("\n");
  const [origin, size, root] = lines;
  if (gap < 0 || !origin || !root || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "")) throw new Error("not a checkpoint");
  const signatures = note.slice(gap + 2).split("\n").filter((line) => line !== "").map((line) => {
    const [dash, name, encoded] = line.split(" ");
    if (dash !== "\u2014" || !name || !encoded) throw new Error("not a signature line");
    return { name, raw: base64Bytes(encoded) };
  });
  return { origin, size: Number(size), root: base64Bytes(root), body: note.slice(0, gap + 1), signatures };
}

/** A verifier key, `name+id+base64`, whose id must be that of its name and key. */
export async function parseKey(text: string): Promise<Key> {
  const [name, id, ...rest] = text.trim().split("+");
  const typed = base64Bytes(rest.join("+"));
  const kind = typed[0] ?? 0;
  if (!name || typed.length !== 33 || (kind !== 1 && kind !== COSIGNATURE)) throw new Error(`not a key: ${text}`);
  const found = (await sha256(textBytes(`${name}\n`), typed)).slice(0, 4);
  if ([...found].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== id) throw new Error(`not a key: ${text}`);
  return { name, kind, id: found, raw: typed.slice(1) };
}

export const isWitness = (key: Key): boolean => key.kind === COSIGNATURE;

/** When the key signed, in seconds since 1970 (0 for a log's own signature); null when it did not. */
export async function signedAt(key: Key, checkpoint: Checkpoint): Promise<number | null> {
  for (const { name, raw } of checkpoint.signatures) {
    if (name !== key.name || !same(raw.subarray(0, 4), key.id)) continue;
    if (!isWitness(key)) return (await holds(key.raw, textBytes(checkpoint.body), raw.slice(4))) ? 0 : null;
    const at = Number(raw.subarray(4, 12).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
    const message = joined(textBytes(`cosignature/v1\ntime ${at}\n`), textBytes(checkpoint.body));
    return (await holds(key.raw, message, raw.slice(12))) ? at : null;
  }
  return null;
}
