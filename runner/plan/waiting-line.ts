/**
 * The line of those that are ready to start, and what is free of the budget. It answers who is next; it starts nothing.
 *
 * The rule: who came first starts first. When the first in the line does not fit, others may start before it, but only on
 * what it leaves over: whatever they take, it fits as soon as those have ended that ran when it came to the front. So it
 * waits no longer than if they were not there, and everyone's turn comes.
 */
import { RESOURCE_KINDS, type Demand } from '../config/demand.js';

/** Places and resources, in whole numbers that can be added and taken away without a rest. */
type Amounts = readonly number[];

/** Someone who may start, and must be given back when it has ended. */
export interface Started<T> {
  readonly item: T;
  readonly amounts: Amounts;
  /** Whom it overtook; undefined when it was the first in the line. */
  readonly overtook: object | undefined;
}

interface Waiting<T> {
  readonly item: T;
  readonly order: number;
}

/** Those who ask for the same. */
interface Lane<T> {
  readonly amounts: Amounts;
  readonly waiting: Waiting<T>[];
  /** How many of the waiting have left. */
  gone: number;
}

/** A whole number for each kind; one place beside them. */
function amountsOf(demand: Demand, places: number): Amounts {
  return [places, ...RESOURCE_KINDS.map((kind) => Math.round(demand[kind] * (kind === 'cpu' ? 1000 : 1)))];
}

const plus = (a: Amounts, b: Amounts): Amounts => a.map((amount, index) => amount + (b[index] ?? 0));
const minus = (a: Amounts, b: Amounts): Amounts => a.map((amount, index) => amount - (b[index] ?? 0));
const fits = (a: Amounts, b: Amounts): boolean => a.every((amount, index) => amount <= (b[index] ?? 0));

/** The line of one run. */
export class WaitingLine<T> {
  readonly #whole: Amounts;
  #free: Amounts;
  /** By what they ask for: most ask for the same, and the first of each lane stands for all of it. */
  readonly #lanes = new Map<string, Lane<T>>();
  #order = 0;
  /** The first in the line while it does not fit, and what those have who overtook it. */
  #front: { readonly first: Waiting<T>; readonly left: Amounts } | undefined;

  /**
   * @param budget - what may be taken at the same time
   * @param places - how many may run at the same time
   */
  constructor(budget: Demand, places: number) {
    this.#whole = amountsOf(budget, places);
    this.#free = this.#whole;
  }

  /** Puts someone at the end. @throws RangeError when it asks for more than the whole budget, and could never start */
  add(item: T, demand: Demand): void {
    const amounts = amountsOf(demand, 1);
    if (!fits(amounts, this.#whole)) throw new RangeError('more than the whole budget');
    const key = amounts.join(' ');
    const lane = this.#lanes.get(key) ?? { amounts, waiting: [], gone: 0 };
    this.#lanes.set(key, lane);
    lane.waiting.push({ item, order: this.#order++ });
  }

  /** Who may start now; undefined when nobody may. What it takes is taken until {@link release}. */
  next(): Started<T> | undefined {
    const lanes = [...this.#lanes.values()].sort((a, b) => (first(a)?.order ?? 0) - (first(b)?.order ?? 0));
    const [front, ...others] = lanes;
    const head = front && first(front);
    if (front === undefined || head === undefined) return undefined;
    if (fits(front.amounts, this.#free)) return this.#start(front, undefined);
    this.#front = this.#front?.first === head ? this.#front : { first: head, left: minus(this.#whole, front.amounts) };
    const { left } = this.#front;
    const over = others.find(({ amounts }) => fits(amounts, this.#free) && fits(amounts, left));
    return over && this.#start(over, head);
  }

  /** Gives back what someone took. */
  release({ amounts, overtook }: Started<T>): void {
    this.#free = plus(this.#free, amounts);
    const front = this.#front;
    if (front !== undefined && front.first === overtook) this.#front = { ...front, left: plus(front.left, amounts) };
  }

  #start(lane: Lane<T>, overtook: Waiting<T> | undefined): Started<T> | undefined {
    const started = first(lane);
    if (started === undefined) return undefined;
    lane.gone++;
    if (lane.gone === lane.waiting.length) this.#lanes.delete(lane.amounts.join(' '));
    this.#free = minus(this.#free, lane.amounts);
    const front = this.#front;
    if (front !== undefined && overtook !== undefined) {
      this.#front = { ...front, left: minus(front.left, lane.amounts) };
    }
    return { item: started.item, amounts: lane.amounts, overtook };
  }
}

function first<T>({ waiting, gone }: Lane<T>): Waiting<T> | undefined {
  return waiting[gone];
}
