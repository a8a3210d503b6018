import type { Readable } from 'node:stream'

/** A line without its end, as it came; null for one that is longer than it may be. */
export type Line = Buffer | null

/** Cuts bytes into lines as they come. Of a line that is too long nothing is kept. */
export class LineSplitter {
  readonly #limit: number
  /** The part of a line that has come, in the first `#length` bytes. */
  #part = Buffer.alloc(0)
  #length = 0
  #tooLong = false

  /** @param limit the longest line, in bytes, without the line feed that ends it. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that end in these bytes. They have to be used before more is given. */
  *split(bytes: Buffer): Generator<Line> {
    let start = 0
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start)
      if (end === -1) break
      this.#add(bytes.subarray(start, end))
      yield this.#take()
      start = end + 1
    }
    this.#add(bytes.subarray(start))
  }

  /** The last line, when no line feed ended it. */
  rest(): Line {
    return this.#take()
  }

  #add(bytes: Buffer): void {
    if (this.#tooLong) return
    const length = this.#length + bytes.length
    if (length > this.#limit) {
      this.#tooLong = true
      this.#part = Buffer.alloc(0)
      this.#length = 0
      return
    }
    // twice the room each time: copying stays linear, and so does what many small pieces take
    if (length > this.#part.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(this.#limit, this.#part.length * 2)))
      this.#part.copy(larger, 0, 0, this.#length)
      this.#part = larger
    }
    bytes.copy(this.#part, this.#length)
    this.#length = length
  }

  #take(): Line {
    const line = this.#tooLong ? null : this.#part.subarray(0, this.#length)
    this.#tooLong = false
    this.#length = 0
    return line
  }
}

const LINE_FEED = 0x0a

/** Reads a stream piece by piece, at the reader's pace, until it ends, breaks, or the signal says to stop. */
export class Inlet {
  readonly #stream: Readable
  readonly #stop: AbortSignal
  #wake = () => {}

  constructor(stream: Readable, stop: AbortSignal) {
    this.#stream = stream
    this.#stop = stop
    for (const event of ['readable', 'end', 'close', 'error']) stream.on(event, this.#woken)
    stop.addEventListener('abort', this.#woken)
  }

  /** The next piece; null when there is none any more. */
  async read(): Promise<Buffer | null> {
    for (;;) {
      if (this.#stop.aborted) return null
      const piece: Buffer | null = this.#stream.read()
      if (piece !== null) return piece
      if (this.#stream.readableEnded || this.#stream.destroyed) return null
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** Whether the stream came to its own end, and all of it was read. */
  get ended(): boolean {
    return this.#stream.readableEnded
  }

  /** What broke the stream, if anything did. */
  get error(): Error | null {
    return this.#stream.errored
  }

  /** Stops listening. What the stream still says is thrown away. */
  close(): void {
    for (const event of ['readable', 'end', 'close']) this.#stream.off(event, this.#woken)
    this.#stop.removeEventListener('abort', this.#woken)
    this.#stream.resume()
  }

  #woken = () => this.#wake()
}
