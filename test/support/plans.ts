import { vi } from 'vitest'
import type { compile, Plan } from '../../src/graphql/compile.ts'

/** What compiled queries answered: undefined where something was wrong, and another executor had to. */
export const answered: unknown[] = []

/**
 * The module of the compiler with each plan's answers noted in `answered`. For `vi.mock`, which must name the module in
 * the test's own file.
 */
export const watched = <Module extends { compile: typeof compile }>(module: Module): Module => ({
  ...module,
  compile: vi.fn<typeof compile>((...args) => {
    const plan = module.compile(...args)
    return plan && watchedPlan(plan)
  }),
})

const watchedPlan =
  (plan: Plan): Plan =>
  async (context, variables) => {
    let answer: object | undefined
    try {
      answer = await plan(context, variables)
      return answer
    } finally {
      answered.push(answer)
    }
  }
