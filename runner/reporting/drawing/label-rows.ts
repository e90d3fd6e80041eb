/**
 * Rows for the labels of arrows above the layer that these lead to, so that no two lie over each other.
 */

/** A label. */
export interface Label {
  /** Where its centre is to be, across. */
  readonly middle: number;
  /** The layer that it stands above. */
  readonly layer: number;
  /** 0: there is none. */
  readonly width: number;
  readonly height: number;
}

/** Where labels stand. */
export interface LabelRows {
  /** Height of all rows above a layer. */
  readonly gaps: ReadonlyMap<number, number>;
  /** Of each label, in order: from the top of the rows to its centre. */
  readonly offsets: readonly number[];
}

/** Space between two labels of a row. */
const GAP = 6;

/** Puts each label into the first row with room for it, from left to right. */
export function labelRows(labels: readonly Label[]): LabelRows {
  const shown = labels.map((label, index) => ({ label, index })).filter(({ label }) => label.width > 0);
  const heights = new Map<number, number>();
  for (const { label } of shown) heights.set(label.layer, Math.max(heights.get(label.layer) ?? 0, label.height));
  /** Where the last label of each row ends, by layer. */
  const ends = new Map<number, number[]>();
  const offsets = labels.map(() => 0);
  for (const { label, index } of shown.sort((a, b) => a.label.middle - b.label.middle || a.index - b.index)) {
    const { layer, middle, width } = label;
    const rows = ends.get(layer) ?? [];
    ends.set(layer, rows);
    const free = rows.findIndex((end) => end + GAP <= middle - width / 2);
    const row = free < 0 ? rows.length : free;
    rows[row] = middle + width / 2;
    offsets[index] = (row + 0.5) * (heights.get(layer) ?? 0);
  }
  return {
    gaps: new Map([...ends].map(([layer, rows]) => [layer, rows.length * (heights.get(layer) ?? 0)])),
    offsets,
  };
}
