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
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processMessage,
  zeroOutUint8Array,
} from 'ts-mls';
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

  /** A group of one. Its id is the room id in ASCII. */
  async createGroup(roomId) {
    const own = await this.keyPackage();
    const id = Buffer.from(roomId, 'ascii');
    const state = await createGroup(id, own.publicPackage, own.privatePackage, [], this.suite, this.clientConfig);
    return new MlsGroup(this, state);
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
  async add(keyPackageBytes) {
    const result = await createCommit(
      { state: this.#state, cipherSuite: this.#device.suite },
      {
        extraProposals: keyPackageBytes.map((bytes) => ({
          proposalType: 'add',
          add: { keyPackage: decode(bytes, 'mls_key_package').keyPackage },
        })),
        ratchetTreeExtension: true,
      },
    );
    return {
      commit: encodeMlsMessage(result.commit),
      welcome: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: result.welcome }),
      apply: () => this.#advance(result),
    };
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

function decode(bytes, ...wireformats) {
  const decoded = decodeMlsMessage(new Uint8Array(bytes), 0);
  if (!decoded || !wireformats.includes(decoded[0].wireformat)) {
    throw new Error(`not an MLS message of kind ${wireformats.join(' or ')}`);
  }
  return decoded[0];
}
