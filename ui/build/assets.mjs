// Fonts, icons and the bitmaps a phone's home screen asks for.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

const FONTS = [["ibm-plex-sans", [400, 500, 600]], ["ibm-plex-mono", [400, 500]]];
const SUBSETS = ["latin", "latin-ext"];
// What names are written in beyond what the pages load: for papers (web/papers/fonts.py).
const PAPERS = { family: "ibm-plex-sans", weights: [400, 600], subsets: ["greek", "cyrillic", "cyrillic-ext", "vietnamese"] };

export async function copyFonts(root, out) {
  await mkdir(join(out, "fonts"), { recursive: true });
  for (const [family, weights] of FONTS) {
    const folder = join(root, "node_modules/@fontsource", family);
    await cp(join(folder, "LICENSE"), join(out, "fonts", `${family}-LICENSE.txt`));
    for (const weight of weights) {
      const more = family === PAPERS.family && PAPERS.weights.includes(weight) ? PAPERS.subsets : [];
      for (const subset of [...SUBSETS, ...more]) {
        const name = `${family}-${subset}-${weight}-normal.woff2`;
        await cp(join(folder, "files", name), join(out, "fonts", name));
      }
    }
  }
}

/** Names are Lucide's; a template says {% icon "bell" %}. */
export const ICONS = [
  "activity", "alarm-clock", "archive", "arrow-left", "arrow-right", "arrow-up-right", "ban", "battery-low", "battery-medium",
  "bell", "bell-off", "bell-ring", "book-open", "building-2", "calendar", "camera", "chart-column", "check", "chevron-down",
  "chevron-left", "chevron-right", "chevron-up", "circle", "circle-alert", "circle-check", "circle-help", "circle-user",
  "circle-x", "clipboard-list", "clock", "copy", "cpu", "crosshair", "door-open", "download", "drone", "ear-off",
  "external-link", "eye", "eye-off", "file-text", "fingerprint", "flag", "flame", "focus", "funnel", "gauge", "git-merge",
  "globe", "hand", "heart-pulse", "history", "house", "image", "inbox", "info", "key-round", "keyboard", "languages", "layers", "link",
  "list", "lock", "log-in", "log-out", "mail", "map", "map-pin", "megaphone", "menu", "message-square", "monitor", "moon",
  "navigation", "octagon-alert", "pause", "pencil", "phone", "phone-call", "phone-forwarded", "plane", "plane-landing",
  "play", "plus", "power", "printer", "qr-code", "radio", "radio-tower", "refresh-cw", "route", "save", "search", "send",
  "settings", "shield", "shield-alert", "shield-check", "signal", "signal-low", "siren", "smartphone", "split", "square",
  "star", "sun", "target", "timer", "trash-2", "triangle-alert", "undo-2", "unlink", "upload", "user", "user-check",
  "user-plus", "user-search", "users", "video", "video-off", "volume-2", "volume-x", "wifi", "wifi-off", "wind", "wrench", "x", "zap",
];

/** One sprite of 1.5 px strokes; a name that Lucide has dropped stops the build. */
export async function writeSprite(root, out, names) {
  const symbols = [];
  for (const name of names) {
    const text = await readFile(join(root, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const body = text.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s+/g, " ").trim();
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`);
  }
  const licence = (await readFile(join(root, "node_modules/lucide-static/LICENSE"), "utf8")).split("\n").slice(0, 3).join(" ").replaceAll("--", "-");
  await writeFile(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide. ${licence} -->\n${symbols.join("\n")}\n</svg>\n`);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function pngChunk(kind, data) {
  const head = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const whole = Buffer.alloc(head.length + 8);
  whole.writeUInt32BE(data.length, 0);
  head.copy(whole, 4);
  whole.writeUInt32BE(crc32(head), head.length + 4);
  return whole;
}

/** A white disc and ring on red: the button itself. Each pixel is sampled 3 x 3 for a smooth edge. */
function buttonPng(size) {
  const ground = [184, 13, 76];
  const rows = [];
  for (let y = 0; y < size; y += 1) {
    const row = Buffer.alloc(1 + size * 3);
    for (let x = 0; x < size; x += 1) {
      let white = 0;
      for (let sub = 0; sub < 9; sub += 1) {
        const dx = (x + ((sub % 3) + 0.5) / 3) / size - 0.5;
        const dy = (y + (Math.floor(sub / 3) + 0.5) / 3) / size - 0.5;
        const radius = Math.hypot(dx, dy);
        if (radius < 0.2 || (radius > 0.26 && radius < 0.32)) white += 1 / 9;
      }
      ground.forEach((value, index) => { row[1 + x * 3 + index] = Math.round(value + (255 - value) * white); });
    }
    rows.push(row);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })), pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

export async function pressIcons(out) {
  await mkdir(join(out, "icons"), { recursive: true });
  for (const size of [180, 192, 512]) await writeFile(join(out, "icons", `press-${size}.png`), buttonPng(size));
}
