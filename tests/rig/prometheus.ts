/**
 * A reader of Prometheus' text format that takes nothing but what the rules allow.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
 */

/** One sample. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/u;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/u;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/uy;
const VALUE = /^[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN)$/iu;

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`bad labels: ${line}`);
    if (name in labels) throw new Error(`a label twice: ${line}`);
    labels[name] = value.replace(/\\(.)/gu, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

/** @throws Error where the text breaks a rule; one of them for the textfile collector: no sample has a time */
export function parsePrometheus(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const families = new Set<string>();
  let helped: string | undefined;
  let family: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/u.exec(line) ?? [];
    if (kind === 'HELP') {
      if (!NAME.test(name) || families.has(name)) throw new Error(`a metric must be told in one go: ${line}`);
      if (/\\(?![\\n])/u.test(rest)) throw new Error(`bad escape: ${line}`);
      helped = name;
    } else if (kind === 'TYPE') {
      if (name !== helped || rest !== 'gauge') throw new Error(`no gauge with its help before it: ${line}`);
      families.add(name);
      family = name;
    } else {
      const [, sample, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      if (sample === undefined || sample !== family) throw new Error(`a sample without its type before it: ${line}`);
      if (!VALUE.test(value)) throw new Error(`no number: ${line}`);
      const parsed = { name: sample, labels: labelsOf(labels, line), value: Number(value) };
      const identity = JSON.stringify([sample, Object.entries(parsed.labels).sort()]);
      if (seen.has(identity)) throw new Error(`a sample twice: ${line}`);
      seen.add(identity);
      samples.push(parsed);
    }
  }
  return samples;
}
