package dev.sallyport.gateway.device;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

/** The directory's table. */
interface DeviceRows extends JpaRepository<DeviceRow, String> {

  List<DeviceRow> findByUserIdAndRevokedAtIsNullOrderById(String userId);

  List<DeviceRow> findTop100ByAnnouncedFalseOrderById();

  long countByUserIdAndRevokedAtIsNull(String userId);
}
