// The end-to-end part: MLS groups (RFC 9420) by ts-mls. The library has not been audited.
import {
  acceptAll,
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeMlsMessage,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultLifetimeConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeMlsMessage,
  decodeExternalSender,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  processMessage,
  zeroOutUint8Array,
} from 'ts-mls';
import { processProposal } from 'ts-mls/clientState.js';
import { createGroupInfo } from 'ts-mls/createCommit.js';
import { verifyFramedContentSignature } from 'ts-mls/framedContent.js';
import { encode } from 'ts-mls/codec/tlsEncoder.js';
import { ratchetTreeEncoder } from 'ts-mls/ratchetTree.js';
import { decodeJwt } from 'jose';

const CIPHERSUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';

/** Clocks differ: a key package made just now must be good at once elsewhere. */
const NOT_BEFORE_SKEW_SECONDS = 3600;

/** A device as MLS sees it. Every leaf it meets must carry a credential that `verifier` accepts. */
export class MlsDevice {
  static async of({ credential, deviceKey, verifier }) {
    const device = new MlsDevice();
    device.suite = await getCiphersuiteImpl(getCiphersuiteFromName(CIPHERSUITE));
    device.credential = credential;
    device.deviceKey = deviceKey;
    device.clientConfig = {
      keyRetentionConfig: defaultKeyRetentionConfig,
      lifetimeConfig: defaultLifetimeConfig,
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      paddingConfig: defaultPaddingConfig,
      authService: {
        async validateCredential(leafCredential, signatureKey) {
          if (leafCredential.credentialType !== 'basic') return false;
          try {
            await verifier.verify(Buffer.from(leafCredential.identity).toString('ascii'), signatureKey);
            return true;
          } catch {
            return false;
          }
        },
      },
    };
    return device;
  }

  /** A new key package: `bytes` (an MLSMessage) is for the directory, the rest never leaves the device. */
  async keyPackage() {
    const { iat, exp } = decodeJwt(this.credential);
    const made = await generateKeyPackageWithKey(
      { credentialType: 'basic', identity: Buffer.from(this.credential, 'ascii') },
      { versions: ['mls10'], ciphersuites: [CIPHERSUITE], extensions: [], proposals: [], credentials: ['basic'] },
      // A key package must not outlive the credential it carries.
      { notBefore: BigInt(iat - NOT_BEFORE_SKEW_SECONDS), notAfter: BigInt(exp) },
      [],
      this.deviceKey,
      this.suite,
    );
    const bytes = encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_key_package',
      keyPackage: made.publicPackage,
    });
    return { bytes, ...made };
  }

  /**
   * A group of one. Its id is the room id in ASCII. `externalSender` is the gateway's entry as it publishes it, for
   * groups that take its proposals.
   */
  async createGroup(roomId, externalSender) {
    const own = await this.keyPackage();
    const id = Buffer.from(roomId, 'ascii');
    const state = await createGroup(id, own.publicPackage, own.privatePackage, [], this.suite, this.clientConfig);
    if (externalSender) {
      // ts-mls 1.6.4 takes the extension for a single sender, not for the vector of RFC 9420 §12.1.8.1, so that it must
      // not see it here. Epoch 0 depends on nothing of the group context.
      const extension = { extensionType: 'external_senders', extensionData: vector(externalSender) };
      state.groupContext = { ...state.groupContext, extensions: [extension] };
    }
    return new MlsGroup(this, state);
  }

  /**
   * An external Commit (RFC 9420 §12.4.3.2) by which this device joins, or comes back with its state lost: then the leaf
   * it had is removed by the same Commit. It takes effect here only by `apply`.
   */
  async joinExternally(groupInfoBytes) {
    const { groupInfo } = decode(groupInfoBytes, 'mls_group_info');
    const own = await this.keyPackage();
    const tree = groupInfo.extensions.find(({ extensionType }) => extensionType === 'ratchet_tree');
    const rejoins = Buffer.from(tree?.extensionData ?? []).includes(Buffer.from(this.deviceKey.publicKey));
    const result = await joinGroupExternal(
      { ...groupInfo, extensions: BareExternalPub.from(groupInfo.extensions) },
      own.publicPackage,
      own.privatePackage,
      rejoins,
      this.suite,
      undefined,
      this.clientConfig,
    );
    return {
      commit: encodeMlsMessage({
        version: 'mls10',
        wireformat: 'mls_public_message',
        publicMessage: result.publicMessage,
      }),
      rejoins,
      apply: () => new MlsGroup(this, result.newState),
    };
  }

  /** Joins by a Welcome made for one of our key packages; undefined when it was made for none of them. */
  async join(welcomeBytes, keyPackages) {
    const message = decode(welcomeBytes, 'mls_welcome');
    for (const own of keyPackages) {
      try {
        const state = await joinGroup(
          message.welcome,
          own.publicPackage,
          own.privatePackage,
          emptyPskIndex,
          this.suite,
          undefined,
          undefined,
          this.clientConfig,
        );
        return new MlsGroup(this, state);
      } catch (error) {
        if (!/No matching secret/i.test(error.message)) throw error;
      }
    }
    return undefined;
  }
}

