// A chat client that a test drives: what happens to it is told as events, in order.
import { ChatClient } from '../lib/chat.mjs';
import { GatewaySocket } from '../lib/socket.mjs';
import { emit, serve } from './lines.mjs';

let client;
const told = ['entry', 'message', 'invited', 'joined', 'membersChanged', 'event', 'caughtUp', 'closed', 'unreadable'];

serve({
  configure({ issuer, gatewayUrl, clientId }) {
    const on = Object.fromEntries(told.map((name) => [name, (what) => emit({ event: name, ...what })]));
    on.failed = (error) => emit({ event: 'failed', reason: error.message });
    client = new ChatClient({ issuer, gatewayUrl, clientId, on });
  },
  // The test's browser opens the URL.
  signIn: ({ scope }) => client.signIn(async (url) => emit({ event: 'authorize', url }), { scope }),
  accessToken: async () => ({ token: await client.tokens.access() }),
  async refreshTokens() {
    await client.tokens.refresh();
  },
  registerDevice: ({ name }) => client.registerDevice(name),
  gatewayToken: async (options) => ({ token: await client.gatewayToken(options) }),
  publishKeyPackages: ({ count }) => client.publishKeyPackages(count),
  connect: ({ how, accessToken }) => client.connect({ how, accessToken }),
  disconnect: () => client.disconnect(),
  createRoom: async ({ name }) => ({ roomId: await client.createRoom(name) }),
  invite: ({ roomId, userId, role }) => client.invite(roomId, userId, role),
  join: ({ roomId }) => client.join(roomId),
  add: ({ roomId, userId }) => client.add(roomId, userId),
  say: ({ roomId, text }) => client.say(roomId, text),
  ping: () => client.socket.ping(),
  refreshSocket: async ({ accessToken }) => client.socket.refresh(accessToken ?? (await client.gatewayToken())),
  group: ({ roomId }) => {
    const group = client.group(roomId);
    return { epoch: group.epoch, authenticator: group.epochAuthenticator, members: group.members };
  },
  // A handshake with whatever token, which is expected to be refused.
  async tryOpen({ url, accessToken, how }) {
    const socket = await GatewaySocket.open({ url, accessToken, dpop: client.dpop, how });
    socket.close();
  },
});
