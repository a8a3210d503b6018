import type { NoteBlueprint as Shape } from '../../notes/blueprint.ts'
import { builder } from '../builder.ts'

const NoteBlueprint = builder.objectRef<Shape>('NoteBlueprint').implement({
  description: 'How notes of one kind are worded.',
  fields: t => ({
    key: t.exposeString('key', { description: 'The key that such notes have as their `content`.' }),
    template: t.exposeString('template', { description: 'The text, with `{placeholders}` for names, ids and facts.' }),
    description: t.exposeString('description', { description: 'When such a note is written.' }),
  }),
})

builder.queryField('noteBlueprints', t =>
  t.field({
    type: [NoteBlueprint],
    description: "All blueprints: the core's first, then those of extensions.",
    resolve: (_, __, { datastores }) => [...datastores.shared.blueprints.all()],
  }),
)
