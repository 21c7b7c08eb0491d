/** Judge a proof that a fact is in the log: the opening of its commitment, its place in the tree, who signed. */

import { hexBytes, joined, same, sha256, textBytes, type Bytes } from "./bytes";
import { isWitness, parseCheckpoint, parseKey, signedAt, type Checkpoint, type Key } from "./note";

const FORM = "necmergitur/proof/v1";
const LEAF = textBytes("necmergitur/leaf/v1\0");
const DETAIL = textBytes("necmergitur/detail/v1\0");
const PATH_MAX = 63;

export interface Opening {
  readonly header: string;
  readonly header_salt: string;
  readonly detail?: string;
  readonly detail_salt?: string;
  readonly hidden?: string;
}

export interface Proof {
  readonly form: string;
  readonly seq: number;
  readonly fact: Opening;
  readonly index: number;
  readonly path: readonly string[];
  readonly checkpoint: string;
  readonly log_key: string;
  readonly witness_keys?: readonly string[];
}

export interface Fact {
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly kind: string;
  readonly at: Date;
  readonly authorisation: string;
  /** Who, what, and the commitment to the sealed part; null where it is not shown. */
  readonly detail: readonly [string, unknown, string | null] | null;
}

export interface Verdict {
  readonly fact: Fact;
  readonly checkpoint: Checkpoint;
  /** The fact is in the tree, unchanged. */
  readonly included: boolean;
  /** The log signed that tree, by the key that was used. */
  readonly signed: boolean;
  /** The log's key came from the person who checks, not with the proof. */
  readonly ownKey: boolean;
  readonly witnesses: readonly { readonly name: string; readonly at: Date; readonly own: boolean }[];
}

async function commitment(fact: Opening): Promise<Bytes> {
  const hidden = fact.detail === undefined
    ? hexBytes(fact.hidden ?? "")
    : await sha256(DETAIL, hexBytes(fact.detail_salt ?? ""), await sha256(textBytes(fact.detail)));
  return sha256(LEAF, hexBytes(fact.header_salt), await sha256(textBytes(fact.header)), hidden);
}

/** RFC 9162, 2.1.3.2. */
export async function includes(leaf: Bytes, index: number, size: number, path: readonly Bytes[], root: Bytes): Promise<boolean> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size || path.length > PATH_MAX) return false;
  if ([leaf, root, ...path].some((hash) => hash.length !== 32)) return false;
  let [at, last, found] = [BigInt(index), BigInt(size - 1), leaf];
  for (const sibling of path) {
    if (last === 0n) return false;
    if ((at & 1n) === 1n || at === last) {
      found = await sha256(Uint8Array.of(1), sibling, found);
      while ((at & 1n) === 0n && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else found = await sha256(Uint8Array.of(1), found, sibling);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && same(found, root);
}

function readFact(opening: Opening): Fact {
  const header: unknown = JSON.parse(opening.header);
  if (!Array.isArray(header) || header.length !== 6) throw new Error("not a fact");
  const [seq, stream, version, kind, at, authorisation] = header as [number, string, number, string, number, string];
  const detail = opening.detail === undefined ? null : (JSON.parse(opening.detail) as [string, unknown, string | null]);
  return { seq, stream, version, kind, at: new Date(at / 1000), authorisation, detail };
}

/** Judge the text of a proof's file, by keys the person trusts; by the proof's own, said to be so, where there are none. */
export async function judge(text: string, trusted: readonly string[]): Promise<Verdict> {
  const proof = JSON.parse(text) as Proof;
  if (proof.form !== FORM) throw new Error("not a proof");
  const fact = readFact(proof.fact);
  if (fact.seq !== proof.seq || proof.index !== proof.seq - 1) throw new Error("not a proof: the number is not the place");
  const checkpoint = parseCheckpoint(proof.checkpoint);
  const leaf = await sha256(joined(Uint8Array.of(0), await commitment(proof.fact)));
  const mine = await Promise.all(trusted.map(parseKey));
  const theirs = await Promise.all([proof.log_key, ...(proof.witness_keys ?? [])].map(parseKey));
  const myLogKeys = mine.filter((key) => !isWitness(key));
  const logKeys = (myLogKeys.length > 0 ? myLogKeys : theirs.filter((key) => !isWitness(key))).filter((key) => key.name === checkpoint.origin);
  const signed = (await Promise.all(logKeys.map((key) => signedAt(key, checkpoint)))).some((at) => at !== null);
  return {
    fact, checkpoint, signed, ownKey: myLogKeys.length > 0,
    included: await includes(leaf, proof.index, checkpoint.size, proof.path.map(hexBytes), checkpoint.root),
    witnesses: await witnesses(mine.filter(isWitness), theirs.filter(isWitness), checkpoint),
  };
}

async function witnesses(mine: readonly Key[], theirs: readonly Key[], checkpoint: Checkpoint): Promise<Verdict["witnesses"]> {
  const found: { name: string; at: Date; own: boolean }[] = [];
  for (const [keys, own] of [[mine, true], [theirs, false]] as const) {
    for (const key of keys) {
      if (found.some((one) => one.name === key.name)) continue;
      const at = await signedAt(key, checkpoint);
      if (at !== null) found.push({ name: key.name, at: new Date(at * 1000), own });
    }
  }
  return found;
}
