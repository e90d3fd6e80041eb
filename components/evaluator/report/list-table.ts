/**
 * Tables of reports: a heading a column, above rows that their owners make.
 */
import { html, type Html } from '../../formats/html.js';

/** The title of a column; of one with numbers, under that name. */
export type ListColumn = string | { readonly number: string };

/** A table. */
export function listTable(columns: readonly ListColumn[], rows: readonly Html[]): Html {
  const headings = columns.map((column) =>
    typeof column === 'string'
      ? html`<th scope="col">${column}</th>`
      : html`<th scope="col" class="number">${column.number}</th>`,
  );
  return html`<div class="wide">
    <table class="list">
      <thead>
        <tr>
          ${headings}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
