import { statement } from '../../../src/database/sql.ts'
import type { State } from '../model/records.ts'

// What the gateway keeps, in the model's numbers.

/** What stands for the model's numbers in the database. */
export type Ids = Record<Kind, Map<number, number>>
export const KINDS = [
  'collaborator',
  'program',
  'distributor',
  'opportunity',
  'engagement',
  'transaction',
  'conversion',
  'obligation',
  'fulfillment',
  'payout',
  'distribution',
] as const
export type Kind = (typeof KINDS)[number]

/** All that an organization has, as the database has it. */
export type Stored = Record<keyof State, readonly ({ readonly id: number } & Record<string, unknown>)[]>

const list = (table: string, columns: string) =>
  `coalesce((select json_agg(x order by id) from (select ${columns} from ${table} t where t.organization_id = $1) x), '[]'::json)`
const moment = (column: string, name: string) => `(extract(epoch from ${column}) * 1000)::bigint as ${name}`
const CREATED = moment('date_created', 'created')
const CANDIDATES = `(
  select json_agg(json_build_object(
    'engagement', c.engagement_id, 'collaborator', c.collaborator_id, 'score', c.score, 'touches', c.touches, 'share', c.share,
    'first', (extract(epoch from c.first_touch) * 1000)::bigint, 'latest', (extract(epoch from c.latest_touch) * 1000)::bigint
  )) from evaluation_candidate c where c.organization_id = $1 and c.evaluation_id = t.id)`
export const everything = statement<Stored>(`select
  ${list('opportunity', `id, user_id as user, status, merged_into_id as "mergedInto", ${CREATED}`)} as opportunities,
  ${list('engagement', `id, opportunity_id as opportunity, program_id as program, collaborator_id as collaborator, score, status, ${CREATED}, ${moment('date_modified', 'modified')}`)} as engagements,
  ${list('touch', `id, engagement_id as engagement, engagement_type as type, points, ${moment('date_created', 'at')}`)} as touches,
  ${list('evaluation', `id, opportunity_id as opportunity, transaction_id as transaction, program_id as program, conversion_type as type, ${moment('as_of', '"asOf"')}, ${CANDIDATES} as candidates`)} as evaluations,
  ${list('transaction', `id, opportunity_id as opportunity, original_transaction_id as original, external_id as order, total_value as total, refunded_value as refunded, currency, status, ${CREATED}`)} as transactions,
  ${list('conversion', `id, engagement_id as engagement, collaborator_id as collaborator, score, transaction_id as transaction, obligation_id as obligation, type, status, ${CREATED}`)} as conversions,
  ${list('obligation', `id, collaborator_id as collaborator, conversion_id as conversion, status, award_type as type, value, currency, payout_id as payout, ${CREATED}`)} as obligations,
  ${list('fulfillment', `id, status, ${CREATED}`)} as fulfillments,
  ${list('payout', `id, fulfillment_id as fulfillment, collaborator_id as collaborator, value, currency, status, ${CREATED}`)} as payouts,
  ${list('distribution', `id, value, ${CREATED}`)} as distributions,
  ${list('note', `id, content as key, creation_source || ' ' || creation_source_id as cause, array(select s.source_type || ' ' || s.source_id from note_source s where s.organization_id = $1 and s.note_id = t.id) as links`)} as notes`)

const REFERENCES: Readonly<Record<string, Kind>> = {
  mergedInto: 'opportunity',
  opportunity: 'opportunity',
  program: 'program',
  collaborator: 'collaborator',
  engagement: 'engagement',
  transaction: 'transaction',
  original: 'transaction',
  conversion: 'conversion',
  obligation: 'obligation',
  payout: 'payout',
  fulfillment: 'fulfillment',
}

/** What is stored, by what of one event the model makes first. */
const ORDER: { readonly [K in Kind]?: (row: Record<string, unknown>, stored: Stored) => readonly unknown[] } = {
  engagement: ({ program, collaborator }) => [program, collaborator],
  conversion: ({ engagement, collaborator }, { engagements }) => [
    engagements.find(({ id }) => id === engagement)?.program,
    collaborator,
  ],
  obligation: ({ conversion: of, collaborator }, { conversions, engagements }) => {
    const conversion = conversions.find(({ id }) => id === of)
    return [engagements.find(({ id }) => id === conversion?.engagement)?.program ?? 0, collaborator, of ?? 0]
  },
  payout: ({ collaborator, currency }) => [collaborator, currency],
}
const ordered = (one: readonly unknown[], other: readonly unknown[]) => {
  for (const [at, of] of one.entries()) if (of !== other[at]) return (of as number) < (other[at] as number) ? -1 : 1
  return 0
}

