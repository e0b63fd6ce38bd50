// The key that makes a call one, however often it is sent: of everything that tells two calls
// apart, since a model alone does not.
import { createHash } from 'node:crypto';

/** 67 printable characters; the contract takes 128. */
export function requestId({ gateway, agent, session, run, tool, call }) {
  const parts = [gateway, agent, session, run, tool, call].map((part) => part ?? null);
  return `oc-${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}
