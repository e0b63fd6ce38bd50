// The host's answer as OpenClaw wants results: the very JSON, which the model reads.

export function shown(text) {
  // OpenClaw reads an outcome out of some names at the top; the host's own are below one of ours
  return { content: [{ type: 'text', text }], details: { answer: JSON.parse(text) } };
}
