import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask } from '../lib/call.js';
import { host } from './host.js';

const request = { method: 'POST', path: '/v0/tools/ticket.create', body: '{"request_id":"k"}' };

async function there(t, script) {
  const server = await host(script);
  t.after(server.close);
  return { server, settings: { base: server.base, token: 'tok', timeoutMs: 10_000 } };
}

test('what broke is sent again under the same key, and answered once', async (t) => {
  const { server, settings } = await there(t, (_, number) =>
    number === 0 ? 'break' : number === 1 ? { status: 503, body: { code: 'store_unavailable' } } : { body: { done: 1 } });
  assert.equal(await ask(request, settings), '{"done":1}');
  assert.deepEqual(server.asked.map((asked) => asked.body), Array(3).fill({ request_id: 'k' }));
});

test('a refusal is not repeated', async (t) => {
  const { server, settings } = await there(t, () => ({ status: 429, body: { code: 'rate_limited', detail: 'Slow.' } }));
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /rate_limited/ });
  assert.equal(server.asked.length, 1);
});

test('a host that stays away: nothing was done, try again', async (t) => {
  const { server, settings } = await there(t, () => ({}));
  server.close();
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /cannot be reached, so nothing was done/ });
});

test('a call that was lost sight of may have been committed, however the host ends', async (t) => {
  const { server, settings } = await there(t, () => {
    server.close();
    return 'break';
  });
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /not known whether it was committed/ });
  assert.equal(server.asked.length, 1);
});

test('a host that does not answer in time: look before you call again', async (t) => {
  const { settings } = await there(t, () => 'hang');
  const hurried = { ...settings, timeoutMs: 200 };
  await assert.rejects(ask(request, hurried), { name: 'ToolInputError', message: /0\.2 seconds\. It is not known/ });
  await assert.rejects(ask({ method: 'GET', path: '/v0/tickets' }, hurried), { message: /Try again in a minute/ });
});

test('a turn that is cancelled cancels the request', async (t) => {
  const { server, settings } = await there(t, () => 'hang');
  const turn = new AbortController();
  const asking = ask(request, settings, turn.signal);
  while (server.asked.length === 0) await new Promise((done) => setTimeout(done, 5));
  turn.abort(new Error('cancelled'));
  await assert.rejects(asking, /cancelled/);
  while (!server.asked[0].closed) await new Promise((done) => setTimeout(done, 5));
});

test('a credential does not follow where the host points', async (t) => {
  const elsewhere = await there(t, () => ({}));
  const { settings } = await there(t, () => ({ status: 307, headers: { location: `${elsewhere.server.base}/x` } }));
  await assert.rejects(ask(request, { ...settings, timeoutMs: 1_000 }), { name: 'ToolInputError' });
  assert.equal(elsewhere.server.asked.length, 0);
});

test('an answer without end is cut off', async (t) => {
  const { settings } = await there(t, () => ({ body: 'x'.repeat(9 * 1024 * 1024) }));
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /more than can be taken in/ });
});
