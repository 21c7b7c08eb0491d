/** A place as people read, say and type it: latitude, then longitude. Code keeps longitude first. */
export function placeText(lon: number, lat: number): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}
