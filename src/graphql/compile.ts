import {
  coerceInputValue,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
  visit,
} from 'graphql'

/**
 * Answers an operation: its data. It throws, or rejects, where anything is wrong, for whatever reason: what to say about it,
 * and where, it leaves to who asks.
 */
export type Plan = (context: object, variables: object) => Promise<object> | object

/**
 * Writes a query out as functions, one for each selection, that make the object of a record in one go. There is one way
 * through a query in which nothing goes wrong, and it is that: no place in the answer, no place in the document is kept
 * for an error that hardly ever comes, and no `info` is made but for the resolvers that take one. That is most of what an
 * executor of GraphQL otherwise does for each field of each row.
 *
 * Undefined for what it has no words for: abstract types, introspection, and fields that are asked for in several places
 * under different conditions.
 */
export const compile = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  serializers: Readonly<Record<string, Serialize>> = {},
): Plan | undefined => {
  const root = schema.getQueryType()
  const { variableDefinitions = [] } = operation
  if (operation.operation !== 'query' || !root) return undefined
  if (variableDefinitions.some(({ variable }) => variable.name.value === '__proto__')) return undefined
  try {
    const fragments: Record<string, FragmentDefinitionNode> = {}
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
    const compiler = new Compiler(schema, operation, fragments, serializers)
    const readVariables = readerOf(schema, variableDefinitions)
    const query = compiler.objectOf(root, [{ set: operation.selectionSet, conditions: [] }])
    return (context, variables) => {
      const run = new Run(context, readVariables(variables as Inputs))
      return run.whole({ data: query(run, undefined) })
    }
  } catch (error) {
    if (error instanceof Unspoken) return undefined
    throw error
  }
}

type Inputs = Readonly<Record<string, unknown>>
type Serialize = (value: unknown) => unknown
/** Makes of what a resolver answered what stands in the data. @throws Error for what may not stand there. */
type Complete = (run: Run, value: unknown) => unknown

/** Thrown for what is not for this compiler: a query, or a run of one. */
class Unspoken extends Error {}

/** One run of a query. */
class Run {
  /** How many values are still to come. */
  pending = 0
  /** What is worked out once for each run, by the number of the field. */
  readonly args: object[] = []
  readonly infos: GraphQLResolveInfo[] = []
  #settle: { resolve(): void; reject(error: unknown): void } | undefined

  constructor(
    readonly context: object,
    readonly variables: Inputs,
  ) {}

  /** What a condition depends on. @throws TypeError when it is null, as one with a default may be. */
  is(variable: string): boolean {
    const value = this.variables[variable]
    if (typeof value !== 'boolean') throw new TypeError(`Expected true or false as $${variable}`)
    return value
  }

  /** Puts a value where it belongs when it is there; its place it takes at once. */
  await(value: PromiseLike<unknown>, into: object, key: string | number, complete: Complete): void {
    const object = into as Record<string | number, unknown>
    object[key] = undefined
    this.pending++
    value.then(
      settled => {
        try {
          object[key] = complete(this, settled)
        } catch (error) {
          this.#settle?.reject(error)
          return
        }
        if (--this.pending === 0) this.#settle?.resolve()
      },
      error => this.#settle?.reject(error),
    )
  }

  /** The result, when nothing is pending any more. */
  whole(result: object): object | Promise<object> {
    if (this.pending === 0) return result
    return new Promise((resolve, reject) => {
      this.#settle = { resolve: () => resolve(result), reject }
    })
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'

const plain = (value: unknown): unknown => {
  if (typeof value === 'function') throw new TypeError('Expected a value, received a function')
  return value
}

/** Reads an argument; undefined where it is absent. */
interface Reader {
  readonly name: string
  /** Whether it is the same in every run. */
  readonly isConstant: boolean
  readonly read: (variables: Inputs) => unknown
}

const argumentsFrom = (readers: readonly Reader[], variables: Inputs): object => {
  const args: Record<string, unknown> = {}
  for (const { name, read } of readers) {
    const value = read(variables)
    if (value !== undefined) args[name] = value
  }
  return args
}

/** Reads the variables, as graphql-js does; what does not change from run to run is worked out once. */
const readerOf = (schema: GraphQLSchema, definitions: readonly VariableDefinitionNode[]) => {
  const readers = definitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node)
    if (!isInputType(type)) throw new Unspoken()
    const name = variable.name.value
    return { name, type, isRequired: isNonNullType(type), initial: defaultValue && valueFromAST(defaultValue, type) }
  })
  return (inputs: Inputs): Inputs => {
    const variables: Record<string, unknown> = {}
    for (const { name, type, isRequired, initial } of readers) {
      if (!Object.hasOwn(inputs, name)) {
        if (initial !== undefined) variables[name] = initial
        else if (isRequired) refuse()
      } else if (inputs[name] === null && isRequired) refuse()
      else variables[name] = coerceInputValue(inputs[name], type, refuse)
    }
    return variables
  }
}
const refuse = (): never => {
  throw new TypeError('Expected another value of a variable')
}

/** A resolver that declares no parameters may take all of them. */
const takesInfo = (resolve: object | undefined): boolean =>
  typeof resolve === 'function' && (resolve.length === 0 || resolve.length > 3)

