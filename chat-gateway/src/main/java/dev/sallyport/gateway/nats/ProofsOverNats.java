package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.door.ProofMemory;
import dev.sallyport.gateway.door.ProofUse;
import dev.sallyport.gateway.door.ProofsElsewhere;
import io.nats.client.Message;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Asks the gateway whose nonce a proof carries whether the proof was used before, and answers what
 * other gateways ask. Question and answer are sealed, each on a subject of its own; an answer
 * repeats the question's random number, so that none of before can stand in for it.
 */
final class ProofsOverNats implements ProofsElsewhere {

  /** Long for a local exchange, short for a client that would otherwise ask for a nonce. */
  private static final Duration ANSWER_MAX = Duration.ofMillis(300);

  private static final int NUMBER_BYTES = 16;

  /** Of three texts: a nonce, a thumbprint, an id of 256 characters of at most three bytes. */
  private static final int TEXT_BYTES_MAX = 1_024;

  private static final int MESSAGE_BYTES_MAX = NUMBER_BYTES + 3 * (Short.BYTES + TEXT_BYTES_MAX);

  private final NatsLink link;
  private final Subjects subjects;
  private final Seal seal;
  private final SecureRandom random;

  ProofsOverNats(NatsLink link, Subjects subjects, Seal seal, SecureRandom random) {
    this.link = link;
    this.subjects = subjects;
    this.seal = seal;
    this.random = random;
  }

  @Override
  public Mono<ProofUse.Outcome> use(String node, ProofUse proof) {
    var subject = subjects.proofs(node);
    if (subject.isEmpty()) {
      return Mono.just(ProofUse.Outcome.UNKNOWN);
    }
    return Mono.defer(() -> ask(subject.get(), proof))
        .onErrorReturn(ProofUse.Outcome.UNKNOWN)
        .publishOn(Schedulers.parallel());
  }

  private Mono<ProofUse.Outcome> ask(String subject, ProofUse proof) {
    byte[] number = new byte[NUMBER_BYTES];
    random.nextBytes(number);
    return Mono.fromFuture(
            link.request(subject, seal.seal(subject, question(number, proof)), ANSWER_MAX))
        .map(
            answer ->
                seal.open(answers(subject), answer.getData())
                    .flatMap(payload -> outcome(number, payload))
                    .orElse(ProofUse.Outcome.UNKNOWN));
  }

  private static String answers(String subject) {
    return subject + ".answer";
  }

  static byte[] question(byte[] number, ProofUse proof) {
    var nonce = proof.nonce().getBytes(StandardCharsets.UTF_8);
    var jkt = proof.jkt().getBytes(StandardCharsets.UTF_8);
    var jti = proof.jti().getBytes(StandardCharsets.UTF_8);
    var question =
        ByteBuffer.allocate(
            NUMBER_BYTES + 3 * Short.BYTES + nonce.length + jkt.length + jti.length);
    question.put(number);
    for (byte[] text : new byte[][] {nonce, jkt, jti}) {
      question.putShort((short) text.length).put(text);
    }
    return question.array();
  }

  private static Optional<ProofUse.Outcome> outcome(byte[] number, ByteBuffer payload) {
    if (payload.remaining() != NUMBER_BYTES + 1) {
      return Optional.empty();
    }
    byte[] theirs = new byte[NUMBER_BYTES];
    payload.get(theirs);
    int ordinal = payload.get();
    var outcomes = ProofUse.Outcome.values();
    return Arrays.equals(number, theirs) && ordinal >= 0 && ordinal < outcomes.length
        ? Optional.of(outcomes[ordinal])
        : Optional.empty();
  }

  /** Answers a question about proofs with nonces of this gateway. */
  void answer(Message message, ProofMemory memory) {
    var replyTo = message.getReplyTo();
    if (replyTo != null) {
      answer(message.getSubject(), message.getData(), memory)
          .ifPresent(answer -> link.publish(replyTo, answer));
    }
  }

  /** The sealed answer; empty if that is no question of a gateway. */
  Optional<byte[]> answer(String subject, byte[] message, ProofMemory memory) {
    if (message.length > MESSAGE_BYTES_MAX + Seal.TAG_BYTES) {
      return Optional.empty();
    }
    return seal.open(subject, message)
        .flatMap(
            payload -> {
              try {
                byte[] number = new byte[NUMBER_BYTES];
                payload.get(number);
                var proof = new ProofUse(text(payload), text(payload), text(payload));
                if (payload.hasRemaining()) {
                  return Optional.empty();
                }
                byte[] answer = Arrays.copyOf(number, NUMBER_BYTES + 1);
                answer[NUMBER_BYTES] = (byte) memory.use(proof).ordinal();
                return Optional.of(seal.seal(answers(subject), answer));
              } catch (BufferUnderflowException e) {
                return Optional.empty();
              }
            });
  }

  private static String text(ByteBuffer from) {
    int length = Short.toUnsignedInt(from.getShort());
    if (length > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] text = new byte[length];
    from.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
