/** Building and updating elements without markup strings, so that no text from outside is ever read as HTML. */

type Child = Node | string | null | false;
type Props = Record<string, string | number | boolean | null | ((event: Event) => void)>;

function fill(element: Element, props: Props, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
}

/** An HTML element: attributes by name, listeners as `onclick`, then its children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

/** An SVG element. */
export function svg(tag: string, props: Props = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, props, children);
  return element;
}

/** Write text only when it differs: an untouched node costs the browser nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/**
 * Whether keys pressed here belong to what has the focus and are no commands: a field of a form (arrows choose among
 * radio buttons), what unfolds, and the map, which its own keys move and zoom.
 */
export function keepsItsKeys(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !/^(button|submit|reset|image)$/.test(target.type);
  return target.isContentEditable || /^(TEXTAREA|SELECT|OPTION|SUMMARY)$/.test(target.tagName) || target.closest(".maplibregl-map") !== null;
}
