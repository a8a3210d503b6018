import { groupBy } from '../../src/access/records.ts'
import type { NoteSourceType } from '../../src/database/rows.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import {
  EPOCH,
  insert,
  insertAlias,
  insertCollaborator,
  insertConversion,
  insertDistribution,
  insertDistributor,
  insertEngagement,
  insertEngagementType,
  insertEnrollment,
  insertFulfillment,
  insertLineItem,
  insertNote,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertPayout,
  insertProgram,
  insertTransaction,
  write,
} from './rows.ts'

// A tenant in which one collaborator, "me", shares all that can be shared with another, "the rival". What I may see is
// numbered from one start and what I may not from another, so that in an answer a foreign id can be told by its digits.

/** The types of record that a tenant has. */
export const RECORD_TYPES = [
  'Collaborator',
  'Program',
  'Opportunity',
  'Engagement',
  'Transaction',
  'Conversion',
  'Obligation',
  'Payout',
  'Fulfillment',
  'Distribution',
  'Distributor',
  'Allocation',
  'ProgramGroup',
  'LineItem',
  'Note',
] as const
export type RecordTypeName = (typeof RECORD_TYPES)[number]
export type Ids = Readonly<Record<RecordTypeName, readonly number[]>>

export interface Tenant {
  readonly organizationId: number
  readonly me: number
  readonly rival: number
  /** Where I was enrolled, and am no longer. */
  readonly programLeft: number
  /** What I may see, by DOMAIN.md §7c. */
  readonly visible: Ids
  /** What else there is. */
  readonly hidden: Ids
}

/** From where ids are counted: mine, then those of others, those of another tenant, and one that nobody has. */
export const STARTS = { mine: 1_001, others: 555_000_001, foreign: 666_000_001, missing: 999_000_001 } as const

/** What is written over everything that must not be told: of the rival, and of another tenant. */
export const MARKS = {
  rival: { text: 'CANARY_R', number: 7_770_777, percent: 77.7777, currency: 'XQR', date: '2077-07-07T07:07:07.777Z' },
  foreign: { text: 'CANARY_F', number: 8_880_888, percent: 88.8888, currency: 'XQF', date: '2088-08-08T08:08:08.888Z' },
} as const
type Mark = (typeof MARKS)[keyof typeof MARKS]

/** What shows that something of the rival's, or of another tenant's, has got into an answer. */
export const TRACES = {
  rival: /CANARY_R|7770777|77\.7777|XQR|2077-07|3392867227777|\b5550\d{5}\b/,
  foreign: /CANARY_F|8880888|88\.8888|XQF|2088-08|3742790888888|\b6660\d{5}\b/,
} as const

