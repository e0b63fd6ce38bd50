import assert from 'node:assert/strict';
import { test } from 'node:test';

import { settingsOf } from '../lib/settings.js';

const config = (more) => ({ gateway: 'g', agents: { desk: { token: 'old' } }, ...more });
const desk = { agentId: 'desk' };

test('without more, the host is on this machine', () => {
  const settings = settingsOf({ pluginConfig: config() }, desk);
  assert.deepEqual(settings, { base: 'http://127.0.0.1:7711', gateway: 'g', timeoutMs: 30_000, token: 'old' });
});

test('a rotated credential is seen at the next call', () => {
  const running = { plugins: { entries: { 'real-dispatch': { config: config({ agents: { desk: { token: 'new' } } }) } } } };
  const context = { ...desk, getRuntimeConfig: () => running };
  assert.equal(settingsOf({ pluginConfig: config() }, context).token, 'new');
});

test('off this machine a credential travels encrypted only', () => {
  const at = (baseUrl) => settingsOf({ pluginConfig: config({ baseUrl }) }, desk).base;
  assert.equal(at('https://dispatch.example'), 'https://dispatch.example');
  assert.equal(at('http://localhost:1'), 'http://localhost:1');
  assert.equal(at('http://[::1]:1'), 'http://[::1]:1');
  for (const url of ['http://dispatch.example', 'http://127.evil.example', 'http://10.0.0.1']) {
    assert.throws(() => at(url), { name: 'ToolInputError', message: /must be https/ });
  }
});

test('a reference that was not resolved is no credential', () => {
  const agents = { desk: { token: { source: 'env', provider: 'default', id: 'X' } } };
  assert.throws(
    () => settingsOf({ pluginConfig: config({ agents }) }, desk),
    { name: 'ToolInputError', message: /could not be read/ },
  );
});
