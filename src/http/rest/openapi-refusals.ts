import { z } from 'zod'
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import type { PublicCode } from '../errors.ts'
import type { Prefix } from './route.ts'

const CODES = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'VALIDATION_FAILED',
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
] as const satisfies readonly (PublicCode | 'NOT_FOUND')[]

const fields = z.record(z.string(), z.array(z.string())).meta({ description: 'What was expected of each wrong field.' })

/** An error of Siren's own API. */
export const SirenError = z
  .strictObject({
    error: z.strictObject({ message: z.string(), code: z.enum(CODES), data: fields }),
  })
  .meta({ id: 'SirenError', description: 'Why a request below `/siren/v1` was refused.' })

const WordPressError = z
  .strictObject({
    message: z.string(),
    context: z
      .strictObject({ failedValidations: fields })
      .optional()
      .meta({ description: 'Is there when fields were not what was expected.' }),
  })
  .meta({ id: 'WordPressError', description: 'Why a request below `/wp-json/siren/v1` was refused.' })

/** What may go wrong with an operation: what may with every one, and what is its own. */
export const refusalsOf = (
  prefix: Prefix,
  { hasBody, refusals = {} }: { hasBody: boolean; refusals?: Readonly<Record<number, string>> },
): ZodOpenApiResponsesObject => {
  const { refused, common, ofBody } = SHAPES[prefix]
  const own = Object.entries(refusals).map(([status, when]) => [status, refused(when)])
  return { ...common, ...(hasBody && ofBody), ...Object.fromEntries(own) }
}

const shapeOf = (name: string, schema: z.ZodType, invalid: 400 | 422) => {
  const refused = (description: string): ZodOpenApiResponseObject => {
    return { description, content: { 'application/json': { schema } } }
  }
  const named = (id: string, description: string, headers?: ZodOpenApiResponseObject['headers']) => {
    return { ...refused(description), id: `${name}${id}`, ...(headers && { headers }) }
  }
  const isJson = 'the body is no JSON'
  const wrong = 'Fields are not what was expected'
  const common: ZodOpenApiResponsesObject = {
    401: named('Unauthenticated', 'There is no valid key.', {
      'WWW-Authenticate': {
        description: 'The way to say who asks.',
        required: true,
        schema: { type: 'string', const: 'Bearer' },
      },
    }),
    403: named('Forbidden', 'The key may not do this.'),
    [`${invalid}`]: named('Invalid', invalid === 400 ? `${wrong}, or ${isJson}.` : `${wrong}.`),
    503: named('Unavailable', 'The gateway is not ready, or cannot reach its database: send it again.', {
      'Retry-After': { description: 'After how many seconds.', schema: { type: 'integer', minimum: 0 } },
    }),
    default: named('Refused', 'Any other error.'),
  }
  const ofBody: ZodOpenApiResponsesObject = invalid === 400 ? {} : { 400: named('NoJson', `T${isJson.slice(1)}.`) }
  return { refused, common, ofBody }
}

const SHAPES: Readonly<Record<Prefix, ReturnType<typeof shapeOf>>> = {
  '/siren/v1': shapeOf('Siren', SirenError, 422),
  '/wp-json/siren/v1': shapeOf('WordPress', WordPressError, 400),
}
