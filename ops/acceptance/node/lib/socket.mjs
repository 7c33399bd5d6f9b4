// The gateway's WebSocket: both ways to open it, requests and their answers, delivery and resuming.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import WebSocket from 'ws';

/** The published contract; nothing is generated from it here. */
const PROTO = new URL('../../../../chat-gateway/protocol/src/main/proto/sallyport/v1/socket.proto', import.meta.url);
const { ClientFrame, ServerFrame } = await frames();

const SUBPROTOCOL = 'sallyport.v1';
const FIRST_FRAME = 'sallyport.v1.first-frame';
const OPEN_MILLIS_MAX = 15_000;
const ANSWER_MILLIS_MAX = 15_000;

/** The handshake was answered with something else than 101. */
export class HandshakeRefused extends Error {
  constructor(response) {
    const challenge = response.headers['www-authenticate'] ?? '';
    super(`the gateway answered the handshake with ${response.statusCode} ${challenge}`);
    this.status = response.statusCode;
    this.challenge = challenge;
    this.error = /error="([^"]*)"/.exec(challenge)?.[1] ?? '';
    this.nonce = response.headers['dpop-nonce'];
  }
}

/** The socket was closed before it was ready. */
export class Closed extends Error {
  constructor(code, reason) {
    super(`the gateway closed the socket: ${code} ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** One request was refused; the socket stays open. Fields as in the contract's `Refused`. */
export class Refused extends Error {
  constructor(refused) {
    super(`${refused.code}: ${refused.message}`);
    this.code = refused.code;
    this.decisionId = refused.decisionId;
    this.retryable = refused.retryable;
    this.winner = refused.winner;
    this.removals = refused.removals ?? [];
  }
}

/** Where delivery stood: what a client stores with its messages, so that it can resume without gap or duplicate. */
export class Cursors {
  constructor(rooms = {}, inbox = 0) {
    this.rooms = rooms;
    this.inbox = inbox;
  }

  passed(frame) {
    if (frame.body === 'roomEntry') this.#advance(frame.roomEntry.roomId, frame.roomEntry.seq);
    if (frame.body === 'inboxEntry') this.inbox = Math.max(this.inbox, frame.inboxEntry.seq);
  }

  #advance(roomId, seq) {
    this.rooms[roomId] = Math.max(this.rooms[roomId] ?? 0, seq);
  }
}

export class GatewaySocket {
  #ws;
  #lastRequestId = 0;
  #waiting = new Map();
  #nonce;
  #dpop;
  #url;

  /**
   * Opens a socket and waits until it is ready. `url` is the gateway's public URL; `how` is `headers`, or `first-frame`
   * as in a browser. `onFrame` receives every frame that no request asked for, in order, from the first one on;
   * `onClose(code, reason)` is told of the end.
   */
  static async open({ url, accessToken, dpop, how = 'headers', onFrame = () => {}, onClose = () => {} }) {
    const options = { url, accessToken, dpop, onFrame, onClose };
    if (how === 'first-frame') return new GatewaySocket().#openByFirstFrame(options);
    try {
      return await new GatewaySocket().#openByHeaders(options, undefined);
    } catch (refused) {
      // The server may want its nonce in the proof (RFC 9449 §9).
      if (refused.error !== 'use_dpop_nonce' || !refused.nonce) throw refused;
      return new GatewaySocket().#openByHeaders(options, refused.nonce);
    }
  }

  async #openByHeaders(options, nonce) {
    const { accessToken, dpop } = options;
    const proof = await dpop.proof({ method: 'GET', url: httpUrl(options.url), accessToken, nonce });
    return this.#open(options, [SUBPROTOCOL], { authorization: `DPoP ${accessToken}`, dpop: proof });
  }

  #openByFirstFrame(options) {
    return this.#open(options, [SUBPROTOCOL, FIRST_FRAME], {});
  }

  #open({ url, accessToken, dpop, onFrame, onClose }, subprotocols, headers) {
    this.#dpop = dpop;
    this.#url = httpUrl(url);
    return new Promise((resolve, reject) => {
      this.#ws = new WebSocket(this.#url.replace(/^http/, 'ws'), subprotocols, {
        headers,
        handshakeTimeout: OPEN_MILLIS_MAX,
        // Ciphertext does not compress.
        perMessageDeflate: false,
      });
      const timer = setTimeout(() => {
        reject(new Error('the gateway did not say Ready in time'));
        this.#ws.terminate();
      }, OPEN_MILLIS_MAX);
      this.#ws.on('unexpected-response', (request, response) => {
        clearTimeout(timer);
        reject(new HandshakeRefused(response));
        request.destroy();
      });
      this.#ws.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      this.#ws.on('close', (code, reason) => {
        clearTimeout(timer);
        const closed = new Closed(code, reason.toString());
        reject(closed);
        for (const waiting of this.#waiting.values()) waiting.reject(closed);
        this.#waiting.clear();
        onClose(code, closed.reason);
      });
      this.#ws.on('message', (data) => {
        const frame = decode(data);
        if (frame.body === 'challenge') {
          this.#authenticate('authenticate', accessToken, frame.challenge.nonce).catch(reject);
        } else if (frame.body === 'ready' && !this.ready) {
          clearTimeout(timer);
          this.ready = frame.ready;
          this.#nonce = frame.ready.nonce;
          resolve(this);
        } else if (frame.requestId && this.#waiting.has(frame.requestId)) {
          this.#answer(frame);
        } else {
          onFrame(frame);
        }
      });
    });
  }

  async #authenticate(body, accessToken, nonce) {
    const proof = await this.#dpop.proof({ method: 'GET', url: this.#url, accessToken, nonce });
    this.#write({ requestId: ++this.#lastRequestId, [body]: { accessToken, dpopProof: proof } });
  }

  #write(frame) {
    this.#ws.send(ClientFrame.encode(ClientFrame.create(frame)).finish());
  }

  #answer(frame) {
    const waiting = this.#waiting.get(frame.requestId);
    this.#waiting.delete(frame.requestId);
    clearTimeout(waiting.timer);
    if (frame.body === 'refused') waiting.reject(new Refused(frame.refused));
    else waiting.resolve(frame[frame.body]);
  }

  #request(body) {
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        reject(new Error(`no answer to ${Object.keys(body)[0]} in time`));
      }, ANSWER_MILLIS_MAX);
      this.#waiting.set(requestId, { resolve, reject, timer });
      this.#write({ requestId, ...body });
    });
  }

  /** Starts delivery after the cursors: backlog in order, a CaughtUp for each stream, then live entries. */
  subscribe(cursors = new Cursors()) {
    const rooms = Object.entries(cursors.rooms).map(([roomId, afterSeq]) => ({ roomId, afterSeq }));
    this.#write({ subscribe: { rooms, inboxAfterSeq: cursors.inbox } });
  }

  /** Resolves to the contract's `Accepted`. Repeating it with the same `clientMessageId` stores nothing twice. */
  send(roomId, mlsMessage, { commit, clientMessageId = randomBytes(16) } = {}) {
    return this.#request({ send: { roomId, clientMessageId, mlsMessage, ...(commit ? { commit } : {}) } });
  }

  ping() {
    return this.#request({ ping: {} });
  }

  /** Puts a new token on the open socket: same key, person and device. */
  async refresh(accessToken) {
    const dpopProof = await this.#dpop.proof({ method: 'GET', url: this.#url, accessToken, nonce: this.#nonce });
    const ready = await this.#request({ refresh: { accessToken, dpopProof } });
    this.#nonce = ready.nonce;
    return ready;
  }

  close() {
    this.#ws.close(1000);
  }
}

function httpUrl(gatewayUrl) {
  return new URL('v1/socket', gatewayUrl + '/').href;
}

function decode(data) {
  return ServerFrame.toObject(ServerFrame.decode(data), { longs: Number, enums: String, defaults: true, oneofs: true });
}

async function frames() {
  const root = await protobuf.load(fileURLToPath(PROTO));
  return {
    ClientFrame: root.lookupType('sallyport.v1.ClientFrame'),
    ServerFrame: root.lookupType('sallyport.v1.ServerFrame'),
  };
}
