import {
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  Kind,
  type ValueNode,
} from 'graphql'
import { InvalidInputError } from '../errors.ts'
import type { Document } from './look-ahead.ts'

/** As much of a resolver's info as tells what is asked of the fields below its own. */
export type FieldInfo = Document & Pick<GraphQLResolveInfo, 'schema' | 'variableValues'>

/**
 * What fields ask for, as `make` has it of their arguments and selection. Where a document writes the arguments out, it is
 * one request for all records and all times that the field is resolved, so that what is made of it can be kept.
 */
export class Requests<Args extends object, Request extends object> {
  /** Null for fields whose arguments have variables. */
  readonly #constant = new WeakMap<FieldNode, Request | null>()

  constructor(private readonly make: (args: Args, document: Document) => Request) {}

  /** What the field asks for that is being resolved. @throws InvalidInputError for what `make` refuses. */
  of(args: Args, document: Document): Request {
    const [node] = document.fieldNodes
    const known = node && this.#constant.get(node)
    if (known) return known
    const request = this.make(args, document)
    if (node && known === undefined) {
      const isConstant = !node.arguments?.some(({ value }) => hasVariable(value))
      this.#constant.set(node, isConstant ? request : null)
    }
    return request
  }

  /** What a field of this type will ask for, below the one that is being resolved; undefined for what it will refuse. */
  ahead(type: string, node: FieldNode, { schema, variableValues, fragments }: FieldInfo): Request | undefined {
    const known = this.#constant.get(node)
    if (known) return known
    const field = (schema.getType(type) as GraphQLObjectType).getFields()[node.name.value]
    try {
      const args = getArgumentValues(field as NonNullable<typeof field>, node, variableValues) as Args
      return this.of(args, { fieldNodes: [node], fragments })
    } catch (error) {
      // what is wrong with it is said by the field itself
      if (error instanceof InvalidInputError || error instanceof GraphQLError) return undefined
      throw error
    }
  }
}

/** Whether a value depends on the variables. */
export const hasVariable = (value: ValueNode): boolean =>
  value.kind === Kind.VARIABLE ||
  (value.kind === Kind.LIST && value.values.some(hasVariable)) ||
  (value.kind === Kind.OBJECT && value.fields.some(field => hasVariable(field.value)))