/** A tenant of every kind of record. */
export const insertTenant = async (
  sql: Sql,
  starts: { mine: number; others: number } = STARTS,
  name = 'Home',
): Promise<Tenant> => {
  const organizationId = await insertOrganization(sql, { name })
  const rows = { visible: nobody(), hidden: nobody() }
  const keep = (side: keyof typeof rows) => async (type: RecordTypeName, made: Promise<number>) => {
    const id = await made
    rows[side][type].push(id)
    return id
  }
  const mine = keep('visible')
  const others = keep('hidden')
  let minutes = 0
  const now = () => new Date(EPOCH.getTime() + 60_000 * minutes++)
  const here = () => {
    const dateCreated = now()
    return { organizationId, dateCreated, dateModified: dateCreated }
  }

  await countFrom(sql, starts.mine, MINE)
  await countFrom(sql, starts.others, OTHERS)

  const group = await others(
    'ProgramGroup',
    insert(sql, 'program_group', {
      organizationId,
      name: 'The group',
      sorter: 'newestBindingWins',
      dateCreated: EPOCH,
    }),
  )
  const otherGroup = await others(
    'ProgramGroup',
    insert(sql, 'program_group', { organizationId, name: 'B', sorter: 'newestBindingWins', dateCreated: EPOCH }),
  )
  await insert(sql, 'integration', { organizationId, source: 'shop', supportsCoupons: true, dateCreated: EPOCH })
  const distributor = await others('Distributor', insertDistributor(sql, here()))
  const distribution = await others(
    'Distribution',
    insertDistribution(sql, { ...here(), distributorId: distributor, triggerDate: EPOCH }),
  )
  const fulfillment = await others('Fulfillment', insertFulfillment(sql, here()))
  await others('Fulfillment', insertFulfillment(sql, here()))

  // mine
  const me = await mine('Collaborator', insertCollaborator(sql, { ...here(), fullName: 'Jane Mine', nickname: 'Jay' }))
  await insertAlias(sql, { organizationId, collaboratorId: me, code: 'jay' })
  await insertAlias(sql, { organizationId, collaboratorId: me, type: 'coupon', code: 'JAY10' })
  const program = await mine(
    'Program',
    insertProgram(sql, {
      ...here(),
      name: 'Affiliates',
      description: 'For all',
      groupId: group,
      payoutPerTransaction: 5,
      payoutPerProduct: 6,
      payoutPerLead: 7,
      leadRequalificationDays: 8,
      expirationDays: 9,
    }),
  )
  const plainProgram = await mine('Program', insertProgram(sql, { ...here(), name: 'Partners', groupId: otherGroup }))
  await insertEngagementType(sql, { organizationId, programId: program, type: 'referredSiteVisit', value: 100 })
  await insertEngagementType(sql, { organizationId, programId: program, type: 'boundCouponUsed', value: 200 })
  for (const programId of [program, plainProgram]) {
    await insertEnrollment(sql, { organizationId, collaboratorId: me, programId })
  }
  // numbered with mine, since my engagement tells its id
  const programLeft = await others('Program', insertProgram(sql, { ...here(), name: 'Left', groupId: group }))
  await insertEngagementType(sql, { organizationId, programId: programLeft, type: 'manual' })

  const opportunity = await mine('Opportunity', insertOpportunity(sql, { ...here(), userId: 'customer-1' }))
  const myOpportunity = await mine('Opportunity', insertOpportunity(sql, here()))
  const engage = (opportunityId: number, programId: number, status: 'active' | 'pending' | 'complete' | 'cancelled') =>
    mine(
      'Engagement',
      insertEngagement(sql, { ...here(), collaboratorId: me, opportunityId, programId, status, score: 300 + minutes }),
    )
  const engagement = await engage(opportunity, program, 'complete')
  const active = await engage(opportunity, program, 'active')
  await engage(opportunity, programLeft, 'active')
  await engage(myOpportunity, plainProgram, 'pending')
  await engage(myOpportunity, program, 'cancelled')

  const sold = { source: 'woocommerce', totalValue: 12_345 }
  const transaction = await mine(
    'Transaction',
    insertTransaction(sql, { ...here(), ...sold, externalId: 'order-1', opportunityId: opportunity }),
  )
  const renewal = await mine(
    'Transaction',
    insertTransaction(sql, { ...here(), ...sold, externalId: 'order-2', originalTransactionId: transaction }),
  )
  // mine through the engagement alone
  await mine(
    'Transaction',
    insertTransaction(sql, { ...here(), ...sold, externalId: 'order-3', opportunityId: myOpportunity }),
  )
  for (const transactionId of [transaction, renewal]) {
    await others(
      'LineItem',
      insertLineItem(sql, { organizationId, transactionId, externalId: 'sku', description: 'd' }),
    )
  }
  const payout = await mine(
    'Payout',
    insertPayout(sql, { ...here(), collaboratorId: me, fulfillmentId: fulfillment, status: 'paid', datePaid: EPOCH }),
  )
  const owe = (payoutId?: number) =>
    mine(
      'Obligation',
      insertObligation(sql, { ...here(), collaboratorId: me, value: 400 + minutes, ...(payoutId && { payoutId }) }),
    )
  const settled = await owe(payout)
  const owed = await owe()
  const allotted = await owe()
  const convert = (given: object) =>
    mine(
      'Conversion',
      insertConversion(sql, { ...here(), collaboratorId: me, engagementId: engagement, score: 300, ...given }),
    )
  const conversion = await convert({ transactionId: transaction, obligationId: settled, status: 'approved' })
  const renewed = await convert({ transactionId: renewal, obligationId: owed, type: 'renewal' })
  await convert({ type: 'lead' })
  const share = (side: typeof mine, collaboratorId: number, obligationId?: number) =>
    side(
      'Allocation',
      insert(sql, 'allocation', {
        organizationId,
        distributionId: distribution,
        collaboratorId,
        obligationId,
        value: 4_000,
        currency: 'USD',
      }),
    )
  await share(mine, me, allotted)

  // the rival's
  await countFrom(
    sql,
    starts.others,
    MINE.filter(table => table !== 'note'),
  )
  const rival = await others('Collaborator', insertCollaborator(sql, { ...here(), fullName: 'Rita Rival' }))
  await insertAlias(sql, { organizationId, collaboratorId: rival, type: 'coupon', code: 'RITA10' })
  const otherProgram = await others('Program', insertProgram(sql, { ...here(), name: 'Elite', groupId: group }))
  await insertEngagementType(sql, { organizationId, programId: otherProgram, type: 'manual', value: 50 })
  for (const programId of [program, programLeft, otherProgram]) {
    await insertEnrollment(sql, { organizationId, collaboratorId: rival, programId })
  }
  await write(sql, 'distributor_enrollment', {
    organizationId,
    collaboratorId: me,
    distributorId: distributor,
    dateCreated: EPOCH,
  })
  const otherOpportunity = await others('Opportunity', insertOpportunity(sql, { ...here(), userId: 'customer-3' }))
  const merged = await others(
    'Opportunity',
    insertOpportunity(sql, { ...here(), status: 'inactive', mergedIntoId: opportunity }),
  )
  const engageRival = (opportunityId: number, programId: number, score: number) =>
    others('Engagement', insertEngagement(sql, { ...here(), collaboratorId: rival, opportunityId, programId, score }))
  const rivals = await engageRival(opportunity, program, 5_000)
  await engageRival(opportunity, programLeft, 1)
  await engageRival(opportunity, otherProgram, 2)
  await engageRival(otherOpportunity, otherProgram, 3)
  const otherTransaction = await others(
    'Transaction',
    insertTransaction(sql, { ...here(), externalId: 'order-4', opportunityId: otherOpportunity }),
  )
  await others('LineItem', insertLineItem(sql, { organizationId, transactionId: otherTransaction }))
  const otherPayout = await others(
    'Payout',
    insertPayout(sql, { ...here(), collaboratorId: rival, fulfillmentId: fulfillment }),
  )
  const oweRival = (payoutId?: number) =>
    others('Obligation', insertObligation(sql, { ...here(), collaboratorId: rival, ...(payoutId && { payoutId }) }))
  const otherObligation = await oweRival(otherPayout)
  const otherAllotted = await oweRival()
  const convertRival = (transactionId: number, given: object = {}) =>
    others(
      'Conversion',
      insertConversion(sql, { ...here(), collaboratorId: rival, engagementId: rivals, transactionId, ...given }),
    )
  const otherConversion = await convertRival(transaction, { obligationId: otherObligation })
  const otherRenewed = await convertRival(renewal, { type: 'renewal' })
  await convertRival(otherTransaction)
  await share(others, rival, otherAllotted)
  await sql.script(`update obligation o set conversion_id = v.id from conversion v
    where o.organization_id = ${organizationId} and v.organization_id = o.organization_id and v.obligation_id = o.id`)

  // notes
  const note = (
    side: typeof mine,
    content: string,
    data: Record<string, string | number>,
    ...links: NoteLinkText[]
  ) => {
    const sources = links.map(link => {
      const [type = '', id] = link.split(' ')
      return { sourceType: type as NoteSourceType, sourceId: Number(id) }
    })
    const [cause] = sources
    if (cause === undefined) throw new Error('Expected a link')
    const given = { organizationId, content, data, dateCreated: now(), sources }
    return side(
      'Note',
      insertNote(sql, { ...given, creationSource: cause.sourceType, creationSourceId: cause.sourceId }),
    )
  }
  const usd = (amount: number) => ({ amount, currency: 'USD' })
  const C: NoteLinkText = `collaborator ${me}`
  const R: NoteLinkText = `collaborator ${rival}`
  const Pr: NoteLinkText = `program ${program}`
  const Op: NoteLinkText = `opportunity ${opportunity}`
  const T: NoteLinkText = `transaction ${transaction}`
  const V: NoteLinkText = `conversion ${conversion}`
  const E: NoteLinkText = `engagement ${engagement}`
  const O: NoteLinkText = `obligation ${settled}`
  const P: NoteLinkText = `payout ${payout}`
  const F: NoteLinkText = `fulfillment ${fulfillment}`
  const D: NoteLinkText = `distribution ${distribution}`
  const Dr: NoteLinkText = `distributor ${distributor}`
  await note(mine, 'collaborator_submission_complete', {}, C, Pr, `program ${otherProgram}`)
  await note(mine, 'collaborator_account_ready', {}, C)
  await note(mine, 'coupon_applied', { code: 'JAY10' }, Op, C)
  await note(mine, 'coupon_applied', { code: 'JAY10' }, `opportunity ${merged}`, C)
  await note(mine, 'coupon_applied', { code: 'JAY10' }, `opportunity ${myOpportunity}`, C)
  await note(mine, 'manual_attribution_requested', {}, T, C, Op)
  await note(mine, 'conversion_awarded', { incentiveType: 'fixedPerLead', score: 300 }, T, V, C, E, Pr, Op)
  await note(mine, 'engagement_awarded', { score: 300 }, E, C, `program ${programLeft}`, Op, T)
  await note(mine, 'obligation_issued', usd(444), V, O, C)
  await note(mine, 'obligation_issued', usd(445), D, `obligation ${allotted}`, C)
  await note(mine, 'conversion_approved', {}, V, C, O, T)
  await note(mine, 'conversion_rejected', { reason: 'Returned' }, V, C, O, T)
  await note(mine, 'conversion_renewed', {}, `transaction ${renewal}`, `conversion ${renewed}`, C, E)
  await note(mine, 'payout_created', usd(1000), P, C, F, O)
  await note(mine, 'payout_paid', usd(1000), P, C, F, O)
  await note(mine, 'obligation_completed', usd(444), O, P, F, C, V)
  await note(mine, 'allocation_completed', { amount: 4000, units: 'USD' }, D, C, Dr, `obligation ${allotted}`)
  // shared
  const renewals: NoteLinkText[] = [`transaction ${renewal}`, Pr, `conversion ${renewed}`, `conversion ${otherRenewed}`]
  await note(mine, 'renewed_conversions_awarded', { count: 2 }, ...renewals, C, R)
  await note(mine, 'opportunity_invalidated', {}, Op, `engagement ${active}`, `engagement ${rivals}`, C, R)
  const contest: NoteLinkText[] = [`program ${otherProgram}`, Pr, Op, T, C, R]
  await note(mine, 'program_group_conversion_triggered', { winnerId: otherProgram }, ...contest)
  const lost: NoteLinkText[] = [Pr, `program ${programLeft}`, Op, T, R, C]
  await note(mine, 'program_group_conversion_triggered', { winnerId: program }, ...lost)
  const reversed: NoteLinkText[] = [V, `conversion ${otherConversion}`, C, R, O, `obligation ${otherObligation}`]
  await note(mine, 'refund_triggered', usd(12_345), T, ...reversed)
  await note(mine, 'partial_refund_triggered', usd(345), T, ...reversed)
  await note(mine, 'obligation_adjusted', usd(-44), T, O, C, V)
  await note(mine, 'payout_unpaid', usd(444), P, C, F, O)
  await note(mine, 'of_an_extension', { secret: 'a secret' }, R, C, Op)
  // the rival's, and the administrators'
  await countFrom(sql, starts.others, ['note'])
  const RV: NoteLinkText = `conversion ${otherConversion}`
  const RO: NoteLinkText = `obligation ${otherObligation}`
  const RP: NoteLinkText = `payout ${otherPayout}`
  await note(others, 'collaborator_account_ready', {}, R)
  await note(others, 'coupon_applied', { code: 'RITA10' }, Op, R)
  await note(others, 'coupon_applied', { code: 'RITA10' }, `opportunity ${otherOpportunity}`, R)
  await note(others, 'conversion_awarded', { incentiveType: 'fixedPerLead', score: 1 }, T, RV, R, Pr, Op)
  await note(others, 'obligation_issued', usd(555), RV, RO, R)
  await note(others, 'conversion_rejected', { reason: 'Fraud' }, RV, R, RO, T)
  await note(others, 'payout_created', usd(555), RP, R, F, RO)
  await note(others, 'fulfillment_created', {}, F)
  await note(others, 'fulfillment_status_changed', { newStatus: 'complete' }, F)
  await note(others, 'distribution_completed', { value: 9_000, currency: 'USD' }, D, Dr)
  await note(others, 'allocation_completed', { amount: 5, units: 'USD' }, D, R, Dr)
  await note(others, 'refund_triggered', usd(1), `transaction ${otherTransaction}`, R)
  await note(others, 'engagement_awarded', { score: 1 }, `engagement ${rivals}`, R, Pr, Op, T)
  await note(others, 'org_created', {}, `organization ${organizationId}`)

  await countFrom(sql, starts.others + 500, [...MINE, ...OTHERS])
  return { organizationId, me, rival, programLeft, ...rows }
}

