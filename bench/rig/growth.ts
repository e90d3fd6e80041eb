/**
 * How a time grows with the number of tasks.
 */

/**
 * Exponent of growth: the slope of the least-squares line through the logarithms; 1 is linear, 2 quadratic.
 *
 * @param points - numbers of tasks with seconds
 * @returns undefined for fewer than two points
 */
export function growthExponent(points: readonly (readonly [tasks: number, seconds: number])[]): number | undefined {
  if (points.length < 2) return undefined;
  const logs = points.map(([tasks, seconds]) => [Math.log(tasks), Math.log(seconds)] as const);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map(([log]) => log));
  const y = mean(logs.map(([, log]) => log));
  const covariance = mean(logs.map(([a, b]) => (a - x) * (b - y)));
  return covariance / mean(logs.map(([a]) => (a - x) ** 2));
}
