/** The types of record that have a name to show. */
export const NAMED_TYPES = ['collaborator', 'program', 'distributor', 'organization'] as const
export type NamedType = (typeof NAMED_TYPES)[number]

/**
 * The name to show for a row of a type, in SQL: everywhere the same, so that a rename shows everywhere at once.
 * A deleted record goes by its type and id. What a name depends on is told by triggers, too: see the migration `names_version`.
 */
export const displayName = (type: NamedType, row: string): string => {
  if (type === 'organization') return `${row}.name`
  const name = type === 'collaborator' ? `coalesce(${row}.nickname, ${row}.full_name)` : `${row}.name`
  return `case when ${row}.status = 'deleted' then '${type[0]?.toUpperCase()}${type.slice(1)} #' || ${row}.id else ${name} end`
}

/**
 * The version of an organization's names: another one whenever any of them has changed. Read together with rows, it tells
 * which names belong to them.
 */
export const NAMES_VERSION = '(select o.names_version from organization o where o.id = $1) as "namesVersion"'