type NoteLinkText = `${NoteSourceType} ${number}`

const nobody = () =>
  Object.fromEntries(RECORD_TYPES.map(type => [type, [] as number[]])) as Record<RecordTypeName, number[]>

/** Tables in which I have rows, and those in which I have none. */
const MINE = `collaborator collaborator_alias program opportunity engagement transaction conversion obligation payout
  allocation note`.split(/\s+/)
const OTHERS = ['program_group', 'integration', 'distributor', 'distribution', 'fulfillment', 'line_item']

const countFrom = async (sql: Sql, start: number, tables: readonly string[]): Promise<void> => {
  for (const table of tables) {
    await sql.rows(statement(`select setval(pg_get_serial_sequence($1, 'id'), $2::bigint, false)`), [
      `"${table}"`,
      start,
    ])
  }
}

/** The columns of visible rows of which a collaborator is told nothing, by DOMAIN.md §7c. */
export const HIDDEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  program:
    `units transaction_percent payout_per_transaction payout_per_product payout_per_lead lead_requalification_days
    expiration_days date_created date_modified`.split(/\s+/),
  opportunity: ['user_id'],
  transaction: ['source', 'external_id', 'total_value', 'refunded_value', 'currency'],
}

/** Writes the mark over all of a tenant: every text, number and date of every table. */
export const markTenant = async (sql: Sql, organizationId: number): Promise<void> => {
  for (const [table, columns] of await columnsByTable(sql)) {
    await mark(sql, table, columns, `organization_id = ${organizationId}`, MARKS.foreign)
  }
  await sql.script(`update organization set name = '${MARKS.foreign.text}', date_created = '${MARKS.foreign.date}'
    where id = ${organizationId}`)
}

