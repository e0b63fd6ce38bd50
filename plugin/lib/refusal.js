// A refusal as a sentence that a model can act on: what is wrong, where the ticket stands, and
// what is legal now.
import { ToolInputError } from './errors.js';
import { modelName, TOOLS } from './tools.js';

/** A model reads this much, in characters. */
const MAX_SENTENCE = 6_000;

/** @param {{ status: number, text: string, retryAfter: string | null }} answer */
export function refusal(answer) {
  const problem = parsed(answer.text);
  const sentence = problem?.code ? said(problem, answer) : unnamed(answer.status);
  return new ToolInputError(
    sentence.length > MAX_SENTENCE ? `${sentence.slice(0, MAX_SENTENCE)}…` : sentence,
  );
}

/**
 * Is it certain that this call was not committed? The rules are asked before anything is written;
 * a store can fail after it, and so can the host itself, which it says in the phase `invariant`.
 */
export function nothingDone(answer) {
  const problem = parsed(answer.text);
  return problem?.code === 'policy_unavailable' && problem.phase !== 'invariant';
}

function said(problem, answer) {
  const parts = [`Refused (${problem.code}): ${words(problem.detail ?? problem.title ?? '')}`];
  for (const { path, message } of problem.violations ?? []) {
    parts.push(`${path || 'the call'}: ${message}.`);
  }
  if (problem.missing_gates?.length) parts.push(`Missing: ${problem.missing_gates.join(', ')}.`);
  if (problem.current_state) parts.push(`The ticket is ${problem.current_state}.`);
  if (problem.allowed_from_states?.length) {
    parts.push(`This tool is legal in: ${problem.allowed_from_states.join(', ')}.`);
  }
  if (problem.allowed_tools) {
    const now = problem.allowed_tools.map(modelName);
    parts.push(now.length ? `You may call now: ${now.join(', ')}.` : 'You may call nothing on it now.');
  }
  parts.push(next(problem.code, problem.retry_after_s ?? answer.retryAfter));
  return parts.filter(Boolean).map((part) => part.replace(/\.\.$/, '.')).join(' ');
}

/** What helps, by the contract's codes. */
function next(code, after) {
  switch (code) {
    case 'rate_limited':
      return `You call too often: stop, and call again after ${after ?? 1} s at the earliest.`;
    case 'policy_unavailable':
      return 'Nothing was committed. Try again in a minute; if it stays so, tell the operator.';
    case 'store_unavailable':
      return 'Try again in a minute; if it stays so, tell the operator.';
    case 'unauthenticated':
      return "This agent's credential is not valid. Tell the operator; trying again does not help.";
    case 'stale_version':
      return 'Read the ticket, then decide again.';
    case 'idempotency_conflict':
      return 'Call again if you still mean it.';
    case 'role_forbidden':
    case 'actor_mismatch':
      return 'Trying again does not help.';
    default:
      return '';
  }
}

const unnamed = (status) =>
  status >= 500
    ? `The host failed (HTTP ${status}). Try again in a minute; before you repeat a call, look at `
      + 'the ticket with ticket_summary.'
    : `The host did not take the call (HTTP ${status}). Tell the operator.`;

/** Names of tools as this model knows them; other dotted names, of gates and rules, stay. */
const CALLS = TOOLS.filter((tool) => tool.call).map((tool) => tool.call.replace('.', '\\.'));
const TOOL = new RegExp(`\\b(${CALLS.join('|')})\\b`, 'g');
const words = (text) => String(text).replace(TOOL, modelName);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
