/** The map wears the page's tokens; MapLibre and canvas want plain rgb, whatever form the style sheet uses. */

export interface Theme {
  ground: string;
  city: string;
  line: string;
  street: string;
  quarter: string;
  dock: string;
  button: string;
  label: string;
  ink: string;
  deaf: string;
  critical: string;
  serious: string;
  attention: string;
  ours: string;
  resolved: string;
}

const TOKENS: Record<keyof Theme, string> = {
  ground: "--grey-1", city: "--grey-3", line: "--grey-6", street: "--grey-5", quarter: "--grey-7", dock: "--grey-9",
  button: "--grey-10", label: "--grey-10", ink: "--grey-12", deaf: "--attention", critical: "--critical", serious: "--serious",
  attention: "--attention", ours: "--ours", resolved: "--resolved",
};

/** Read every token as the browser resolves it, by painting one pixel of each. */
export function readTheme(host: HTMLElement): Theme {
  const probe = document.createElement("span");
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const resolve = (token: string): string => {
    probe.style.color = `var(${token})`;
    if (!context) return style.color;
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = style.color;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return `rgb(${red},${green},${blue})`;
  };
  const theme = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, resolve(token)])) as unknown as Theme;
  probe.remove();
  return theme;
}

/** Call back when the page changes its theme or the system does. */
export function onThemeChange(changed: () => void): void {
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    window.matchMedia(query).addEventListener("change", changed);
  }
}