/** No records but those with which an organization begins. */
export const idsOf = (fixed: Partial<Record<Kind, readonly number[]>>): Ids =>
  Object.fromEntries(KINDS.map(kind => [kind, new Map(fixed[kind]?.map((id, at) => [at + 1, id]))])) as Ids

/** What is stored after an event, in the model's numbers: records have places in the order in which they came about. */
export const numbered = (stored: Stored, ids: Ids): State => {
  const rowsOf = (kind: Kind) => stored[plural(kind) as keyof State] ?? []
  for (const kind of KINDS) {
    const known = new Set(ids[kind].values())
    const order = ORDER[kind] ?? (() => [])
    const fresh = rowsOf(kind)
      .filter(({ id }) => !known.has(id))
      .sort((one, other) => ordered([...order(one, stored), one.id], [...order(other, stored), other.id]))
    for (const { id } of fresh) ids[kind].set(ids[kind].size + 1, id)
  }
  const numberOf = Object.fromEntries(
    KINDS.map(kind => [kind, new Map([...ids[kind]].map(([number, id]) => [id, number]))]),
  ) as Ids
  const translated = (kind: Kind | undefined, row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const of = name === 'id' ? kind : REFERENCES[name]
        return [
          name,
          of === undefined || value === null ? value : (numberOf[of].get(value as number) ?? `lost ${value}`),
        ]
      }),
    )
  const link = (text: string) => {
    const [type = '', id] = text.split(' ')
    return `${type} ${numberOf[type as Kind]?.get(Number(id)) ?? `lost ${id}`}`
  }
  const state = Object.fromEntries(
    KINDS.filter(kind => plural(kind) in stored).map(kind => [
      plural(kind),
      byId(rowsOf(kind).map(row => translated(kind, row)) as { id: number }[]),
    ]),
  ) as unknown as State
  state.touches = stored.touches.map(row => translated(undefined, row) as unknown as State['touches'][number])
  state.evaluations = stored.evaluations.map(row => {
    const candidates = row.candidates as Record<string, unknown>[] | null
    const found = {
      ...translated(undefined, row),
      candidates: candidates?.map(one => translated(undefined, one)) ?? [],
    }
    return found as unknown as State['evaluations'][number]
  })
  state.notes = (stored.notes as unknown as { key: string; links: string[] }[]).map(({ key, links }) => ({
    key,
    links: links.map(link),
  }))
  return state
}
const plural = (kind: Kind) => (kind === 'opportunity' ? 'opportunities' : `${kind}s`)
export const byId = <Row extends { id: number }>(rows: readonly Row[]) => [...rows].sort((a, b) => a.id - b.id)

export const inOrder = (notes: State['notes']) =>
  notes.map(({ key, links }) => `${key}: ${[...links].sort().join(', ')}`).sort()
/** A state without what is compared by itself, and without what only the model knows. */
export const recordsOf = ({ notes: _, touches, evaluations, ...state }: State) => ({
  ...state,
  transactions: state.transactions.map(({ left: _, ...transaction }) => transaction),
  conversions: state.conversions.map(({ isRejectedByHand: _, ...conversion }) => conversion),
  distributions: state.distributions.map(({ id, value, created }) => ({ id, value, created })),
  engagements: byId(state.engagements),
  touches: sorted(touches.map(({ engagement, type, points, at }) => ({ engagement, type, points, at }))),
  evaluations: sorted(
    evaluations.map(({ opportunity, transaction, program, type, asOf, candidates }) => ({
      ...{ opportunity, transaction, program, type, asOf },
      candidates: sorted(
        candidates.map(({ engagement, collaborator, score, first, latest, touches, share }) => {
          return { engagement, collaborator, score, first, latest, touches, share }
        }),
      ),
    })),
  ),
})
export const sorted = <T>(values: readonly T[]): T[] =>
  values
    .map(value => [JSON.stringify(value), value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, value]) => value)
