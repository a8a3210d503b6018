import { once } from 'node:events'
import { createServer } from 'node:net'
import { StartError } from '../errors.ts'

/** Where to listen. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** An address that this process listens at until it is released. */
export interface HeldPort {
  release(): void
}

/**
 * Listens at the configured address and ends every connection, so that a start which takes seconds fails at once when the
 * port is in use, and nobody takes the port in the meantime.
 * @throws StartError when the address cannot be listened at.
 */
export const holdPort = async (address: Address): Promise<HeldPort> => {
  const server = createServer(socket => socket.destroy()).unref()
  server.listen(address.port, address.host)
  await once(server, 'listening').catch(error => {
    throw cannotListen(error, address)
  })
  return { release: () => void server.close() }
}

/** What an operator is told of an error of `listen`. */
export const cannotListen = (error: unknown, { host, port }: Address): unknown => {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new StartError(`PORT: expected a free port, but something already listens at ${host}:${port}`, {
        cause: error,
      })
    case 'EACCES':
      return new StartError(`PORT: expected a port that this user may listen at, received ${port}`, { cause: error })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST: expected an address of this host, received ${host}`, { cause: error })
    default:
      return error
  }
}
