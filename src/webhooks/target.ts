import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Which targets may be sent to, and how their names are resolved. */
export interface TargetRules {
  /** Whether addresses that are not public may be sent to: for development, and for receivers in one's own network. */
  readonly allowPrivate: boolean
  /** The system's own way, unless it is said. */
  readonly resolve?: Resolve
}

/** All addresses of a host. Rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** A target that must not be sent to: it leads somewhere that the public internet does not. */
export class ForbiddenTargetError extends Error {
  override readonly name = 'ForbiddenTargetError'

  constructor() {
    super('Expected a host whose addresses are all public')
  }
}

/** Where connections to a target go: nowhere but where they may. */
export interface Target {
  /** Whether the host is an address: Node connects to one without asking `lookup`, so `check` has to be asked before. */
  readonly isAddress: boolean
  /** Checks the host as it is now. @throws ForbiddenTargetError, or what the resolution failed with. */
  check(): Promise<void>
  /** What a connection resolves the host with: it gets addresses that were checked, and resolves no second time. */
  readonly lookup: LookupFunction
}

/** The target at a URL. A name may have other addresses at each request, so each has to be made through this. */
export const targetOf = (url: URL, { allowPrivate, resolve = resolveBySystem }: TargetRules): Target => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAddress = isIP(host) !== 0
  const addresses = async (): Promise<readonly string[]> => {
    const found = isAddress ? [host] : await resolve(host)
    if (!allowPrivate && !(found.length > 0 && found.every(isPublic))) throw new ForbiddenTargetError()
    return found
  }
  return {
    isAddress,
    check: async () => {
      await addresses()
    },
    lookup: (_, { all }, callback) => {
      addresses()
        .then(found => found.map(address => ({ address, family: isIP(address) })))
        .then(
          found => {
            const [first] = found
            if (all) callback(null, found)
            else if (first) callback(null, first.address, first.family)
            else callback(new ForbiddenTargetError(), '')
          },
          error => callback(error, ''),
        )
    },
  }
}

const resolveBySystem: Resolve = async host => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Whether an address belongs to the public internet. An IPv4 address inside an IPv6 one counts as what it is where hosts
 * are reached that way (mapped, or by a network's NAT64); tunnels that nobody needs any more, 6to4 and Teredo, do not count.
 */
export const isPublic = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.kind() === 'ipv4') return parsed.range() === 'unicast'
  const outer = parsed as ipaddr.IPv6
  const bytes = outer.toByteArray()
  if (MAPPINGS.some(prefix => outer.match(prefix))) return ipaddr.fromByteArray(bytes.slice(12)).range() === 'unicast'
  // what is assigned is in 2000::/3
  return outer.range() === 'unicast' && (bytes[0] as number) >> 5 === 1
}

const MAPPINGS = ['::ffff:0:0/96', '64:ff9b::/96'].map(range => ipaddr.parseCIDR(range) as [ipaddr.IPv6, number])
