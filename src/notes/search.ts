import type { Scope } from '../access/scope.ts'
import { readsEverything, type Viewer } from '../access/viewer.ts'
import type { Values } from '../database/conditions.ts'
import { displayName, NAMED_TYPES, type NamedType } from '../database/names.ts'
import type { NoteSourceType } from '../database/rows.ts'
import { InvalidInputError } from '../errors.ts'
import { minorUnitExponent } from '../money.ts'
import { nameKey } from '../text.ts'
import { type Fact, isOfEvent, isResolver, SOURCE_TYPES } from './blueprint.ts'
import { type Readings, readingsOf } from './readings.ts'
import type { NoteBlueprintRegistry } from './registry.ts'

/**
 * The words of a search text, each once, as they are compared: in NFC, like everything that is searched. None when it is blank.
 * @throws InvalidInputError when the text is no search text.
 */
export const wordsOf = (text: unknown): readonly string[] => {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || text.includes('\0')) {
    const received = typeof text === 'string' && text.length > MAX_LENGTH ? `${text.length}` : JSON.stringify(text)
    throw new InvalidInputError(
      `Expected a search text of at most ${MAX_LENGTH} characters without NUL, received ${received}`,
    )
  }
  const words = [...new Set(text.split(/\s+/).map(nameKey))].filter(word => word !== '')
  if (words.length <= MAX_WORDS) return words
  throw new InvalidInputError(`Expected at most ${MAX_WORDS} words to search for, received ${words.length}`)
}

const MAX_LENGTH = 200
const MAX_WORDS = 10

/** What a search needs to know of whoever searches. */
export interface Reader {
  readonly viewer: Viewer
  readonly scope: Scope
  readonly blueprints: NoteBlueprintRegistry
}

/** A search as SQL: over the values that begin each of the viewer's statements, and those that it added. */
export interface Search {
  /** What stands before the statement, each read at most once: the notes that have a word outside their own words. */
  readonly tables: string
  /** A condition on a row of `note_source`: that its note has every word. Looks at this one note. */
  has(row: string): string
  /**
   * The same, for rows that come in great numbers: looks each word up in the indexes. `feed` is the condition by which a
   * row belongs to the feed.
   */
  isFound(row: string, feed: (row: string) => string): string
}

/**
 * A search for words in a feed of this type, for a viewer. Whatever decides is what the viewer may see: a name, an id or a
 * fact that it is not told neither finds a note nor keeps one from being found.
 */
export const searchFor = (
  words: readonly string[],
  sourceType: NoteSourceType,
  reader: Reader,
  values: Values,
): Search => {
  const lexicon = lexiconOf(reader)
  const registered = values.add(lexicon.readings.map(({ key }) => key))
  const searches = words.map(word => searchForWord(word, reader, lexicon, values))
  return {
    tables: `with recursive ${KEYS_OF_FEED(sourceType, registered)}${searches.map(({ elsewhere }, i) => `, word_${i} as materialized (${elsewhere})`).join('')} `,
    has: row => searches.map(({ has }) => ` and (${has(row)})`).join(''),
    isFound: (row, feed) =>
      searches
        .map(
          ({ inItsWords }, i) =>
            ` and ${row}.note_id in (select w.note_id from word_${i} w union all select a.note_id from note_source a where ${feed('a')} and ${inItsWords('a')})`,
        )
        .join(''),
  }
}

/**
 * The keys in feeds of a type that have no blueprint: such a note reads as its key. From each key the index leads to the
 * next, so that not every note is read.
 */
const KEYS_OF_FEED = (sourceType: NoteSourceType, registered: string): string => {
  const next = (after: string) =>
    `(select content from note_source where organization_id = $1 and source_type = '${sourceType}'${after} order by content limit 1)`
  return (
    `feed_key(content) as (${next('')} union all select ${next(' and content > f.content')} from feed_key f where f.content is not null)` +
    `, bare_key as materialized (select content from feed_key where content <> all(${registered}::text[]))`
  )
}

interface WordSearch {
  /** That the note's template has the word where the viewer reads it. */
  inItsWords(row: string): string
  /** That the note has it, in whatever the viewer reads. */
  has(row: string): string
  /** A query for all notes that have it in a name, an id or a fact. */
  readonly elsewhere: string
}

