import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/**
 * Ends the output with one plain line of what was counted, over all projects. A file that does not load, a hook that
 * fails and an error outside any test count as failed. Under CI nothing may be skipped, so that all that the suite can
 * prove has been proven: there a skipped test fails the run.
 */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const inState = (state: string) => tests.filter(test => test.result().state === state)
    const passed = inState('passed').length
    const skipped = [...inState('skipped'), ...inState('pending')]
    const broken = modules.flatMap(module => [module, ...module.children.allSuites()]).flatMap(part => part.errors())
    const nothing = tests.length === 0 ? 1 : 0 // such as when a project could not be set up
    const failed = inState('failed').length + Math.max(broken.length + unhandled.length, nothing)

    const refused = ['true', '1'].includes(process.env.CI ?? '') ? skipped : []
    for (const test of refused) process.stdout.write(`Skipped, which CI does not allow: ${nameOf(test)}\n`)
    if (refused.length > 0 || failed > 0) process.exitCode = 1

    process.stdout.write(
      `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
    )
  }
}

const nameOf = (test: TestCase): string => {
  const result = test.result()
  const reason = result.state === 'skipped' && result.note !== undefined ? ` (${result.note})` : ''
  return `${test.module.moduleId} > ${test.fullName}${reason}`
}
