import { defineConfig } from 'prisma/config'

// `prisma generate` and `prisma validate` never start the schema engine, yet look for its binary and try to download it.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } })
