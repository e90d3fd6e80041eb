/**
 * A comparison of two runs as one page that needs nothing else.
 */
import type { ClassificationResult } from '../../../components/evaluator/evaluation.js';
import { confusionMatrix } from '../../../components/evaluator/report/classification-sections.js';
import { html, htmlPage, type Html } from '../../../components/formats/html.js';
import { plainLine } from '../text/plain-text.js';
import type { Column } from '../text/table.js';
import { trainingCurves, type Epochs } from './curves.js';
import { section, table } from './sections.js';
import { PAGE_STYLES } from './styles.js';

/** What a run holds that is drawn; by the output that it came out at, as `node.port`. */
interface DrawnContents {
  readonly trainings: ReadonlyMap<string, Epochs>;
  readonly evaluations: ReadonlyMap<string, ClassificationResult>;
}

/** All that the page shows. */
export interface DifferencePageContent {
  /** Both runs in a few words. */
  readonly titles: { readonly before: string; readonly after: string };
  /** What is said of runs that came from the same to the same; undefined where they did not. */
  readonly same: string | undefined;
  readonly sections: readonly {
    readonly title: string;
    readonly columns: readonly Column[];
    readonly rows: readonly (readonly string[])[];
    readonly note?: string | undefined;
  }[];
  readonly before: DrawnContents;
  readonly after: DrawnContents;
}

/** Sections side by side, a pair an output that either run has. */
function pairs<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  draw: (title: string, value: T, both: readonly T[]) => readonly Html[],
): readonly Html[] {
  return [...new Set([...before.keys(), ...after.keys()])].map((output) => {
    const both = [before.get(output), after.get(output)].filter((value) => value !== undefined);
    const side = (title: string, value: T | undefined): readonly Html[] =>
      value === undefined ? [] : draw(`${title}: ${output}`, value, both);
    return html`<div class="pair even">${side('before', before.get(output))}${side('after', after.get(output))}</div>`;
  });
}

function firstUpper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Makes the page. */
export function differencePage({ titles, same, sections, before, after }: DifferencePageContent): string {
  const tables = sections.map(({ title, columns, rows, note }) =>
    section(
      firstUpper(title),
      html`${rows.length === 0 ? '' : table(columns, rows)}${
        note === undefined ? '' : html`<p class="faint">${note}</p>`
      }`,
    ),
  );
  const matrices = pairs(before.evaluations, after.evaluations, (title, evaluation) => [
    confusionMatrix(evaluation, title),
  ]);
  const curves = pairs(before.trainings, after.trainings, (title, epochs, both) =>
    trainingCurves(new Map([[title, epochs]]), both),
  );
  return htmlPage(
    `${titles.before} → ${titles.after}`,
    PAGE_STYLES,
    html`<header>
        <div>
          <h1>What changed</h1>
          <p class="faint">before: ${plainLine(titles.before)}</p>
          <p class="faint">after: ${plainLine(titles.after)}</p>
        </div>
      </header>
      ${same === undefined ? '' : html`<p>${firstUpper(same)}.</p>`} ${tables} ${matrices} ${curves}`,
  );
}
