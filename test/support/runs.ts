/** How often a property is tried: few times in `npm test`, a hundred in CI, and many in `npm run soak`. */
export const RUNS = {
  numRuns: process.env.SOAK === 'true' ? 1000 : ['true', '1'].includes(process.env.CI ?? '') ? 100 : 10,
}

/** The same for a property of which one run is a long history, and takes a second. */
export const LONG_RUNS = { numRuns: Math.ceil(RUNS.numRuns / 4) }
