import assert from 'node:assert/strict';
import { test } from 'node:test';

import { codeOf, unsent, untrusted } from '../lib/fault.js';

/** As fetch throws it. */
const thrown = (code) => Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code }) });

test('what was never sent is told from what was lost', () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']) {
    assert.ok(unsent(thrown(code)), code);
  }
  for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', undefined]) {
    assert.ok(!unsent(thrown(code)), String(code));
    assert.ok(!untrusted(thrown(code)), String(code));
  }
});

test('of a name with several addresses each failed', () => {
  const each = ['::1', '127.0.0.1'].map(() => Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
  const error = Object.assign(new TypeError('fetch failed'), { cause: new AggregateError(each) });
  assert.equal(codeOf(error), 'ECONNREFUSED');
  assert.ok(unsent(error));
});

test('certificates and TLS are for the operator, alerts in mid-stream are not', () => {
  for (const code of [
    'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_SSL_WRONG_VERSION_NUMBER',
  ]) {
    assert.ok(untrusted(thrown(code)), code);
  }
  assert.ok(!untrusted(thrown('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')));
});