/** A field of a selection, with all places in the document that ask for it. */
interface Asked {
  readonly key: string
  readonly nodes: FieldNode[]
  readonly conditions: Conditions
  /** What is asked for below it. */
  readonly parts: Part[]
}

/** A selection that is made where its conditions hold. */
interface Part {
  readonly set: SelectionSetNode
  readonly conditions: Conditions
}

/** In JavaScript, over the variables of a `run`. */
type Conditions = readonly string[]

class Compiler {
  #fields = 0

  constructor(
    readonly schema: GraphQLSchema,
    readonly operation: OperationDefinitionNode,
    readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>,
    readonly serializers: Readonly<Record<string, Serialize>>,
  ) {}

  /** What makes the object of a record. */
  objectOf(type: GraphQLObjectType, parts: readonly Part[]): Complete {
    if (type.isTypeOf) throw new Unspoken()
    const asked = this.#collect(type, parts)
    const fields = type.getFields()
    const given: Record<string, unknown> = { isPromise, plain }
    const literal: string[] = []
    const statements: string[] = []
    for (const [i, { key, nodes, conditions, parts }] of asked.entries()) {
      const [node] = nodes as [FieldNode]
      const name = node.name.value
      const property = JSON.stringify(key)
      if (key === '__proto__') throw new Unspoken() // to JavaScript it means something
      let put: string
      if (name === '__typename') {
        given[`complete${i}`] = () => type.name
        put = `out[${property}] = complete${i}()`
      } else {
        const field = fields[name]
        if (field === undefined) throw new Unspoken()
        given[`complete${i}`] = this.#completionOf(field.type, parts)
        // an info tells of all nodes, and these are not the same in each run
        if (takesInfo(field.resolve) && parts.some(part => `${part.conditions}` !== `${conditions}`))
          throw new Unspoken()
        const value = this.#valueOf(type, field, nodes, i, given)
        put = `value = ${value}; if (isPromise(value)) run.await(value, out, ${property}, complete${i}); else out[${property}] = complete${i}(run, value)`
      }
      // a condition that does not hold leaves no trace
      if (conditions.length === 0) literal.push(`${property}: undefined`)
      statements.push(conditions.length === 0 ? `${put};` : `if (${conditions.join(' && ')}) { ${put} }`)
    }
    const isConditional = asked.some(({ conditions }) => conditions.length > 0)
    const names = Object.keys(given)
    const code = `return (run, source) => { let value; const out = {${isConditional ? '' : literal.join(', ')}}; ${statements.join('\n')}\nreturn out }`
    return new Function(...names, code)(...names.map(each => given[each]))
  }

