/**
 * Layers of cells for a drawing from top to bottom: every arrow leads to a lower layer, few cross, and each cell is near
 * those that it is joined to. After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
 * Structures" (1981): layers by the longest path, order by barycenters.
 */
import type { Arrow } from './drawing.js';
import { forwardOrder, sourcesOf } from './forward-order.js';

/** Pixels between neighbours. */
const GAP = 22;

/** How often layers are put in order, and their cells moved. */
const ORDER_SWEEPS = 8;
const PLACE_SWEEPS = 24;

/** A box, or the place where a long arrow passes a layer. */
export interface Cell {
  readonly width: number;
  readonly height: number;
  readonly layer: number;
  readonly above: Cell[];
  readonly below: Cell[];
  /** Centre. */
  x: number;
}

/** The layer of every box, by its id. */
export function layersOf(
  ids: readonly string[],
  joints: readonly Pick<Arrow, 'from' | 'to'>[],
): ReadonlyMap<string, number> {
  const ordered = forwardOrder(ids, joints);
  const position = new Map(ordered.map((id, index) => [id, index]));
  const isForward = ({ from, to }: Pick<Arrow, 'from' | 'to'>): boolean =>
    (position.get(from) ?? 0) < (position.get(to) ?? 0);
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
  const users = new Map<string, number>();
  for (const { from, to } of forward) {
    users.set(from, Math.min(users.get(from) ?? Infinity, layers.get(to) ?? Infinity));
  }
  for (const [id, first] of users) if (!sources.has(id)) layers.set(id, first - 1);
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

/** Orders the cells of all layers, and sets their centres. */
export function arrange(layers: Cell[][]): void {
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