/** One group, at one epoch at a time. */
export class MlsGroup {
  #device;
  #state;

  constructor(device, state) {
    this.#device = device;
    this.#state = state;
  }

  get roomId() {
    return Buffer.from(this.#state.groupContext.groupId).toString('ascii');
  }

  get epoch() {
    return Number(this.#state.groupContext.epoch);
  }

  /** Equal in all members of the same epoch: what people compare to know that nobody stands between them. */
  get epochAuthenticator() {
    return Buffer.from(this.#state.keySchedule.epochAuthenticator).toString('hex');
  }

  /** The credentials of all members, in order of their leaves. */
  get members() {
    return this.#state.ratchetTree
      .filter((node) => node?.nodeType === 'leaf')
      .map((node) => Buffer.from(node.leaf.credential.identity).toString('ascii'));
  }

  /**
   * A Commit that adds the owners of these key packages. It takes effect here only by `apply`, to be called once the
   * relay has accepted it: another Commit may have won the epoch (RFC 9750).
   */
  add(keyPackageBytes) {
    return this.commit({ keyPackages: keyPackageBytes });
  }

  /** The same for anything: what was proposed, by reference, the removes of these leaves, then the adds. */
  async commit({ keyPackages = [], removes = [] } = {}) {
    const result = await createCommit(
      { state: this.#state, cipherSuite: this.#device.suite },
      {
        extraProposals: [
          ...removes.map((removed) => ({ proposalType: 'remove', remove: { removed } })),
          ...keyPackages.map((bytes) => ({
            proposalType: 'add',
            add: { keyPackage: decode(bytes, 'mls_key_package').keyPackage },
          })),
        ],
        ratchetTreeExtension: true,
      },
    );
    return {
      commit: encodeMlsMessage(result.commit),
      welcome:
        result.welcome && encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: result.welcome }),
      groupInfo: await groupInfo(result.newState, this.#device.suite),
      apply: () => this.#advance(result),
    };
  }

  /** The leaf at which that device is; -1 if it is not in the group. */
  leafOf(deviceId) {
    const node = this.#state.ratchetTree.findIndex(
      (one) =>
        one?.nodeType === 'leaf' &&
        decodeJwt(Buffer.from(one.leaf.credential.identity).toString('ascii')).device_id === deviceId,
    );
    return node < 0 ? -1 : node / 2;
  }

  /**
   * Takes in what the gateway proposes as an external sender: nothing but the Remove of a leaf that `isOut` says is out.
   * ts-mls 1.6.4 does not read `external_senders` as RFC 9420 has it, so the sender is looked up here.
   */
  async receiveProposal(bytes, isOut) {
    const { publicMessage } = decode(bytes, 'mls_public_message');
    const { content, auth } = publicMessage;
    if (content.sender.senderType !== 'external' || content.contentType !== 'proposal') {
      throw new Error('not a proposal of an external sender');
    }
    if (content.proposal.proposalType !== 'remove' || !isOut(content.proposal.remove.removed)) {
      throw new Error('the gateway may only propose to remove who is out');
    }
    const { groupContext } = this.#state;
    if (content.epoch !== groupContext.epoch || !Buffer.from(content.groupId).equals(groupContext.groupId)) {
      throw new Error('the proposal is for another group or epoch');
    }
    const sender = externalSenders(groupContext.extensions)[content.sender.senderIndex];
    const { suite } = this.#device;
    const signed =
      sender &&
      (await verifyFramedContentSignature(
        sender.signaturePublicKey,
        'mls_public_message',
        content,
        auth,
        groupContext,
        suite.signature,
      ));
    if (!signed) throw new Error('the proposal is signed by no external sender of the group');
    this.#state = await processProposal(
      this.#state,
      { wireformat: 'mls_public_message', content, auth },
      content.proposal,
      suite.hash,
    );
  }

  async encrypt(text) {
    const result = await createApplicationMessage(this.#state, Buffer.from(text, 'utf8'), this.#device.suite);
    this.#advance(result);
    return encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_private_message',
      privateMessage: result.privateMessage,
    });
  }

