import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countRails, drawRails, type RailNode } from '../../../../runner/reporting/drawing/rails.js';

function nodes(text: string): readonly RailNode[] {
  return text.split(' ').map((part) => {
    const [name = '', needs = ''] = part.split(':');
    return { name, needs: needs.split(''), mark: '●' };
  });
}

/** The rails of nodes that are written as `name:needs`, one line each. */
function drawn(text: string): readonly string[] {
  return drawRails(nodes(text)).map(({ at }) => at.trimEnd());
}

/** What leads down from a character of a line, and what comes to it from above. */
const DOWN = '│├┤┼';
const UP = '│├┤┼╰╯┴';

describe('drawRails', () => {
  test.each([
    ['a b:a c:b', ['●', '●', '●']],
    ['a b:a c:ab', ['●', '├─●', '●─╯']],
    ['a b c d:ac e:bd', ['●', '│ ●', '│ │ ●', '●─│─╯', '●─╯']],
    ['a b:a c:a d:bc', ['●', '├─●', '● │', '●─╯']],
    ['e t:e u:et r:etu v:er f:re p:rvf', ['●', '├─●', '├─┼─●', '├─●─╯', '├─┼─●', '●─┤ │', '●─┴─╯']],
  ])('%s', (text, lines) => {
    expect(drawn(text)).toEqual(lines);
    expect(countRails(nodes(text))).toBe(Math.max(...drawRails(nodes(text)).map(({ width }) => width / 2)));
  });

  test('every rail that goes down from a line is taken up by the next', () => {
    const graphs = fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(graphs, (needs) => {
        const rails = drawRails(
          needs.map((list, index) => ({
            name: String(index),
            needs: list.filter((need) => need < index).map(String),
            mark: '●',
          })),
        );
        rails.forEach(({ at, below }, line) => {
          const next = rails[line + 1];
          below.split('').forEach((character, column) => {
            const leads = character === '│';
            // A mark may both take a rail up and let one go down.
            const here = at[column] ?? ' ';
            if (leads) expect(`${DOWN}●`).toContain(here);
            if (leads && next !== undefined) expect(`${UP}●`).toContain(next.at[column]);
            if (!leads && next !== undefined) expect(UP.includes(next.at[column] ?? ' ')).toBe(false);
          });
        });
      }),
    );
  });
});
