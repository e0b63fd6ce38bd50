// Puts the tools into OpenClaw: one factory for each, made anew for every agent and turn.
import { channelOf } from './channel.js';
import { settingsOf } from './settings.js';
import { requestId } from './idempotency.js';
import { Runs } from './runs.js';
import { ask } from './call.js';
import { requestFor } from './request.js';
import { shown } from './answer.js';
import { TOOLS } from './tools.js';

/** @param {object} api what OpenClaw hands a plugin */
export function register(api) {
  const runs = new Runs();
  // the only place where OpenClaw says which run a call is of
  api.on('before_tool_call', (event, context) => runs.note(event, context));
  for (const tool of TOOLS) {
    api.registerTool((context) => toolFor(tool, context, api, runs), { name: tool.name });
  }
}

/** The tool as this agent has it. */
export function toolFor(tool, context, api, runs) {
  return {
    name: tool.name,
    label: tool.name.replaceAll('_', ' '),
    description: tool.description,
    parameters: tool.parameters,
    async execute(callId, parameters, signal) {
      const settings = settingsOf(api, context);
      const key = requestId({
        gateway: settings.gateway,
        agent: context.agentId,
        session: context.sessionKey,
        run: runs.take(tool.name, callId, context),
        tool: tool.name,
        call: callId,
      });
      const request = requestFor(tool, parameters, key, channelOf(context));
      return shown(await ask(request, settings, signal));
    },
  };
}
