/**
 * Client certificates (RFC 8705): the port where they are asked for, what may be believed of one,
 * and whether it is the one that a client is registered with.
 *
 * <p>Start at {@link dev.sallyport.auth.certificate.MutualTls}. TLS proves that a client has the
 * key of the certificate that it shows, and no more: any may be shown there. Who the client is, is
 * decided afterwards, where a refusal can be said in OAuth's words. Never takes a certificate from
 * a header; that a trusted proxy may name one (RFC 9440) is the first filter's doing.
 *
 * <p>Spring's {@code X509ClientCertificateAuthenticationProvider} is not used: it tells the two
 * methods apart by the length of the chain, compares distinguished names as text and knows no
 * alternative names, leaves the chain to the container, and fetches clients' keys by itself.
 *
 * <p>May use {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.certificate;

import org.jspecify.annotations.NullMarked;
