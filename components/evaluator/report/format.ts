/**
 * Numbers and names as the report shows them, the same on every machine.
 */
import { html, type Html } from '../../formats/html.js';

/** `12,345`. */
export function wholeNumber(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/gu, ',');
}

/** A share as a percentage with one digit: `87.3 %`. Only what is all or nothing is shown as 100 or 0. */
export function percentage(share: number): string {
  const percent = share * 100;
  const text = percent.toFixed(1);
  if (text === '100.0') return share === 1 ? '100 %' : '> 99.9 %';
  if (text === '0.0') return share === 0 ? '0 %' : '< 0.1 %';
  return `${text} %`;
}

/** A number with four significant digits. */
export function decimal(value: number): string {
  return minus(String(Number(value.toPrecision(4))));
}

/** A number with a minus sign in place of the hyphen. */
export function minus(number: string): string {
  return number.replace(/^-/u, '−');
}

/** A difference with its sign. */
export function signed(text: string, value: number): string {
  return value < 0 ? minus(text) : `+${text}`;
}

/** A name from data: on one line, and with a direction of its own, so that it cannot turn around what follows it. */
export function nameOf(text: string): Html {
  return html`<bdi class="name" title="${text}">${text === '' ? '(empty)' : text}</bdi>`;
}

/** A name inside plain text, with a direction of its own: between U+2068 and U+2069. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** A share as a bar. */
export function bar(share: number): Html {
  const width = (share * 100).toFixed(1);
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="10" rx="5" />
    <rect class="value" width="${width}" height="10" rx="5" />
  </svg>`;
}