  /** Takes in another member's message: its text, or undefined for a Commit or proposal, which changes the group. */
  async receive(bytes) {
    const message = decode(bytes, 'mls_private_message', 'mls_public_message');
    const result = await processMessage(message, this.#state, emptyPskIndex, acceptAll, this.#device.suite);
    this.#advance(result);
    return result.kind === 'applicationMessage' ? Buffer.from(result.message).toString('utf8') : undefined;
  }

  #advance(result) {
    this.#state = result.newState;
    // Forward secrecy: what has been used must not be found later.
    result.consumed.forEach(zeroOutUint8Array);
  }
}

/** GroupInfo of that state's epoch, with what an external Commit needs; ts-mls 1.6.4 leaves out a length. */
async function groupInfo(state, suite) {
  const pair = await suite.hpke.deriveKeyPair(state.keySchedule.externalSecret);
  const made = await createGroupInfo(
    state.groupContext,
    state.confirmationTag,
    state,
    [
      { extensionType: 'external_pub', extensionData: vector(await suite.hpke.exportPublicKey(pair.publicKey)) },
      { extensionType: 'ratchet_tree', extensionData: encode(ratchetTreeEncoder)(state.ratchetTree) },
    ],
    suite,
  );
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo: made });
}

/**
 * The extensions of a GroupInfo as they are signed; who looks for `external_pub` finds the bare key, which is what
 * ts-mls 1.6.4 expects in place of the vector of RFC 9420 §12.4.3.2.
 */
class BareExternalPub extends Array {
  find(test) {
    const found = super.find(test);
    return found?.extensionType === 'external_pub' && found.extensionData[0] === found.extensionData.length - 1
      ? { ...found, extensionData: found.extensionData.slice(1) }
      : found;
  }
}

/** The entries of `external_senders` (RFC 9420 §12.1.8.1). */
function externalSenders(extensions) {
  const found = extensions.find(({ extensionType }) => extensionType === 'external_senders');
  const senders = [];
  if (!found) return senders;
  const { extensionData: data } = found;
  let at = data[0] < 64 ? 1 : 2;
  const length = at === 1 ? data[0] : ((data[0] & 63) << 8) | data[1];
  if (data[0] > 127 || at + length !== data.length) throw new Error('`external_senders` is malformed');
  while (at < data.length) {
    const decoded = decodeExternalSender(data, at);
    if (!decoded) throw new Error('`external_senders` is malformed');
    senders.push(decoded[0]);
    at += decoded[1];
  }
  return senders;
}

/** A vector of up to 16,383 bytes (RFC 9420 §2.1.2). */
function vector(bytes) {
  const length = bytes.length < 64 ? [bytes.length] : [64 | (bytes.length >> 8), bytes.length & 255];
  return Uint8Array.from([...length, ...bytes]);
}

function decode(bytes, ...wireformats) {
  const decoded = decodeMlsMessage(new Uint8Array(bytes), 0);
  if (!decoded || !wireformats.includes(decoded[0].wireformat)) {
    throw new Error(`not an MLS message of kind ${wireformats.join(' or ')}`);
  }
  return decoded[0];
}
