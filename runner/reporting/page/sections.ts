/**
 * Sections and tables of pages.
 */
import { listTable } from '../../../components/evaluator/report/list-table.js';
import { html, type Html } from '../../../components/formats/html.js';
import { plainLine } from '../text/plain-text.js';
import type { Column } from '../text/table.js';

/** A column of a page's table. */
export interface PageColumn extends Column {
  /** Its cells are to be read letter by letter. */
  readonly isCode?: boolean;
}

/** A section with its heading. */
export function section(title: string, content: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;
}

/** A table; cells may hold anything. */
export function table(columns: readonly PageColumn[], rows: readonly (readonly string[])[]): Html {
  const cell = ({ align, isCode }: PageColumn, text: string): Html =>
    html`<td class="${align === 'right' ? 'number' : ''}">
      ${isCode === true ? html`<code>${plainLine(text)}</code>` : plainLine(text)}
    </td>`;
  return listTable(
    columns.map(({ title, align }) => (align === 'right' ? { number: title } : title)),
    rows.map(
      (row) =>
        html`<tr>
          ${columns.map((column, index) => cell(column, row[index] ?? ''))}
        </tr> `,
    ),
  );
}