/** Writes the mark over everything in the tenant that I must not be told. */
export const markHidden = async (sql: Sql, { organizationId, programLeft }: Tenant): Promise<void> => {
  const tables = await columnsByTable(sql)
  const here = `organization_id = ${organizationId}`
  const rows = new Map([
    ['enrollment', 'false'], // with whom I share a program says nothing
    ['distributor_enrollment', 'true'],
    ['program_engagement_type', `program_id > 555000000 or program_id = ${programLeft}`],
    ['note_source', 'note_id > 555000000'],
    ['feed_milestone', 'note_id > 555000000'],
    ['evaluation_candidate', 'evaluation_id > 555000000'],
    ['counted_conversion', 'distribution_id > 555000000'],
    ['program', `id > 555000000 or id = ${programLeft}`],
  ])
  for (const [table, columns] of tables) {
    // keys of blueprints stay, or none of these notes could be rendered
    const marked = columns.filter(({ column }) => !(table.startsWith('note') && column === 'content'))
    await mark(sql, table, marked, `${here} and (${rows.get(table) ?? 'id > 555000000'})`, MARKS.rival)
    const hidden = columns.filter(({ column }) => HIDDEN_COLUMNS[table]?.includes(column))
    await mark(sql, table, hidden, here, MARKS.rival)
  }
  // facts of shared notes that are for administrators, and those of a note that has no blueprint
  const facts = { amount: MARKS.rival.number, currency: MARKS.rival.currency, count: MARKS.rival.number }
  await sql.script(`
    update note set data = data || '${JSON.stringify({ ...facts, secret: MARKS.rival.text })}'::jsonb
    where ${here} and content in ('refund_triggered', 'partial_refund_triggered', 'renewed_conversions_awarded', 'of_an_extension')`)
}

