import { expect, it } from "vitest";
import { reasonInWords } from "../src/reasons";
import { t, type WordKey } from "../src/words";

it("tells the reasons that the server writes", () => {
  expect([
    "D-117: ETA 38 s, next best 51 s", "D-2: ETA 70 s, free in 12 s, no other in reach", "D-3: ETA 9 s, nearest at 8 s serves another",
    "48 m away, 12 s after, sos/fire",
  ].map(reasonInWords)).toEqual([
    "D-117: ETA 38 s, next best 51 s", "D-2: ETA 70 s, free in 12 s, no other in reach", "D-3: ETA 9 s, the nearest (8 s) serves another",
    "48 m away, 12 s after, SOS and Fire",
  ]);
});

it("leaves a reason it does not know as it is", () => {
  expect(reasonInWords("asked by A. Roy")).toBe("asked by A. Roy");
});

it("says the last part of a name it does not know, rather than nothing", () => {
  expect(t("phase.circling_wide" as WordKey)).toBe("circling wide");
});
