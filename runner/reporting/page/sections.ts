/**
 * Sections and tables of pages.
 */
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
  const kind = ({ align }: PageColumn): string => (align === 'right' ? 'number' : '');
  const cell = (column: PageColumn, text: string): Html =>
    html`<td class="${kind(column)}">
      ${column.isCode === true ? html`<code>${plainLine(text)}</code>` : plainLine(text)}
    </td>`;
  return html`<div class="wide">
    <table class="list">
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column, index) => cell(column, row[index] ?? ''))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}
