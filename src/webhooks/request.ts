import { createHmac } from 'node:crypto'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type TargetRules, targetOf } from './target.ts'

/** What a receiver is sent. */
export interface Message {
  readonly type: string
  readonly data: unknown
  /** The same on every attempt. */
  readonly deliveryId: string
}

/** A way to a receiver, which keeps its connection between messages. */
export interface Connection {
  /**
   * Sends a message, signed. Rejects unless the whole answer, or the first 64 KiB of it, came in time and with a status from
   * 200 to 299: a redirection is not followed.
   */
  send(message: Message): Promise<void>
  /** Ends the connection, and with it what is being sent. */
  close(): void
}

/** How to connect, and how long a message and its answer may take together, in milliseconds. */
export interface ConnectionOptions extends TargetRules {
  readonly timeout: number
}

/** A way to the receiver at a URL that has the secret. */
export const connection = (
  targetUrl: string,
  signingSecret: string,
  { timeout, ...rules }: ConnectionOptions,
): Connection => {
  const url = new URL(targetUrl)
  const target = targetOf(url, rules)
  const isSecure = url.protocol === 'https:'
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({
    keepAlive: true,
    maxSockets: 1,
    lookup: target.lookup,
    autoSelectFamilyAttemptTimeout: 1000, // of several addresses, the next is tried after this
  })
  let isClosed = false

  const send = async ({ type, data, deliveryId }: Message): Promise<void> => {
    if (target.isAddress) await target.check()
    const body = Buffer.from(JSON.stringify({ type, data, deliveryId }))
    const request = (isSecure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': 'siren-gateway',
        'x-siren-signature': `sha256=${createHmac('sha256', signingSecret).update(body).digest('hex')}`,
        'x-siren-delivery': deliveryId,
        'x-siren-event': type,
      },
    })
    request.end(body)
    try {
      await success(request, timeout)
    } catch (error) {
      // the receiver let go of an idle connection just as it was used again, which says nothing about the message
      if (error instanceof HangUpError && request.reusedSocket && !isClosed) return send({ type, data, deliveryId })
      throw error
    }
  }

  return {
    send,
    close: () => {
      isClosed = true
      agent.destroy()
    },
  }
}

/** As much of an answer is read, in bytes: what is read to its end leaves the connection free for the next message. */
const LARGEST_ANSWER = 64 * 1024

/** The connection ended before there was any answer. */
class HangUpError extends Error {}

/** Waits for the answer to a request. Rejects unless it is a success. */
const success = (request: ClientRequest, timeout: number): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`no answer within ${timeout / 1000} s`))
      request.destroy()
    }, timeout)
    const fail = (error: Error) => {
      clearTimeout(late)
      reject(error)
    }
    request.on('error', (error: NodeJS.ErrnoException) => {
      const { code = error.message } = error
      fail(['ECONNRESET', 'EPIPE'].includes(code) ? new HangUpError(code) : error)
    })
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      fail(new Error('answered 101'))
    })
    request.on('response', response => {
      const { statusCode = 0 } = response
      const settle = () => {
        if (statusCode < 200 || statusCode > 299) return fail(new Error(`answered ${statusCode}`))
        clearTimeout(late)
        resolve()
      }
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= LARGEST_ANSWER) return
        settle()
        response.destroy()
      })
      response.on('end', settle)
      response.on('error', () => fail(new Error(`answered ${statusCode}, and hung up`)))
    })
  })
