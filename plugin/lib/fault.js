// What went wrong before an answer came: whether anything was sent, and whether a repetition can
// mend it. By the codes of Node.js and of its fetch, as data.

/** No connection came about: nothing was sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** TLS did not come about; what these begin with, or are. An alert in mid-stream is not of them. */
const TLS = ['CERT_', 'ERR_TLS_'];
const NO_TLS = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
  'ERR_SSL_NO_CIPHERS_AVAILABLE',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
]);

/** An attempt at each of a name's addresses fails as one; then the last of them says why. */
const inner = (error) => error?.cause?.errors?.at(-1) ?? error?.errors?.at(-1) ?? error?.cause ?? error;

/** @returns {string | undefined} the code of what is at the bottom of it */
export const codeOf = (error) => inner(error)?.code ?? error?.cause?.code ?? error?.code;

/** Nothing was sent, and later it may go well. */
export const unsent = (error) => UNSENT.has(codeOf(error));

/** The other side is not who it should be, or speaks no TLS. Nothing was sent. */
export const untrusted = (error) => {
  const code = codeOf(error) ?? '';
  return NO_TLS.has(code) || TLS.some((begin) => code.startsWith(begin));
};

/** The answer was to go elsewhere. fetch says so in words alone. */
export const redirected = (error) => error?.cause?.message === 'unexpected redirect';