  /** The text that resolves a field of `source`, with what it needs among what is `given`. */
  #valueOf(
    type: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
    i: number,
    given: Record<string, unknown>,
  ): string {
    const [node] = nodes as [FieldNode]
    const { resolve } = field
    if (resolve === undefined) return `plain(source[${JSON.stringify(field.name)}])`
    given[`resolve${i}`] = resolve
    const number = this.#fields++
    // a resolver is given as much as it declares
    if (resolve.length === 1 && field.args.length === 0) return `resolve${i}(source)`
    const readers = field.args.map(argument => this.#readerOf(argument, node))
    if (readers.some(({ isConstant }) => !isConstant)) {
      given[`args${i}`] = (run: Run) => {
        run.args[number] ??= argumentsFrom(readers, run.variables)
        return run.args[number]
      }
    } else {
      const args = Object.freeze(argumentsFrom(readers, {}))
      given[`args${i}`] = () => args
    }
    if (!takesInfo(resolve)) return `resolve${i}(source, args${i}(run), run.context)`
    const { schema, operation, fragments } = this
    given[`info${i}`] = (run: Run) => {
      run.infos[number] ??= {
        fieldName: field.name,
        fieldNodes: nodes,
        returnType: field.type,
        parentType: type,
        // one for all records: whoever needs to know which of them it is for is answered by another executor
        get path(): never {
          throw new Unspoken()
        },
        schema,
        fragments,
        rootValue: undefined,
        operation,
        variableValues: run.variables,
      }
      return run.infos[number]
    }
    return `resolve${i}(source, args${i}(run), run.context, info${i}(run))`
  }

  /** How an argument is read; as graphql-js does it, but for what does not change from run to run. */
  #readerOf({ name, type, defaultValue }: GraphQLArgument, field: FieldNode): Reader {
    const node = field.arguments?.find(each => each.name.value === name)?.value
    const isRequired = isNonNullType(type)
    const absent = () => {
      if (defaultValue === undefined && isRequired) throw new Unspoken()
      return defaultValue
    }
    if (node === undefined) return { name, isConstant: true, read: absent }
    if (node.kind === Kind.VARIABLE) {
      const variable = node.name.value
      const read = (variables: Inputs) => {
        if (!Object.hasOwn(variables, variable)) return absent()
        const value = variables[variable]
        if (value === null && isRequired) throw new Unspoken()
        return value
      }
      return { name, isConstant: false, read }
    }
    const read = (variables: Inputs) => {
      const value = valueFromAST(node, type, variables)
      if (value === undefined) throw new Unspoken()
      return value
    }
    let isConstant = true
    visit(node, {
      Variable: () => {
        isConstant = false
      },
    })
    return { name, isConstant, read }
  }

  #completionOf(type: GraphQLOutputType, parts: readonly Part[]): Complete {
    if (isNonNullType(type)) {
      const complete = this.#presentOf(type.ofType, parts)
      return (run, value) => {
        if (value === null || value === undefined) throw new TypeError('Expected a value, received none')
        return complete(run, value)
      }
    }
    const complete = this.#presentOf(type, parts)
    return (run, value) => (value === null || value === undefined ? null : complete(run, value))
  }

  /** The same of a value that is there. */
  #presentOf(type: GraphQLOutputType, parts: readonly Part[]): Complete {
    if (isLeafType(type)) {
      const serialize = this.#serializerOf(type)
      return (_, value) => serialize(value)
    }
    if (isListType(type)) {
      const complete = this.#completionOf(type.ofType, parts)
      return (run, value) => {
        if (!Array.isArray(value)) throw new TypeError('Expected an array')
        const list: unknown[] = new Array(value.length)
        try {
          for (let i = 0; i < value.length; i++) {
            const item = value[i]
            if (isPromise(item)) run.await(item, list, i, complete)
            else list[i] = complete(run, item)
          }
        } catch (error) {
          // whatever comes of those behind, nobody waits for it any more
          for (const item of value) if (isPromise(item)) item.then(undefined, () => {})
          throw error
        }
        return list
      }
    }
    if (!isObjectType(type)) throw new Unspoken()
    const object = this.objectOf(type, parts)
    return (run, value) => {
      if (value instanceof Error) throw value
      return object(run, value)
    }
  }

  /** What a leaf is told as. @throws Error for what is none. */
  #serializerOf(type: GraphQLLeafType): Serialize {
    const serialize = this.serializers[type.name] ?? (value => type.serialize(value))
    const checked: Serialize = value => {
      if (value instanceof Error) throw value
      const told = serialize(value)
      if (told === null || told === undefined) throw new TypeError(`Expected a ${type.name}`)
      return told
    }
    // most are what they are to be
    if (type.name === 'String' || type.name === 'ID')
      return value => (typeof value === 'string' ? value : checked(value))
    if (!('getValues' in type)) return checked
    const names = new Map<unknown, string>(type.getValues().map(({ value, name }) => [value, name]))
    return value => names.get(value) ?? checked(value)
  }

  /** The fields of selections on a type, in the order of the document. */
  #collect(type: GraphQLObjectType, parts: readonly Part[]): Asked[] {
    const asked = new Map<string, Asked>()
    /** The conditions under which each fragment was spread. */
    const spread = new Map<string, Conditions>()
    const add = (node: FieldNode, conditions: Conditions): void => {
      const key = (node.alias ?? node.name).value
      let field = asked.get(key)
      if (field === undefined) {
        field = { key, nodes: [], conditions, parts: [] }
        asked.set(key, field)
      }
      // where it would stand in the answer depends on which of them hold
      if (field.conditions.length > 0 && `${field.conditions}` !== `${conditions}`) throw new Unspoken()
      field.nodes.push(node)
      if (node.selectionSet) field.parts.push({ set: node.selectionSet, conditions })
    }
    const look = ({ set, conditions: around }: Part): void => {
      for (const selection of set.selections) {
        const own = conditionsOf(selection.directives ?? [])
        if (own === null) continue
        const conditions = [...around, ...own]
        if (selection.kind === Kind.FIELD) {
          add(selection, conditions)
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          if (this.#applies(selection.typeCondition, type)) look({ set: selection.selectionSet, conditions })
        } else {
          const name = selection.name.value
          const before = spread.get(name)
          if (before?.length === 0) continue
          if (before !== undefined) throw new Unspoken()
          spread.set(name, conditions)
          const fragment = this.fragments[name]
          if (fragment === undefined) throw new Unspoken()
          if (this.#applies(fragment.typeCondition, type)) look({ set: fragment.selectionSet, conditions })
        }
      }
    }
    for (const part of parts) look(part)
    return [...asked.values()]
  }

  #applies(condition: FragmentDefinitionNode['typeCondition'] | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined) return true
    const on = typeFromAST(this.schema, condition)
    return on === type || (isAbstractType(on) && this.schema.isSubType(on, type))
  }
}

/** What `@skip` and `@include` ask for; null where they leave out what they stand at in any case. */
const conditionsOf = (directives: NonNullable<FieldNode['directives']>): Conditions | null => {
  const conditions: string[] = []
  for (const { name, arguments: [condition] = [] } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') throw new Unspoken()
    const value = name.value === 'include'
    if (condition?.value.kind === Kind.VARIABLE)
      conditions.push(`run.is(${JSON.stringify(condition.value.name.value)}) === ${value}`)
    else if (condition?.value.kind !== Kind.BOOLEAN) throw new Unspoken()
    else if (condition.value.value !== value) return null
  }
  return conditions
}
