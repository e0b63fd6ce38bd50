import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { register } from '../lib/register.js';
import { TOOLS } from '../lib/tools.js';
import { host, openclaw } from './host.js';

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

const context = { agentId: 'intake', sessionKey: 'agent:intake:main', messageChannel: 'internal' };

async function house(t, script) {
  const there = await host(script);
  t.after(there.close);
  const api = openclaw({
    baseUrl: there.base, gateway: 'desk-1', timeoutMs: 5_000,
    agents: { intake: { token: 'intake-token' }, closeout: { token: 'closeout-token' } },
  });
  register(api);
  return { there, api, tool: (name, as = context) => api.registered.get(name)(as) };
}

test('exactly the contract\'s twelve tools and four reads are registered, and declared', () => {
  const api = openclaw({});
  register(api);
  const names = TOOLS.map((tool) => tool.name);
  assert.equal(TOOLS.filter((tool) => tool.call).length, 12);
  assert.equal(TOOLS.filter((tool) => tool.read).length, 4);
  assert.deepEqual([...api.registered.keys()], names);
  assert.deepEqual(read('openclaw.plugin.json').contracts.tools, names);
  assert.deepEqual([...api.hooks.keys()], ['before_tool_call']);
});

test('the manifest takes references to credentials, never credentials', () => {
  const token = read('openclaw.plugin.json').configSchema.properties.agents.additionalProperties.properties.token;
  assert.equal(token.type, 'object');
  assert.deepEqual(token.properties.source.enum, ['env', 'file', 'exec', 'store']);
  const [secret] = read('openclaw.plugin.json').configContracts.secretInputs.paths;
  assert.equal(secret.path, 'agents.*.token');
});

test('a call carries the agent\'s own credential, the channel and a key; the model chooses none', async (t) => {
  const { there, tool } = await house(t, () => ({ body: { ticket: { state: 'new' } } }));
  const route = { ...context, deliveryContext: { channel: 'whatsapp', to: '+13125550142' } };
  const result = await tool('ticket_create', route).execute('call_1', {
    issue: { summary: 'door' }, request_id: 'mine', channel: { kind: 'email', peer: 'x@y' },
    actor: { role: 'operator_admin' }, override: { reason: 'because I say so' },
  });
  const [asked] = there.asked;
  assert.equal(asked.url, '/v0/tools/ticket.create');
  assert.equal(asked.headers.authorization, 'Bearer intake-token');
  assert.deepEqual(asked.body.channel, { kind: 'whatsapp', peer: '+13125550142' });
  assert.match(asked.body.request_id, /^oc-[0-9a-f]{64}$/);
  assert.deepEqual(Object.keys(asked.body).sort(), ['channel', 'issue', 'request_id']);
  assert.deepEqual(JSON.parse(result.content[0].text), { ticket: { state: 'new' } });
});

test('reads become paths and queries', async (t) => {
  const { there, tool } = await house(t, () => ({}));
  await tool('ticket_get').execute('1', { ticket_id: '01J/../x' });
  await tool('ticket_timeline').execute('2', { ticket_id: '01J', limit: 5 });
  await tool('ticket_search').execute('3', { text: 'dock door', state: 'new' });
  await tool('ticket_search').execute('4', {});
  assert.deepEqual(there.asked.map((asked) => `${asked.method} ${asked.url}`), [
    'GET /v0/tickets/01J%2F..%2Fx',
    'GET /v0/tickets/01J/timeline?limit=5',
    'GET /v0/tickets?text=dock+door&state=new',
    'GET /v0/tickets',
  ]);
});

test('a call id that comes again in another run, or from another agent, is another call', async (t) => {
  const { there, api, tool } = await house(t, () => ({}));
  const call = async (as, runId) => {
    if (runId) api.hooks.get('before_tool_call')({ toolName: 'ticket_create', toolCallId: 'call_1', runId }, as);
    await tool('ticket_create', as).execute('call_1', {});
    return there.asked.at(-1).body.request_id;
  };
  const closeout = { agentId: 'closeout', sessionKey: 'agent:closeout:main' };
  const keys = [
    await call(context, 'run-1'), await call(context, 'run-2'), await call(context),
    await call(closeout, 'run-1'), await call({ ...context, sessionKey: 'agent:intake:other' }, 'run-1'),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(await call(context, 'run-1'), keys[0], 'the same call has the same key');
});

test('an agent without a credential calls nothing', async (t) => {
  const { there, tool } = await house(t, () => ({}));
  for (const agentId of ['stranger', '__proto__', 'constructor', undefined]) {
    await assert.rejects(
      tool('ticket_create', { ...context, agentId }).execute('1', {}),
      { name: 'ToolInputError', message: /no dispatch credential/ },
    );
  }
  assert.equal(there.asked.length, 0);
});
