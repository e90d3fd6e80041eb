/**
 * Every code of an error in the sources has its section in docs/errors.md, and every section there is of such a code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { DIAGNOSTIC_CODES } from '../../runner/source/diagnostic-codes.js';

/** Classes whose first argument is a code. */
const ERRORS = ['StepError', 'StoreError', 'RequestError'];

/** Codes that are given to failures which no class stands for. */
const PLAIN_FAILURES = ['defect', 'ended', 'process-died', 'uncaught'];

/** Texts that an expression can have; none where that is not known here: a code that was told before is passed on. */
function textsOf(expression: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isConditionalExpression(expression))
    return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  return [];
}

/** What a message can be, as patterns: what is put into it can be anything. */
function patternsOf(expression: ts.Expression): readonly string[] {
  const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/gu, '\\$&');
  if (ts.isStringLiteralLike(expression)) return [escaped(expression.text)];
  if (ts.isConditionalExpression(expression)) {
    return [...patternsOf(expression.whenTrue), ...patternsOf(expression.whenFalse)];
  }
  if (!ts.isTemplateExpression(expression)) return ['[^]*'];
  const spans = expression.templateSpans.map(({ literal }) => `[^]*${escaped(literal.text)}`);
  return [`${escaped(expression.head.text)}${spans.join('')}`];
}

/** A code with the forms of one message that has it. */
interface Told {
  readonly code: string;
  readonly patterns: readonly string[];
}

function toldIn(file: string): readonly Told[] {
  const told: Told[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && ERRORS.includes(node.expression.getText())) {
      const [code, message] = node.arguments ?? [];
      if (code !== undefined && message !== undefined) {
        for (const text of textsOf(code)) told.push({ code: text, patterns: patternsOf(message) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return told;
}

const sources = ['artifacts', 'components', 'runner'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path)),
);
const told = sources.flatMap(toldIn);
const codes = new Set([...told.map(({ code }) => code), ...Object.keys(DIAGNOSTIC_CODES), ...PLAIN_FAILURES]);

const page = readFileSync('docs/errors.md', 'utf8');
const sections = [...page.matchAll(/^### (.+)\n\n([^]*?)(?=\n##|$(?![^]))/gmu)].map(([, code = '', text = '']) => ({
  code,
  text,
}));

describe('docs/errors.md', () => {
  test('tells every code of the sources, and no other, once', () => {
    expect(codes.size).toBeGreaterThan(100);
    expect(sections.map(({ code }) => code).toSorted()).toEqual([...codes].toSorted());
  });

  test('shows messages of pipeline files as they are', () => {
    const said = readdirSync('tests/golden')
      .map((name) => readFileSync(join('tests/golden', name, 'expected.txt'), 'utf8'))
      .join('\n');
    for (const { code, text } of sections.filter((section) => section.code in DIAGNOSTIC_CODES)) {
      const [, message = ''] = /^ {4}(.+)$/mu.exec(text) ?? [];
      expect(said).toContain(`[${code}]: ${message}`);
    }
  });

  test('shows messages of all others in the form that they have', () => {
    const unlike = sections.filter(({ code, text }) => {
      const [, message] = /^ {4}(.+)$/mu.exec(text) ?? [];
      const patterns = told.filter((each) => each.code === code).flatMap((each) => each.patterns);
      if (message === undefined || code in DIAGNOSTIC_CODES || patterns.length === 0) return false;
      return !patterns.some((pattern) => new RegExp(`^${pattern}$`, 'u').test(message));
    });
    expect(unlike).toEqual([]);
  });

  test.each(sections.map(({ code, text }) => [code, text] as const))(
    'says what it means and how to mend it: %s',
    (_, text) => {
      const paragraphs = text.split('\n\n').filter((paragraph) => !paragraph.startsWith('    '));
      expect(paragraphs.length).toBeGreaterThanOrEqual(2);
    },
  );
});
