/**
 * Where boxes and arrows go: layers from top to bottom, in an order in which few arrows cross, each box near those that it
 * is joined to. After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures"
 * (1981): layers by the longest path, order by barycenters. It knows sizes, not texts.
 */
import { forwardOrder, sourcesOf } from './forward-order.js';

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

/** Pixels between neighbours, around everything, and between two layers at least. */
const GAP = 22;
const MARGIN = 8;
const LAYER_GAP = 34;

/** Share of a box's width that arrows are spread over. */
const SPREAD = 0.6;

/** Longest arrow, in layers, that goes around the boxes between its ends; longer ones go straight. */
const LONGEST_ROUTED = 40;

const ORDER_SWEEPS = 8;
const PLACE_SWEEPS = 24;

/** A box, or the place where a long arrow passes a layer. */
interface Cell {
  readonly width: number;
  readonly height: number;
  readonly layer: number;
  readonly above: Cell[];
  readonly below: Cell[];
  /** Centre. */
  x: number;
}

function layersOf(ids: readonly string[], joints: readonly Joint[]): ReadonlyMap<string, number> {
  const ordered = forwardOrder(ids, joints);
  const position = new Map(ordered.map((id, index) => [id, index]));
  const isForward = ({ from, to }: Joint): boolean => (position.get(from) ?? 0) < (position.get(to) ?? 0);
  const forward = joints.filter(isForward);
  const sources = sourcesOf(forward);
  const layers = new Map<string, number>();
  for (const id of ordered) {
    layers.set(
      id,
      (sources.get(id) ?? []).reduce((most, source) => Math.max(most, (layers.get(source) ?? 0) + 1), 0),
    );
  }
  // What needs nothing stands right above the first that needs it.
  for (const id of ordered) {
    if (sources.has(id)) continue;
    const users = forward.filter(({ from }) => from === id).map(({ to }) => layers.get(to) ?? 1);
    if (users.length > 0) layers.set(id, Math.min(...users) - 1);
  }
  return layers;
}

function mean(cells: readonly Cell[], fallback: number): number {
  return cells.length === 0 ? fallback : cells.reduce((sum, { x }) => sum + x, 0) / cells.length;
}

/** Least distance between the centres of two neighbours. */
function distance(left: Cell, right: Cell): number {
  return (left.width + right.width) / 2 + GAP;
}

/** Sets the cells of a layer side by side. */
function pack(layer: readonly Cell[]): void {
  layer.forEach((cell, index) => {
    const before = layer[index - 1];
    cell.x = before === undefined ? 0 : before.x + distance(before, cell);
  });
  const middle = ((layer[0]?.x ?? 0) + (layer.at(-1)?.x ?? 0)) / 2;
  for (const cell of layer) cell.x -= middle;
}

/** Moves the cells of a layer towards their neighbours in another, keeping order and distances. */
function place(layer: readonly Cell[], wanted: (cell: Cell) => number): void {
  const right = layer.map(wanted);
  const left = [...right];
  for (let index = 1; index < layer.length; index++) {
    const least = (right[index - 1] as number) + distance(layer[index - 1] as Cell, layer[index] as Cell);
    right[index] = Math.max(right[index] as number, least);
  }
  for (let index = layer.length - 2; index >= 0; index--) {
    const most = (left[index + 1] as number) - distance(layer[index] as Cell, layer[index + 1] as Cell);
    left[index] = Math.min(left[index] as number, most);
  }
  // Both keep the distances, so that their mean does.
  layer.forEach((cell, index) => {
    cell.x = ((right[index] as number) + (left[index] as number)) / 2;
  });
}

function arrange(layers: Cell[][]): void {
  for (const layer of layers) pack(layer);
  for (let sweep = 0; sweep < ORDER_SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const weights = new Map(layer.map((cell) => [cell, mean(isDown ? cell.above : cell.below, cell.x)]));
      layer.sort((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
      pack(layer);
    }
  }
  for (let sweep = 0; sweep < PLACE_SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : layers.toReversed()) {
      place(layer, ({ above, below, x }) => mean(isDown ? above : below, mean(isDown ? below : above, x)));
    }
  }
}

/** Where arrows leave or reach a box: spread over its width, in the order of their other ends. */
function spread(
  cell: Cell,
  ends: readonly { readonly other: Cell; readonly key: number }[],
): ReadonlyMap<number, number> {
  const sorted = [...ends].sort((a, b) => a.other.x - b.other.x || a.key - b.key);
  const step = (cell.width * SPREAD) / Math.max(1, sorted.length);
  return new Map(sorted.map(({ key }, index) => [key, cell.x + (index - (sorted.length - 1) / 2) * step]));
}

