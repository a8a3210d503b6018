import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { ExtensionPoints } from '../../src/extensions/extension.ts'
import { pointsOf } from '../../src/extensions/load.ts'
import { Parts } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { testWorld } from '../support/world.ts'

// The extension that docs/extensions.md describes, piece by piece, is one that works.

const PAGE = await readFile(new URL('../../docs/extensions.md', import.meta.url), 'utf8')
const pieces = [...PAGE.matchAll(/^```js\n(gateway\..*?)^```$/gms)].map(([, code = '']) => code)

it('works as it is documented', async () => {
  expect(pieces.length).toBe(5)
  const { sql } = await testDatabase()
  const parts = new Parts()
  const register = new Function('gateway', 'z', pieces.join('\n')) as (gateway: ExtensionPoints, zod: typeof z) => void
  register(
    pointsOf(parts, () => {}),
    z,
  )
  const world = await testWorld(sql)
  const program = await world.program({ triggers: { hatTipped: 3 } })
  const collaboratorId = await world.collaborator({ fullName: 'Jane Doe', programs: [program] })
  const gateway = testGateway({ sql }, {}, parts)
  const tip = (size: number) =>
    gateway.send(world.integration, 'POST', '/siren/v1/event/hat-tipped', {
      id: 'h-1',
      collaboratorId,
      userId: 'u1',
      size,
    })
  expect((await tip(7)).status).toBe(200)
  expect((await tip(7)).status).toBe(200)
  expect((await tip(8)).status).toBe(409)
  expect((await world.engagements()).map(({ score }) => score)).toEqual([3])
  const { body } = await gateway.query(
    world.administrator,
    `{ notes(sourceType: COLLABORATOR, sourceId: ${collaboratorId}) { nodes { renderedContent } } }`,
  )
  expect(body.data.notes.nodes).toEqual([{ renderedContent: 'Jane Doe was greeted with a hat of size 7' }])
})
