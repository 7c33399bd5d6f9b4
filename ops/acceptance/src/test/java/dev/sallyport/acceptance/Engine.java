package dev.sallyport.acceptance;

import dev.sallyport.acceptance.client.CredentialVerifier;
import dev.sallyport.acceptance.client.MlsDevice;
import dev.sallyport.acceptance.client.MlsGroup;
import dev.sallyport.client.DeviceKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The MLS side of one device, by whichever library; one group at a time. */
interface Engine {

  /** A Commit that is made but not in force. */
  record Made(byte[] commit, byte @Nullable [] welcome, byte[] groupInfo) {}

  /** An external Commit that is made but not in force. */
  record Joining(byte[] commit, boolean rejoins) {}

  /** The issuer's credential for the key that {@link #proof} showed. */
  void credential(String credential);

  String proof(String issuer, String accessToken);

  byte[] keyPackage();

  void createGroup(String groupId, byte[] externalSender);

  Made commit(List<byte[]> keyPackages, List<Integer> removes);

  /** What was made last is in force. */
  void apply();

  void join(byte[] welcome, byte[] keyPackage);

  Joining joinExternally(byte[] groupInfo);

  byte[] seal(String text);

  /** Fails if this device cannot open it. */
  String open(byte[] message);

  void receive(byte[] commit);

  void receiveProposal(byte[] proposal, Set<Integer> out);

  /** -1 if it is not in the group. */
  int leafOf(String deviceId);

  String authenticator();

  /** Bouncy Castle. */
  final class BouncyCastle implements Engine {

    private final CredentialVerifier verifier;
    private final DeviceKey key = DeviceKey.generate();
    private final List<MlsDevice.OwnKeyPackage> keyPackages = new ArrayList<>();
    private @Nullable MlsDevice device;
    private @Nullable MlsGroup group;
    private Runnable pending = () -> {};

    BouncyCastle(CredentialVerifier verifier) {
      this.verifier = verifier;
    }

    @Override
    public void credential(String credential) {
      device = new MlsDevice(key, credential, verifier);
    }

    @Override
    public String proof(String issuer, String accessToken) {
      return key.proof(issuer, accessToken);
    }

    private MlsDevice device() {
      return Objects.requireNonNull(device, "no credential");
    }

    private MlsGroup group() {
      return Objects.requireNonNull(group, "in no group");
    }

    @Override
    public byte[] keyPackage() {
      keyPackages.add(device().keyPackage());
      return keyPackages.getLast().bytes();
    }

    @Override
    public void createGroup(String groupId, byte[] externalSender) {
      group = device().createGroup(groupId, externalSender);
    }

    @Override
    public Made commit(List<byte[]> added, List<Integer> removes) {
      var made = group().commit(added, removes);
      pending = made::apply;
      return new Made(made.commit(), added.isEmpty() ? null : made.welcome(), made.groupInfo());
    }

    @Override
    public void apply() {
      pending.run();
    }

    @Override
    public void join(byte[] welcome, byte[] keyPackage) {
      var own =
          keyPackages.stream()
              .filter(one -> Arrays.equals(one.bytes(), keyPackage))
              .findFirst()
              .orElseThrow();
      group = device().join(welcome, own);
    }

    @Override
    public Joining joinExternally(byte[] groupInfo) {
      var joining = device().joinExternally(groupInfo);
      pending = () -> group = joining.group();
      return new Joining(joining.commit(), joining.rejoins());
    }

    @Override
    public byte[] seal(String text) {
      return group().encrypt(text);
    }

    @Override
    public String open(byte[] message) {
      return group().receive(message).orElseThrow();
    }

    @Override
    public void receive(byte[] commit) {
      group().receive(commit);
    }

    @Override
    public void receiveProposal(byte[] proposal, Set<Integer> out) {
      group().receiveProposal(proposal, out::contains);
    }

    @Override
    public int leafOf(String deviceId) {
      return group().leafOf(deviceId).orElse(-1);
    }

    @Override
    public String authenticator() {
      return group().epochAuthenticator();
    }
  }

  /** ts-mls, in a Node process that holds many of these. */
  final class TsMls implements Engine {

    private final NodeProcess node;
    private final String name;
    private final String issuer;
    private String authenticator = "";

    TsMls(NodeProcess node, String name, String issuer) {
      this.node = node;
      this.name = name;
      this.issuer = issuer;
      call("deviceKey", Map.of());
    }

    private Map<String, Object> call(String method, Map<String, ?> params) {
      var named = new HashMap<String, Object>(params);
      named.put("name", name);
      var result = node.call(method, named);
      if (result.get("authenticator") instanceof String changed) {
        authenticator = changed;
      }
      return result;
    }

    @Override
    public void credential(String credential) {
      call("device", Map.of("issuer", issuer, "credential", credential));
    }

    @Override
    public String proof(String to, String accessToken) {
      return String.valueOf(
          call("proof", Map.of("issuer", to, "accessToken", accessToken)).get("proof"));
    }

    @Override
    public byte[] keyPackage() {
      return bytes(call("keyPackage", Map.of()), "keyPackage");
    }

    @Override
    public void createGroup(String groupId, byte[] externalSender) {
      call("createGroup", Map.of("roomId", groupId, "externalSender", base64(externalSender)));
    }

    @Override
    public Made commit(List<byte[]> added, List<Integer> removes) {
      var made =
          call(
              "commit",
              Map.of(
                  "keyPackages", added.stream().map(TsMls::base64).toList(), "removes", removes));
      return new Made(
          bytes(made, "commit"),
          added.isEmpty() ? null : bytes(made, "welcome"),
          bytes(made, "groupInfo"));
    }

    @Override
    public void apply() {
      call("apply", Map.of());
    }

    @Override
    public void join(byte[] welcome, byte[] keyPackage) {
      call("join", Map.of("welcome", base64(welcome)));
    }

    @Override
    public Joining joinExternally(byte[] groupInfo) {
      var made = call("joinExternally", Map.of("groupInfo", base64(groupInfo)));
      return new Joining(bytes(made, "commit"), Boolean.TRUE.equals(made.get("rejoins")));
    }

    @Override
    public byte[] seal(String text) {
      return bytes(call("encrypt", Map.of("text", text)), "message");
    }

    @Override
    public String open(byte[] message) {
      return String.valueOf(call("receive", Map.of("message", base64(message))).get("text"));
    }

    @Override
    public void receive(byte[] commit) {
      call("receive", Map.of("message", base64(commit)));
    }

    @Override
    public void receiveProposal(byte[] proposal, Set<Integer> out) {
      call("receiveProposal", Map.of("message", base64(proposal), "out", List.copyOf(out)));
    }

    @Override
    public int leafOf(String deviceId) {
      return ((Number)
              Objects.requireNonNull(call("leafOf", Map.of("deviceId", deviceId)).get("leaf")))
          .intValue();
    }

    @Override
    public String authenticator() {
      return authenticator;
    }

    private static byte[] bytes(Map<String, Object> result, String member) {
      return Base64.getDecoder().decode(String.valueOf(result.get(member)));
    }

    private static String base64(byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
  }
}
