import { z } from 'zod'
import { atMost, expected, optional } from '../events/fields.ts'
import { ALL_TYPES, NEVER_SENT, WEBHOOK_TYPES } from './types.ts'

/** What a webhook can be sent: every type, or all of them. */
export const CHOICES = [ALL_TYPES, ...WEBHOOK_TYPES] as const

const ADDRESS = 'Expected an http:// or https:// address of at most 2048 characters'
const CHOICE = expected(`one of ${CHOICES.join(', ')}`)
const EVENTS = expected(`a list of one or more of ${CHOICES.join(', ')}`)
const LINE = expected('a text on one line')

/** The same in JSON Schema, which has no flags for patterns. */
const ADDRESSES = '^[Hh][Tt][Tt][Pp][Ss]?://(?!/)(?![^/?]*@)[^\\s\\\\#]+$'
/** A text on one line, in JSON Schema. */
export const ONE_LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$'

/** What is wrong with an address, as far as it says so itself. */
const problemOf = (text: string): string | undefined => {
  if (text.length > 2048 || !/^https?:\/\/(?!\/)[^\s\p{Cc}\\]+$/iu.test(text)) return ADDRESS
  if (!text.isWellFormed() || !URL.canParse(text)) return ADDRESS
  const { username, password } = new URL(text)
  if (username !== '' || password !== '') return `${ADDRESS}, without user name and password`
  return text.includes('#') ? `${ADDRESS}, without a fragment` : undefined
}

/** A webhook that is wanted. Whether its address is a public one is not known from it alone. */
export const newWebhook = z.strictObject({
  targetUrl: z
    .string(ADDRESS)
    .superRefine((text, context) => {
      const message = problemOf(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .meta({
      description: 'Where to send messages.',
      override: { type: 'string', format: 'uri', maxLength: 2048, pattern: ADDRESSES },
    }),
  events: z
    .array(z.enum(CHOICES, CHOICE), EVENTS)
    .min(1, EVENTS)
    .max(50, atMost(50, 'types'))
    .transform(types => [...new Set(types)])
    .meta({ description: `What to send; \`${ALL_TYPES}\` is everything. ${NEVER_SENT.join(', ')} are never sent.` }),
  description: optional(
    z
      .string(LINE)
      .refine(text => text.isWellFormed() && !/\p{Cc}/u.test(text), LINE)
      .max(500, atMost(500, 'characters'))
      .meta({ override: { pattern: ONE_LINE } }),
  ).meta({ description: 'What it is for.' }),
})
