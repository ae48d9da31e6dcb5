/*
 * Any bytes as secret, values and received signature, through every function that signs or verifies. Lengths are taken one after
 * the other, from LEAST to MOST, and names are given, since EVA does not relate a pointer to a length; any names are in request.c.
 */
#include "any.h"

#ifndef LEAST
#define LEAST 0
#endif
#ifndef MOST
#define MOST 1024
#endif
#ifndef STEP
#define STEP 1
#endif

static const char names[] = "hgfedcba";
static char secret[ANY_MOST], received[ANY_MOST], out[4 * ANY_MOST];

static void sign_all(const tpost_method *method, size_t n, size_t secret_len, size_t len)
{
    uint8_t digest[TPOST_DIGEST_SIZE];
    tpost_device device;
    tpost_hash hash;
    tpost_key key;
    unsigned i;

    any_bytes(secret, sizeof secret);
    any_bytes(received, sizeof received);
    any_bytes(any_values, sizeof any_values);
    for (i = 0; i < n; i++) {
        any_params[i].name = names + i;
        any_params[i].name_len = 1;
        any_params[i].value = any_values[i];
        any_params[i].value_len = i == 0 ? len : i;
    }
    tpost_content(any_params, n, out, any_size(0, sizeof out), NULL);
    tpost_sign(method, secret, secret_len, any_params, n, out, any_size(0, sizeof out));
    tpost_hmac(method, secret, secret_len, received, len, digest);
    tpost_hex(digest, tpost_method_digest_size(method), out);
    if (tpost_key_init(&key, method, secret, secret_len) != TPOST_OK) {
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
    size_t len;

    for (len = LEAST; len <= MOST; len += STEP) {
        sign_all(&ANY_METHOD, len % 9, len, len);
    }
}
