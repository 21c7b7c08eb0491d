import { describe, expect, it } from "vitest";
import { niceTop } from "../src/supervisor/charts";
import { toCsv } from "../src/supervisor/export";

describe("export", () => {
  it("quotes what CSV needs quoted (RFC 4180)", () => {
    expect(toCsv(["a", "b"], [['say "hi"', "x,y"], [1, 2]])).toBe('a,b\r\n"say ""hi""","x,y"\r\n1,2\r\n');
  });
  it("never lets a spreadsheet run a cell", () => {
    expect(toCsv(["a"], [["=1+1"], ["@x"]])).toBe("a\r\n'=1+1\r\n'@x\r\n");
  });
});

it("gives an axis a round top at or above its data", () => {
  expect([0, 3, 7, 12, 43, 120].map((value) => niceTop(value))).toEqual([4, 4, 10, 20, 50, 200]);
});
