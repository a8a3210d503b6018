import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'

/** Whether the gateway can answer, and if not, why. */
export interface Readiness {
  /** The reason why not; null when it can. Asked often, it looks once a second. */
  reason(): Promise<string | null>
  /** True from the first time that it could: from then on each query finds out for itself. */
  readonly opened: boolean
}

/** Readiness that is told when there is something new to see. */
export interface ProbedReadiness extends Readiness {
  /** Has whoever asks next look at once. */
  changed(): void
}

/** Makes a probe safe to ask from outside: at most one runs at a time, its answer holds for a while, and it has to come in time. */
export const readiness = (
  probe: () => Promise<string | null>,
  { log, hold = 1000, timeout = 3000 }: { log: Logger; hold?: number; timeout?: number },
): ProbedReadiness => {
  let running: Promise<string | null> | undefined
  let last: { reason: string | null; until: number } | undefined
  let opened = false
  let changes = 0

  const look = async (): Promise<string | null> => {
    const seen = changes
    let err: unknown
    const reason = await inTime(probe(), timeout).catch(error => {
      err = error
      return UNREACHABLE
    })
    if (reason !== last?.reason) {
      if (reason === null) log.info('ready')
      else if (err === undefined) log.info({ reason }, 'not ready')
      else log.error({ reason, err }, 'not ready')
    }
    opened ||= reason === null
    if (seen === changes) last = { reason, until: Date.now() + hold }
    return reason
  }

  return {
    get opened() {
      return opened
    },
    reason: () => {
      if (last !== undefined && last.until > Date.now()) return Promise.resolve(last.reason)
      running ??= look().finally(() => {
        running = undefined
      })
      return running
    },
    changed: () => {
      changes++
      last = undefined
    },
  }
}

const UNREACHABLE = 'the database cannot be reached'

const inTime = async <T>(work: Promise<T>, milliseconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** `GET /health`: the process is up. `GET /ready`: it can answer queries, or says why not. */
export const healthRoutes = (app: FastifyInstance, { reason }: Readiness): void => {
  app.get('/health', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  app.get('/ready', async (_request, reply) => {
    const why = await reason()
    reply.header('cache-control', 'no-store')
    return why === null
      ? reply.send({ status: 'ready' })
      : reply.status(503).header('retry-after', '1').send({ status: 'unavailable', reason: why })
  })
}
