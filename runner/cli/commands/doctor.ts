/**
 * `pipeline doctor`: what pipelines need on this machine, what is missing, and how to get it.
 */
import { counted } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import { EXIT, type Command, type Environment } from '../command.js';
import { checkAll, type Finding } from '../doctor-checks.js';
import { answerJson } from '../open-store.js';

const MARKS: Readonly<Record<Finding['state'], string>> = { good: '✓', note: '·', missing: '✗' };

function findingsText(findings: readonly Finding[], { stdout }: Environment): string {
  const style = styleFor(stdout.colors);
  const paint = { good: style.good, note: style.dim, missing: style.bad };
  const rows = findings.map(({ subject, state, text }) => [MARKS[state], subject, text]);
  const plain = { title: '' };
  const lines = tableLines([plain, plain, plain], rows, Infinity).flatMap((line, index) => {
    const finding = findings[index];
    const help = finding?.help === undefined ? [] : [`    help: ${finding.help}`];
    return [paint[finding?.state ?? 'note'](line), ...help];
  });
  const missing = findings.filter(({ state }) => state === 'missing').length;
  const verdict =
    missing === 0
      ? style.good('pipelines can run here')
      : style.bad(`${counted(missing, 'thing')} must be mended first`);
  return `${lines.join('\n')}\n\n${verdict}\n`;
}

export const command: Command<undefined> = async (_, environment) => {
  const findings = await checkAll(environment);
  const isGood = findings.every(({ state }) => state !== 'missing');
  if (environment.json) answerJson(environment, 'doctor', { good: isGood, findings });
  else environment.stdout.write(findingsText(findings, environment));
  return isGood ? EXIT.done : EXIT.failed;
};