const searchForWord = (word: string, reader: Reader, lexicon: Lexicon, values: Values): WordSearch => {
  const pattern = `${values.add(`%${literal(word)}%`)}::text`
  const keys = new Map<string, string[]>()
  for (const { key, when } of lexicon.readings) {
    const conditions = when(word)
    if (conditions === undefined) continue
    const kept = JSON.stringify(conditions)
    keys.set(kept, [...(keys.get(kept) ?? []), key])
  }
  const always = values.add(keys.get('[]') ?? [])
  keys.delete('[]')
  const inItsWords = (row: string) => {
    const conditional = [...keys].map(
      ([when, some]) =>
        ` or (${row}.content in (${some.map(quote).join(', ')}) and (${(JSON.parse(when) as Conditions).map(all => all.map(one => isLinked(one, row, reader.scope)).join(' and ')).join(' or ')}))`,
    )
    return `(${row}.content = any(${always}::text[] || array(select b.content from bare_key b where ${inNfc('b.content')} ilike ${pattern}))${conditional.join('')})`
  }
  const count = ({ type, keys }: Lexicon['counted'][number], row: string) =>
    `${row}.content in (${keys.map(quote).join(', ')}) and (select count(*) from note_source c where c.organization_id = $1 and c.note_id = ${row}.note_id and c.source_type = '${type}'${reader.scope.visibleRecord(type, 'c.source_id')})::text like ${pattern}`
  const counted = /^\d+$/.test(word) ? lexicon.counted : []
  const id = idIn(word)
  const isId =
    id === undefined
      ? undefined
      : `l.source_id = ${values.add(id)}::bigint${reader.scope.visibleSource('l.source_type', 'l.source_id')}`
  const facts = `${inNfc(lexicon.facts)} ilike ${pattern}`
  const prefilters = factPatterns(word).map(each => `${FACTS_INDEXED} ilike ${values.add(each)}::text`)

  const elsewhere = [
    ...NAMED_TYPES.map(type => linksToNamesLike(type, pattern, reader.scope)),
    ...(isId === undefined ? [] : [`select l.note_id from note_source l where ${LINK_OF_SOME_TYPE} and ${isId}`]),
    `select n.id from note n where n.organization_id = $1${prefilters.length > 0 ? ` and (${prefilters.join(' or ')})` : ''} and ${facts}`,
    ...counted.map(
      each =>
        `select l.note_id from note_source l where l.organization_id = $1 and l.source_type = 'collaborator' and l.source_id = $2 and ${count(each, 'l')}`,
    ),
  ].join(' union all ')
  const has = (row: string) => {
    const link = [`${inNfc(nameOfLink(reader.scope))} ilike ${pattern}`, ...(isId === undefined ? [] : [isId])].join(
      ' or ',
    )
    return [
      inItsWords(row),
      `exists (select from note_source l where l.organization_id = $1 and l.note_id = ${row}.note_id and (${link}) offset 0)`,
      `exists (select from note n where n.organization_id = $1 and n.id = ${row}.note_id and ${facts} offset 0)`,
      ...counted.map(each => `(${count(each, row)})`),
    ].join(' or ')
  }
  return { inItsWords, has, elsewhere }
}

/** The name of what a link `l` leads to, as far as the viewer may see it: by its key, record by record. */
const nameOfLink = (scope: Scope): string => {
  const cases = NAMED_TYPES.map(type => {
    const is = type === 'organization' ? 't.id = $1 and' : 't.organization_id = $1 and'
    return `when '${type}' then (select ${displayName(type, 't')} from ${type} t where ${is} t.id = l.source_id${scope.visible(type, 't')} limit 1)`
  })
  return `case l.source_type ${cases.join(' ')} end`
}

/** That a link `l` is one of the organization's: the types lead the index from which an id is looked up. */
const LINK_OF_SOME_TYPE = `l.organization_id = $1 and l.source_type in (${SOURCE_TYPES.map(type => `'${type}'`).join(', ')})`