/** Changes what of the tenant has no room for a mark: statuses, references, kinds; and adds rows that are not mine. */
export const stirHidden = async (sql: Sql, tenant: Tenant): Promise<void> => {
  const { organizationId, me, rival, programLeft, visible, hidden } = tenant
  const here = `organization_id = ${organizationId}`
  const [groupA, groupB] = hidden.ProgramGroup
  const [opportunity, myOpportunity] = visible.Opportunity
  const [transaction, renewal, third] = visible.Transaction
  await sql.script(`
    update program set status = 'draft', incentive_type = 'fixedPerLead', incentive_resolver_type = 'topScoreWins',
      active_conversion_types = '{lead,renewal}', auto_approve = not auto_approve,
      group_id = case group_id when ${groupA} then ${groupB} else null end where ${here};
    update opportunity set merged_into_id = ${hidden.Opportunity[0]} where ${here} and id = ${myOpportunity};
    update opportunity set status = 'invalid' where ${here} and id > 555000000;
    update transaction set opportunity_id = null where ${here} and id = ${transaction};
    update transaction set opportunity_id = ${opportunity} where ${here} and id = ${third};
    update transaction set original_transaction_id = ${hidden.Transaction[0]} where ${here} and id = ${renewal};
    update transaction set status = 'refunded' where ${here} and id > 555000000;
    update payout set fulfillment_id = ${hidden.Fulfillment[1]} where ${here};
    update payout set status = 'failed', date_paid = null where ${here} and id > 555000000;
    update engagement set status = 'cancelled' where ${here} and id > 555000000;
    update conversion set status = 'rejected', type = 'lead' where ${here} and id > 555000000;
    update obligation set status = 'cancelled' where ${here} and id > 555000000;
    update fulfillment set status = 'failed' where ${here};
    update distributor set status = 'deleted' where ${here};
    update distribution set status = 'complete' where ${here};
    update collaborator set status = 'deleted', nickname = 'CANARY_R' where ${here} and id > 555000000;
    update collaborator_alias set retired_date = now() where ${here} and collaborator_id = ${rival};
    update note set creation_source = 'collaborator', creation_source_id = ${rival} where ${here} and content = 'of_an_extension';
  `)
  // another rival, as near to me as can be
  const third_ = await insertCollaborator(sql, { organizationId, fullName: 'CANARY_R' })
  for (const programId of [visible.Program[0], programLeft]) {
    await insertEnrollment(sql, { organizationId, collaboratorId: third_, programId: programId as number })
  }
  const engagementId = await insertEngagement(sql, {
    organizationId,
    collaboratorId: third_,
    opportunityId: opportunity,
    programId: visible.Program[0],
    score: MARKS.rival.number,
  })
  const given = { organizationId, collaboratorId: third_, value: MARKS.rival.number }
  const payoutId = await insertPayout(sql, { ...given, fulfillmentId: hidden.Fulfillment[0] })
  const obligationId = await insertObligation(sql, { ...given, payoutId })
  const conversionId = await insertConversion(sql, {
    organizationId,
    collaboratorId: third_,
    engagementId,
    transactionId: transaction,
    obligationId,
  })
  await insertLineItem(sql, { organizationId, transactionId: transaction, name: 'CANARY_R' })
  await insertNote(sql, {
    organizationId,
    content: 'coupon_applied',
    creationSource: 'opportunity',
    creationSourceId: opportunity,
    sources: [
      { sourceType: 'opportunity', sourceId: opportunity as number },
      { sourceType: 'collaborator', sourceId: third_ },
    ],
  })
  // and it has a part in every note that I share
  await sql.script(`
    insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
    select n.organization_id, n.id, l.type::note_source_type, l.id, n.content, n.date_created
    from note n, (values ('collaborator', ${third_}), ('engagement', ${engagementId}), ('conversion', ${conversionId}),
      ('obligation', ${obligationId}), ('payout', ${payoutId})) l(type, id)
    where n.organization_id = ${organizationId} and n.content in
      ('renewed_conversions_awarded', 'opportunity_invalidated', 'program_group_conversion_triggered', 'refund_triggered', 'of_an_extension')
      and exists (select from note_source s where s.organization_id = n.organization_id and s.note_id = n.id and s.source_type = 'collaborator' and s.source_id = ${me})`)
}

