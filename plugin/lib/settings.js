// The plugin's configuration for one call: where the host is, and which credential is this
// agent's. Who calls is OpenClaw's word for the agent, never the model's.
import { ToolInputError } from './errors.js';

const ID = 'real-dispatch';
const DEFAULT_URL = 'http://127.0.0.1:7711';
const DEFAULT_TIMEOUT_MS = 30_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @returns {{ base: string, gateway: string, timeoutMs: number, token: string }} */
export function settingsOf(api, context) {
  // the running configuration has the secrets resolved, also after they were rotated
  const running = context.getRuntimeConfig?.() ?? context.runtimeConfig;
  const config = running?.plugins?.entries?.[ID]?.config ?? api.pluginConfig ?? {};
  return {
    base: baseOf(config.baseUrl ?? DEFAULT_URL),
    gateway: config.gateway ?? '',
    timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    token: tokenOf(config.agents, context.agentId),
  };
}

/** A credential crosses a network only encrypted. */
function baseOf(text) {
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    return url.origin;
  }
  throw new ToolInputError(
    `Nothing was called: the gateway's configuration names ${url.origin} as the host, and off this `
      + 'machine it must be https. Tell the operator.',
  );
}

function tokenOf(agents, agentId) {
  const own = agentId && Object.hasOwn(agents ?? {}, agentId) ? agents[agentId].token : undefined;
  // what is still a reference could not be resolved
  if (typeof own === 'string' && /^[\x21-\x7e]+$/.test(own)) return own;
  throw new ToolInputError(
    own === undefined
      ? `Nothing was called: the agent ${agentId ?? '(none)'} has no dispatch credential on this `
        + 'gateway. Tell the operator; trying again does not help.'
      : `Nothing was called: the dispatch credential of the agent ${agentId} could not be read. `
        + 'Tell the operator; trying again does not help.',
  );
}
