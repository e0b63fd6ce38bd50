// Real Dispatch's side of OpenClaw: the closed toolset, and nothing else. It keeps no state,
// decides nothing, and changes a ticket only by asking the host.
import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';

import { register } from './lib/register.js';

export default definePluginEntry({
  id: 'real-dispatch',
  name: 'Real Dispatch',
  description: 'The twelve dispatch tools and four reads, each agent with a credential of its own',
  register,
});
