package dev.sallyport.gateway.device;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.sallyport.gateway.device.Devices.Registration;
import dev.sallyport.gateway.device.KeyPackages.Claimed;
import dev.sallyport.gateway.device.KeyPackages.Publication;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.mls.RealMls;
import dev.sallyport.gateway.room.Gateway;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.junit.jupiter.api.Test;

/** Devices and key packages, on whichever database. */
abstract class KeyPackagesContract {

  abstract Gateway gateway();

  private Devices devices() {
    return gateway().part(Devices.class);
  }

  private KeyPackages keyPackages() {
    return gateway().part(KeyPackages.class);
  }

  /** A registered device with its MLS side. */
  private record Registered(Caller caller, RealMls mls) {}

  private Registered registered() throws Exception {
    var caller = gateway().person();
    Ed25519PrivateKeyParameters key = Gateway.signatureKey();
    var credential = gateway().credential(caller, key.generatePublicKey().getEncoded());
    assertThat(TestDevices.register(devices(), caller, credential)).isTrue();
    return new Registered(caller, new RealMls(key, credential));
  }

  private static ByteString fresh(RealMls mls) throws Exception {
    long now = Instant.now().getEpochSecond();
    return mls.keyPackage(now - 3_600, now + 86_400);
  }

  private Publication publish(Registered device, List<ByteString> blobs) {
    return join(
        keyPackages().publish(device.caller().userId(), deviceOf(device.caller()), blobs, null));
  }

  private List<ByteString> published(Registered device, int count) throws Exception {
    var blobs = new ArrayList<ByteString>();
    for (int i = 0; i < count; i++) {
      blobs.add(fresh(device.mls()));
    }
    assertThat(publish(device, blobs)).isInstanceOf(Publication.Published.class);
    return blobs;
  }

  private List<Claimed> claim(Registered device) {
    return claim(device, "", false);
  }

  private List<Claimed> claim(Registered device, String roomId, boolean invited) {
    var asked = List.of(new KeyPackages.Asked(device.caller().userId(), invited));
    return join(keyPackages().claim(roomId, asked, UUID.randomUUID().toString(), ""));
  }

  @Test
  void claim_forWhoIsOnlyInvited_servesEachRoomOnceThenTheLastResort() throws Exception {
    var device = registered();
    published(device, 3);
    var rooms = List.of(gateway().room(gateway().person()), gateway().room(gateway().person()));

    assertThat(claim(device, rooms.get(0), true).getFirst().blob()).isNotNull();
    assertThat(claim(device, rooms.get(0), true).getFirst().blob()).isNull();
    assertThat(claim(device, rooms.get(1), true).getFirst().blob()).isNotNull();
    assertThat(count(device)).isEqualTo(1);

    var resort = fresh(device.mls());
    join(
        keyPackages()
            .publish(device.caller().userId(), deviceOf(device.caller()), List.of(), resort));
    assertThat(claim(device, rooms.get(0), true).getFirst().blob()).isEqualTo(resort);
    assertThat(claim(device, rooms.get(0), false).getFirst().blob()).isNotNull();
    assertThat(count(device)).isZero();
  }

  @Test
  void claim_byManyStrangersFromManyRooms_leavesTheStockOfADevice() throws Exception {
    var device = registered();
    published(device, ClaimQuota.OF_INVITED_DEVICE_MAX + ClaimQuota.OF_DEVICE_MAX + 10);

    for (int i = 0; i < ClaimQuota.OF_INVITED_DEVICE_MAX + 5; i++) {
      claim(device, gateway().room(gateway().person()), true);
    }
    assertThat(count(device)).isEqualTo(ClaimQuota.OF_DEVICE_MAX + 10);
    for (int i = 0; i < ClaimQuota.OF_DEVICE_MAX + 5; i++) {
      claim(device);
    }
    assertThat(count(device)).isEqualTo(10);
    // What is one's own is not counted.
    var own = List.of(new KeyPackages.Asked(device.caller().userId(), false));
    assertThat(join(keyPackages().claim("", own, device.caller().userId(), "")).getFirst().blob())
        .isNotNull();
  }

  @Test
  void claim_servesEachOnce_thenNone() throws Exception {
    var device = registered();
    var blobs = published(device, 3);
    var served = new ArrayList<ByteString>();
    for (int i = 0; i < 3; i++) {
      served.add(Objects.requireNonNull(claim(device).getFirst().blob()));
    }

    assertThat(served).containsExactlyInAnyOrderElementsOf(blobs);
    assertThat(claim(device))
        .containsExactly(new Claimed(device.caller().userId(), deviceOf(device.caller()), null));
  }

