/** When the story begins, and before which everything in it happens: fixed, so that the data is always the same. */
export const START = `timestamptz '2024-11-01T00:00:00Z'`
export const END = `timestamptz '2026-11-01T00:00:00Z'`

/** An SQL string. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** An SQL array of strings. */
export const texts = (values: readonly string[]): string => `array[${values.map(text).join(', ')}]`

/** The highest id of a table so far: ids go on from there, across organizations. */
export const lastId = (table: string): string => `(select coalesce(max(id), 0) from ${table})`

/** Stops the script unless there are exactly so many: a plan whose numbers do not fit each other must not pass unseen. */
export const expectCount = (expected: number, what: string, from: string): string => `
  do $$ begin
    if (select count(*) from ${from}) <> ${expected} then
      raise exception 'Expected ${expected} ${what}, made %', (select count(*) from ${from});
    end if;
  end $$;
`

/**
 * Chance that is not: each function answers the same for the same number, on every database. Different salts make
 * choices about one record independent of each other.
 */
export const createChance = `
  -- one of 0 … size-1, evenly
  create function pg_temp.pick(n bigint, salt bigint, size bigint) returns bigint language sql immutable
    return (hashint8extended(n, salt) & 9223372036854775807) % size;
  -- one of 0 … size-1, the low ones far more often: the square of an even choice, in integers, since power() may differ
  -- in the last digit between platforms
  create function pg_temp.skew(n bigint, salt bigint, size bigint) returns bigint language sql immutable
    return (((pg_temp.pick(n, salt, 2147483648) * pg_temp.pick(n, salt, 2147483648)) >> 31) * size) >> 31;
  create function pg_temp.seconds(n bigint) returns interval language sql immutable
    return interval '1 second' * n;
`
export const dropChance = `
  drop function pg_temp.pick(bigint, bigint, bigint), pg_temp.skew(bigint, bigint, bigint), pg_temp.seconds(bigint);
`