/** Lays out boxes and what joins them. */
export function layOut(boxes: readonly Sized[], joints: readonly Joint[]): Layout {
  const layerOf = layersOf(
    boxes.map(({ id }) => id),
    joints,
  );
  const layers: Cell[][] = [];
  const add = (width: number, height: number, layer: number): Cell => {
    const cell: Cell = { width, height, layer, above: [], below: [], x: 0 };
    (layers[layer] ??= []).push(cell);
    return cell;
  };
  const count = 1 + boxes.reduce((most, { id }) => Math.max(most, layerOf.get(id) ?? 0), 0);
  for (let layer = 0; layer < count; layer++) layers[layer] = [];
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
  arrange(layers);

  // Labels stand above the layer that their arrows lead to, in as many rows as they need to be apart.
  const gaps = layers.map(() => LAYER_GAP);
  const labels: { readonly offset: number }[] = [];
  const rows = layers.map((): { left: number; right: number }[][] => []);
  const byMiddle = paths
    .map((path, index) => ({ path, index, middle: ((path.at(-2)?.x ?? 0) + (path.at(-1)?.x ?? 0)) / 2 }))
    .sort((a, b) => a.middle - b.middle || a.index - b.index);
  for (const { path, index, middle } of byMiddle) {
    const { labelWidth = 0, labelHeight = 0 } = joints[index] ?? {};
    const layer = path.at(-1)?.layer ?? 0;
    const taken = rows[layer] ?? [];
    const [left, right] = [middle - labelWidth / 2, middle + labelWidth / 2];
    let row = 0;
    while (labelWidth > 0 && taken[row]?.some((other) => other.left < right + 6 && left - 6 < other.right) === true)
      row++;
    if (labelWidth > 0) {
      (taken[row] ??= []).push({ left, right });
      gaps[layer] = Math.max(gaps[layer] ?? 0, LAYER_GAP + (row + 1) * labelHeight);
    }
    labels[index] = { offset: LAYER_GAP / 2 + (row + 0.5) * labelHeight };
  }

  const tops: number[] = [];
  let bottom = MARGIN;
  layers.forEach((layer, index) => {
    const top = index === 0 ? bottom : bottom + (gaps[index] ?? LAYER_GAP);
    tops.push(top);
    bottom = top + layer.reduce((most, { height }) => Math.max(most, height), 0);
  });
  const every = layers.flat();
  const left = every.reduce((least, { x, width }) => Math.min(least, x - width / 2), Infinity) - MARGIN;
  const right = every.reduce((most, { x, width }) => Math.max(most, x + width / 2), -Infinity) + MARGIN;
  const shift = Number.isFinite(left) ? -left : 0;
  const middleOf = (cell: Cell): number => {
    const heights = (layers[cell.layer] ?? []).map(({ height }) => height);
    return (tops[cell.layer] ?? 0) + Math.max(...heights) / 2;
  };
  const leaving = new Map<Cell, { other: Cell; key: number }[]>();
  const reaching = new Map<Cell, { other: Cell; key: number }[]>();
  paths.forEach((path, key) => {
    const [start, second] = path;
    const [before, end] = path.slice(-2);
    if (start === undefined || second === undefined || before === undefined || end === undefined) return;
    leaving.set(start, [...(leaving.get(start) ?? []), { other: second, key }]);
    reaching.set(end, [...(reaching.get(end) ?? []), { other: before, key }]);
  });
  const starts = new Map([...leaving].map(([cell, ends]) => [cell, spread(cell, ends)]));
  const ends = new Map([...reaching].map(([cell, others]) => [cell, spread(cell, others)]));
  return {
    width: (Number.isFinite(right) ? right : MARGIN) + shift,
    height: bottom + MARGIN,
    centers: new Map([...cells].map(([id, cell]) => [id, { x: cell.x + shift, y: middleOf(cell) }])),
    routes: paths.map((path, index) => {
      const points = path.map((cell, at): Point => {
        if (at === 0) {
          const x = starts.get(cell)?.get(index) ?? cell.x;
          return { x: x + shift, y: middleOf(cell) + cell.height / 2 };
        }
        if (at === path.length - 1) {
          const x = ends.get(cell)?.get(index) ?? cell.x;
          return { x: x + shift, y: middleOf(cell) - cell.height / 2 };
        }
        return { x: cell.x + shift, y: middleOf(cell) };
      });
      const end = points.at(-1) ?? { x: 0, y: 0 };
      const before = points.at(-2) ?? end;
      const layer = path.at(-1)?.layer ?? 0;
      const y = (tops[layer] ?? 0) - (gaps[layer] ?? LAYER_GAP) + (labels[index]?.offset ?? 0);
      return { points, label: { x: xAt(before, end, y), y } };
    }),
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
