/**
 * Splits that params name, against those that come in: where they are told by the params of what makes them, nobody waits for
 * a training to hear that a later step asks for a split that is not there.
 */
import { Examples } from '../../artifacts/types.js';
import { suggest } from '../config/fields.js';
import type { Problems } from '../source/problems.js';
import type { GraphNode } from './pipeline-graph.js';

/** Reports params that name a split which is known not to be there. @param nodes - whose params are all valid */
export function checkSplits(nodes: readonly GraphNode[], problems: Problems): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const { spec, params, inputs, places } of nodes) {
    for (const param of spec.splitParams(params)) {
      const split = params[param];
      if (typeof split !== 'string') continue;
      for (const { node, output } of Object.entries(inputs).flatMap(([port, made]) =>
        spec.inputs[port]?.type.name === Examples.name ? made : [],
      )) {
        const maker = byName.get(node);
        const splits = maker?.spec.splits(maker.params);
        if (maker === undefined || splits === undefined || splits.includes(split)) continue;
        problems.add(
          'not-allowed',
          `params.${param}: ${node}.${output} has no split '${split}'`,
          places.param([param]),
          {
            hint: suggest(split, splits),
            related: [{ message: 'made here', range: maker.places.component }],
          },
        );
      }
    }
  }
}
