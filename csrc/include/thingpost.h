/*
 * thingpost.h: sign requests to Alibaba Cloud IoT Platform over HTTPS.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Contents
 *   Versions and limits
 *   Status codes
 *   Methods                  hmacmd5, hmacsha1, hmacsha256
 *   Parameters and content   the text that is signed
 *   Signing in one call
 *   Signing many times with one secret
 *   Signing many times for one device
 *   Verifying
 *   Requests                 the HTTP text that a device sends
 *   Replies                  the HTTP text that comes back
 *   Hashes and HMAC          the building blocks
 *   Hexadecimal, decimal and wiping
 *
 * Rules that hold for every function here
 *   - No heap, no global state, no system call, no locale. C99 and C++11. An int may have 16 bits.
 *   - The caller owns all memory. Nothing is kept after return but what the caller's own structs hold, so there is no
 *     release function; call tpost_wipe() on structs that held a secret.
 *   - Text is bytes with a length; no NUL terminator is needed or looked for. Names, values and secrets are signed as
 *     the bytes that they are; the platform expects UTF-8. NUL bytes are allowed in values and secrets.
 *   - A pointer may be NULL only where the length that goes with it is 0. Outputs may not overlap
 *     inputs, unless said so.
 *   - Arguments are checked in the order in which a function's comment lists its statuses, and the first refusal is
 *     returned. TPOST_EMPTY_NAME goes before TPOST_REPEATED_NAME wherever the two names stand.
 *   - Thread-safe: functions write only to the objects they are given as non-const. A const object may be shared by any
 *     number of tasks.
 *   - The fields of the structs are private: they may change with any release. They are declared so that you can
 *     allocate them.
 *
 * Sources: the platform's document "Establish connections over HTTP" (content and sign), RFC 1321 (MD5), FIPS 180-4
 * (SHA-1, SHA-256), RFC 2104 (HMAC).
 */
#ifndef TPOST_THINGPOST_H
#define TPOST_THINGPOST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Versions and limits ----------------------------------------------------------------------------------------- */

#define TPOST_VERSION "0.1.0"

#define TPOST_BLOCK_SIZE 64                         /* bytes; the three hashes share it */
#define TPOST_DIGEST_SIZE 32                        /* bytes of the longest digest (SHA-256) */
#define TPOST_SIGN_SIZE (2 * TPOST_DIGEST_SIZE + 1) /* chars of the longest signature and its NUL */
#define TPOST_U64_SIZE 21                           /* chars of the longest 64-bit number and its NUL */
#define TPOST_PAYLOAD_MAX 131072                    /* bytes that one report carries */
#define TPOST_TOKEN_MAX 1024                        /* chars of a token; the platform's have about 161 at most */
#define TPOST_REPLY_MAX 65536                       /* bytes of a reply; the platform's have less than 2,000 */

/* ---- Status codes ------------------------------------------------------------------------------------------------ */

/*
 * What a function says. TPOST_OK is 0; all else is a refusal, and the output is then defined: an empty string (unless
 * its size is 0), or a zeroed struct.
 */
typedef enum tpost_status {
    TPOST_OK = 0,
    TPOST_EMPTY_SECRET,          /* the secret has no bytes: blank flash must not sign */
    TPOST_EMPTY_NAME,            /* a parameter's name has no bytes */
    TPOST_REPEATED_NAME,         /* two parameters have one name */
    TPOST_OUTPUT_TOO_SMALL,      /* the output cannot hold the result and its NUL */
    TPOST_KEY_NOT_READY,         /* the key or device is zeroed or wiped, or the method is NULL */
    TPOST_SORTS_AFTER_TIMESTAMP, /* tpost_device_init: a constant parameter's name is "timestamp" or sorts after it */
    TPOST_SIGN_MISMATCH,         /* verify: the signature is not the right one */
    TPOST_TOO_MANY_COLUMNS,  /* batches only: more than TPOST_BATCH_MAX_COLUMNS, or longer names than ..._MAX_NAMES */
    TPOST_BAD_OFFSETS,       /* batches only: a row's offsets are out of order, or beyond the data */
    TPOST_BAD_HOST,          /* requests only: no host name or address, or a character that none has */
    TPOST_BAD_PARAMETER,     /* requests only: a parameter is missing, not allowed, or no UTF-8 */
    TPOST_BAD_TOPIC,         /* requests only: the platform has no such topic */
    TPOST_BAD_TOKEN,         /* requests only: empty, too long, or a character that no header may carry */
    TPOST_PAYLOAD_TOO_LARGE, /* requests only: more than TPOST_PAYLOAD_MAX bytes */
    TPOST_PARTIAL,           /* replies only: so far so good, and more must come */
    TPOST_MALFORMED,         /* replies only: this is not the platform's answer */
    TPOST_TOO_LONG           /* replies only: more than TPOST_REPLY_MAX bytes, or a token that the buffer cannot hold */
} tpost_status;

