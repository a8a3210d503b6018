import { describe, expect, it } from 'vitest'
import { ForbiddenTargetError, isPublic, targetOf } from '../../src/webhooks/target.ts'

describe('an address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
  ])('%s is public', address => {
    expect(isPublic(address)).toBe(true)
  })

  it.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fd12:3456::1', 'fec0::1']],
    ['link-local, the metadata of clouds among them', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0']],
    ['of a carrier', ['100.64.0.1', '100.100.100.200', '100.127.255.255']],
    ['multicast or broadcast', ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1']],
    ['reserved', ['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '2001:db8::1']],
    ['discarded, or assigned to nobody', ['100::1', '4000::1', '8000::1', '::2', '3fff::1', '5f00::1']],
    ['IPv4 in IPv6', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::ffff:10.0.0.1', '::127.0.0.1']],
    ['IPv4 by a NAT64', ['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1', '64:ff9b:1::101:101']],
    ['IPv4 in a tunnel', ['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:101:101::1', '2001::1', '2001:0:101:101::1']],
    ['IPv4 translated', ['::ffff:0:127.0.0.1', '::ffff:0:1.1.1.1']],
    ['none', ['', 'localhost', '127.0.0.1.nip.io', '1.1.1.1, 127.0.0.1', '1.1.1.1/8', '999.1.1.1']],
  ])('that is %s is not', (_, addresses) => {
    expect(addresses.filter(isPublic)).toEqual([])
  })
})

/** What a connection would be made to. */
const connected = (url: string, resolve: (host: string) => Promise<readonly string[]>, allowPrivate = false) =>
  new Promise<unknown>((resolved, reject) => {
    const { lookup } = targetOf(new URL(url), { allowPrivate, resolve })
    lookup('', { all: true }, (error, addresses) => (error ? reject(error) : resolved(addresses)))
  })

const never = async () => {
  throw new Error('Expected no name to be resolved')
}

describe('a target', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://[::1]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://0/',
  ])('at %s is refused without asking anybody', async url => {
    const target = targetOf(new URL(url), { allowPrivate: false, resolve: never })
    expect(target.isAddress).toBe(true)
    await expect(target.check()).rejects.toThrow(ForbiddenTargetError)
    await expect(connected(url, never)).rejects.toThrow(ForbiddenTargetError)
  })

  it.each(['localhost', 'localhost.', 'LOCALHOST'])('at %s is refused', async host => {
    const { check } = targetOf(new URL(`http://${host}/`), { allowPrivate: false })
    await expect(check()).rejects.toThrow()
  })

  it('is refused when any of its addresses is not public, or when it has none', async () => {
    for (const addresses of [['1.1.1.1', '10.0.0.1'], ['::1', '2606:4700::1'], ['10.0.0.1'], []]) {
      const resolve = async () => addresses
      await expect(targetOf(new URL('http://shop.example/'), { allowPrivate: false, resolve }).check()).rejects.toThrow(
        ForbiddenTargetError,
      )
      await expect(connected('http://shop.example/', resolve)).rejects.toThrow(ForbiddenTargetError)
    }
  })

  it('is connected to at the addresses that were checked, resolved once', async () => {
    let asked = 0
    const resolve = async (host: string) => {
      expect(host).toBe('shop.example')
      return asked++ === 0 ? ['1.1.1.1', '2606:4700::1'] : ['127.0.0.1']
    }
    expect(await connected('http://shop.example/', resolve)).toEqual([
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ])
    expect(asked).toBe(1)
  })

  it('is refused when its name leads elsewhere by the time of the connection', async () => {
    const answers = [['1.1.1.1'], ['127.0.0.1']]
    const resolve = async () => answers.shift() ?? []
    await targetOf(new URL('http://rebinding.example/'), { allowPrivate: false, resolve }).check()
    await expect(connected('http://rebinding.example/', resolve)).rejects.toThrow(ForbiddenTargetError)
  })

  it('may be anywhere when private addresses are allowed', async () => {
    expect(await connected('http://10.0.0.1/', never, true)).toEqual([{ address: '10.0.0.1', family: 4 }])
    expect(await connected('http://shop.example/', async () => ['::1'], true)).toEqual([{ address: '::1', family: 6 }])
  })
})
