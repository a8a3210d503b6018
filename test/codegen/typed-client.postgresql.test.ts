import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { print } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertOpportunity,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = (command: string, ...parameters: string[]) =>
  promisify(execFile)(command, parameters, { cwd: ROOT }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => Promise.reject(new Error(`${command} failed: ${stdout}${stderr}`)),
  )
const tsc = (project: string) => run(process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project)

beforeAll(() => run('npm', 'run', '--silent', 'codegen'))

test('a client that asks for what there is compiles', async () => {
  await tsc('test/codegen')
})

test.each([
  ['a field that was not asked for', 'bindings[0]?.opportunityId', `Property 'opportunityId' does not exist`],
  ['a value that a field never has', `bindings[0]?.status === 'GONE'`, 'have no overlap'],
  ['null left out of account', 'bindings[0]?.collaborator.email', 'is possibly'],
  ['a number taken for a text', 'bindings[0]?.score.trim()', `Property 'trim' does not exist`],
])('one with %s does not', async (_, expression, complaint) => {
  const folder = join(ROOT, 'test/generated/planted')
  await mkdir(folder, { recursive: true })
  try {
    const query = `import type { BindingsQuery } from '../graphql.ts'\n`
    await writeFile(
      join(folder, 'client.ts'),
      `${query}export const a = ({ bindings }: BindingsQuery) => ${expression}\n`,
    )
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../codegen/tsconfig.json', include: ['.'], exclude: [] }),
    )
    await expect(tsc(folder)).rejects.toThrow(complaint)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('its query is answered as its types say', async () => {
  const { sql } = await testDatabase()
  const organizationId = await insertOrganization(sql)
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const programId = await insertProgram(sql, { organizationId })
  const collaboratorId = await insertCollaborator(sql, { organizationId, fullName: 'Jane Doe' })
  await insertEngagement(sql, { organizationId, opportunityId, programId, collaboratorId, score: 30 })

  const { Bindings, describe, variables } = await import('./bindings.ts')
  const gateway = testGateway({ sql })
  const answer = await gateway.query(
    { role: 'administrator', organizationId },
    print(Bindings),
    variables(opportunityId, programId),
  )
  expect(answer.body.errors).toBeUndefined()
  expect(describe(answer.body.data)).toEqual(['Jane Doe: 30 (ACTIVE)'])
})
