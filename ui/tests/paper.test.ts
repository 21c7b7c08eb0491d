import { describe, expect, it } from "vitest";
import { coseKey, fromText, hex, joined, sha256, toText, type Bytes } from "../src/signing/bytes";
import { canonical, digest, fingerprint, judge, needed, type Paper, type Signature } from "../src/signing/paper";

const TERMS = { label: "Compter à l’entrée\n« nord »", id: "1", zones: ["z-1"], rate_per_minute: 1, experiment: { object: "o", company: "c" }, law: [] };
const SITE = "localhost";
const ORIGIN = "http://localhost";

function cborBytes(raw: Uint8Array): Uint8Array {
  return raw.length < 256 ? joined(new Uint8Array([0x58, raw.length]), raw) : joined(new Uint8Array([0x59, raw.length >> 8, raw.length & 255]), raw);
}

/** The DER form that passkeys give ECDSA signatures in. */
function der(raw: Uint8Array): Bytes {
  const number = (part: Uint8Array): Uint8Array => {
    const short = part.slice(part.findIndex((byte) => byte !== 0));
    const whole = short[0]! > 127 ? joined(new Uint8Array([0]), short) : short;
    return joined(new Uint8Array([2, whole.length]), whole);
  };
  const body = joined(number(raw.slice(0, 32)), number(raw.slice(32)));
  return joined(new Uint8Array([0x30, body.length]), body);
}

type Kind = "ES256" | "EdDSA" | "RS256";
const WAYS: Record<Kind, EcKeyGenParams | RsaHashedKeyGenParams | { name: string }> = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
};

async function signature(kind: Kind, challenge: Bytes, changes: { flags?: number; client?: Record<string, unknown> } = {}): Promise<Signature> {
  const pair = (await crypto.subtle.generateKey(WAYS[kind], true, ["sign", "verify"])) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const part = (text: string | undefined): Uint8Array => cborBytes(fromText(text!));
  const cose = {
    ES256: () => joined(new Uint8Array([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21]), part(jwk.x), new Uint8Array([0x22]), part(jwk.y)),
    EdDSA: () => joined(new Uint8Array([0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21]), part(jwk.x)),
    RS256: () => joined(new Uint8Array([0xa4, 1, 3, 3, 0x39, 1, 0, 0x20]), part(jwk.n), new Uint8Array([0x21]), part(jwk.e)),
  }[kind]();
  const client = new TextEncoder().encode(JSON.stringify({ type: "webauthn.get", challenge: toText(challenge), origin: ORIGIN, ...changes.client }));
  const data = joined(await sha256(new TextEncoder().encode(SITE)), new Uint8Array([changes.flags ?? 5, 0, 0, 0, 0]));
  const raw = new Uint8Array(await crypto.subtle.sign({ name: WAYS[kind].name, hash: "SHA-256" }, pair.privateKey, joined(data, await sha256(client))));
  return {
    role: "state", name: "Prefect", public_key: toText(cose), rp_id: SITE, origin: ORIGIN,
    assertion: { authenticator_data: toText(data), client_data: toText(client), signature: toText(kind === "ES256" ? der(raw) : raw) },
  };
}

describe("a signed paper", () => {
  it("is the same bytes whatever order its file is read in", () => {
    expect(canonical(TERMS)).toBe(
      '{"experiment":{"company":"c","object":"o"},"id":"1","label":"Compter à l’entrée\\n« nord »","law":[],"rate_per_minute":1,"zones":["z-1"]}',
    );
    expect(canonical({ b: null, a: true })).toBe('{"a":true,"b":null}');
  });

  it.each(["ES256", "EdDSA", "RS256"] as const)("holds by a key of kind %s, and by no other", async (kind) => {
    const challenge = await digest(TERMS);
    const one = await signature(kind, challenge);
    expect(await judge(one, challenge)).toBe("holds");
    expect(await judge({ ...one, public_key: (await signature(kind, challenge)).public_key }, challenge)).toBe("forged");
  });

  it("does not hold under other terms, made elsewhere, by nobody verified, or with a bent signature", async () => {
    const challenge = await digest(TERMS);
    const other = await digest({ ...TERMS, rate_per_minute: 2 });
    const one = await signature("ES256", challenge);
    expect(await judge(one, other)).toBe("forged");
    expect(await judge({ ...one, rp_id: "elsewhere" }, challenge)).toBe("forged");
    expect(await judge(await signature("ES256", challenge, { flags: 1 }), challenge)).toBe("forged");
    expect(await judge(await signature("ES256", challenge, { flags: 4 }), challenge)).toBe("forged");
    expect(await judge(await signature("ES256", challenge, { client: { type: "webauthn.create" } }), challenge)).toBe("forged");
    expect(await judge(await signature("ES256", challenge, { client: { origin: "http://elsewhere" } }), challenge)).toBe("forged");
    expect(await judge(await signature("ES256", challenge, { client: { crossOrigin: true } }), challenge)).toBe("forged");
    for (const wrong of ["", "AAAA", one.assertion.signature.slice(2), `${one.assertion.signature}AA`]) {
      expect(await judge({ ...one, assertion: { ...one.assertion, signature: wrong } }, challenge)).toBe("forged");
    }
  });

  it("reads a key or nothing", () => {
    for (const wrong of ["", "oA__", "pQECAyYgASFYIA", "9g"]) expect(() => coseKey(fromText(wrong))).toThrow();
    expect([...coseKey(new Uint8Array([0xa1, 1, 2]))]).toEqual([[1, 2]]);
  });

  it("needs three for an experiment, and has a fingerprint to read aloud", async () => {
    expect(needed({ terms: TERMS, signatures: [] } as unknown as Paper)).toEqual(["territory", "company", "state"]);
    expect(needed({ terms: { ...TERMS, experiment: null }, signatures: [] })).toEqual(["territory"]);
    expect(await fingerprint("AAAA")).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect(hex(await sha256(new Uint8Array()))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});
