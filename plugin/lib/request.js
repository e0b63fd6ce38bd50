// A tool's parameters as a request to the host.

/** @returns {{ method: string, path: string, body?: string }} */
export function requestFor(tool, parameters, requestId, channel) {
  const given = parameters ?? {};
  return tool.call ? calling(tool, given, requestId, channel) : reading(tool, given);
}

/** What the bridge says overwrites what a model may have made up. */
function calling(tool, given, requestId, channel) {
  const { actor: _actor, override: _override, ...input } = given;
  return {
    method: 'POST',
    path: `/v0/tools/${tool.call}`,
    body: JSON.stringify({ ...input, channel, request_id: requestId }),
  };
}

function reading(tool, given) {
  const query = new URLSearchParams();
  let path = tool.read;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const place = `{${name}}`;
    if (path.includes(place)) path = path.replace(place, encodeURIComponent(String(value)));
    else query.set(name, String(value));
  }
  const asked = query.size > 0 ? `?${query}` : '';
  return { method: 'GET', path: path + asked };
}
