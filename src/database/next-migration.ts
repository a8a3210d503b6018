import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { driftOfMigrations, MIGRATIONS } from './schema-engine.ts'

// Writes the next migration: what leads from the migrations there are to schema.prisma. `npm run migration -- NAME`
const name = process.argv[2]
if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error(`Expected a name such as add_coupons (lower case, digits, _), received ${name ?? 'nothing'}`)
  process.exit(2)
}
const sql = await driftOfMigrations()
if (sql === '') {
  console.log('The migrations already lead to schema.prisma: nothing to write')
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(MIGRATIONS, `${stamp}_${name}`)
  await mkdir(folder)
  await writeFile(join(folder, 'migration.sql'), `${sql}\n`)
  console.log(`Wrote ${join(folder, 'migration.sql')}: read it, and add what Prisma's schema cannot say`)
}
