// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { columnsPlot, countTop, linesPlot, niceTop } from "../src/supervisor/charts";
import { toCsv } from "../src/export";

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

it("marks a count's axis with whole numbers", () => {
  for (const most of [0, 3, 5, 7, 12, 43, 120]) {
    expect(countTop(most)).toBeGreaterThanOrEqual(most);
    expect(countTop(most) % 2).toBe(0);
  }
});

describe("a chart", () => {
  const axis = { timeZone: "Europe/Paris", language: "fr", width: 480 };
  const hours = (count: number): string[] => Array.from({ length: count }, (_, at) => new Date(Date.UTC(2026, 10, 20, at)).toISOString());
  const words = (chart: Element | undefined): string[] => [...(chart?.querySelectorAll("text") ?? [])].map((one) => one.textContent ?? "");

  it("shows clock times within a day and dates beyond it", () => {
    expect(words(columnsPlot(axis, hours(24).map((at) => [at, 1]))?.element)).toContain("01:00");
    const week = words(columnsPlot(axis, hours(7 * 24).map((at) => [at, 1]))?.element);
    expect(week.filter((text) => /20 nov\./.test(text)).length).toBe(1);
  });

  it("breaks a line where nobody counted", () => {
    const plot = linesPlot(axis, hours(5), [{ label: "", values: [1, null, null, 2, 3], style: "solid" }]);
    expect(plot?.element.querySelector(".chart__line")?.getAttribute("d")?.match(/M/g)?.length).toBe(2);
    expect(linesPlot(axis, hours(2), [{ label: "", values: [null, null], style: "area" }])).toBe(null);
  });
});
