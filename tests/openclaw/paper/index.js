// A channel for tests: each message that is sent by it becomes a line of JSON in the file that
// PAPER_FILE names. A recipient named `broken` fails, as a channel that is down does.
import { appendFileSync } from 'node:fs';

import {
  createChannelPluginBase,
  createChatChannelPlugin,
  defineChannelPluginEntry,
} from 'openclaw/plugin-sdk/channel-core';

let sent = 0;

const write = async ({ to, text, accountId }) => {
  if (to === 'broken') throw new Error('the paper is wet');
  const messageId = `paper-${++sent}`;
  const line = JSON.stringify({ to, text, accountId, messageId });
  appendFileSync(process.env.PAPER_FILE, `${line}\n`);
  return { messageId };
};

const base = createChannelPluginBase({
  id: 'paper',
  meta: { label: 'Paper', selectionLabel: 'Paper', docsPath: '/', blurb: 'Writes down.' },
  capabilities: { chatTypes: ['direct'] },
  config: {
    listAccountIds: () => ['default'],
    resolveAccount: () => ({ accountId: 'default' }),
    inspectAccount: () => ({ enabled: true, configured: true }),
    isConfigured: () => true,
  },
  setup: { applyAccountConfig: ({ cfg }) => cfg },
});

const plugin = createChatChannelPlugin({
  base: {
    ...base,
    messaging: {
      normalizeTarget: (to) => to.trim() || undefined,
      targetResolver: { looksLikeId: () => true, hint: 'anything' },
    },
  },
  outbound: {
    base: { deliveryMode: 'direct' },
    attachedResults: { channel: 'paper', sendText: write },
  },
});

/** In which session a message from this sender would land, by the running configuration. */
const route = (api) => ({ params, respond }) => {
  const { sessionKey } = api.runtime.channel.routing.resolveAgentRoute({
    cfg: api.runtime.config.current(),
    channel: 'paper',
    accountId: params.account ?? 'default',
    peer: { kind: 'direct', id: params.from },
  });
  respond(true, { sessionKey });
};

export default defineChannelPluginEntry({
  id: 'paper',
  name: 'Paper',
  description: 'A channel for tests: what is sent by it is written down',
  plugin,
  registerFull: (api) => api.registerGatewayMethod('paper.route', route(api), { scope: 'operator.read' }),
});