  @Test
  void claim_manyAtOnce_servesEachOnce() throws Exception {
    var device = registered();
    var blobs = published(device, 30);
    var claims =
        java.util.stream.IntStream.range(0, 40)
            .mapToObj(
                i ->
                    keyPackages()
                        .claim(
                            "",
                            List.of(new KeyPackages.Asked(device.caller().userId(), false)),
                            "",
                            ""))
            .toList();
    var served =
        claims.stream()
            .map(Gateway::join)
            .map(claimed -> claimed.getFirst().blob())
            .filter(Objects::nonNull)
            .toList();

    assertThat(served).doesNotHaveDuplicates();
    assertThat(blobs).containsAll(served);
    assertThat(served.size() + count(device)).isEqualTo(30);
  }

  private int count(Registered device) {
    return join(keyPackages().stock(device.caller().userId(), deviceOf(device.caller())))
        .orElseThrow()
        .count();
  }

  @Test
  void publish_servedOneAgain_isNotServedAgain() throws Exception {
    var device = registered();
    var blobs = published(device, 1);
    claim(device);

    assertThat(publish(device, blobs)).isInstanceOf(Publication.Published.class);

    assertThat(claim(device).getFirst().blob()).isNull();
  }

  @Test
  void lastResort_isServedWhenNoOtherIsLeft_againAndAgain() throws Exception {
    var device = registered();
    var resort = fresh(device.mls());
    var only = fresh(device.mls());
    join(
        keyPackages()
            .publish(device.caller().userId(), deviceOf(device.caller()), List.of(only), resort));

    assertThat(claim(device).getFirst().blob()).isEqualTo(only);
    assertThat(claim(device).getFirst().blob()).isEqualTo(resort);
    assertThat(claim(device).getFirst().blob()).isEqualTo(resort);
  }

