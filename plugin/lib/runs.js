// Which run a call is of: said before the call, and handed on to it. Models choose call ids,
// and choose the same again in another run; the run tells them apart.

/** Calls that were announced and did not begin yet, at most; of more, the oldest is forgotten. */
const MOST = 1024;

const key = (tool, callId, context) =>
  JSON.stringify([context?.agentId, context?.sessionKey, tool, callId]);

export class Runs {
  #announced = new Map();

  /** The hook before a call. Says nothing, so that the call goes on as it is. */
  note(event, context) {
    const runId = event.runId ?? context?.runId;
    const callId = event.toolCallId ?? context?.toolCallId;
    if (!runId || !callId) return;
    if (this.#announced.size >= MOST) {
      this.#announced.delete(this.#announced.keys().next().value);
    }
    this.#announced.set(key(event.toolName, callId, context), runId);
  }

  /** The run of a call that begins; none where a client invoked the tool itself. */
  take(tool, callId, context) {
    const name = key(tool, callId, context);
    const runId = this.#announced.get(name);
    this.#announced.delete(name);
    return runId;
  }
}
