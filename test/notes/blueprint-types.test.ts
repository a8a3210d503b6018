import { expectTypeOf, it } from 'vitest'
import { type Blueprint, blueprint, type PlaceholdersOf, type Sound } from '../../src/notes/blueprint.ts'

// The compiler is what is tested here: each @ts-expect-error is an error of its own when the line below it compiles.

const payout = {
  description: 'Written when a payout is made.',
  links: { payout: 'required', collaborator: 'required' },
  creationSource: ['payout'],
  facts: { amount: { kind: 'amount', units: 'currency' } },
} as const

/** Without its notes. */
const made = <const B extends Blueprint>(entry: B & Sound<B>) => blueprint(entry, 'PayoutPaid', () => [])

it('compiles a template whose placeholders its links and facts provide', () => {
  made({ ...payout, template: 'Payout #{payoutId} of {amount} for {collaborator} ({collaboratorId})' })
  made({ ...payout, template: 'no placeholders' })
})

it('does not compile a template with a placeholder that nothing provides', () => {
  // @ts-expect-error: no such fact
  made({ ...payout, template: 'Payout #{payoutId} of {amuont}' })
  // @ts-expect-error: no program is linked
  made({ ...payout, template: 'Payout #{payoutId} under {program}' })
  // @ts-expect-error: no transaction is linked
  made({ ...payout, template: 'Payout #{payoutId} for transaction #{transactionId}' })
  // @ts-expect-error: a payout is linked, but has no name
  made({ ...payout, template: '{payout}' })
  // @ts-expect-error: the unit comes with its amount
  made({ ...payout, template: 'Payout #{payoutId} in {currency}' })
  // @ts-expect-error: the last of many
  made({ ...payout, template: '{payoutId} {amount} {collaborator} {collaboratorId} {reason}' })
})

it('does not compile a creation source that is not linked', () => {
  // @ts-expect-error: no transaction is linked
  made({ ...payout, template: 'Payout #{payoutId}', creationSource: ['transaction'] })
})

it('does not compile a link to an unknown type of record', () => {
  // @ts-expect-error: allocations have no notes
  made({ ...payout, template: 'Payout', links: { ...payout.links, allocation: 'required' } })
})

it('does not compile notes without the links and facts that are declared', () => {
  const entry = { ...payout, template: 'Payout #{payoutId}' } as const
  blueprint(entry, 'PayoutPaid', () => [
    { links: { payout: 1, collaborator: 2 }, facts: { amount: 3, currency: 'USD' } },
  ])
  // @ts-expect-error: the collaborator is missing
  blueprint(entry, 'PayoutPaid', () => [{ links: { payout: 1 }, facts: { amount: 3, currency: 'USD' } }])
  // @ts-expect-error: an amount without its currency
  blueprint(entry, 'PayoutPaid', () => [{ links: { payout: 1, collaborator: 2 }, facts: { amount: 3 } }])
  // @ts-expect-error: the event has no such field
  blueprint(entry, 'PayoutPaid', ({ fulfillment }) => [
    { links: { payout: fulfillment, collaborator: 2 }, facts: { amount: 3, currency: 'USD' } },
  ])
})

it('knows the placeholders of a template', () => {
  expectTypeOf<PlaceholdersOf<'{count} of {a} by {b}'>>().toEqualTypeOf<'count' | 'a' | 'b'>()
  expectTypeOf<PlaceholdersOf<'none'>>().toEqualTypeOf<never>()
})
