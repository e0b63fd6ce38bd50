import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refusal } from '../lib/refusal.js';

const said = (status, problem, retryAfter = null) =>
  refusal({ status, text: typeof problem === 'string' ? problem : JSON.stringify(problem), retryAfter }).message;

test('a gate: what is missing, where the ticket stands, what may be called now', () => {
  assert.equal(
    said(409, {
      code: 'gate_blocked', detail: 'These must hold first: billing.invoice_draft.',
      current_state: 'closeout_pending', missing_gates: ['billing.invoice_draft'],
      allowed_tools: ['billing.generate_invoice_draft', 'ticket.add_message'],
    }),
    'Refused (gate_blocked): These must hold first: billing.invoice_draft. Missing: billing.invoice_draft. '
      + 'The ticket is closeout_pending. You may call now: billing_generate_invoice_draft, ticket_add_message.',
  );
});

test('violations, each with its place', () => {
  const sentence = said(422, {
    code: 'invalid_input', detail: 'The call breaks 2 rules.',
    violations: [{ path: '/issue/summary', rule: 'required', message: 'is missing' }, { path: '', rule: 'x', message: 'is odd.' }],
  });
  assert.equal(
    sentence,
    'Refused (invalid_input): The call breaks 2 rules. /issue/summary: is missing. the call: is odd.',
  );
});

test('an illegal move: where the tool is legal, by the names the model knows', () => {
  assert.match(
    said(409, {
      code: 'illegal_transition', detail: 'schedule.confirm is not legal here.', current_state: 'new',
      allowed_from_states: ['schedulable', 'scheduled'], allowed_tools: [],
    }),
    /schedule_confirm is not legal here\. The ticket is new\. This tool is legal in: schedulable, scheduled\. You may call nothing/,
  );
});

test('too many calls: when to come again', () => {
  assert.match(said(429, { code: 'rate_limited', detail: 'Too many.', retry_after_s: 3 }), /again after 3 s/);
  assert.match(said(429, { code: 'rate_limited', detail: 'Too many.' }, '7'), /again after 7 s/);
});

test('what is not of the host says so, and is not shown', () => {
  assert.match(said(502, '<html>secret internals</html>'), /^The host failed \(HTTP 502\)\. Try again/);
  assert.match(said(404, 'nothing here'), /did not take the call/);
});

test('a sentence has a length', () => {
  assert.ok(said(422, { code: 'invalid_input', detail: 'x'.repeat(100_000) }).length < 6_100);
});
