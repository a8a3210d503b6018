/** How often a property is tried: few times in `npm test`, a hundred in CI, and many in `npm run soak`. */
export const RUNS = {
  numRuns: process.env.SOAK === 'true' ? 1000 : ['true', '1'].includes(process.env.CI ?? '') ? 100 : 10,
}
