package dev.sallyport.gateway.room;

import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.limit.Limits;
import dev.sallyport.gateway.log.LogListeners;
import dev.sallyport.gateway.log.RemoveProposals;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.socket.Relay;
import dev.sallyport.policy.entity.Attributes;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.concurrent.Executor;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** Puts the relay together. The order in which listeners register is the order they are told in. */
@Configuration(proxyBeanMethods = false)
class RoomWiring {

  @Bean
  Rooms rooms(RoomLog log, LogListeners listeners) {
    var rooms = new Rooms(log);
    listeners.add(rooms);
    return rooms;
  }

  /** For the second door, so that policies read rooms without asking them by name. */
  @Bean
  Attributes<Room> roomAttributes() {
    return Room.ATTRIBUTES;
  }

  @Bean
  RoomDoor roomDoor(PolicyDoor door) {
    return new RoomDoor(door);
  }

  @Bean
  Fanout fanout(RoomLog log, Rooms rooms, PolicyDoor door, LogListeners listeners, Clock clock) {
    var fanout = new Fanout(log, new RoomReadings(rooms, door), clock);
    listeners.add(fanout);
    return fanout;
  }

  @Bean
  RoomActions roomActions(
      Rooms rooms, RoomLog log, RoomDoor door, Devices devices, Clock clock, SecureRandom random) {
    return new RoomActions(rooms, log, door, devices, clock, random, relay());
  }

  @Bean
  @DependsOnDatabaseInitialization
  DeviceAnnouncements deviceAnnouncements(Devices devices, RoomLog log, RoomActions rooms) {
    var announcements = new DeviceAnnouncements(devices, log, rooms, relay());
    devices.tell(announcements);
    // What a gateway that ended could not tell any more.
    announcements.arrived();
    return announcements;
  }

  @Bean
  Sending sending(
      Rooms rooms,
      RoomLog log,
      RoomDoor door,
      Devices devices,
      RemoveProposals proposals,
      Limits limits) {
    return new Sending(rooms, log, door, devices, proposals, limits, relay());
  }

  @Bean
  Relay socketRelay(Rooms rooms, RoomLog log, PolicyDoor door, Sending sending, Fanout fanout) {
    return new SocketRelay(rooms, log, door, sending, fanout, relay());
  }

  /** Reactor's own threads for work that does not block: off the log's and the database's. */
  private static Executor relay() {
    return task -> Schedulers.parallel().schedule(task);
  }
}
