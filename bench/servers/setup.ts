import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { Step } from '../recording.ts'

/** What a peer is started with, as a file of JSON. */
export interface Setup {
  readonly port: number
  readonly databaseUrl: string
  /** Note templates by blueprint key, as the gateway lists them. */
  readonly templates: Readonly<Record<string, string>>
  /** The gateway's statements for each query, and for each event: I1's by collaborator. */
  readonly statements: Readonly<Record<string, readonly Step[]>>
}

/** The setup of this process. */
export const readSetup = (): Setup => JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))

/** As many connections as the gateway has, and integers and dates read as it reads them. */
export const poolFor = ({ databaseUrl }: Setup): pg.Pool =>
  new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    options: '-c timezone=UTC',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        PARSERS[oid] ?? pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  })

const PARSERS: Record<number, (text: string) => unknown> = {
  20: Number,
  1184: text => new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`),
}