/**
 * Takes everything out of the tenant that I must not be told of. Integrations stay, since by them I know whether coupons
 * count, and what was merged into an opportunity of mine, since its notes are in that one's feed.
 */
export const removeHidden = async (sql: Sql, { organizationId }: Tenant): Promise<void> => {
  const here = `organization_id = ${organizationId}`
  const tables = [...MINE, ...OTHERS].filter(table => table !== 'integration')
  const gone = tables.map(
    table =>
      `delete from "${table}" where ${here} and id > 555000000${table === 'opportunity' ? ' and merged_into_id is null' : ''};`,
  )
  await sql.script(`
    set local session_replication_role = replica;
    delete from note_source where ${here} and (note_id > 555000000 or source_id > 555000000 and source_type <> 'opportunity');
    delete from enrollment where ${here} and (collaborator_id > 555000000 or program_id > 555000000);
    ${gone.join('\n')}
    set local session_replication_role = origin;`)
}

/**
 * Another tenant that has the same ids throughout, since they are unique in a tenant, not among tenants. In that one
 * everything is mine: what looks for its own in the wrong tenant finds too much.
 */
export const cloneTenant = async (sql: Sql, { organizationId, me }: Tenant): Promise<number> => {
  const clone = await insertOrganization(sql, { name: 'Clone' })
  const tables = await sql.rows<{ name: string; columns: string }>(
    statement(`select table_name as name, string_agg('"' || column_name || '"', ', ') as columns
      from information_schema.columns where table_schema = 'public' and column_name <> 'organization_id' and table_name in
        (select table_name from information_schema.columns where table_schema = 'public' and column_name = 'organization_id' and table_name <> 'api_key')
      group by table_name`),
    [],
  )
  const copies = tables.map(
    ({ name, columns }) =>
      `insert into "${name}" (organization_id, ${columns}) select ${clone}, ${columns} from "${name}" where organization_id = ${organizationId};`,
  )
  await sql.script(
    `set local session_replication_role = replica;\n${copies.join('\n')}\nset local session_replication_role = origin;`,
  )
  await sql.script(`update note_source set source_id = ${clone} where organization_id = ${clone} and source_type = 'organization';
    update note set creation_source_id = ${clone} where organization_id = ${clone} and creation_source = 'organization'`)
  const owned = ['engagement', 'conversion', 'obligation', 'payout', 'allocation']
  await sql.script(`
    update engagement set status = 'complete' where organization_id = ${clone};
    ${owned.map(table => `update ${table} set collaborator_id = ${me} where organization_id = ${clone};`).join('\n')}
    insert into enrollment (organization_id, collaborator_id, program_id, date_created)
      select organization_id, ${me}, id, now() from program where organization_id = ${clone} on conflict do nothing;
    update opportunity set merged_into_id = ${STARTS.mine} where organization_id = ${clone} and id <> ${STARTS.mine};
    insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
      select organization_id, id, 'collaborator', ${me}, content, date_created from note where organization_id = ${clone}
      on conflict do nothing`)
  return clone
}

