/**
 * Mean, variance and range of every channel (the last axis), in one pass over values that come in pieces.
 */

/** What is known of the values of one channel. */
export interface ChannelStatistics {
  readonly mean: number;
  /** Mean squared distance from the mean (of the population: divided by the count). */
  readonly variance: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Takes values piece by piece. */
export interface ChannelAccumulator {
  /** @param values - whole examples: channels last, so the channel of a value is its index modulo their number */
  add(values: Uint8Array | Int32Array | Float32Array): void;
  /** @throws Error when there were no values */
  statistics(): readonly ChannelStatistics[];
}

function ofHistogram(counts: Float64Array): ChannelStatistics {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new Error('no values');
  const mean = counts.reduce((sum, count, value) => sum + count * value, 0) / total;
  const variance = counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
  return {
    mean,
    variance,
    minimum: counts.findIndex((count) => count > 0),
    maximum: counts.findLastIndex((n) => n > 0),
  };
}

/** Accumulates bytes by counting them, which is exact whatever their number and order. */
export function byteAccumulator(channels: number): ChannelAccumulator {
  const histograms = Array.from({ length: channels }, () => new Float64Array(256));
  return {
    add: (values) => {
      histograms.forEach((counts, channel) => {
        for (let index = channel; index < values.length; index += channels) {
          const value = values[index] as number;
          counts[value] = (counts[value] as number) + 1;
        }
      });
    },
    statistics: () => histograms.map(ofHistogram),
  };
}

/**
 * Accumulates numbers by Welford's method: the mean moves towards every value, so that nothing large is ever subtracted
 * from something as large (B. P. Welford, Technometrics 4, 1962; Knuth, TAOCP 2, 4.2.2).
 */
export function numberAccumulator(channels: number): ChannelAccumulator {
  const means = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const minima = new Float64Array(channels).fill(Infinity);
  const maxima = new Float64Array(channels).fill(-Infinity);
  let count = 0;
  return {
    add: (values) => {
      for (let index = 0; index < values.length; index++) {
        const channel = index % channels;
        if (channel === 0) count++;
        const value = values[index] as number;
        const distance = value - (means[channel] as number);
        const mean = (means[channel] as number) + distance / count;
        means[channel] = mean;
        squares[channel] = (squares[channel] as number) + distance * (value - mean);
        if (value < (minima[channel] as number)) minima[channel] = value;
        if (value > (maxima[channel] as number)) maxima[channel] = value;
      }
    },
    statistics: () => {
      if (count === 0) throw new Error('no values');
      return Array.from(means, (mean, channel) => ({
        mean,
        variance: (squares[channel] as number) / count,
        minimum: minima[channel] as number,
        maximum: maxima[channel] as number,
      }));
    },
  };
}

/** Statistics of x × multiply + add. */
export function scaled(
  { mean, variance, minimum, maximum }: ChannelStatistics,
  multiply: number,
  add: number,
): ChannelStatistics {
  const ends = [minimum * multiply + add, maximum * multiply + add];
  return {
    mean: mean * multiply + add,
    variance: variance * multiply * multiply,
    minimum: Math.min(...ends),
    maximum: Math.max(...ends),
  };
}
