// The list that the contract generates: `cargo xtask plugin`.
import { readFileSync } from 'node:fs';

/** Each: name, description, parameters, roles, and either `call` (a tool) or `read` (a path). */
export const TOOLS = JSON.parse(
  readFileSync(new URL('../tools.json', import.meta.url), 'utf8'),
).tools;

/** A tool's name as models know it. */
export const modelName = (tool) => tool.replaceAll('.', '_');
