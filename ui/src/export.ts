/** A chart leaves the page as figures or as a picture of itself. */
import { h } from "./dom";
import { t, type WordKey } from "./words";

/** RFC 4180, with a quote before anything a spreadsheet would run as a formula. */
export function toCsv(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return "";
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function download(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const PAINTED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "paint-order", "font-family", "font-size", "font-weight"];
const SCALE = 2;
const TITLE_PX = 26;

/** A picture has no style sheet: each element carries its computed look with it, as attributes. */
function withItsLook(chart: SVGElement, width: number, height: number): SVGElement {
  const copy = chart.cloneNode(true) as SVGElement;
  const originals = [chart, ...chart.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, index) => {
    const style = getComputedStyle(originals[index] ?? chart);
    for (const name of PAINTED) element.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  return copy;
}

async function imageOf(element: SVGElement): Promise<HTMLImageElement> {
  const image = new Image();
  const source = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(element)], { type: "image/svg+xml" }));
  try {
    image.src = source;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(source);
  }
}

export async function pngOf(chart: SVGElement, title: string): Promise<Blob> {
  const [, , width = 480, height = 190] = (chart.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const image = await imageOf(withItsLook(chart, width, height));
  return pngOfImages([{ image, title, width, height }]);
}

export interface Panel {
  image: CanvasImageSource;
  title: string;
  /** Its size on the page, in CSS pixels. */
  width: number;
  height: number;
}

/** One picture of several, each under its title, on the page's own ground. */
export async function pngOfImages(panels: readonly Panel[]): Promise<Blob> {
  const width = Math.max(...panels.map((one) => one.width));
  const height = panels.reduce((sum, one) => sum + one.height + TITLE_PX, 0);
  const canvas = Object.assign(document.createElement("canvas"), { width: width * SCALE, height: height * SCALE });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D canvas");
  const page = getComputedStyle(document.documentElement);
  context.fillStyle = page.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(SCALE, SCALE);
  context.fillStyle = page.color;
  context.font = `600 13px ${page.fontFamily}`;
  let top = 0;
  for (const one of panels) {
    context.fillText(one.title, 8, top + 18);
    context.drawImage(one.image, 0, top + TITLE_PX, one.width, one.height);
    top += one.height + TITLE_PX;
  }
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
}

/** A small button that saves something. What could not be made says so beside it. */
export function saveButton(word: WordKey, title: string, work: () => Promise<void> | void): HTMLElement {
  const button = h("button", {
    class: "button button--quiet", type: "button", "aria-label": t("supervisor.download", { title, format: t(word) }),
  }, t(word));
  const place = h("span", { class: "save" }, button);
  const run = async (): Promise<void> => {
    place.querySelector("[role=alert]")?.remove();
    try {
      await work();
    } catch (failure) {
      console.warn(failure);
      place.append(h("span", { role: "alert" }, t("supervisor.unsaved")));
    }
  };
  button.addEventListener("click", () => void run());
  return place;
}
