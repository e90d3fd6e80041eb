/**
 * Where and when figures were taken: figures without it say nothing.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** One paragraph for the head of a report. */
export function machineText(command: string): string {
  const [first] = cpus();
  const memory = `${String(Math.round(totalmem() / 2 ** 30))} GiB`;
  const load = loadavg()[0] ?? 0;
  return [
    `\`${command}\` on ${new Date().toISOString().slice(0, 10)}: ${first?.model.trim() ?? 'unknown processor'},`,
    `${String(availableParallelism())} cores, ${memory}, ${process.platform}, Node ${process.version};`,
    `other work on the machine when it began: load ${load.toFixed(1)}.`,
  ].join(' ');
}
