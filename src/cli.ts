#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import type { Logger } from 'pino'
import { KEY_SCOPES, type KeyScope } from './access/viewer.ts'
import type { Gateway, Prepared } from './app.ts'
import type { Config } from './config.ts'
import type { Database, MissingDatabase } from './database/client.ts'
import type { SetupPreview, SetupSummary } from './directory/apply.ts'
import type { SetupFile } from './directory/setup-file.ts'
import { InvalidInputError, SirenError, StartError, ValidationError } from './errors.ts'

// Each subcommand imports what it needs when it runs: help is instant.

const program = new Command('siren-gateway')
  .description(
    'The GraphQL gateway to attribution data. It is configured by environment variables; see the README. demo, serve, migrate, apply and seed make the data folder where there is none; other commands refuse to.',
  )
  .version(versionOfPackage(), '--version', 'print the version')
  .exitOverride()
  .showSuggestionAfterError(false)
  .helpCommand(true)
  .allowExcessArguments()
  .action((_options, command: Command) => expectSubcommand(command))

program
  .command('demo')
  .description('start with demo data on an embedded database in DATA_DIR; GraphiQL is open')
  .action(async () => {
    const { loadConfig } = await import('./config.ts')
    const config = loadConfig('demo')
    const { makeLog } = await import('./http/logging.ts')
    const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel) // it is people who read this
    console.log('Starting the demo …')
    const [gateway, prepared] = await start(config, true, log)
    const { DEMO_KEYS } = await import('./access/api-keys.ts')
    const { ROLES } = await import('./http/welcome.ts')
    const keys = DEMO_KEYS.map(({ rawKey, role }) => `  ${rawKey.padEnd(22)}${role}: ${ROLES[role]}`)
    console.log(`
Siren gateway

  Start page  ${gateway.address}/
${config.graphiql ? `  GraphiQL    ${gateway.address}/graphql\n` : ''}  Health      ${gateway.address}/health, ${gateway.address}/ready
  Data        ${config.databaseUrl === undefined ? `${config.dataDir} (remove this folder to start afresh)` : 'DATABASE_URL'}

${
  prepared.demoOrganization
    ? `Keys, to be sent as "Authorization: Bearer <key>"\n\n${keys.join('\n')}`
    : 'This database has data of its own: nothing was added, and there are no demo keys.'
}

Stop with Ctrl+C.
`)
  })

program
  .command('serve')
  .description('start for production: no demo data, no demo keys')
  .action(async () => {
    const { loadConfig } = await import('./config.ts')
    const config = loadConfig('serve')
    const { makeLog } = await import('./http/logging.ts')
    const log = makeLog(config.logLevel)
    await start(config, false, log)
  })

program
  .command('migrate')
  .description(
    'apply the migrations that the database has not had yet; one that a newer version has migrated is refused',
  )
  .action(() =>
    withDatabase('create', async database => {
      const { applyMigrations } = await import('./database/schema-engine.ts')
      const { keptLines, settleTextKeys } = await import('./database/text-keys.ts')
      const applied = await applyMigrations(database)
      console.log(applied.length === 0 ? 'Nothing to migrate' : applied.map(name => `Applied ${name}`).join('\n'))
      for (const line of keptLines(await settleTextKeys(database.sql))) console.log(line)
    }),
  )