/* ---- Methods ----------------------------------------------------------------------------------------------------- */

/*
 * A signature method. The type is incomplete on purpose: name only the methods you use, and the linker leaves the other
 * hashes out. A library that was built for one method (TPOST_ONLY_SHA1 and the like) has no other. Signatures have 32 (MD5),
 * 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
 */
typedef struct tpost_method tpost_method;

extern const tpost_method tpost_hmacmd5;
extern const tpost_method tpost_hmacsha1;
extern const tpost_method tpost_hmacsha256;

/* Bytes in the method's digest: 16, 20 or 32. Its signature has twice as many digits. */
size_t tpost_method_digest_size(const tpost_method *method);

/*
 * The method that the platform calls `name` ("hmacmd5", "hmacsha1", "hmacsha256"; exact case), or NULL for any other
 * name, and for one that the library was built without. Linking this links all hashes that it has.
 */
const tpost_method *tpost_method_by_name(const char *name, size_t name_len);

/* ---- Parameters and content -------------------------------------------------------------------------------------- */

/* One reported parameter. Nothing is copied: name and value must live until the call returns. */
typedef struct tpost_param {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
} tpost_param;

/*
 * An initialiser for a tpost_param from a string LITERAL name and a value with its length in bytes:
 *     tpost_param params[] = { TPOST_PARAM("productKey", pk, pk_len), ... };
 */
#define TPOST_PARAM(literal_name, value, value_len) {("" literal_name), sizeof(literal_name) - 1, (value), (value_len)}

/*
 * Write the content, which is the text that is signed: every parameter except "version", "sign" and "signmethod", in
 * the order of their names (unsigned bytes, shorter first), name then value, with no separator. Signing does not need
 * this call: it streams the content into the hash. It is there to show and to compare.
 *
 * params, n     in any order; not changed. Time grows with n * n (names are searched, not sorted: no memory).
 * out, out_size receives the content and a NUL. May be NULL with out_size 0, to ask for the length alone: the answer is
 *               then TPOST_OUTPUT_TOO_SMALL.
 * out_len       if not NULL, receives the length in bytes without the NUL, also on TPOST_OUTPUT_TOO_SMALL
 *               (SIZE_MAX where the length is no size_t); 0 on any other refusal.
 * Returns TPOST_OK, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME or TPOST_OUTPUT_TOO_SMALL. Names that repeat each other are
 * refused also among the three that are not signed.
 */
tpost_status tpost_content(const tpost_param *params, size_t n, char *out, size_t out_size, size_t *out_len);

/* ---- Signing in one call ----------------------------------------------------------------------------------------- */

/*
 * sign = HEX(HMAC(method, secret, content(params))), upper case, NUL-terminated.
 *
 * secret, secret_len  the device secret, 1 byte or more.
 * sign, sign_size     receives the signature and a NUL: TPOST_SIGN_SIZE is enough for every method.
 * Returns TPOST_OK, TPOST_KEY_NOT_READY (method is NULL), TPOST_EMPTY_SECRET, TPOST_OUTPUT_TOO_SMALL, TPOST_EMPTY_NAME
 * or TPOST_REPEATED_NAME. A secret longer than 64 bytes is hashed twice: a tpost_key hashes it when it is made.
 */
