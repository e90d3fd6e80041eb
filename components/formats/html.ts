/**
 * HTML from templates that escape whatever is put into them, and pages that need nothing else: no script, no style
 * attribute, nothing loaded, and a policy that forbids all of it.
 */
import { createHash } from 'node:crypto';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

/** What can be put into a template: text and numbers are escaped, HTML is not, lists are joined. */
export type Content = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element contents and quoted attributes. Control characters, which HTML forbids, become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? character)
    .replaceAll(/(?![\t\n])\p{Cc}|\p{Cs}/gu, '\uFFFD');
}

function render(content: Content): string {
  if (content instanceof Html) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content));
  return content.map(({ text }) => text).join('');
}

/** Makes HTML of a template literal. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(contents[index - 1] ?? '') + part));
}

/**
 * A whole page.
 *
 * @param styles - the style sheet, without `</style>`
 * @param body - content of `<main>`
 */
export function htmlPage(title: string, styles: string, body: Html): string {
  const hash = createHash('sha256').update(styles).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Html(`<style>${styles}</style>`)}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}