interface ApplyOptions {
  url?: string
  key?: string
  organization?: number
  dryRun?: boolean
}
program
  .command('apply')
  .description("bring an organization's set-up to what a file says; applied again it changes nothing")
  .argument('<file>', 'the set-up in YAML or JSON, as docs/setup.md describes it; - is stdin')
  .option('--url <url>', 'apply it through a running gateway, such as http://127.0.0.1:4000')
  .option('--key <key>', 'the key of an administrator there')
  .option(
    '--organization <id>',
    'refuse to set up any other organization than this one',
    idOf('--organization', 'an organization'),
  )
  .option('--dry-run', 'print what would change, and change nothing: not even a data folder is made')
  .action(async (file: string, options: ApplyOptions, command: Command) => {
    const { url, key, organization: organizationId, dryRun = false } = options
    if (url !== undefined && key === undefined) command.error('error: expected --key beside --url, received nothing')
    if (url === undefined && key !== undefined) command.error('error: expected --url beside --key, received nothing')
    const { readSetupFile } = await import('./directory/setup-file.ts')
    const setup = await readSetupFile(file)
    const { document } = setup
    try {
      if (url !== undefined && key !== undefined) {
        const { sendSetup } = await import('./directory/setup-remote.ts')
        return await report(await sendSetup(document, { url, key }, { organizationId, dryRun }), setup)
      }
      const { applySetup, previewSetup } = await import('./directory/apply.ts')
      const { parseSetup } = await import('./directory/setup-document.ts')
      const { loadConfig } = await import('./config.ts')
      const { loadExtensions } = await import('./extensions/load.ts')
      const { Parts, pipeline, setupPorts } = await import('./pipeline.ts')
      const parts = new Parts()
      await loadExtensions(loadConfig('other').extensions, parts)
      const triggers = parts.strategies.map(({ id }) => id)
      parseSetup(document, triggers) // a document that is wrong makes no data folder
      await withMigratedDatabase(dryRun ? 'memory' : 'create', async ({ sql }) => {
        if (dryRun) return report(await previewSetup(sql, document, { organizationId, triggers }), setup)
        const ports = setupPorts(pipeline(sql, parts))
        await report(await applySetup(sql, document, { organizationId, triggers, ...ports }), setup)
      })
    } catch (error) {
      if (error instanceof ValidationError) throw new InvalidInputError(setup.linesOf(error.fields).join('\n'))
      throw error
    }
  })

const organization = program
  .command('organization')
  .description('see which organizations there are')
  .allowExcessArguments()
  .action((_options, command: Command) => expectSubcommand(command))
organization
  .command('list')
  .description('list all organizations')
  .action(() =>
    withMigratedDatabase('refuse', async ({ sql }) => {
      const { listOrganizations } = await import('./directory/organizations.ts')
      const rows = (await listOrganizations(sql)).map(({ id, name, dateCreated }) => [
        String(id),
        oneLine(name),
        dateCreated.toISOString(),
      ])
      console.log(table(['ID', 'NAME', 'CREATED'], rows))
    }),
  )

const WHERE_ORGANIZATIONS_ARE = 'siren-gateway organization list shows them, and siren-gateway apply FILE makes one'

const key = program
  .command('key')
  .description('make, list and revoke API keys')
  .allowExcessArguments()
  .action((_options, command: Command) => expectSubcommand(command))

interface KeyOptions {
  organization?: number
  role?: 'administrator' | 'collaborator' | 'integration'
  collaborator?: number
  scopes?: KeyScope[]
  label?: string
}
key
  .command('create')
  .description('make a key and print it: it is shown this once')
  .option(
    '--organization <id>',
    'whose data it opens: needed; organization list shows them, apply makes one',
    idOf('--organization', 'an organization'),
  )
  .addOption(
    new Option('--role <role>', 'what it may do: needed').choices(['administrator', 'collaborator', 'integration']),
  )
  .option(
    '--collaborator <id>',
    'whom it speaks for, when the role is collaborator',
    idOf('--collaborator', 'a collaborator'),
  )
  .option('--scopes <list>', `what it may do, when the role is integration: ${KEY_SCOPES.join(',')}`, scopesOf)
  .option('--label <text>', 'what it is for')
  .action(async ({ organization: organizationId, role, ...options }: KeyOptions, command: Command) => {
    if (organizationId === undefined)
      command.error(`error: expected --organization ID, received nothing: ${WHERE_ORGANIZATIONS_ARE}`)
    if (role === undefined)
      command.error('error: expected --role administrator, collaborator or integration, received nothing')
    await withMigratedDatabase('refuse', async ({ sql }) => {
      const { listOrganizations } = await import('./directory/organizations.ts')
      if (!(await listOrganizations(sql)).some(({ id }) => id === organizationId))
        throw new InvalidInputError(
          `--organization: expected an existing organization, received ${organizationId}: ${WHERE_ORGANIZATIONS_ARE}`,
        )
      const { createApiKey } = await import('./access/api-keys.ts')
      const { collaborator: collaboratorId, scopes, label = `${role} key` } = options
      console.log((await createApiKey(sql, { organizationId, role, collaboratorId, scopes, label })).rawKey)
    })
  })