tpost_status tpost_sign(const tpost_method *method, const void *secret, size_t secret_len, const tpost_param *params,
                        size_t n, char *sign, size_t sign_size);

/* ---- Signing many times with one secret -------------------------------------------------------------------------- */

/* The secret's HMAC key schedule, done once: the midstates after ipad and opad. Holds secrets: wipe it when done. */
typedef struct tpost_key {
    const tpost_method *method;
    uint32_t inner[8];
    uint32_t outer[8];
} tpost_key;

/*
 * Returns TPOST_OK, TPOST_KEY_NOT_READY (method is NULL) or TPOST_EMPTY_SECRET; on refusal the key is zeroed, and every
 * later use refuses it.
 */
tpost_status tpost_key_init(tpost_key *key, const tpost_method *method, const void *secret, size_t secret_len);

/*
 * As tpost_sign(), with the same bytes. The key is not changed: tasks may share it.
 * Returns TPOST_OK, TPOST_KEY_NOT_READY, TPOST_OUTPUT_TOO_SMALL, TPOST_EMPTY_NAME or TPOST_REPEATED_NAME.
 */
tpost_status tpost_key_sign(const tpost_key *key, const tpost_param *params, size_t n, char *sign, size_t sign_size);

/* ---- Signing many times for one device --------------------------------------------------------------------------- */

/*
 * A key and the hash's state after a device's constant parameters. "timestamp" sorts after productKey, deviceName and
 * clientId, so all that comes before its digits is hashed once. Holds secrets: wipe it when done.
 */
typedef struct tpost_device {
    tpost_key key;
    uint32_t state[8];
    uint32_t block[16];
    uint64_t length;
} tpost_device;

/*
 * params, n  the constant parameters, without "timestamp"; names must sort before "timestamp" ("version", "sign" and
 *            "signmethod" are skipped as always). They are not needed after the call.
 * Returns TPOST_OK, TPOST_KEY_NOT_READY, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME or TPOST_SORTS_AFTER_TIMESTAMP (use
 * tpost_key_sign() for such parameters); on refusal the device is zeroed, and every later use refuses it.
 */
tpost_status tpost_device_init(tpost_device *device, const tpost_key *key, const tpost_param *params, size_t n);

/*
 * Sign the constant parameters together with timestamp (UNIX milliseconds as decimal digits; the bytes are signed as
 * they are). Gives the bytes that tpost_key_sign() would give. The device is not changed: tasks may share it.
 * Returns TPOST_OK, TPOST_KEY_NOT_READY or TPOST_OUTPUT_TOO_SMALL.
 */
tpost_status tpost_device_sign(const tpost_device *device, const char *timestamp, size_t timestamp_len, char *sign,
                               size_t sign_size);

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

/*
 * Is sign (hexadecimal, either case, sign_len characters) the signature of params? Constant time in the secret and the
 * expected signature; the length and the verdict are public.
 * Returns TPOST_OK (yes), TPOST_KEY_NOT_READY, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME or TPOST_SIGN_MISMATCH (no; also
 * for a wrong length or a character that is no hexadecimal digit).
 */
tpost_status tpost_key_verify(const tpost_key *key, const tpost_param *params, size_t n, const char *sign,
                              size_t sign_len);

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

/*
 * Write the request that signs a device in: POST /auth with all parameters as a JSON object, to be sent over TLS as it is.
 * The answer has the token.
 *
 * host, host_len  as in the endpoint: a name or address, with ":port" where that is not 443.
 * method          what the signature was made with; it is reported as "signmethod", and "version" as "default".
 * params, n       what was signed, for example the params of tpost_sign(); or those of tpost_device_init() and
 *                 "timestamp". productKey and deviceName: 1 to 64 letters, digits and - _ . : @ *, and neither "." nor
 *                 "..". clientId: 1 to 64 characters (not bytes) of UTF-8. timestamp, which may be missing: 1 to 20
 *                 digits. Further ones: any UTF-8. Not "version", "signmethod" or "sign".
 * sign            the signature's digits, 2 * tpost_method_digest_size() of them.
 * out, out_size   receives the request and a NUL. May be NULL with out_size 0, to ask for the length alone.
 * out_len         if not NULL, receives the request's length in bytes without the NUL, also on TPOST_OUTPUT_TOO_SMALL;
 *                 0 on any other refusal.
 * Returns TPOST_OK, TPOST_KEY_NOT_READY (method is NULL), TPOST_BAD_HOST, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME,
 * TPOST_BAD_PARAMETER or TPOST_OUTPUT_TOO_SMALL.
 */
