import { expectTypeOf, it } from 'vitest'
import { blueprint, type PlaceholdersOf } from '../../src/notes/blueprint.ts'
import type { CoreBlueprintKey } from '../../src/notes/blueprints.ts'

// The compiler is what is tested here: each @ts-expect-error is an error of its own when the line below it compiles.

const payout = {
  description: 'Written when a payout is made.',
  links: { payout: 'required', collaborator: 'required' },
  creationSource: ['payout'],
  facts: { amount: { kind: 'amount', units: 'currency' } },
} as const

it('compiles a template whose placeholders its links and facts provide', () => {
  blueprint({ ...payout, template: 'Payout #{payoutId} of {amount} for {collaborator} ({collaboratorId})' })
  blueprint({ ...payout, template: 'no placeholders' })
})

it('does not compile a template with a placeholder that nothing provides', () => {
  // @ts-expect-error: no such fact
  blueprint({ ...payout, template: 'Payout #{payoutId} of {amuont}' })
  // @ts-expect-error: no program is linked
  blueprint({ ...payout, template: 'Payout #{payoutId} under {program}' })
  // @ts-expect-error: no transaction is linked
  blueprint({ ...payout, template: 'Payout #{payoutId} for transaction #{transactionId}' })
  // @ts-expect-error: a payout is linked, but has no name
  blueprint({ ...payout, template: '{payout}' })
  // @ts-expect-error: the unit comes with its amount
  blueprint({ ...payout, template: 'Payout #{payoutId} in {currency}' })
  // @ts-expect-error: the last of many
  blueprint({ ...payout, template: '{payoutId} {amount} {collaborator} {collaboratorId} {reason}' })
})

it('does not compile a creation source that is not linked', () => {
  // @ts-expect-error: no transaction is linked
  blueprint({ ...payout, template: 'Payout #{payoutId}', creationSource: ['transaction'] })
})

it('does not compile a link to an unknown type of record', () => {
  // @ts-expect-error: allocations have no notes
  blueprint({ ...payout, template: 'Payout', links: { ...payout.links, allocation: 'required' } })
})

it('knows the placeholders of a template', () => {
  expectTypeOf<PlaceholdersOf<'{count} of {a} by {b}'>>().toEqualTypeOf<'count' | 'a' | 'b'>()
  expectTypeOf<PlaceholdersOf<'none'>>().toEqualTypeOf<never>()
})

it('knows the keys of the core', () => {
  expectTypeOf<'payout_paid'>().toExtend<CoreBlueprintKey>()
  expectTypeOf<'payout_piad'>().not.toExtend<CoreBlueprintKey>()
})
