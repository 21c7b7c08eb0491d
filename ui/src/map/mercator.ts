/** Web Mercator, as MapLibre places things when north is up and nothing tilts. */

export interface Camera {
  lon: number;
  lat: number;
  zoom: number;
}

const TILE_PX = 512;

/** 0 to 1 from west to east. */
export const mercatorX = (lon: number): number => (lon + 180) / 360;

/** 0 to 1 from north to south. */
export const mercatorY = (lat: number): number => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

/** Turns mercator places into pixels of one canvas under one camera. */
export class View {
  private readonly world: number;
  private readonly originX: number;
  private readonly originY: number;

  constructor(camera: Camera, private readonly width: number, private readonly height: number) {
    this.world = TILE_PX * 2 ** camera.zoom;
    this.originX = mercatorX(camera.lon) * this.world - width / 2;
    this.originY = mercatorY(camera.lat) * this.world - height / 2;
  }

  x(mercator: number): number {
    return mercator * this.world - this.originX;
  }

  y(mercator: number): number {
    return mercator * this.world - this.originY;
  }

  /** Far enough outside that no part of a mark shows. */
  isOutside(x: number, y: number): boolean {
    return x < -24 || y < -24 || x > this.width + 24 || y > this.height + 24;
  }
}
