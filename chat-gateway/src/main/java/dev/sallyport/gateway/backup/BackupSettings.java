package dev.sallyport.gateway.backup;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What one account may keep, its versions together.
 *
 * @param accountBytesMax some hundred thousand messages of text, sealed
 * @param accountPartsMax as many as fill that with small parts; a list of them is a few pages
 */
@ConfigurationProperties("sallyport.backups")
record BackupSettings(
    @DefaultValue("64MB") DataSize accountBytesMax, @DefaultValue("1000") int accountPartsMax) {

  BackupSettings {
    if (accountBytesMax.toBytes() < Backups.PART_BYTES_MAX || accountPartsMax < 1) {
      throw new IllegalArgumentException("an account may keep at least one part of 256 KiB");
    }
  }
}