tpost_status tpost_auth_request(const char *host, size_t host_len, const tpost_method *method,
                                const tpost_param *params, size_t n, const char *sign, char *out, size_t out_size,
                                size_t *out_len);

/*
 * Write the beginning of the request that publishes a message: POST /topic/... with its headers. The payload's bytes are
 * to be sent right behind it.
 *
 * topic, topic_len  with its leading slash: 1 to 7 levels of letters, digits and - _ . : @ * $, none of them "." or "..";
 *                   128 bytes at most. Nothing is added to it.
 * token, token_len  what /auth answered: 1 to TPOST_TOKEN_MAX visible ASCII characters. Secret, like what is written.
 * payload_len       bytes, 0 to TPOST_PAYLOAD_MAX.
 * host, out and the like as in tpost_auth_request().
 * Returns TPOST_OK, TPOST_BAD_HOST, TPOST_BAD_TOPIC, TPOST_BAD_TOKEN, TPOST_PAYLOAD_TOO_LARGE or TPOST_OUTPUT_TOO_SMALL.
 */
tpost_status tpost_topic_request(const char *host, size_t host_len, const char *topic, size_t topic_len,
                                 const char *token, size_t token_len, uint32_t payload_len, char *out, size_t out_size,
                                 size_t *out_len);

/* ---- Replies ----------------------------------------------------------------------------------------------------- */

/* A UTF-8 character under way */
typedef struct tpost_utf8 {
    uint8_t more; /* bytes of it that are still to come */
    uint8_t low;  /* what the next one may be */
    uint8_t high;
} tpost_utf8;

/*
 * A reply that is being read. Nothing is kept of its bytes but the token, which goes where the caller wants it. The first
 * fields are the answer, to be read by the caller; the others are private.
 */
typedef struct tpost_reply {
    uint64_t message_id;  /* of the message that was published */
    size_t token_len;     /* chars of the token */
    int32_t code;         /* the platform's: 0 is success */
    uint32_t retry_after; /* seconds that the platform asks to wait, 0 where it does not say */
    uint16_t status;      /* HTTP's, such as 200; also good where the answer is TPOST_MALFORMED, then 0 if unknown */
    uint8_t reusable;     /* 1: the connection may carry another request; 0: close it */

    uint8_t after_return;
    uint8_t in_body;
    uint8_t chunk;
    uint8_t in_info;
    uint8_t expected;
    uint8_t is_negative;
    uint8_t overflow;
    uint8_t part;
    tpost_utf8 utf8;
    uint16_t number[4];
    tpost_status result;
    tpost_status (*line)(struct tpost_reply *reply, unsigned c);
    tpost_status (*json)(struct tpost_reply *reply, unsigned c);
    char *token;
    size_t token_size;
    size_t position;
    uint32_t received;
    uint32_t length;
    uint32_t left;
    uint32_t nesting;
    uint32_t words;
    uint32_t member;
    uint32_t seen;
    uint32_t got;
} tpost_reply;

/*
 * Begin to read a reply.
 *
 * token, token_size  of /auth: receives the token and a NUL once the reply is whole; TPOST_TOKEN_MAX + 1 always suffices,
 *                    200 for the platform's of today. It must live until the reply is read. Secret: wipe it when done.
 *                    Of /topic: NULL and 0.
 */
void tpost_reply_begin(tpost_reply *reply, char *token, size_t token_size);

