// Where the word came in: from the turn's delivery route, which OpenClaw vouches for.

/** The contract's channels, by OpenClaw's names of them. */
const KINDS = new Map(
  ['whatsapp', 'telegram', 'sms', 'email', 'webchat'].map((kind) => [kind, kind]),
);
const MAX_PEER = 256;

/** @returns {{ kind: string, peer: string }} `internal` where nobody is at the other end */
export function channelOf(context) {
  const route = context.deliveryContext ?? {};
  const channel = (route.channel ?? context.messageChannel ?? '').toLowerCase();
  const peer = bare(route.to ?? context.requesterSenderId, channel);
  const kind = KINDS.get(channel);
  if (kind && peer) return { kind, peer };
  if (kind === 'webchat') return { kind, peer: cut(context.sessionKey ?? 'unknown') };
  // a channel that the contract has no word for: a chat, with its name kept
  if (channel && channel !== 'internal' && peer) {
    return { kind: 'webchat', peer: cut(`${channel}:${peer}`) };
  }
  return { kind: 'internal', peer: 'system' };
}

/** Without the channel's own name before it. */
function bare(peer, channel) {
  const text = String(peer ?? '').trim();
  return cut(text.toLowerCase().startsWith(`${channel}:`) ? text.slice(channel.length + 1) : text);
}

const cut = (text) => [...text].slice(0, MAX_PEER).join('');
