// Loaded before anything else into a gateway under test: what would leave this machine is
// refused at the socket, and the gateway ends with the test that started it.
'use strict';
const dgram = require('node:dgram');
const net = require('node:net');
const { isMainThread } = require('node:worker_threads');

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|\[::1\])$/i;

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function loopbackOnly(...given) {
  // net.connect hands its arguments on as one array
  const first = Array.isArray(given[0]) ? given[0][0] : given[0];
  const options = typeof first === 'object' && first !== null ? first : { host: given[1] };
  const isSocketFile = options.path != null || (typeof first === 'string' && !/^\d+$/.test(first));
  const host = typeof options.host === 'string' ? options.host : 'localhost';
  if (isSocketFile || LOOPBACK.test(host)) return connect.apply(this, given);
  const error = new Error(`connect ECONNREFUSED ${host}: tests stay on this machine`);
  error.code = 'ECONNREFUSED';
  process.nextTick(() => this.destroy(error));
  return this;
};

dgram.Socket.prototype.send = function nowhere(...given) {
  const told = given.at(-1);
  if (typeof told === 'function') process.nextTick(told, new Error('tests stay on this machine'));
};

// the test holds the other end of standard input; its children hold one of their own
if (isMainThread && process.env.DISPATCH_TEST_GUARD === 'stdin') {
  delete process.env.DISPATCH_TEST_GUARD;
  // its own object for standard input: a second one on the same descriptor is refused
  process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).on('error', () => {});
  process.stdin.resume();
  process.stdin.unref();
}