/*
 * Read the bytes that came, in pieces of any size.
 *
 * bytes, len  the next bytes of the connection.
 * used        if not NULL, receives how many of them belong to this reply: less than len only where more came than a whole
 *             reply. The platform never sends that; close the connection then.
 * Returns TPOST_OK (the reply is whole: see code), TPOST_PARTIAL, TPOST_MALFORMED or TPOST_TOO_LONG; once it returned
 * another than TPOST_PARTIAL, every later call returns the same and uses nothing. After a refusal, close the connection.
 *
 * TPOST_OK means that the answer is the platform's. With code 0 the HTTP status was 200, and there is a token of visible
 * ASCII characters, or for /topic a message id. With any other code there is no token: the platform refused.
 * TPOST_MALFORMED says of a message that its delivery is unknown.
 *
 * Refused as malformed: what breaks HTTP/1.1 (RFC 9112) or JSON (RFC 8259, UTF-8; but a comma after the last member is let
 * pass); interim replies, redirects, compressed replies, two different lengths; no "code" that is an integer of 32 bits; "code",
 * "info", "token" or "messageId" twice; more than 31 objects and arrays in one another. Only the document's own "code" counts, and
 * only "token" and "messageId" of its "info". A success without what was asked for is malformed too.
 */
tpost_status tpost_reply_feed(tpost_reply *reply, const void *bytes, size_t len, size_t *used);

/*
 * The peer has closed the connection (over TLS: with its close_notify): a reply without a length has ended with that.
 * Returns what tpost_reply_feed() would; TPOST_PARTIAL where the reply was cut short. Nothing may be fed after that.
 */
tpost_status tpost_reply_end(tpost_reply *reply);

/* ---- Hashes and HMAC --------------------------------------------------------------------------------------------- */

/* A running hash. Any amount of data may be fed, in pieces of any size and alignment. */
typedef struct tpost_hash {
    uint32_t block[16];
    uint32_t state[8];
    uint64_t length; /* bytes fed so far */
    const tpost_method *method;
} tpost_hash;

/* The method's plain hash (no key): MD5 for tpost_hmacmd5, and so on. */
void tpost_hash_init(tpost_hash *hash, const tpost_method *method);
void tpost_hash_update(tpost_hash *hash, const void *data, size_t len);
/* Writes tpost_method_digest_size() bytes to digest and wipes the hash: initialise it again before further use. */
void tpost_hash_final(tpost_hash *hash, uint8_t *digest);

/*
 * digest = HMAC(method, key, data) (RFC 2104). Any key length, also 0: plain HMAC accepts an empty key.
 * digest receives tpost_method_digest_size() bytes and may overlap neither key nor data.
 */
void tpost_hmac(const tpost_method *method, const void *key, size_t key_len, const void *data, size_t data_len,
                uint8_t *digest);

/*
 * HMAC in pieces: start a hash from a key, feed it with tpost_hash_update(), finish it. A key serves any number of
 * running hashes, and a running hash may be copied by assignment. A key that is not ready must not be given here.
 * tpost_key_finish() wipes the hash; call tpost_wipe() on one that you abandon.
 */
void tpost_key_begin(const tpost_key *key, tpost_hash *hash);
void tpost_key_finish(const tpost_key *key, tpost_hash *hash, uint8_t *digest);

/* ---- Hexadecimal, decimal and wiping ----------------------------------------------------------------------------- */

/*
 * Writes 2 * len upper-case digits and a NUL. No table look-up and no branch on the data. out may be data itself, to
 * convert in place.
 */
void tpost_hex(const uint8_t *data, size_t len, char *out);

/*
 * Writes a number's decimal digits and a NUL, TPOST_U64_SIZE chars at most; returns how many digits. For message ids, which
 * have 64 bits: many small C libraries cannot print those.
 */
size_t tpost_u64_text(uint64_t number, char *out);

/* Zero memory in a way that compilers do not remove. */
void tpost_wipe(void *memory, size_t len);

#ifdef __cplusplus
}
#endif

#endif
