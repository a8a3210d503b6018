import { createHash } from 'node:crypto'

/** An inline script, as a content security policy allows it. */
export const hashOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`
