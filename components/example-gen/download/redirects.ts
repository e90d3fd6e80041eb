/**
 * Where a server may send a download to: other web addresses, but from a public one never into the private network that
 * this machine stands in.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** Networks of this machine, its neighbours and groups of them: RFC 1112, 1122, 1918, 3879, 3927, 4193, 4291, 6598. */
const PRIVATE: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 9, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

function privateNetworks(): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of PRIVATE) list.addSubnet(network, prefix, family);
  return list;
}

/** Whether any address of a host is private; a host that has none is not: connecting to it will say so. */
async function isPrivate({ hostname }: URL, resolve: Resolve): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/gu, '');
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
  const networks = privateNetworks();
  return addresses.some((address) => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

/**
 * What is wrong with a redirect; undefined when it may be followed.
 *
 * @param from - the address that the pipeline names, not one that it was redirected to
 */
export async function redirectFault(from: URL, to: URL, resolve: Resolve = resolveHost): Promise<string | undefined> {
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    return `it redirects to ${to.protocol}, not to a web address`;
  if (!(await isPrivate(to, resolve)) || (await isPrivate(from, resolve))) return undefined;
  return `it redirects to ${to.host}, in a private network`;
}
