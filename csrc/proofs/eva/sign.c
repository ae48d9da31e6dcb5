/*
 * Any bytes as secret, value and received signature, through every function that signs or verifies (sign_all), or through some of
 * them (sign_some). Lengths are taken one after the other, from LEAST to MOST, and names are given, since EVA does not relate a
 * pointer to a length; any names are in request.c.
 *
 * Instead of a method's block function there is one that leaves anything: what the block functions do is proven by blocks.c,
 * once for all states and blocks, and would be gone through again here for every block of every length.
 */
#include "any.h"
#include "internal.h"

#ifndef LEAST
#define LEAST 0
#endif
#ifndef MOST
#define MOST 1024
#endif

static const char names[] = "hgfedcba";
static char secrets[ANY_MOST], receiveds[ANY_MOST], out[4 * ANY_MOST];
static char *secret, *received; /* they end where their memory ends */

/* Read all of a state and of a block, and leave any words. */
static void any_compress(uint32_t *state, uint32_t *block)
{
    uint32_t sum = 0;
    unsigned i;

    for (i = 0; i < TPOST_STATE_WORDS; i++) {
        sum += state[i];
    }
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        sum += block[i];
    }
    any_bytes(state, TPOST_STATE_WORDS * sizeof *state);
    any_bytes(block, TPOST_BLOCK_WORDS * sizeof *block);
    (void)sum;
}

static void any_texts(size_t n, size_t len)
{
    unsigned i;

    any_bytes(secrets, sizeof secrets);
    any_bytes(receiveds, sizeof receiveds);
    secret = secrets + sizeof secrets - len;
    received = receiveds + sizeof receiveds - len;
    any_bytes(any_values, sizeof any_values);
    for (i = 0; i < n; i++) {
        any_params[i].name = names + i;
        any_params[i].name_len = 1;
        any_params[i].value_len = i == 0 ? len : i;
        any_params[i].value = any_values[i] + ANY_MOST - any_params[i].value_len;
    }
}

/* Every way that a text takes into a hash: a secret, also a long one that is hashed twice, a value, a timestamp. */
static void sign_some(const tpost_method *method, size_t n, size_t len)
{
    tpost_device device;
    tpost_key key;

    tpost_sign(method, secret, len, any_params, n, out, any_size(0, sizeof out));
    if (tpost_key_init(&key, method, secret, len) != TPOST_OK) {
        return;
    }
    if (tpost_device_init(&device, &key, any_params, n) == TPOST_OK) {
        tpost_device_sign(&device, received, len, out, any_size(0, sizeof out));
    }
}

static void sign_all(const tpost_method *method, size_t n, size_t len)
{
    uint8_t digest[TPOST_DIGEST_SIZE];
    tpost_device device;
    tpost_hash hash;
    tpost_key key;

    tpost_content(any_params, n, out, any_size(0, sizeof out), NULL);
    tpost_sign(method, secret, len, any_params, n, out, any_size(0, sizeof out));
    tpost_hmac(method, secret, len, received, len, digest);
    tpost_hex(digest, tpost_method_digest_size(method), out);
    tpost_hash_init(&hash, method);
    tpost_hash_update(&hash, received, len);
    tpost_hash_final(&hash, digest);
    tpost_method_by_name(received, len);
    if (tpost_key_init(&key, method, secret, len) != TPOST_OK) {
        return;
    }
    tpost_key_sign(&key, any_params, n, out, any_size(0, sizeof out));
    tpost_key_verify(&key, any_params, n, received, len);
    if (tpost_device_init(&device, &key, any_params, n) == TPOST_OK) {
        tpost_device_sign(&device, received, len, out, any_size(0, sizeof out));
    }
    tpost_key_begin(&key, &hash);
    tpost_hash_update(&hash, received, len);
    tpost_key_finish(&key, &hash, digest);
    tpost_wipe(&key, sizeof key);
}

void main(void)
{
    tpost_method method = ANY_METHOD;
    size_t len;

    method.compress = any_compress;
    for (len = LEAST; len <= MOST; len++) {
        size_t n = len == 0 ? 0 : 1 + len % 8; /* the first parameter's value has this length */

        any_texts(n, len);
        CALLS(&method, n, len);
    }
}
