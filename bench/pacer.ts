// Says again and again how long a fixed piece of work takes here, in microseconds of processor time.

const text = JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, name: `row ${id}`, list: [id, id + 1] })))
const work = () => {
  for (let n = 0; n < 30; n++) JSON.parse(text)
}
const microseconds = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

for (let n = 0; n < 1000; n++) work() // until it is compiled
setInterval(() => {
  const began = microseconds()
  work()
  process.stdout.write(`${microseconds() - began}\n`)
}, 50)