const WITHOUT_ID = new Set(['program_engagement_type', 'enrollment', 'distributor_enrollment', 'note_source'])

interface Column {
  readonly column: string
  readonly type: string
}

const columnsByTable = async (sql: Sql): Promise<Map<string, Column[]>> => {
  const rows = await sql.rows<Column & { table: string }>(
    statement(`select table_name as "table", column_name as "column", data_type as type from information_schema.columns c
      where table_schema = 'public' and column_name <> 'organization_id' and exists (select from information_schema.columns x
        where x.table_schema = 'public' and x.table_name = c.table_name and x.column_name = 'organization_id')
        and table_name not in ('api_key', 'ingested_event') order by table_name, ordinal_position`),
    [],
  )
  return groupBy(rows, row => row.table)
}

const mark = async (sql: Sql, table: string, columns: readonly Column[], rows: string, marked: Mark): Promise<void> => {
  const written = columns.flatMap(({ column, type }) => {
    if ((type === 'bigint' && /(^|_)id$/.test(column)) || column === 'fraction_left') return []
    if (table === 'transaction' && column === 'currency') return [`currency = '${marked.currency}'`]
    const value = MARKED[type]?.(marked, column, table)
    return value === undefined ? [] : [`"${column}" = ${value}`]
  })
  if (written.length > 0) await sql.script(`update "${table}" set ${written.join(', ')} where ${rows}`)
}

/** The mark in a column of a type, in SQL. */
const MARKED: Record<string, (mark: Mark, column: string, table: string) => string> = {
  // what must stay unique is told apart by its row
  text: ({ text }, column, table) => `'${text}-' || ${WITHOUT_ID.has(table) ? `"${column}"` : 'id'}`,
  bigint: ({ number }) => `${number}`,
  integer: ({ number }) => `${number}`,
  numeric: ({ percent }) => `${percent}`,
  'timestamp with time zone': ({ date }, column) =>
    `case when "${column}" is null then null else '${date}'::timestamptz end`,
  jsonb: ({ text, number }) =>
    `'${JSON.stringify({
      ...Object.fromEntries(['amount', 'value', 'score', 'count', 'winnerId'].map(key => [key, number])),
      ...Object.fromEntries(
        ['currency', 'units', 'reason', 'code', 'incentiveType', 'newStatus'].map(key => [key, text]),
      ),
    })}'::jsonb`,
}
