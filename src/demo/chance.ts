/** Chance that is not: of the same seed always the same, on every machine (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** One of several. @throws RangeError of none. */
  one<T>(several: readonly T[]): T {
    if (several.length === 0) throw new RangeError('Expected something to choose from, received nothing')
    return several[this.whole(0, several.length - 1)] as T
  }

  /** The same in another order. */
  shuffled<T>(several: readonly T[]): T[] {
    const left = [...several]
    return several.map(() => left.splice(this.whole(0, left.length - 1), 1)[0] as T)
  }
}
