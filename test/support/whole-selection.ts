import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { schema } from '../../src/graphql/schema.ts'

/** Values for the arguments that a field demands, by its name. */
export type DemandedArguments = Readonly<Record<string, string>>

/**
 * A selection of all that a type has: its scalar and lazy fields, and, while `depth` lasts, the same of each object and
 * each list of objects that it links to. Connections are left out.
 */
export const wholeSelection = (type: GraphQLObjectType, depth: number, demanded: DemandedArguments): string =>
  selectionsOf(type, depth, demanded)
    .map(([, selection]) => selection)
    .join(' ')

/** The same, field by field: each with its name. */
export const selectionsOf = (
  type: GraphQLObjectType,
  depth: number,
  demanded: DemandedArguments,
): [name: string, selection: string][] =>
  fieldsOf(type).flatMap((field): [string, string][] => {
    const { name } = field
    const of = getNamedType(field.type)
    const args = field.args.some(isRequiredArgument) ? demanded[`${type.name}.${name}`] : ''
    if (args === undefined) throw new Error(`Expected arguments for ${type.name}.${name}`)
    if (isLeafType(of)) return [[name, name + args]]
    if (isConnection(field.type) || depth === 0 || !isObjectType(of)) return []
    return [[name, `${name}${args} { ${wholeSelection(of, depth - 1, demanded)} }`]]
  })

/** The lists of a type: its connections, with the type of their nodes. */
export const connectionsOf = (type: GraphQLObjectType): { name: string; node: GraphQLObjectType }[] =>
  fieldsOf(type)
    .filter(field => isConnection(field.type))
    .map(field => ({ name: field.name, node: nodeOf(field.type) }))

/** The lists of a type that are not connections. */
export const plainListsOf = (type: GraphQLObjectType): string[] =>
  fieldsOf(type)
    .filter(field => isListType(getNullableType(field.type)))
    .map(field => field.name)

export const objectType = (name: string): GraphQLObjectType => {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new Error(`Expected an object type, received ${name}`)
  return type
}

/** Every object type but those of introspection. */
export const objectTypes = (): GraphQLObjectType[] =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))

const fieldsOf = (type: GraphQLObjectType): GraphQLField<unknown, unknown>[] =>
  Object.values(type.getFields()).sort((a, b) => (a.name < b.name ? -1 : 1))

const isConnection = (type: GraphQLOutputType): boolean => getNamedType(type).name.endsWith('Connection')

const nodeOf = (type: GraphQLOutputType): GraphQLObjectType =>
  objectType(getNamedType(type).name.slice(0, -'Connection'.length))
