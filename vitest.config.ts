import { defineConfig } from 'vitest/config'
import { CountReporter } from './test/support/count-reporter.ts'

// A test's name says what it runs on:
//   *.test.ts             nothing, or what it makes itself
//   *.db.test.ts          testDatabase(), once on PGlite and once on PostgreSQL
//   *.postgresql.test.ts  testDatabase() on PostgreSQL alone: races, and what only a server has
export default defineConfig({
  // Vite takes a package's ES module and Node its CommonJS one, and two copies of graphql refuse each other's types
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    reporters: ['default', new CountReporter()],
    maxWorkers: '100%', // by default one processor is kept free
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.db.test.ts', 'test/**/*.postgresql.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'pglite', include: ['test/**/*.db.test.ts'], globalSetup: 'test/support/pglite.setup.ts' },
      },
      {
        extends: true,
        test: {
          name: 'postgresql',
          include: ['test/**/*.db.test.ts', 'test/**/*.postgresql.test.ts'],
          globalSetup: 'test/support/postgresql.setup.ts',
        },
      },
    ],
  },
})