  @Test
  void claim_thatLeavesFew_tellsTheOwner() throws Exception {
    var device = registered();
    published(device, KeyPackages.LOW);
    claim(device);

    org.awaitility.Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        join(gateway()
                                .part(RoomLog.class)
                                .readInbox(deviceOf(device.caller()), 0, 10))
                            .entries())
                    .extracting(InboxEntry::item)
                    .containsExactly(new InboxItem.KeyPackagesLow(KeyPackages.LOW - 1)));
  }

  @Test
  void publish_whatIsNotThisDevices_isRejected() throws Exception {
    var device = registered();
    long now = Instant.now().getEpochSecond();
    var otherKey = gateway().mls(device.caller());
    for (var bad :
        List.of(
            ByteString.copyFromUtf8("garbage"),
            fresh(otherKey),
            fresh(registered().mls()),
            device.mls().keyPackage(now - 7_200, now - 3_600),
            device.mls().keyPackage(now + 7_200, now + 86_400),
            device.mls().keyPackage(now, now + 86_400L * 365))) {
      assertThat(publish(device, List.of(fresh(device.mls()), bad)))
          .isInstanceOfSatisfying(
              Publication.Rejected.class, no -> assertThat(no.index()).isEqualTo(1));
    }
    assertThat(count(device)).isZero();
  }

  @Test
  void publish_eachFault_isNamed() throws Exception {
    var device = registered();
    var credential = join(devices().ofUser(device.caller().userId())).getFirst().credential();
    var otherSuite = fresh(device.mls()).toByteArray();
    // After version and wire format, and the version of the key package.
    otherSuite[7] = 3;
    rejected(device, ByteString.copyFrom(otherSuite), "ciphersuite");
    rejected(device, fresh(new RealMls(Gateway.signatureKey(), credential)), "signature key");
    var key = Gateway.signatureKey();
    var renewed = gateway().credential(device.caller(), key.generatePublicKey().getEncoded());
    assertThat(TestDevices.register(devices(), device.caller(), renewed)).isTrue();
    rejected(device, fresh(new RealMls(key, credential)), "identity");
    rejected(device, fresh(RealMls.of("c".repeat(17 << 10))), "longer than");
    assertThat(count(device)).isZero();
  }

  private void rejected(Registered device, ByteString bad, String reason) {
    assertThat(publish(device, List.of(bad)))
        .isInstanceOfSatisfying(
            Publication.Rejected.class, no -> assertThat(no.reason()).contains(reason));
  }

  @Test
  void claim_forOneself_leavesOutTheDeviceThatClaims() throws Exception {
    var device = registered();
    published(device, 1);

    assertThat(
            join(
                keyPackages()
                    .claim(
                        "",
                        List.of(new KeyPackages.Asked(device.caller().userId(), false)),
                        device.caller().userId(),
                        deviceOf(device.caller()))))
        .isEmpty();
    assertThat(count(device)).isEqualTo(1);
  }

  @Test
  void register_afterRevocation_isRejected() throws Exception {
    var device = registered();
    join(devices().revoke(device.caller().userId(), deviceOf(device.caller())));
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();

    assertThat(
            TestDevices.register(
                devices(), device.caller(), gateway().credential(device.caller(), key)))
        .isFalse();
    assertThat(join(devices().ofUser(device.caller().userId()))).isEmpty();
  }

  @Test
  void register_beyondTheMostOfAUser_isTooMany_butKnownOnesRenew() throws Exception {
    var user = java.util.UUID.randomUUID().toString();
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var first = gateway().person(user, true);
    assertThat(TestDevices.register(devices(), first, gateway().credential(first, key))).isTrue();
    for (int i = 1; i < Devices.DEVICES_PER_USER_MAX; i++) {
      var next = gateway().person(user, true);
      assertThat(TestDevices.register(devices(), next, gateway().credential(next, key))).isTrue();
    }
    var tooMany = gateway().person(user, true);
    var credential = gateway().credential(tooMany, key);

    assertThat(join(devices().register(tooMany, deviceOf(tooMany), credential)))
        .isEqualTo(new Registration.TooMany());
    assertThat(TestDevices.register(devices(), first, gateway().credential(first, key))).isTrue();
    assertThat(join(devices().revoke(user, deviceOf(first)))).isTrue();
    assertThat(TestDevices.register(devices(), tooMany, credential)).isTrue();
  }

  @Test
  void register_underAnotherDevicesId_isRejected() throws Exception {
    var caller = gateway().person();
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var other = java.util.UUID.randomUUID().toString();
    var credential = gateway().credential(caller.userId(), other, key, gateway().issuerKey());

    assertThat(join(devices().register(caller, deviceOf(caller), credential)))
        .isInstanceOf(Registration.Rejected.class);
    assertThat(join(devices().register(caller, other, credential)))
        .isInstanceOf(Registration.Rejected.class);
    assertThat(
            join(
                devices()
                    .register(caller, deviceOf(caller), gateway().typed("at+jwt", caller, key))))
        .isInstanceOf(Registration.Rejected.class);
  }

  @Test
  void publish_beyondWhatIsHeld_isTooMany() throws Exception {
    var device = registered();
    published(device, 100);
    published(device, 100);
    assertThat(publish(device, List.of(fresh(device.mls()))))
        .isInstanceOf(Publication.TooMany.class);
  }

  @Test
  void revoke_takesKeyPackagesAndDeviceAway() throws Exception {
    var device = registered();
    published(device, 2);

    assertThat(join(devices().revoke(device.caller().userId(), deviceOf(device.caller()))))
        .isTrue();

    assertThat(claim(device)).isEmpty();
    assertThat(join(devices().ofUser(device.caller().userId()))).isEmpty();
    assertThat(publish(device, List.of(fresh(device.mls()))))
        .isInstanceOf(Publication.NoSuchDevice.class);
  }

  @Test
  void register_onlyTheCallersOwnCredential() throws Exception {
    var caller = gateway().person();
    var other = gateway().person();
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var foreignKey = new ECKeyGenerator(Curve.P_256).keyID("device-key").generate();
    var soon = Instant.now().plusSeconds(60);
    for (var bad :
        List.of(
            "garbage",
            gateway().credential(other, key),
            gateway().credential(other.userId(), deviceOf(caller), key, gateway().issuerKey()),
            gateway().credential(caller.userId(), deviceOf(caller), key, foreignKey),
            gateway()
                .credential(
                    caller.userId(),
                    deviceOf(caller),
                    key,
                    gateway().issuerKey(),
                    "https://other.example",
                    soon),
            gateway()
                .credential(
                    caller.userId(),
                    deviceOf(caller),
                    key,
                    gateway().issuerKey(),
                    "https://issuer.example",
                    Instant.now().minusSeconds(1)))) {
      assertThat(join(devices().register(caller, deviceOf(caller), bad)))
          .isInstanceOf(Registration.Rejected.class);
    }
    assertThat(join(devices().ofUser(caller.userId()))).isEmpty();
  }
}
