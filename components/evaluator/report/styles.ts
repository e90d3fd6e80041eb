/**
 * The style sheet of the report. Rules only: the page's policy forbids style attributes.
 */

/** Steps of the heat map: class `h0` is nothing, the last one is all. */
export const HEAT_STEPS = 10;

const heat = Array.from({ length: HEAT_STEPS + 1 }, (_, step) => {
  const share = (step * 100) / HEAT_STEPS;
  const text = share > 55 ? 'color: var(--on-heat);' : '';
  return [
    `.right.h${String(step)} { background: color-mix(in oklab, var(--good) ${String(share)}%, var(--card)); ${text} }`,
    `.wrong.h${String(step)} { background: color-mix(in oklab, var(--bad) ${String(share)}%, var(--card)); ${text} }`,
  ].join('\n');
}).join('\n');

export const STYLES = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --text: #1b2430; --faint: #5d6b7c;
  --good: #1a7f4b; --bad: #c4432b; --bar: #3b6fd4; --on-heat: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --line: #313a46; --text: #e4e9ef; --faint: #94a2b3;
    --good: #3fb37a; --bad: #e8765c; --bar: #7ba4f4; --on-heat: #10151b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .75rem; font-size: 1.05rem; }
p { margin: .25rem 0; }
.faint, figcaption, caption { color: var(--faint); }
.note { margin-top: .75rem; font-size: .87rem; color: var(--faint); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin-bottom: 1.5rem; }
header > div { flex: 1 1 20rem; }
.verdict { padding: .35rem .9rem; border-radius: 99px; font-weight: 600; color: var(--on-heat); white-space: nowrap; }
.verdict.pass { background: var(--good); }
.verdict.fail { background: var(--bad); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; margin-bottom: 1.25rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; padding: 0; border: 0; background: none; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1.1rem; }
.tile b { display: block; font-size: 1.55rem; line-height: 1.3; font-weight: 650; }
.tile span { font-size: .87rem; color: var(--faint); }
.wide { overflow-x: auto; }
.pair { display: flex; flex-wrap: wrap; gap: 1.25rem; margin-bottom: 1.25rem; align-items: stretch; }
.pair section { margin: 0; min-width: 0; }
.pair section:last-child { flex: 1 1 24rem; }
table { border-collapse: collapse; }
table.list { width: 100%; }
.list th, .list td { padding: .35rem .75rem .35rem 0; text-align: left; border-bottom: 1px solid var(--line); }
.list thead th { font-size: .82rem; font-weight: 600; color: var(--faint); }
.list tbody tr:last-child > * { border-bottom: 0; }
.list tbody th { font-weight: 500; }
.list .number { text-align: right; white-space: nowrap; }
.list .number + :not(.number) { padding-left: 1.5rem; }
.list td.reading { min-width: 8rem; }
.reading svg { width: 4.5rem; height: .5rem; margin-left: .6rem; vertical-align: middle; }
svg .track { fill: var(--line); }
svg .value { fill: var(--bar); }
.pass-text { color: var(--good); font-weight: 600; white-space: nowrap; }
.fail-text { color: var(--bad); font-weight: 600; white-space: nowrap; }
.matrix { font-size: .82rem; }
.matrix td { min-width: 2.6rem; height: 2.1rem; padding: 0 .3rem; text-align: center; border: 2px solid var(--card); border-radius: 6px; }
.matrix th { padding: .2rem .5rem; font-weight: 500; }
.matrix tbody th { text-align: right; }
.matrix thead th { vertical-align: bottom; }
.matrix thead th > span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; max-height: 9rem; overflow: hidden; text-overflow: ellipsis; }
.matrix.dense { font-size: .7rem; }
.matrix.dense td { min-width: 1.45rem; height: 1.45rem; padding: 0 .1rem; border-width: 1px; border-radius: 4px; }
.matrix.dense thead th { padding: .2rem 0; }
.matrix.dense tbody th { padding: 0 .4rem; }
.matrix.dense tbody .name { max-width: 9rem; }
.matrix td.none { color: var(--faint); opacity: .55; }
.name { display: inline-block; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1rem; }
figure { margin: 0; font-size: .82rem; line-height: 1.35; }
figure img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--page); border: 1px solid var(--line); border-radius: 6px; image-rendering: pixelated; }
figure b { font-weight: 600; }
figure .name { max-width: 100%; }
ul { margin: 0; padding-left: 1.2rem; }
code { font: .87em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; min-width: 0; }
${heat}
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`;