key
  .command('list')
  .description('list all keys, without what they open')
  .action(() =>
    withMigratedDatabase('refuse', async ({ sql }) => {
      const { listApiKeys } = await import('./access/api-keys.ts')
      const rows = (await listApiKeys(sql)).map(found => [
        String(found.id),
        `${found.keyPrefix}…`,
        String(found.organizationId),
        found.collaboratorId === null ? found.role : `${found.role} ${found.collaboratorId}`,
        found.scopes.join(' '),
        found.status,
        found.lastUsedAt?.toISOString() ?? 'never',
        found.label,
      ])
      console.log(table(['ID', 'KEY', 'ORGANIZATION', 'ROLE', 'MAY', 'STATUS', 'LAST USED', 'LABEL'], rows))
    }),
  )
key
  .command('revoke')
  .description('end a key for good; running gateways notice within 5 s')
  .argument('<id>', 'its number in the list', idOf('<id>', 'a key'))
  .action((id: number) =>
    withMigratedDatabase('refuse', async ({ sql }) => {
      const { revokeApiKey } = await import('./access/api-keys.ts')
      await revokeApiKey(sql, id)
      console.log(`Revoked key ${id}`)
    }),
  )

const webhook = program
  .command('webhook')
  .description('see to messages that could not be delivered')
  .allowExcessArguments()
  .action((_options, command: Command) => expectSubcommand(command))
webhook
  .command('dead-letters')
  .description('list the messages that were given up, the first thousand')
  .action(() =>
    withMigratedDatabase('refuse', async ({ sql }) => {
      const { deadLetters } = await import('./webhooks/dead-letters.ts')
      const rows = (await deadLetters(sql)).map(letter => [
        letter.deliveryId,
        String(letter.organizationId),
        String(letter.subscriptionId),
        letter.type,
        letter.dateCreated.toISOString(),
        letter.lastError ?? '',
      ])
      console.log(table(['DELIVERY', 'ORGANIZATION', 'WEBHOOK', 'TYPE', 'SINCE', 'LAST ERROR'], rows))
    }),
  )
webhook
  .command('replay')
  .description('have messages that were given up sent again: one, or all')
  .argument('[delivery]', 'its name in the list; all of them, unless it is said')
  .option('--webhook <id>', 'those of one webhook', idOf('--webhook', 'a webhook'))
  .action((deliveryId: string | undefined, { webhook: subscriptionId }: { webhook?: number }) =>
    withMigratedDatabase('refuse', async ({ sql }) => {
      const { replay } = await import('./webhooks/dead-letters.ts')
      const count = await replay(sql, { subscriptionId, deliveryId })
      console.log(`${count} ${count === 1 ? 'message is' : 'messages are'} sent again`)
    }),
  )

program
  .command('seed')
  .description('fill an empty database with generated data, for development and benchmarks')
  .addOption(new Option('--size <size>', 'how much').choices(['small', 'large']).makeOptionMandatory())
  .action(({ size }: { size: 'small' | 'large' }) =>
    withMigratedDatabase('create', async ({ sql }) => {
      const { seed } = await import('./seed/seed.ts')
      await seed(sql, size, { log: line => console.log(line) })
    }),
  )

program
  .command('schema')
  .description('print the GraphQL schema')
  .action(async () => {
    const { printedSchema } = await import('./graphql/schema.ts')
    process.stdout.write(printedSchema())
  })

// only those that expect a subcommand say themselves what is wrong with another word
const groups = [key, organization, webhook]
for (const command of [...program.commands, ...groups.flatMap(({ commands }) => commands)])
  command.allowExcessArguments(groups.includes(command))

/** A gateway that listens, stops on signals, and has its database prepared. */
async function start(config: Config, demo: boolean, log: Logger): Promise<[Gateway, Prepared]> {
  const { holdPort } = await import('./http/port.ts')
  const port = await holdPort(config) // before the modules of a gateway, which take a second or two
  const { startGateway, stopOnSignals } = await import('./app.ts')
  const gateway = await startGateway(config, { demo, log, port })
  const stopped = stopOnSignals(gateway, { log, shutdownTimeout: config.shutdownTimeout })
  try {
    return [gateway, await gateway.prepared]
  } catch (error) {
    if (stopped.aborted) await new Promise(() => {}) // told to stop meanwhile: the process is ending already
    await gateway.close()
    throw error
  }
}

