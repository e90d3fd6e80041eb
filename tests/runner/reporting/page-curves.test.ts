import { expect, test } from '@jest/globals';
import { trainingCurves } from '../../../runner/reporting/page/curves.js';

test('trainings that are compared are drawn to one scale', () => {
  const long = [1, 2, 3, 4].map((epoch) => ({ epoch, loss: 1 / epoch }));
  const short = [{ epoch: 1, loss: 0.9 }];
  const drawn = (...compared: readonly (typeof long)[]): string =>
    trainingCurves(new Map([['train.model_run', short]]), compared)
      .map(({ text }) => text)
      .join('');
  const ticks = (text: string): readonly string[] =>
    [...text.matchAll(/class="tick[^>]*>([^<]*)</gu)].map(([, tick = '']) => tick);
  expect(ticks(drawn())).toEqual(['0.9', 'epoch 1']);
  expect(ticks(drawn(short, long))).toEqual(['0.25', '0.625', '1', 'epoch 1', '4']);
});
