/**
 * The pages that people see, and the filter chain ({@code @Order(3)}) that guards them: whatever
 * the chains of {@code token} did not take. Start with {@link dev.sallyport.auth.web.SignInFlow}
 * for the states of a sign-in, then {@code PageSecurity} for who may see what.
 *
 * <p>A browser that is half way through a sign-in has <em>no</em> authentication: its progress is
 * an attribute of the HTTP session that nothing outside this package reads. So no other filter
 * chain can mistake it for someone signed in. May use every way to know who someone is ({@code
 * account password totp passkey federation session recovery signup sentcode}) and what they own
 * ({@code device pairing consent}), {@code certificate}, {@code detail}, {@code mail} and {@code
 * limit}; {@code client} and {@code registration} for what the consent page shows of who asks, and
 * for nothing else; never {@code token}, {@code policy} or {@code admin}.
 *
 * <h2>What tests and scripts may rely on</h2>
 *
 * <table>
 * <caption>paths, and ids of elements (inputs have the same name)</caption>
 * <tr><th>{@code /login}</th><td>{@code username password}, button {@code sign-in}; {@code idp-<id>} for each
 *     provider; button {@code stay} where the one signed in may go on</td></tr>
 * <tr><th>{@code /login/password}</th><td>{@code new-password repeat-password}, button {@code change}</td></tr>
 * <tr><th>{@code /login/enrol}</th><td>{@code totp-qr} (svg), {@code totp-secret}, {@code totp-uri}, {@code code}, button
 *     {@code enrol}</td></tr>
 * <tr><th>{@code /login/recovery-codes}, {@code /account/recovery-codes}</th><td>{@code recovery-codes}, button {@code
 *     continue}</td></tr>
 * <tr><th>{@code /login/code}</th><td>{@code code}, button {@code verify}; link {@code use-recovery}</td></tr>
 * <tr><th>{@code /login/recovery}</th><td>{@code recovery-code}, button {@code verify}</td></tr>
 * <tr><th>{@code /login/passkey}, {@code /login/passkey/second}, {@code /account/confirm/passkey}</th><td>button {@code
 *     use-passkey}; the first is reached by the button {@code sign-in-with-passkey} of {@code /login}</td></tr>
 * <tr><th>{@code /account/passkeys}</th><td>{@code name}, button {@code use-passkey}; on the account page {@code
 *     add-passkey}, {@code passkey} (class), {@code rename-passkey} and {@code remove-passkey} (classes)</td></tr>
 * <tr><th>{@code /login/forgotten}</th><td>{@code account}, button {@code send-link}; then {@code
 *     /login/forgotten/sent}: {@code sent}</td></tr>
 * <tr><th>{@code /login/reset}</th><td>from a link in a mail, {@code /login/link?token=…}: {@code new-password
 *     repeat-password}, button {@code change}; {@code /login/email}: button {@code confirm-email}; one that is no
 *     longer good: {@code /login/link-gone}</td></tr>
 * <tr><th>{@code /login/sign-up}</th><td>{@code email}, button {@code send-link}; then {@code
 *     /login/sign-up/sent}: {@code sent}; from the link in the mail {@code /login/sign-up/account}: {@code name
 *     new-password repeat-password}, button {@code make}; linked to from {@code /login} by {@code sign-up}</td></tr>
 * <tr><th>{@code /login/sent-code}, {@code /login/enrol/sent-code}, {@code /account/sent-code}, {@code
 *     /account/confirm/sent-code}</th><td>buttons {@code send-EMAIL send-SMS}, or {@code phone} and {@code
 *     send-phone}; then {@code masked}, {@code code}, button {@code verify}</td></tr>
 * <tr><th>{@code /account/email}</th><td>{@code email}, button {@code send-link}</td></tr>
 * <tr><th>{@code /account/authenticator}</th><td>as {@code /login/enrol}</td></tr>
 * <tr><th>{@code /login/unknown-identity}</th><td>{@code unknown-identity}</td></tr>
 * <tr><th>{@code /login/backchannel/<id>}</th><td>no page: a provider posts its {@code logout_token}</td></tr>
 * <tr><th>{@code /consent}</th><td>buttons {@code allow deny}; form to {@code /oauth2/authorize} with {@code client_id
 *     state scope}</td></tr>
 * <tr><th>{@code /device}</th><td>{@code user_code}, button {@code continue}; then {@code /device/confirm}: {@code
 *     client user-code address}, {@code scope} boxes, buttons {@code allow deny}; then {@code /device/done}: {@code
 *     outcome}</td></tr>
 * <tr><th>{@code /account}</th><td>{@code account-name}, links {@code change-password change-email
 *     replace-authenticator}, {@code session} (class, with {@code data-sid}), buttons {@code
 *     end-session} (class) {@code end-others} {@code link-<id>} {@code unlink} (class) {@code
 *     remove-application} (class, in {@code application} with {@code data-client-id}) {@code
 *     remove-device} (class, in {@code device} with {@code data-device-id}) {@code renew-recovery-codes}
 *     {@code sign-out}</td></tr>
 * <tr><th>{@code /account/password}</th><td>{@code current-password new-password repeat-password}, button {@code
 *     change}; when the last factor was shown more than five minutes ago, first {@code /account/confirm}:
 *     {@code code} or {@code password}, button {@code confirm}; {@code recovery-code}, button {@code
 *     confirm-recovery}</td></tr>
 * <tr><th>{@code /account/link}</th><td>button {@code confirm-link}</td></tr>
 * </table>
 *
 * <p>What went wrong is in {@code error} on every page.
 */
@NullMarked
package dev.sallyport.auth.web;

import org.jspecify.annotations.NullMarked;
