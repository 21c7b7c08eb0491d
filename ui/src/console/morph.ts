/** Server-rendered fragments put in place without losing focus, scroll or a half-typed word. */
import { Idiomorph } from "idiomorph";

/** Fields somebody has typed in: they keep their text whatever the server sends. */
const TYPED = new WeakSet<Element>();

/** Notice what is typed inside `scope`, now and later. */
export function keepTyped(scope: HTMLElement): void {
  scope.addEventListener("input", (event) => {
    if (event.target instanceof Element) TYPED.add(event.target);
  });
}

/** What was typed has been sent: fresh content may show. */
export function forgetTyped(fields: Iterable<Element>): void {
  for (const field of fields) TYPED.delete(field);
}

/** A select is kept whole: its options carry the choice, and the server's would put back the first. */
const isKept = (node: Node): boolean =>
  node instanceof HTMLElement && ("kept" in node.dataset || (/^(TEXTAREA|SELECT)$/.test(node.tagName) && TYPED.has(node)));

/** Attributes that belong to the reader or to the island, and not to the server. */
function isAttributeKept(name: string, node: Element): boolean {
  if (TYPED.has(node)) return name === "value" || name === "checked";
  if (node.tagName === "DETAILS") return name === "open";
  return node.matches("[data-picture],[data-picture-off],[data-picture-video]") && (name === "src" || name === "hidden");
}

export function morph(place: HTMLElement, html: string): void {
  Idiomorph.morph(place, html, {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    restoreFocus: true,
    callbacks: {
      beforeAttributeUpdated: (name: string, node: Element) => !isAttributeKept(name, node),
      beforeNodeMorphed: (node: Node) => !isKept(node),
    },
  });
}
