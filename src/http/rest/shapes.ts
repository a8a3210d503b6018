import { z } from 'zod'

/** What answers are made of, for the OpenAPI document: a date is sent as text, in UTC. */
export const dateTime = z.iso.datetime().meta({ override: { type: 'string', format: 'date-time' } })

export const recordId = z.int().positive()
