import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { EPOCH } from '../support/rows.ts'
import { RUNS } from '../support/runs.ts'
import type { Line, ProgramRules, Rules, State } from './model/records.ts'
import { poolOf } from './model/shares.ts'
import {
  anything,
  claims,
  conversions,
  histories,
  login,
  overtaking,
  STORIES,
  type Step,
  shopping,
  subscribing,
} from './properties/histories.ts'
import { expectCaused, expectConsistent, expectLedger, expectLegal } from './properties/laws.ts'
import { byId, inOrder, recordsOf } from './properties/stored.ts'
import { type Moment, walker } from './properties/walk.ts'

// Whatever comes in, in whatever order and however often: what the gateway keeps is what a model of it keeps that is
// simple enough to be believed.

vi.setConfig({ testTimeout: RUNS.numRuns * 6000 })

const { sql } = await testDatabase()
const walk = walker(sql)

describe('whatever comes in', () => {
  it('gives an engagement the points of all its triggers, those of merged visitors included', async () => {
    await fc.assert(
      fc.asyncProperty(histories(claims, [login, overtaking], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual } = last
        expect(recordsOf(actual).touches).toEqual(recordsOf(model.state).touches)
        expect(actual.engagements).toEqual(byId(model.state.engagements))
      }),
      RUNS,
    )
  })

  it('pays each pool as its program divides it, to the last cent', async () => {
    await fc.assert(
      fc.asyncProperty(histories(conversions, [shopping, subscribing, overtaking], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        // each pool by the rules that there are in the end
        await walk(
          rules,
          steps.filter(({ kind }) => kind !== 'reform'),
          now => {
            last = now
          },
        )
        if (last === undefined) return
        const { model, actual } = last
        for (const { program, type, transaction, candidates } of actual.evaluations) {
          const { resolver } = rules.programs[program - 1] as ProgramRules
          const pool = poolOf(
            rules.programs[program - 1] as ProgramRules,
            type,
            model.state.transactions[(transaction ?? 0) - 1]?.left ?? null,
          )
          const sharers = candidates.filter(({ share }) => share !== null)
          if (sharers.length === 0) continue
          const paid = sharers.map(({ share }) => share as number)
          const total = sharers.reduce((sum, { score }) => sum + score, 0)
          switch (resolver) {
            case 'evenlySharedPool':
              expect(paid).toEqual(sharers.map(() => Math.floor(pool / sharers.length)))
              break
            case 'performanceWeightedPool':
              expect(paid.reduce((sum, value) => sum + value, 0)).toBe(pool)
              for (const [at, { score }] of sharers.entries())
                expect(Math.abs((paid[at] as number) - (pool * score) / total)).toBeLessThan(1)
              break
            default:
              expect(paid).toEqual([pool])
          }
        }
        expect(actual.obligations).toEqual(model.state.obligations)
      }),
      RUNS,
    )
  })

  it('has its effects once, and leads from no state but to those that may follow', async () => {
    await fc.assert(
      fc.asyncProperty(histories(anything, STORIES, 16), async ([rules, steps]) => {
        let before: State | undefined
        await walk(rules, steps, ({ model, actual }) => {
          expect(recordsOf(actual)).toEqual(recordsOf(model.state))
          expectLegal(before, actual)
          expectConsistent(actual)
          expectLedger(actual)
          before = actual
        })
      }),
      RUNS,
    )
  })

  it('writes each note with its cause, and for each effect its note', async () => {
    await fc.assert(
      fc.asyncProperty(histories(anything, STORIES, 16), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual, stored } = last
        expect(inOrder(actual.notes)).toEqual(inOrder(model.state.notes))
        expectCaused(actual.notes)
        for (const { cause, links } of stored.notes as unknown as { cause: string; links: string[] }[])
          expect(links).toContain(cause)
      }),
      RUNS,
    )
  })
})

describe('what has been found once', () => {
  const rules: Rules = {
    programs: [
      {
        resolver: 'performanceWeightedPool',
        incentive: 'fixedPerTransaction',
        rate: 1000,
        types: ['renewal'],
        grouped: false,
        autoApprove: false,
        expirationDays: null,
        requalificationDays: null,
        points: { referredSiteVisit: 10 },
        members: [0, 1],
      },
    ],
    sorter: 'newestBindingWins',
    standings: ['active', 'active'],
    distributor: { isEven: true, percent: 0, members: [] },
    start: EPOCH.getTime(),
  }
  const common = { pause: 1, late: 0, key: 'none' } as const
  const visit = (device: 0 | 1, user?: 'ann'): Step => {
    return { kind: 'visit', device, user, naming: 'payload', collaborator: 1, ...common }
  }
  const lines: Line[] = [{ type: 'product', value: 1000, quantity: 1 }]
  const bought = { currency: 'USD', lines, paid: 'all' } as const

  it('merges engagements that renewals were credited to, and that may go on', async () => {
    const steps: Step[] = [
      visit(0),
      { kind: 'sale', device: 0, user: undefined, naming: 'payload', order: 0, ...bought, ...common },
      { kind: 'renewal', order: 0, original: 0, ...bought, ...common },
      visit(1, 'ann'),
      visit(0, 'ann'),
      { kind: 'renewal', order: 1, original: 0, ...bought, ...common },
    ]
    await walk(rules, steps, ({ model, actual }) => {
      expect(recordsOf(actual)).toEqual(recordsOf(model.state))
      expect(inOrder(actual.notes)).toEqual(inOrder(model.state.notes))
      expectCaused(actual.notes)
    })
  })
})