/** The links to records with such a name. The name's own index narrows them; what a deleted record is called it does not have. */
const linksToNamesLike = (type: NamedType, pattern: string, scope: Scope): string => {
  const table = `from note_source l join ${type} t on t.id = l.source_id`
  const is = `l.organization_id = $1 and l.source_type = '${type}' and ${inNfc(displayName(type, 't'))} ilike ${pattern}${scope.visible(type, 't')}`
  if (type === 'organization') return `select l.note_id ${table} where t.id = $1 and ${is}`
  const indexed = type === 'collaborator' ? 'coalesce(t.nickname, t.full_name)' : 't.name'
  return `select l.note_id ${table} and t.organization_id = $1 where (${inNfc(`case when t.status <> 'deleted' then ${indexed} end`)} ilike ${pattern} or t.status = 'deleted') and ${is}`
}

/** SQL for a text as it is compared. The indexes of names and facts have the same expression. */
const inNfc = (expression: string): string => `normalize(${expression}, NFC)`

/** A word as a pattern that matches nothing but itself. */
const literal = (word: string): string => word.replace(/[\\%_]/g, '\\$&')

/** The id that a word is, as `12` or `#12`. */
const idIn = (word: string): number | undefined => {
  const digits = /^#?([1-9]\d{0,15})$/.exec(word)?.[1]
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined
}

/** What the index of facts has: the values, as JSON, amounts in minor units. */
const FACTS_INDEXED = `normalize(jsonb_path_query_array(n.data, '$.*')::text, NFC)`

/**
 * Patterns of which the indexed facts match one at least when the word is in what is told of them; none when that cannot be
 * said. In an amount the digits of its decimal text are those that are stored, but for zeros at their beginning.
 */
const factPatterns = (word: string): readonly string[] => {
  const stored = `%${literal(JSON.stringify(word).slice(1, -1))}%`
  if (!/^[-.\d]+$/.test(word)) return [stored]
  const digits = word.replace(/\D/g, '').replace(/^0+/, '')
  if (digits === '') return []
  return digits === word ? [stored] : [stored, `%${digits}%`]
}

/** Ways in which a text depends on links: any of these, each all of its parts. */
type Conditions = readonly (readonly LinkCondition[])[]
interface LinkCondition {
  readonly type: NoteSourceType
  /** The fact that has the id of the record that is meant. */
  readonly designation?: string | undefined
  readonly isLinked: boolean
}

/** Whether the note of a row is linked to such a record that the viewer may see. */
const isLinked = ({ type, designation, isLinked }: LinkCondition, row: string, scope: Scope): string => {
  const designated =
    designation === undefined
      ? ''
      : ` and to_jsonb(p.source_id) = (select n.data -> ${quote(designation)} from note n where n.organization_id = $1 and n.id = p.note_id)`
  return `${isLinked ? '' : 'not '}exists (select from note_source p where p.organization_id = $1 and p.note_id = ${row}.note_id and p.source_type = '${type}'${designated}${scope.visibleRecord(type, 'p.source_id')} offset 0)`
}

/** What can be known of all notes before any is read, for one kind of viewer. */
interface Lexicon {
  readonly size: number
  readonly readings: readonly { readonly key: string; when(word: string): Conditions | undefined }[]
  /** SQL: the facts of the note `n` that the viewer is told, as they are written, one a line. */
  readonly facts: string
  /** Records of which the viewer is told how many it may see, and by which notes. */
  readonly counted: readonly { readonly type: NoteSourceType; readonly keys: readonly string[] }[]
}

const lexicons = new WeakMap<NoteBlueprintRegistry, Map<boolean, Lexicon>>()

