import { pathToFileURL } from 'node:url'

// `seed --size large` with fewer rows of everything: the seed's SQL, its numbers divided. Run with the folder of the
// gateway's build, the address of a migrated database, and the divisor.

const [folder = '', databaseUrl = '', divisor = '10'] = process.argv.slice(2)
const built = (path: string) => import(`${pathToFileURL(folder)}/${path}`)
const { PLANS } = await built('seed/plan.js')
const { seed } = await built('seed/seed.js')
const { openPostgres } = await built('database/client.js')

// the second organization's numbers were counted behind the whole of the first
const [plan] = PLANS.large.organizations
const part = (count: number) => Math.round(count / Number(divisor))
PLANS.large = {
  organizations: [
    {
      ...plan,
      collaborators: part(plan.collaborators),
      // of fewer programs each would have more engagements, and Q1 would find the same pages
      programs: Math.max(20, part(plan.programs)),
      opportunities: part(plan.opportunities),
      engagements: part(plan.engagements),
      notes: part(plan.notes),
      members: Math.max(4, part(plan.members)),
    },
  ],
}
const database = await openPostgres(databaseUrl, 600_000)
await seed(database.sql, 'large')
await database.close()
