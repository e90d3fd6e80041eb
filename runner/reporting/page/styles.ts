/**
 * The style sheet of pages on runs: that of evaluations, and rules for what only runs have.
 */
import { STYLES } from '../../../components/evaluator/report/styles.js';
import { DRAWING_STYLES } from '../drawing/svg.js';

export const PAGE_STYLES = `${STYLES}${DRAWING_STYLES}
.verdict.going { background: var(--bar); }
main > section .list td:first-child { white-space: nowrap; }
.list thead th::first-letter { text-transform: uppercase; }
pre { margin: .4rem 0 0; padding: .7rem .9rem; overflow-x: auto; font: .8rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--page); border-radius: 6px; }
pre.said { white-space: pre-wrap; overflow-wrap: anywhere; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
details:last-child { border-bottom: 0; }
summary { cursor: pointer; font-weight: 500; }
svg.drawing { display: block; margin: 0 auto; }
table.times { width: 100%; }
.times th { padding: .2rem .75rem .2rem 0; text-align: left; font-weight: 500; white-space: nowrap; }
.times td.number { padding-left: .75rem; text-align: right; white-space: nowrap; }
.times td.when { width: 100%; min-width: 8rem; }
.times td.scale span:last-child { float: right; }
svg.span { display: block; width: 100%; height: .8rem; border-radius: 4px; }
.span .bar { fill: var(--bar); }
.span .bar.complete { fill: var(--good); }
.span .bar.failed { fill: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1rem; }
.chart { display: block; width: 100%; font-size: 10.5px; }
.chart .tick { fill: var(--faint); text-anchor: end; }
.chart .tick.start { text-anchor: start; }
.chart .grid { stroke: var(--line); fill: none; }
.chart .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart path.train { stroke: var(--faint); }
.chart path.val { stroke: var(--bar); }
.chart circle.train { fill: var(--faint); }
.chart circle.val { fill: var(--bar); }
i.key { display: inline-block; width: 1.1rem; height: .2rem; margin: 0 .2rem 0 .6rem; vertical-align: middle; background: var(--faint); }
i.key.val { background: var(--bar); }
@media (min-width: 60rem) {
  .pair.even { flex-wrap: nowrap; }
}
.pair.even .matrix td { min-width: 2rem; }
h2 .name { max-width: 100%; }
.pair.even > section { flex: 1 1 0; min-width: 0; }
@media (max-width: 60rem) {
  .pair.even > section { flex-basis: 100%; }
}
@media (max-width: 40rem) {
  main { padding: 1.25rem .75rem 3rem; }
  section { padding: .9rem .8rem; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .6rem; }
  .tile { padding: .6rem .8rem; }
  .tile b { font-size: 1.25rem; }
}
`;
