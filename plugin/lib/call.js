// One request to the host: bounded in time and size, ended with the turn that wants it, sent
// again under the same key where it is not known what became of it.
import { setTimeout as sleep } from 'node:timers/promises';

import { ToolInputError } from './errors.js';
import { codeOf, redirected, unsent, untrusted } from './fault.js';
import { nothingDone, refusal } from './refusal.js';

/** Before each repetition, in milliseconds. */
const PAUSES_MS = [250, 1_000, 2_000];
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** The host, or what stands before it, is away. */
const AWAY = new Set([502, 503, 504]);

/**
 * @returns {Promise<string>} the host's answer
 * @throws {ToolInputError} with a sentence for the model
 */
export async function ask(request, settings, signal) {
  const deadline = AbortSignal.timeout(settings.timeoutMs);
  const ended = signal ? AbortSignal.any([signal, deadline]) : deadline;
  // whether a try got through, or may have, before it was lost sight of
  let lost = false;
  let trouble;
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await once(request, settings, ended);
      if (answer.ok) return answer.text;
      if (!AWAY.has(answer.status)) throw refusal(answer);
      lost ||= request.method !== 'GET' && !nothingDone(answer);
      trouble = lost ? away(request, answer.status) : refusal(answer);
    } catch (error) {
      if (error instanceof ToolInputError) throw error;
      if (signal?.aborted) throw signal.reason;
      if (ended.aborted) throw timedOut(request, settings);
      const never = lost ? undefined : hopeless(error);
      if (never) throw never;
      lost ||= !unsent(error);
      trouble = lost ? broke(request) : unreachable();
    }
    if (tries >= PAUSES_MS.length) throw trouble;
    try {
      await sleep(PAUSES_MS[tries], undefined, { signal: ended });
    } catch {
      throw signal?.aborted ? signal.reason : trouble;
    }
  }
}

async function once(request, settings, signal) {
  const response = await fetch(settings.base + request.path, {
    method: request.method,
    body: request.body,
    headers: {
      authorization: `Bearer ${settings.token}`,
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    // a credential is for the host that was named, not for where it points
    redirect: 'error',
    signal,
  });
  const text = await bounded(response);
  return {
    ok: response.ok, status: response.status, text,
    retryAfter: response.headers.get('retry-after'),
  };
}

async function bounded(response) {
  const parts = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new ToolInputError('The host answered more than can be taken in. Ask for less.');
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Reading again does no harm; whether a call was committed is to be looked at first. */
const doubt = (request) =>
  request.method === 'GET'
    ? 'Try again in a minute.'
    : 'It is not known whether it was committed: before you call again, look at the ticket with '
      + 'ticket_summary, or find it with ticket_search.';

const timedOut = (request, settings) =>
  new ToolInputError(
    `The host did not answer within ${settings.timeoutMs / 1_000} seconds. ${doubt(request)}`,
  );

const away = (request, status) =>
  new ToolInputError(`The host, or what stands before it, failed (HTTP ${status}). ${doubt(request)}`);

const unreachable = () =>
  new ToolInputError(
    'The host cannot be reached, so nothing was done. Try again in a minute; if it stays so, tell '
      + 'the operator.',
  );

const broke = (request) => new ToolInputError(`The connection to the host broke. ${doubt(request)}`);

/** What no repetition mends; in none of these cases the host took the call. */
function hopeless(error) {
  if (redirected(error)) {
    return new ToolInputError(
      "The host's address points elsewhere, and a credential does not follow, so nothing was done. "
        + 'Tell the operator: baseUrl must name the host itself. Trying again does not help.',
    );
  }
  if (untrusted(error)) {
    return new ToolInputError(
      `The host's certificate, or its TLS, does not hold here (${codeOf(error)}), so nothing was done. `
        + 'Tell the operator; trying again does not help.',
    );
  }
  return undefined;
}