/** Made once, since it is the same for all; and again when a blueprint has been added. */
const lexiconOf = ({ viewer, blueprints }: Reader): Lexicon => {
  const isAdministrator = readsEverything(viewer)
  const made = lexicons.get(blueprints) ?? new Map<boolean, Lexicon>()
  lexicons.set(blueprints, made)
  const all = blueprints.all()
  const known = made.get(isAdministrator)
  if (known?.size === all.length) return known
  const counted = new Map<NoteSourceType, string[]>()
  const told = new Map<string, string[]>()
  for (const blueprint of all) {
    if (isResolver(blueprint)) continue
    if (isOfEvent(blueprint)) {
      told.set(ALL_FACTS, [...(told.get(ALL_FACTS) ?? []), blueprint.key])
      continue
    }
    const parts: string[] = []
    for (const [name, fact] of Object.entries(blueprint.facts ?? {})) {
      if (fact.visibility === 'administrator' && !isAdministrator) continue
      // to a collaborator an id is told as that of a link, and a count is one of links that it may see
      if (isAdministrator || (fact.kind !== 'id' && fact.kind !== 'count')) parts.push(factText(name, fact))
      else if (fact.kind === 'count') counted.set(fact.of, [...(counted.get(fact.of) ?? []), blueprint.key])
    }
    const text = parts.length === 0 ? `''` : `concat_ws(e'\\n', ${parts.join(', ')})`
    told.set(text, [...(told.get(text) ?? []), blueprint.key])
  }
  // who may know facts that nobody declared nobody has said: administrators alone do
  const undeclared = isAdministrator ? ALL_FACTS : `''`
  const cases = [...told].map(([text, keys]) => `when n.content in (${keys.map(quote).join(', ')}) then ${text}`)
  const lexicon: Lexicon = {
    size: all.length,
    readings: all.map(blueprint => {
      const readings = readingsOf(blueprint, isAdministrator)
      return { key: blueprint.key, when: word => conditionsOf(readings, word) }
    }),
    facts: `case ${cases.join(' ')} else ${undeclared} end`,
    counted: [...counted].map(([type, keys]) => ({ type, keys })),
  }
  made.set(isAdministrator, lexicon)
  return lexicon
}

/** Under which conditions a note reads so that it has the word; none for always, undefined for never. */
const conditionsOf = ({ texts, types, designates }: Readings, word: string): Conditions | undefined => {
  const sought = lowerCase(word)
  const has = texts.map(text => text.includes(sought))
  if (!has.includes(true)) return undefined
  // the texts are numbered by the types that are linked, a bit for each
  const deciding = types.filter((_, bit) => has.some((one, i) => one !== has[i ^ (1 << bit)]))
  const ways = new Map<string, readonly LinkCondition[]>()
  for (const [i, one] of has.entries()) {
    if (!one) continue
    const way = deciding.map(type => ({
      type,
      designation: designates[type],
      isLinked: (i & (1 << types.indexOf(type))) !== 0,
    }))
    ways.set(JSON.stringify(way), way)
  }
  return deciding.length === 0 ? [] : [...ways.values()]
}

/** As PostgreSQL's lower() does: character by character, whatever stands around it. */
const lowerCase = (text: string): string => [...text].map(character => character.toLowerCase()).join('')

/** SQL for all facts of a note. */
const ALL_FACTS = `(select string_agg(e.value #>> '{}', e'\\n') from jsonb_each(n.data) e where jsonb_typeof(e.value) in ('string', 'number'))`

/** SQL for a fact as it is written; null when there is none. */
const factText = (name: string, fact: Fact): string => {
  const value = (key: string) => `n.data -> ${quote(key)}`
  const text = (key: string) => `n.data ->> ${quote(key)}`
  if (fact.kind === 'string') return `case jsonb_typeof(${value(name)}) when 'string' then ${text(name)} end`
  const isNumber = `jsonb_typeof(${value(name)}) = 'number'`
  if (fact.kind !== 'amount') return `case when ${isNumber} then ${text(name)} end`
  const units = text(fact.units)
  const exponent = `coalesce((${quote(exponents())}::jsonb ->> (${units}))::integer, case when (${units}) collate "C" ~ '^[A-Z]{3}$' then 2 else 0 end)`
  return `case when ${isNumber} and jsonb_typeof(${value(fact.units)}) = 'string' and ${units} <> '' then round((${text(name)})::numeric / 10::numeric ^ ${exponent}, ${exponent}) || ' ' || (${units}) end`
}

let unusual: string | undefined

/** The decimal places of the currencies that do not have two, as JSON: asked of every code that there can be. */
const exponents = (): string => {
  if (unusual !== undefined) return unusual
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap(a => letters.flatMap(b => letters.map(c => a + b + c)))
  const found = codes.map(code => [code, minorUnitExponent(code)] as const).filter(([, places]) => places !== 2)
  unusual = JSON.stringify(Object.fromEntries(found))
  return unusual
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
