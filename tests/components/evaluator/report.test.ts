import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classificationTally } from '../../../components/evaluator/classification-metrics.js';
import type { Evaluation } from '../../../components/evaluator/evaluation.js';
import { decimal, percentage, signed, wholeNumber } from '../../../components/evaluator/report/format.js';
import { escapeHtml, html } from '../../../components/formats/html.js';
import { thumbnail, type ShownMistake } from '../../../components/evaluator/report/mistakes-section.js';
import { reportPage } from '../../../components/evaluator/report/page.js';
import type { Blessing } from '../../../components/formats/blessing.js';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='x",
  '&amp;\u202e',
  '',
  '{{x}}\u0000',
];

const blessing: Blessing = {
  version: 1,
  blessed: false,
  reasons: ['<b>reason</b>'],
  checks: [{ metric: 'recall of <script>', bound: 'minimum', limit: 0.5, value: null, passed: false }],
  model: 'm'.repeat(64),
  baseline_model: null,
};

function evaluationOf(classes: readonly string[], labels: readonly number[], predicted: readonly number[]): Evaluation {
  const tally = classificationTally(classes, classes.length, [2], 4);
  const outputs = predicted.flatMap((taken) => classes.map((_, index) => (index === taken ? 1 : 0)));
  tally.add(Int32Array.from(labels), Float32Array.from(outputs));
  return {
    version: 1,
    model: 'm'.repeat(64),
    baseline_model: null,
    examples: 'e'.repeat(64),
    split: '<i>test',
    count: labels.length,
    label: 'la"bel',
    backend: { name: 'cpu', version: '4.22.0' },
    baseline_metrics: { accuracy: 0.9, loss: 1 },
    ...tally.result(),
  };
}

/** All tags of a page, without the style sheet. */
function tagsOf(page: string): readonly string[] {
  return page.replace(/<style>[^]*?<\/style>/u, '').match(/<\/?[a-z][^>]*>/giu) ?? [];
}

describe('the report', () => {
  const evaluation = evaluationOf(HOSTILE, [0, 1, 2, 3, 4, 5], [1, 0, 2, 3, 4, 5]);
  const mistakes: ShownMistake[] = [{ row: 0, label: 0, predicted: 1, weight: 1, png: Buffer.from('png') }];
  const page = reportPage(evaluation, blessing, mistakes);

  test('escapes all that comes from data', () => {
    expect(page).not.toMatch(/<script|<img src=x|<i>test|<b>reason|\0/u);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    for (const tag of tagsOf(page)) {
      // Only attributes that the report itself writes, all in double quotes.
      expect(tag).toMatch(
        /^<\/?[a-z0-9!]+( (lang|charset|http-equiv|content|name|class|scope|title|viewBox|preserveAspectRatio|aria-hidden|width|height|rx|alt|src)(="[^"]*")?)*\s*\/?>$/iu,
      );
    }
  });

  test('loads nothing, and forbids what it does not need', () => {
    const style = /<style>([^]*?)<\/style>/u.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; img-src data:;`);
    expect(page).not.toMatch(/https?:|url\(|@import/u);
    for (const [, source = ''] of page.matchAll(/src="([^"]*)"/gu)) expect(source).toMatch(/^data:image\/png;base64,/u);
  });

  test('says the verdict, the numbers and the change against the baseline', () => {
    expect(page).toContain('✗ not blessed');
    expect(reportPage(evaluation, { ...blessing, blessed: true }, [])).toContain('✓ blessed');
    expect(page).toContain('66.7 %');
    expect(page).toContain('baseline 90.0 %, −23.3 points');
    expect(page).toContain('not defined');
    expect(page).toContain('m'.repeat(64));
  });

  test('is the same for the same numbers', () => {
    expect(reportPage(evaluation, blessing, mistakes)).toBe(page);
  });

  test('shows no matrix that does not fit', () => {
    const many = Array.from({ length: 50 }, (_, index) => `c${String(index)}`);
    const large = reportPage(evaluationOf(many, [0], [1]), blessing, []);
    expect(large).toContain('50 classes do not fit a page');
    expect(large).toContain('taken for');
  });

  test('of a regression shows how far it is off', () => {
    const regression: Evaluation = {
      ...evaluation,
      kind: 'regression',
      loss: 'mean_squared_error',
      metrics: { loss: 0.25, r2: null },
    };
    const shown = reportPage(regression, blessing, [{ row: 3, label: 1, predicted: 1.5, weight: 0.5, png: undefined }]);
    expect(shown).toContain('Off by');
    expect(shown).not.toContain('Confusion');
  });
});

describe('images in the report', () => {
  test('are small PNG files, the same every time', async () => {
    const pixels = Uint8Array.from({ length: 200 * 100 * 3 }, (_, index) => index % 251);
    const image = { height: 200, width: 100, channels: 3, pixels };
    const png = await thumbnail(image);
    expect(png?.subarray(1, 4).toString()).toBe('PNG');
    expect([png?.readUInt32BE(16), png?.readUInt32BE(20)]).toEqual([48, 96]);
    expect(await thumbnail(image)).toEqual(png);
    const small = await thumbnail({ height: 2, width: 3, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect([small?.readUInt32BE(16), small?.readUInt32BE(20)]).toEqual([3, 2]);
  });

  test('are left out where there is nothing to look at', async () => {
    expect(await thumbnail(undefined)).toBeUndefined();
    expect(await thumbnail({ height: 1, width: 1, channels: 7, pixels: new Uint8Array(7) })).toBeUndefined();
  });
});

describe('HTML templates', () => {
  test('escape text, keep HTML and join lists', () => {
    expect(html`<p>${'<'}${html`<b>${1}</b>`}${[html`a`, html`b`]}</p>`.text).toBe('<p>&lt;<b>1</b>ab</p>');
  });

  test('leave no character that could end a text or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\0]|&(?!(amp|lt|gt|quot|#39);)/u);
      }),
    );
  });
});

describe('numbers in the report', () => {
  test('are rounded, but never to all or nothing', () => {
    expect([1, 0, 0.99999, 0.00001, 0.8765].map(percentage)).toEqual(['100 %', '0 %', '> 99.9 %', '< 0.1 %', '87.6 %']);
    expect([1234567, 12, 999, 1000].map(wholeNumber)).toEqual(['1,234,567', '12', '999', '1,000']);
    expect([decimal(0.123456), decimal(1e-7), signed('-1', -1), signed('1', 1)]).toEqual([
      '0.1235',
      '1e-7',
      '−1',
      '+1',
    ]);
  });
});
