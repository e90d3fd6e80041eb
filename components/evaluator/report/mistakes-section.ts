/**
 * The worst mistakes as the report shows them: images of a classifier, a table for everything else.
 */
import sharp from 'sharp';
import type { RawImage } from '../../formats/decode-image.js';
import type { Evaluation, Mistake } from '../evaluation.js';
import { decimal, nameOf, percentage, wholeNumber } from './format.js';
import { html, type Html } from '../../formats/html.js';
import { listTable } from './list-table.js';

/** Pixels of a side, at most: smaller images stay as they are. */
const THUMBNAIL_SIDE = 96;

/** A mistake and what it was made on. */
export interface ShownMistake extends Mistake {
  /** A PNG file. */
  readonly png: Buffer | undefined;
}

/** Makes a small PNG file of pixels; undefined when they are no picture for people. */
export async function thumbnail(image: RawImage | undefined): Promise<Buffer | undefined> {
  if (image === undefined) return undefined;
  const { height, width, channels, pixels } = image;
  if (channels !== 1 && channels !== 3) return undefined;
  return sharp(pixels, { raw: { height, width, channels } })
    .resize({ height: THUMBNAIL_SIDE, width: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
    .png({ compressionLevel: 9, adaptiveFiltering: false, palette: false })
    .toBuffer();
}

function classification(mistakes: readonly ShownMistake[], names: readonly string[]): Html {
  const figures = mistakes.map(({ row, label, predicted, weight, png }) => {
    const [own, taken] = [names[label] ?? '', names[predicted] ?? ''];
    const picture =
      png === undefined ? '' : html`<img alt="example ${row}" src="data:image/png;base64,${png.toString('base64')}" />`;
    return html`<figure>
      ${picture}
      <figcaption>
        is <b>${nameOf(own)}</b><br />taken for <b>${nameOf(taken)}</b><br />${percentage(weight)} sure<br />example
        ${wholeNumber(row)}
      </figcaption>
    </figure> `;
  });
  return html`<div class="gallery">${figures}</div>
    <p class="note">
      The mistakes that the model is surest of. Examples are numbered from 0 in the order of the split.
    </p>`;
}

function regression(mistakes: readonly ShownMistake[]): Html {
  const rows = mistakes.map(
    ({ row, label, predicted, weight }) =>
      html`<tr>
        <th scope="row">${wholeNumber(row)}</th>
        <td class="number">${decimal(label)}</td>
        <td class="number">${decimal(predicted)}</td>
        <td class="number">${decimal(weight)}</td>
      </tr> `,
  );
  return listTable(['Example', { number: 'Is' }, { number: 'Predicted' }, { number: 'Off by' }], rows);
}

/** The section of mistakes; nothing when there are none. */
export function mistakesSection(evaluation: Evaluation, mistakes: readonly ShownMistake[]): Html | '' {
  if (mistakes.length === 0) return '';
  const shown =
    evaluation.kind === 'classification'
      ? classification(
          mistakes,
          evaluation.per_class.map(({ name }) => name),
        )
      : regression(mistakes);
  return html`<section>
    <h2>Worst mistakes</h2>
    ${shown}
  </section>`;
}
