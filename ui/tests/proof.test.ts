import { describe, expect, it } from "vitest";
import { base64Bytes, hexBytes, textBytes } from "../src/verify/bytes";
import { holds, holdsByArithmetic } from "../src/verify/ed25519";
import { parseKey, signedAt } from "../src/verify/note";
import { includes, judge } from "../src/verify/proof";
import { WORDS } from "../src/verify/words";
import golden from "./proof.json";

const KEYS = [golden.whole.log_key, ...golden.whole.witness_keys];
const FALSE_KEY = "city.example/log+d9351e77+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
const text = (proof: object): string => JSON.stringify(proof);

// RFC 8032, 7.1: tests 1, 2 and 3.
const PUBLISHED = [
  ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"],
  ["3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"],
  ["fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"],
] as const;

describe("signatures", () => {
  it.each(PUBLISHED)("hold as RFC 8032 publishes them (%s)", async (key, message, signature) => {
    for (const way of [holds, holdsByArithmetic]) {
      expect(await way(hexBytes(key), hexBytes(message), hexBytes(signature))).toBe(true);
      expect(await way(hexBytes(key), textBytes("other"), hexBytes(signature))).toBe(false);
      const broken = hexBytes(signature);
      broken[3]! ^= 1;
      expect(await way(hexBytes(key), hexBytes(message), broken)).toBe(false);
    }
  });

  it("with a scalar beyond the order are refused, as malleable", async () => {
    const [key, message, signature] = PUBLISHED[0];
    const raw = hexBytes(signature);
    let s = raw.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + 2n ** 252n + 27742317777372353535851937790883648493n;
    for (let n = 32; n < 64; n += 1, s >>= 8n) raw[n] = Number(s & 255n);
    expect(await holdsByArithmetic(hexBytes(key), hexBytes(message), raw)).toBe(false);
  });
});

describe("a proof", () => {
  it("holds by keys of one's own, whole or by its header", async () => {
    for (const proof of [golden.whole, golden.header]) {
      const verdict = await judge(text(proof), KEYS);
      expect([verdict.included, verdict.signed, verdict.ownKey]).toEqual([true, true, true]);
      expect(verdict.witnesses).toEqual([{ name: "witness.example/w", at: new Date(1_800_000_000_000), own: true }]);
      expect([verdict.fact.seq, verdict.fact.kind]).toEqual([5, "Happened"]);
    }
    expect((await judge(text(golden.whole), KEYS)).fact.detail?.[0]).toBe("test");
    expect((await judge(text(golden.header), KEYS)).fact.detail).toBeNull();
  });

  it("says so when the keys are its own", async () => {
    const verdict = await judge(text(golden.whole), []);
    expect([verdict.signed, verdict.ownKey, verdict.witnesses[0]?.own]).toEqual([true, false, false]);
  });

  it("is not believed by another key of the same name", async () => {
    const stranger = await keyOf(hexBytes(PUBLISHED[0][0]));
    expect((await judge(text(golden.whole), [stranger])).signed).toBe(false);
  });

  it.each([
    ["a word of the fact", { fact: { ...golden.whole.fact, detail: golden.whole.fact.detail.replace("Happened", "Happenes") } }],
    ["the header", { fact: { ...golden.whole.fact, header: golden.whole.fact.header.replace("x:1", "x:2") } }],
    ["a salt", { fact: { ...golden.whole.fact, header_salt: "00".repeat(16) } }],
    ["the path", { path: ["00".repeat(32), ...golden.whole.path.slice(1)] }],
    ["the length of the path", { path: golden.whole.path.slice(1) }],
  ])("does not hold once %s was changed", async (_, changes) => {
    expect((await judge(text({ ...golden.whole, ...changes }), KEYS)).included).toBe(false);
  });

  it("of another size or root is not what was signed", async () => {
    const verdict = await judge(text({ ...golden.whole, checkpoint: golden.whole.checkpoint.replace("\n7\n", "\n8\n") }), KEYS);
    expect([verdict.signed, verdict.witnesses]).toEqual([false, []]);
  });

  it.each(["", "{}", "[]", "null", text({ ...golden.whole, seq: 6 }), text({ ...golden.whole, index: 5 }), text({ ...golden.whole, checkpoint: "x" })])(
    "that is none is told (%#)", async (broken) => {
      await expect(judge(broken, KEYS)).rejects.toThrow();
    });
});

async function keyOf(raw: Uint8Array): Promise<string> {
  const typed = Uint8Array.from([1, ...raw]);
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from([...textBytes("city.example/log\n"), ...typed]))).slice(0, 4);
  return `city.example/log+${[...id].map((b) => b.toString(16).padStart(2, "0")).join("")}+${btoa(String.fromCharCode(...typed))}`;
}

it("a published key is read, and one whose id is not its own is not", async () => {
  const key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  expect((await parseKey(key)).name).toBe("sum.golang.org");
  await expect(parseKey(key.replace("033d", "033e"))).rejects.toThrow();
  await expect(parseKey(FALSE_KEY)).rejects.toThrow();
  expect(await signedAt(await parseKey(key), { origin: "", size: 0, root: base64Bytes(""), body: "", signatures: [] })).toBeNull();
});

it("a leaf is nowhere in a tree it is not in", async () => {
  const leaf = hexBytes("00".repeat(32));
  expect(await includes(leaf, 0, 1, [], leaf)).toBe(true);
  expect(await includes(leaf, 1, 1, [], leaf)).toBe(false);
  expect(await includes(leaf, 0, 2, [], leaf)).toBe(false);
});

it("speaks both languages whole", () => {
  const parts = (words: Record<string, string>): unknown => Object.entries(words).map(([key, value]) => [key, (value.match(/\{\w+\}/g) ?? []).sort()]);
  expect(parts(WORDS.fr)).toEqual(parts(WORDS.en));
});