/** Does something with the database that the environment names, whether it is migrated or not. */
async function withDatabase(missing: MissingDatabase, work: (database: Database) => Promise<void>): Promise<void> {
  const { loadConfig } = await import('./config.ts')
  const { openDatabase } = await import('./database/client.ts')
  const database = await openDatabase({ ...loadConfig('other'), missing })
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

/** The same with a migrated database. An embedded one is migrated, as it is when the gateway starts; another's operator decides. */
function withMigratedDatabase(missing: MissingDatabase, work: (database: Database) => Promise<void>): Promise<void> {
  return withDatabase(missing, async database => {
    const { applyMigrations, isNewer, migrationsOf, reasonNotMigrated } = await import('./database/schema-engine.ts')
    const state = await migrationsOf(database)
    const variable = database.kind === 'pglite' ? 'DATA_DIR' : 'DATABASE_URL'
    if (isNewer(state) || (state.pending.length > 0 && database.kind === 'postgresql'))
      throw new StartError(`${variable}: ${reasonNotMigrated(state)}`)
    if (state.pending.length > 0) await applyMigrations(database)
    await work(database)
  })
}

/** Prints what came of a set-up, or would come of it. */
async function report(summary: SetupSummary | SetupPreview, file: SetupFile): Promise<void> {
  // of a gateway of an earlier version, some of it is missing
  const { organizationId, created, updated, ended = {}, retired = {}, warnings = [] } = summary
  for (const warning of warnings) {
    const [field = '', ...message] = warning.split(': ')
    for (const line of file.linesOf({ [field]: [message.join(': ')] })) console.error(`warning: ${line}`)
  }
  const listed = (counts: object) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => `${count} ${words(count === 1 ? kind.slice(0, -1) : kind)}`)
      .join(', ')
  const lines = [
    organizationId === null ? 'A new organization' : `Organization ${organizationId}`,
    `Created: ${listed(created) || 'nothing'}`,
    `Updated: ${listed(updated) || 'nothing'}`,
    ...(listed(ended) === '' ? [] : [`Ended: ${listed(ended)}`]),
    ...(listed(retired) === '' ? [] : [`Retired: ${listed(retired)}`]),
  ]
  if ('changes' in summary) {
    const { linesOf } = await import('./directory/setup-changes.ts')
    lines.unshift('Dry run: nothing was changed')
    lines.push(...summary.changes.flatMap(linesOf))
  }
  console.log(lines.join('\n'))
}

/** A name in camel case as people write it. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

function expectSubcommand(command: Command): never {
  const names = command.commands.map(subcommand => subcommand.name()).join(', ')
  const [received] = command.args
  command.error(`error: expected one of ${names}; received ${received ?? 'nothing'}`)
}

/** Reads an argument that is the id of something. */
function idOf(argument: string, what: string): (text: string) => number {
  return text => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value
    const received = JSON.stringify(text)
    throw new InvalidInputError(`${argument}: expected the id of ${what}, a positive integer, received ${received}`)
  }
}

/** Reads the scopes of a key. */
function scopesOf(text: string): KeyScope[] {
  const scopes = text.split(',')
  if (scopes.every(scope => (KEY_SCOPES as readonly string[]).includes(scope))) return scopes as KeyScope[]
  throw new InvalidInputError(
    `--scopes: expected some of ${KEY_SCOPES.join(',')}, separated by commas, received ${JSON.stringify(text)}`,
  )
}

/** A text that keeps to its line of a table, whatever is in it. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** Columns of equal width; the last is as long as it likes. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The version in package.json. */
function versionOfPackage(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** Has every command end as if all that it prints were read, when a reader such as `head` has gone before. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') return
      if (stream === process.stdout) console.error(`error: stdout cannot be written: ${message}`)
      process.exitCode = 1
    })
}

/** The exit code of what went wrong, having said it: 2 for a wrong argument, 1 for the rest. */
async function failed(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // commander has said it
  if (error instanceof SirenError && error.code !== 'SERVICE_UNAVAILABLE') {
    say(error.message)
    return 2
  }
  const { isUnavailable } = await import('./http/errors.ts')
  if (error instanceof StartError) say(error.message)
  else if (isUnavailable(error)) say(`DATABASE_URL: the database cannot be reached: ${reason(error as Error)}`)
  else console.error(error)
  return 1
}

/** Prints each line as an error. */
function say(message: string): void {
  console.error(message.replace(/^/gm, 'error: '))
}

const reason = (error: Error & { code?: string }): string => error.message || error.code || error.name

outliveReaders()
try {
  await program.parseAsync()
} catch (error) {
  process.exit(await failed(error))
}
