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

test('a store that stays away may have kept the call: nobody says that nothing was committed', async (t) => {
  const { server, settings } = await there(t, () => ({ status: 503, body: { code: 'store_unavailable', phase: 'store', detail: 'Late.' } }));
  await assert.rejects(ask(request, settings), (error) => {
    assert.equal(error.name, 'ToolInputError');
    assert.match(error.message, /HTTP 503\)\. It is not known whether it was committed/);
    assert.doesNotMatch(error.message, /[Nn]othing was (committed|done)/);
    return true;
  });
  assert.equal(server.asked.length, 4);
  await assert.rejects(ask({ method: 'GET', path: '/v0/tickets' }, settings), { message: /store_unavailable.*Try again in a minute/ });
});

test('rules that cannot answer commit nothing; a host that failed in itself may have', async (t) => {
  const phase = { now: 'validate' };
  const { settings } = await there(t, () => ({ status: 503, body: { code: 'policy_unavailable', phase: phase.now, detail: 'No.' } }));
  await assert.rejects(ask(request, settings), { message: /policy_unavailable.*Nothing was committed/ });
  phase.now = 'invariant';
  await assert.rejects(ask(request, settings), { message: /It is not known whether it was committed/ });
});

test('a proxy that gave up, and then a host that is gone: the call may have been committed', async (t) => {
  const { server, settings } = await there(t, () => {
    setImmediate(() => server.close());
    return { status: 504, headers: { connection: 'close' }, body: {} };
  });
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /not known whether it was committed/ });
  assert.equal(server.asked.length, 1);
});

test('an address that nobody has: nothing was done', async () => {
  const settings = { base: 'http://nobody.invalid', token: 'tok', timeoutMs: 10_000 };
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /cannot be reached, so nothing was done/ });
});

test('TLS that does not hold is for the operator, and not tried again', async (t) => {
  const plain = await there(t, () => ({}));
  const base = plain.settings.base.replace('http:', 'https:');
  const began = Date.now();
  await assert.rejects(ask(request, { ...plain.settings, base }), {
    name: 'ToolInputError', message: /ERR_SSL_WRONG_VERSION_NUMBER\), so nothing was done\. Tell the operator; trying again does not help/,
  });
  assert.ok(Date.now() - began < 200, 'without a pause');
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
  const { server, settings } = await there(t, () => ({ status: 307, headers: { location: `${elsewhere.server.base}/x` } }));
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /points elsewhere.*Tell the operator/ });
  assert.equal(elsewhere.server.asked.length, 0);
  assert.equal(server.asked.length, 1);
});

test('an answer without end is cut off', async (t) => {
  const { settings } = await there(t, () => ({ body: 'x'.repeat(9 * 1024 * 1024) }));
  await assert.rejects(ask(request, settings), { name: 'ToolInputError', message: /more than can be taken in/ });
});
