/**
 * A document whose schemas are said as client generators know them. An integer has 64 bits, and bounds only where it has any
 * of its own; a date has a format, and no pattern; what may be null is of two types, and as little of a union as can be.
 */
export const forGenerators = <Node>(node: Node): Node => changed(node) as Node

const changed = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(changed)
  if (typeof node !== 'object' || node === null) return node
  const parts = Object.entries(node).map(([name, part]) => [name, changed(part)])
  return nullable(text(map(boolean(integer(Object.fromEntries(parts))))))
}

type Schema = Record<string, unknown>

const integer = (schema: Schema): Schema => {
  // the pattern is that of the digits in which a parameter is sent
  const { type, minimum, exclusiveMinimum, maximum, pattern, ...rest } = schema
  if (type !== 'integer') return schema
  const least = typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : minimum
  return {
    type,
    format: 'int64',
    ...(least !== Number.MIN_SAFE_INTEGER && least !== undefined && { minimum: least }),
    ...(maximum !== Number.MAX_SAFE_INTEGER && maximum !== undefined && { maximum }),
    ...rest,
  }
}

/** The values are those in which a parameter is sent. */
const boolean = (schema: Schema): Schema => {
  const { enum: values, ...rest } = schema
  return schema.type === 'boolean' ? rest : schema
}

const map = (schema: Schema): Schema => {
  const { propertyNames, ...rest } = schema
  return JSON.stringify(propertyNames) === '{"type":"string"}' ? rest : schema
}

/** Where a format or a list of values says it all, a pattern says it again at most. */
const text = (schema: Schema): Schema => {
  const { pattern, ...rest } = schema
  return schema.format === 'date-time' || schema.format === 'date' || 'enum' in schema ? rest : schema
}

const nullable = (schema: Schema): Schema => {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || anyOf[1].type !== 'null') return schema
  const { type, enum: values, anyOf: either, ...other } = anyOf[0] as Schema
  if (Array.isArray(either)) return { ...other, ...rest, anyOf: [...either, anyOf[1]] }
  // a reference or a constant stays what it is
  if (typeof type !== 'string' || 'const' in other) return schema
  return { type: [type, 'null'], ...(Array.isArray(values) && { enum: [...values, null] }), ...other, ...rest }
}
