/**
 * What the report shows of a classifier: classes, confusion matrix, most frequent confusions.
 */
import type { ClassificationResult, ClassMetrics } from '../evaluation.js';
import { bar, isolated, nameOf, percentage, wholeNumber } from './format.js';
import { html, type Html } from '../../formats/html.js';
import { listTable } from './list-table.js';
import { HEAT_STEPS } from './styles.js';

/** Classes up to which the confusion matrix fits a page. */
const SHOWN_CLASSES = 40;

/** Classes up to which its cells are roomy. */
const ROOMY_CLASSES = 16;

/** Classes that the table lists; the file has all. */
const LISTED_CLASSES = 200;

const LISTED_CONFUSIONS = 10;

function reading(share: number | null): Html {
  if (share === null) return html`<td class="number reading faint">–</td>`;
  return html`<td class="number reading">${percentage(share)}${bar(share)}</td>`;
}

function classRow({ name, precision, recall, f1, support, predicted }: ClassMetrics): Html {
  return html`<tr>
    <th scope="row">${nameOf(name)}</th>
    ${reading(precision)}${reading(recall)}${reading(f1)}
    <td class="number">${wholeNumber(support)}</td>
    <td class="number">${wholeNumber(predicted)}</td>
  </tr> `;
}

const CLASS_COLUMNS = [
  'Class',
  ...['Precision', 'Recall', 'F1', 'Examples', 'Predicted'].map((number) => ({ number })),
];

/** The table of classes with their averages. */
export function classTable({ per_class, metrics }: ClassificationResult): Html {
  const average = (kind: string): Html =>
    html`<tr>
      <th scope="row" class="faint">${kind} average</th>
      ${reading(metrics[`${kind}_precision`] ?? null)}${reading(metrics[`${kind}_recall`] ?? null)}${reading(metrics[`${kind}_f1`] ?? null)}
      <td></td>
      <td></td>
    </tr> `;
  const listed = per_class.slice(0, LISTED_CLASSES).map(classRow);
  const more = per_class.length - listed.length;
  return html`<section>
    <h2>Classes</h2>
    ${listTable(CLASS_COLUMNS, [...listed, average('macro'), average('weighted')])}
    ${more > 0 ? html`<p class="note">${wholeNumber(more)} more classes are in evaluation.json.</p>` : ''}
    <p class="note">
      Precision: of what is taken for the class, the share that is of it. Recall: of what is of the class, the share
      that is taken for it. F1: their harmonic mean.
    </p>
  </section>`;
}

function cell(count: number, total: number, isRight: boolean, title: string): Html {
  if (count === 0) return html`<td class="none" title="${title}">0</td>`;
  // What is there at all is never shown as nothing.
  const step = Math.max(1, Math.round((count / total) * HEAT_STEPS));
  return html`<td class="${isRight ? 'right' : 'wrong'} h${step}" title="${title}">${wholeNumber(count)}</td>`;
}

/**
 * The confusion matrix as a heat map, where it fits.
 *
 * @param of - what it belongs to, where several things are shown
 */
export function confusionMatrix({ confusion_matrix, per_class }: ClassificationResult, of?: string): Html {
  const title = of === undefined ? 'Confusion matrix' : html`Confusion matrix: ${nameOf(of)}`;
  if (confusion_matrix === null || per_class.length > SHOWN_CLASSES) {
    return html`<section>
      <h2>${title}</h2>
      <p>
        ${wholeNumber(per_class.length)} classes do not fit a page;
        ${confusion_matrix === null ? 'the most frequent confusions are below.' : 'the matrix is in evaluation.json.'}
      </p>
    </section>`;
  }
  const names = per_class.map(({ name }) => name);
  const rows = confusion_matrix.map((counts, label) => {
    const total = per_class[label]?.support ?? 0;
    const own = names[label] ?? '';
    const cells = counts.map((count, taken) => {
      const title = `${isolated(own)} taken for ${isolated(names[taken] ?? '')}: ${wholeNumber(count)} of ${wholeNumber(total)}`;
      return cell(count, total, label === taken, title);
    });
    return html`<tr>
      <th scope="row">${nameOf(own)}</th>
      ${cells}
    </tr> `;
  });
  return html`<section>
    <h2>${title}</h2>
    <div class="wide">
      <table class="${names.length > ROOMY_CLASSES ? 'matrix dense' : 'matrix'}">
        <thead>
          <tr>
            <td class="faint">is ↓ taken for →</td>
            ${names.map((name) => html`<th scope="col"><span>${nameOf(name)}</span></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="note">Shades are shares of a row: of the examples of a class. The diagonal is what is right.</p>
  </section>`;
}

/** The most frequent confusions in words. */
export function worstConfusions({ confusions, per_class }: ClassificationResult): Html {
  if (confusions.length === 0)
    return html`<section>
      <h2>Most frequent confusions</h2>
      <p>There are none.</p>
    </section>`;
  const items = confusions.slice(0, LISTED_CONFUSIONS).map(({ label, predicted, count }) => {
    const [own, taken] = [per_class[label], per_class[predicted]];
    const share = count / (own?.support ?? count);
    return html`<tr>
      <th scope="row">${nameOf(own?.name ?? '')}</th>
      <td>${nameOf(taken?.name ?? '')}</td>
      <td class="number">${wholeNumber(count)}</td>
      <td class="number">${percentage(share)}</td>
    </tr> `;
  });
  return html`<section>
    <h2>Most frequent confusions</h2>
    ${listTable(['Is', 'Taken for', { number: 'Examples' }, { number: 'Of the class' }], items)}
  </section>`;
}
