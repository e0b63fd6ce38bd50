import assert from 'node:assert/strict';
import { test } from 'node:test';

import { channelOf } from '../lib/channel.js';

const cases = [
  ['the delivery route', { deliveryContext: { channel: 'telegram', to: 'telegram:4711' } }, { kind: 'telegram', peer: '4711' }],
  ['a route without its channel', { messageChannel: 'sms', deliveryContext: { to: '+1312' } }, { kind: 'sms', peer: '+1312' }],
  ['a sender without a route', { messageChannel: 'email', requesterSenderId: 'a@b.c' }, { kind: 'email', peer: 'a@b.c' }],
  ['a web chat, by its session', { messageChannel: 'webchat', sessionKey: 'agent:x:main' }, { kind: 'webchat', peer: 'agent:x:main' }],
  ['a channel the contract has no word for', { deliveryContext: { channel: 'slack', to: 'U1' } }, { kind: 'webchat', peer: 'slack:U1' }],
  ['nobody', {}, { kind: 'internal', peer: 'system' }],
  ['a channel without a peer', { messageChannel: 'whatsapp' }, { kind: 'internal', peer: 'system' }],
];

for (const [name, context, expected] of cases) {
  test(name, () => assert.deepEqual(channelOf(context), expected));
}

test('a peer fits the contract', () => {
  assert.equal(channelOf({ messageChannel: 'sms', requesterSenderId: '1'.repeat(999) }).peer.length, 256);
});
