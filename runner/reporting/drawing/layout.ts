/**
 * Where boxes, arrows and labels go, in layers from top to bottom. It knows sizes, not texts.
 */
import { labelRows } from './label-rows.js';
import { arrange, layersOf, type Cell } from './layers.js';

/** A point in pixels, from the upper left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is to be laid out. */
export interface Sized {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** What is joined. */
export interface Joint {
  readonly from: string;
  readonly to: string;
  /** Columns of pixels that its label takes; 0: it has none. */
  readonly labelWidth: number;
  /** Of its label. */
  readonly labelHeight: number;
}

/** Where everything is. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Centres of the boxes, by id. */
  readonly centers: ReadonlyMap<string, Point>;
  /** Of every joint, in order: where it goes along, and the centre of its label. */
  readonly routes: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

/** Pixels around everything, and between two layers at least. */
const MARGIN = 8;
const LAYER_GAP = 34;

/** Share of a box's width that arrows are spread over. */
const SPREAD = 0.6;

/** Longest arrow, in layers, that goes around the boxes between its ends; longer ones go straight. */
const LONGEST_ROUTED = 40;

/** The cells of all boxes by id, of all joints along their ways, and of all layers. */
interface Cells {
  readonly boxes: ReadonlyMap<string, Cell>;
  readonly paths: readonly (readonly Cell[])[];
  readonly layers: Cell[][];
}

function cellsOf(boxes: readonly Sized[], joints: readonly Joint[]): Cells {
  const layerOf = layersOf(
    boxes.map(({ id }) => id),
    joints,
  );
  const count = 1 + boxes.reduce((most, { id }) => Math.max(most, layerOf.get(id) ?? 0), 0);
  const layers = Array.from({ length: count }, (): Cell[] => []);
  const add = (width: number, height: number, layer: number): Cell => {
    const cell: Cell = { width, height, layer, above: [], below: [], x: 0 };
    layers[layer]?.push(cell);
    return cell;
  };
  const cells = new Map(boxes.map(({ id, width, height }) => [id, add(width, height, layerOf.get(id) ?? 0)]));
  const paths = joints.map(({ from, to }): readonly Cell[] => {
    const [start, end] = [cells.get(from), cells.get(to)];
    if (start === undefined || end === undefined) return [];
    const span = end.layer - start.layer;
    const between = span > 1 && span <= LONGEST_ROUTED ? span - 1 : 0;
    const path = [start, ...Array.from({ length: between }, (_, index) => add(0, 0, start.layer + index + 1)), end];
    path.forEach((cell, index) => {
      const next = path[index + 1];
      if (next === undefined || next.layer <= cell.layer) return;
      cell.below.push(next);
      next.above.push(cell);
    });
    return path;
  });
  return { boxes: cells, paths, layers };
}

/** Where an arrow leaves or reaches a box: the cell that it leads to, and the number of the arrow. */
interface End {
  readonly other: Cell;
  readonly key: number;
}

/** Positions of arrows at their boxes, by number: spread over the width, in the order of their other ends. */
function spread(ends: readonly (readonly [cell: Cell, end: End])[]): ReadonlyMap<number, number> {
  const byCell = new Map<Cell, End[]>();
  for (const [cell, end] of ends) {
    const known = byCell.get(cell);
    if (known === undefined) byCell.set(cell, [end]);
    else known.push(end);
  }
  const positions = new Map<number, number>();
  for (const [cell, found] of byCell) {
    found.sort((a, b) => a.other.x - b.other.x || a.key - b.key);
    const step = (cell.width * SPREAD) / found.length;
    found.forEach(({ key }, index) => positions.set(key, cell.x + (index - (found.length - 1) / 2) * step));
  }
  return positions;
}

/** Where the layers are, from the top. */
interface Levels {
  readonly tops: readonly number[];
  readonly bottoms: readonly number[];
  /** Where the last one ends. */
  readonly end: number;
}

/** @param gaps - what stands above each layer beside the space that is always there */
function levels(layers: readonly (readonly Cell[])[], gaps: readonly number[]): Levels {
  const tops: number[] = [];
  const bottoms: number[] = [];
  let end = MARGIN;
  layers.forEach((layer, index) => {
    const top = index === 0 ? end : end + LAYER_GAP + (gaps[index] ?? 0);
    end = top + layer.reduce((most, cell) => Math.max(most, cell.height), 0);
    tops.push(top);
    bottoms.push(end);
  });
  return { tops, bottoms, end };
}

/** Lays out boxes and what joins them. */
export function layOut(boxes: readonly Sized[], joints: readonly Joint[]): Layout {
  const { boxes: cells, paths, layers } = cellsOf(boxes, joints);
  arrange(layers);
  const labels = paths.map((path, index) => ({
    middle: ((path.at(-2)?.x ?? 0) + (path.at(-1)?.x ?? 0)) / 2,
    layer: path.at(-1)?.layer ?? 0,
    width: joints[index]?.labelWidth ?? 0,
    height: joints[index]?.labelHeight ?? 0,
  }));
  const { gaps, offsets } = labelRows(labels);
  const { tops, bottoms, end } = levels(
    layers,
    layers.map((_, layer) => gaps.get(layer) ?? 0),
  );
  const every = [...layers.flat(), ...labels.map(({ middle, width }) => ({ x: middle, width }))];
  const [first] = every;
  const left = every.reduce((least, { x, width }) => Math.min(least, x - width / 2), first?.x ?? 0) - MARGIN;
  const right = every.reduce((most, { x, width }) => Math.max(most, x + width / 2), first?.x ?? 0) + MARGIN;
  const joined = paths.flatMap((path, key) =>
    path.length < 2 ? [] : [{ key, path: path as readonly [Cell, ...Cell[]] }],
  );
  const leaving = spread(joined.map(({ key, path }) => [path[0], { other: path[1] ?? path[0], key }]));
  const reaching = spread(
    joined.map(({ key, path }) => [path.at(-1) ?? path[0], { other: path.at(-2) ?? path[0], key }]),
  );
  const middleOf = ({ layer }: Cell): number => ((tops[layer] ?? 0) + (bottoms[layer] ?? 0)) / 2;
  const routes = paths.map((path, key) => {
    const points = path.flatMap((cell, at): readonly Point[] => {
      const y = middleOf(cell);
      if (at === 0) return [{ x: (leaving.get(key) ?? cell.x) - left, y: y + cell.height / 2 }];
      if (at === path.length - 1) return [{ x: (reaching.get(key) ?? cell.x) - left, y: y - cell.height / 2 }];
      // Straight through the layer, so that the corners of its boxes are not cut.
      return [tops, bottoms].map((side) => ({ x: cell.x - left, y: side[cell.layer] ?? y }));
    });
    const last = points.at(-1) ?? { x: 0, y: 0 };
    const layer = path.at(-1)?.layer ?? 0;
    const y = (tops[layer] ?? 0) - (gaps.get(layer) ?? 0) - LAYER_GAP / 2 + (offsets[key] ?? 0);
    return { points, label: { x: xAt(points.at(-2) ?? last, last, y), y } };
  });
  return {
    width: right - left,
    height: end + MARGIN,
    centers: new Map([...cells].map(([id, cell]) => [id, { x: cell.x - left, y: middleOf(cell) }])),
    routes,
  };
}

/** Where a curve between two points, upright at both, is at a height. */
function xAt(from: Point, to: Point, y: number): number {
  const middle = (from.y + to.y) / 2;
  let [low, high] = [0, 1];
  for (let step = 0; step < 20; step++) {
    const t = (low + high) / 2;
    const height = from.y * (1 - t) ** 3 + 3 * middle * t * (1 - t) + to.y * t ** 3;
    if (height < y) low = t;
    else high = t;
  }
  return from.x + (to.x - from.x) * (3 * low ** 2 - 2 * low ** 3);
}
