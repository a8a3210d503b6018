import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed documents for clients: what the queries in `documents` ask for, as TypeScript sees the answer. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'test/codegen/*.ts',
  generates: {
    'test/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        importExtension: '.ts',
        strictScalars: true,
        useTypeImports: true,
        scalars: {
          DateTime: 'string',
          JSONObject: 'Record<string, unknown>',
          NonNegativeInt: 'number',
          PositiveInt: 'number',
          SafeInt: 'number',
        },
      },
    },
  },
}

export default config
