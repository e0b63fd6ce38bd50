// A host for tests: answers what it is told to, and keeps what it was asked.
import { createServer } from 'node:http';

/** @param {(asked: object, number: number) => { status?: number, headers?: object, body?: unknown } | 'hang' | 'break'} script */
export async function host(script) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { method, url, headers } = request;
    const one = { method, url, headers, body: body ? JSON.parse(body) : undefined };
    asked.push(one);
    const answer = script(one, asked.length - 1);
    if (answer === 'hang') {
      request.socket.on('close', () => { one.closed = true; });
      return;
    }
    if (answer === 'break') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body ?? {}));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    asked,
    base: `http://127.0.0.1:${server.address().port}`,
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

/** What OpenClaw hands a plugin, as far as it is used. */
export function openclaw(config) {
  const registered = new Map();
  const hooks = new Map();
  return {
    pluginConfig: config,
    on: (name, hook) => hooks.set(name, hook),
    registerTool: (factory, { name }) => registered.set(name, factory),
    registered,
    hooks,
  };
}
