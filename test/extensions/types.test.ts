import { expectTypeOf, it } from 'vitest'
import type { EventOf, EventType, Extension } from '../../src/index.ts'

// The compiler is what is tested here: an extension's own event has a type wherever the core's have one.

declare module '../../src/index.ts' {
  interface Events {
    LoyaltyLevelReached: { collaboratorId: number; level: string }
  }
}

it('types the events that an extension declares', () => {
  expectTypeOf<'LoyaltyLevelReached'>().toExtend<EventType>()
  expectTypeOf<EventOf<'LoyaltyLevelReached'>['level']>().toEqualTypeOf<string>()
})

it('types what listeners, blueprints and strategies are told', () => {
  const extension: Extension = {
    name: 'levels',
    events: ['LoyaltyLevelReached'],
    register: gateway => {
      gateway.on('ConversionApproved', async events =>
        events.map(({ conversion }) => {
          return { type: 'LoyaltyLevelReached', collaboratorId: conversion.collaboratorId, level: 'gold' } as const
        }),
      )
      gateway.addNote('loyalty_level_reached', {
        on: 'LoyaltyLevelReached',
        sources: ({ collaboratorId }) => [{ sourceType: 'collaborator', sourceId: collaboratorId }],
        facts: ({ level }) => ({ level }),
        template: '{collaborator} reached {level}',
      })
    },
  }
  expectTypeOf(extension).toEqualTypeOf<Extension>()
})
