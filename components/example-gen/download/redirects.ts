/**
 * Where a server may send a download to: other web addresses, but from a public one never into the private network that
 * this machine stands in.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { requestFile, type FileRequest } from './request.js';

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

/** Whether one of these addresses is private. */
function hasPrivate(addresses: readonly string[]): boolean {
  const networks = privateNetworks();
  return addresses.some((address) => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

/** Redirects that are followed. */
const MAX_REDIRECTS = 5;

/** A server sends a download to where it must not go. */
export class BadRedirect extends Error {
  override readonly name = 'BadRedirect';
}

/**
 * Asks for a file, and follows redirects as far as they are allowed. Whether the address that the pipeline names is in a
 * private network is found out when it is connected to, and holds for all that it redirects to.
 *
 * @throws BadRedirect, and the system's error where there is no connection
 */
export async function requestFollowing(
  asked: Omit<FileRequest, 'judge'>,
  request: typeof requestFile = requestFile,
): Promise<IncomingMessage> {
  let isInside = false;
  const named: FileRequest['judge'] = (addresses) => {
    isInside = hasPrivate(addresses);
  };
  let { url } = asked;
  let judge = named;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request({ ...asked, url, judge });
    const { statusCode = 0, headers } = response;
    const { location } = headers;
    if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return response;
    response.destroy();
    if (!URL.canParse(location, url.href)) throw new BadRedirect('it redirects to what is no address');
    const to = new URL(location, url.href);
    if (to.protocol !== 'http:' && to.protocol !== 'https:') {
      throw new BadRedirect(`it redirects to ${to.protocol}, not to a web address`);
    }
    url = to;
    judge = (addresses) => {
      if (!isInside && hasPrivate(addresses)) {
        throw new BadRedirect(`it redirects to ${to.host}, in a private network`);
      }
    };
  }
  throw new BadRedirect(`it redirects more than ${String(MAX_REDIRECTS)} times`);
}
