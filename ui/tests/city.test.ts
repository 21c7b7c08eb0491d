import { expect, test } from "vitest";
import { groundAround } from "../src/map/city";

/** Height over width of the map that Mercator makes of a box. */
function shape([[west, south], [east, north]]: [[number, number], [number, number]]): { width: number; height: number } {
  const y = (lat: number): number => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  return { width: ((east - west) * Math.PI) / 180, height: y(north) - y(south) };
}

test.each([
  ["Paris, woods included", [2.2240784, 48.8155767, 2.469761, 48.9021619]],
  ["a valley from north to south", [2, 45, 2.05, 45.4]],
  ["a port on the equator", [-0.3, -0.05, 0.3, 0.05]],
] as [string, [number, number, number, number]][])("the whole of %s fits a window of any shape", (_name, box) => {
  const city = shape([[box[0], box[1]], [box[2], box[3]]]);
  const ground = shape(groundAround(box));
  for (const tall of [0.5, 826 / 736, 2]) {
    // The least a window of this shape must show for the city to be whole in it.
    const width = Math.max(city.width, city.height / tall);
    expect(ground.width).toBeGreaterThan(width);
    expect(ground.height).toBeGreaterThan(width * tall);
  }
});
