/** Does several things at once, and gives their results in the order of the items. */

/**
 * Maps items by an asynchronous function.
 *
 * @param atOnce - how many may be under way; also how many results may wait
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // A failure is seen when its turn comes; until then it is not unhandled.
      result.catch(() => undefined);
      underWay.push(result);
      const first = underWay.length < atOnce ? undefined : underWay.shift();
      if (first !== undefined) yield await first;
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(underWay);
  }
}
